"""Which way ten folds of a transform are trained fastest on the device that JAX finds: measured, not guessed.

``KERAS_BACKEND=jax python -m benchmarks bench_gpu`` on a machine with a card; without one it runs on the processor,
with small sizes, which proves that the ways agree and says nothing about a card. The ways:

- *one after another*: the engine as it trains, ``cnn.engine_jax``; images resident, an epoch one compiled loop;
- *together, grouped convolutions*: the same step mapped over folds with ``jax.vmap``, which XLA makes grouped
  convolutions of;
- *together, batched products*: the same, with each convolution as a product of patches with its kernel (im2col), which
  mapped over folds is a batched product;
- *processes*: several processes that share the device, each one fold after another.

The plain peer is a Keras ``fit`` on the same device, with the eight views in memory. Each is measured by epochs after
its first, and quoted as seconds for ten folds of the paper's protocol. Before anything is timed, the folds' predictions
after one epoch by each way are compared with those of folds trained one after another.
"""

from __future__ import annotations

import os

from report_utils.workers.backends import training_places

os.environ["KERAS_BACKEND"] = "jax"
os.environ |= training_places()[0]  # before JAX is imported: what is timed is what a worker trains with

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from benchmarks.measuring import alternate, useful_operations
from benchmarks.records import Measurement, Quantity
from report_utils.binning import N_VIEWS, eight_views
from report_utils.cnn import assign_folds, build_cnn
from report_utils.cnn.batches import ViewBatches
from report_utils.cnn.engine_jax import PRECISION
from report_utils.cnn.images import ResidentImages
from report_utils.cnn.network import Network
from report_utils.profiles import load_profile

N_FOLDS = 10
PLAIN = "plain Keras fit on the same device"
AGREE = 1e-3
"""How far predictions after an epoch may lie apart, in units of their spread."""


@dataclass(frozen=True)
class Size:
    """How much is measured: on a card the paper's images and batches; elsewhere once, what takes seconds."""

    n_pixels: int
    n_clusters: int
    batch_size: int
    n_folds: int
    n_processes: tuple[int, ...]
    rounds: int


def size() -> Size:
    if jax.default_backend() == "cpu":
        return Size(8, 20, 16, 2, (2,), 1)
    return Size(128, 300, 16, N_FOLDS, (2, 3, 4), 3)


def made_up(chosen: Size) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mass = rng.uniform(-1, 1, chosen.n_clusters).astype(np.float32)
    shape = (chosen.n_clusters, chosen.n_pixels, chosen.n_pixels, 4)
    return np.log10(1 + rng.poisson(0.5 + 0.3 * mass[:, None, None, None], shape)).astype(np.float32), mass


class Folds:
    """Folds of one transform with everything that the ways of training them share."""

    def __init__(self, chosen: Size) -> None:
        self.size = chosen
        images, self.mass = made_up(chosen)
        self.images = ResidentImages(images)
        self.fold_of = assign_folds(chosen.n_clusters, N_FOLDS, 0)
        self.rate = load_profile("paper").training.learning_rate
        self.network = Network(4, chosen.n_pixels)
        self.rows = [np.flatnonzero(self.fold_of != fold) for fold in range(chosen.n_folds)]
        # folds of the same length go through the same steps; at most one image of the larger ones is left out
        length = min(map(len, self.rows))
        self.batches = [ViewBatches(rows[:length], chosen.batch_size, (0, i)) for i, rows in enumerate(self.rows)]

    @property
    def views(self) -> int:
        """Return the views of an epoch of all folds."""
        return sum(batches.n_views for batches in self.batches)

    def start(self) -> list[list[Any]]:
        """Return the state that each fold begins with."""
        states = []
        for fold in range(self.size.n_folds):
            self.network.start((fold,), self.rate)
            states.append([jnp.asarray(np.asarray(variable)) for variable in self.network.variables])
        return states

    def epoch(self, number: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Return rows, views, targets and rates of all folds, for each size of batch, ``(n_folds, n_steps, ...)``."""
        found = []
        for parts in zip(*(batches.epoch(number) for batches in self.batches), strict=True):
            rows, views = (np.stack(arrays) for arrays in zip(*parts, strict=True))
            rates = np.full(rows.shape[:2], self.rate, np.float32)
            found.append((rows, views, self.mass[rows], rates))
        return found

    def predictions(self, states: list[list[Any]]) -> np.ndarray:
        """Return the predictions of each fold's network for all views of the first images."""
        found = []
        for state in states:
            self.network.weights.assign(state[0])
            found.append(self.network.predict_views(self.images, np.arange(8)))
        return np.array(found)


def one_after_another(folds: Folds, states: list[list[Any]], number: int) -> list[list[Any]]:
    """Train an epoch of each fold with the engine."""
    trained = []
    for state, batches in zip(states, folds.batches, strict=True):
        for variable, value in zip(folds.network.variables, state, strict=True):
            variable.assign(value)
        rates = np.full(len(batches), folds.rate, np.float32)
        folds.network.train(folds.images, folds.mass, batches.epoch(number), rates)
        trained.append([variable.value for variable in folds.network.variables])
    return trained


def products(images: Any, kernel: Any) -> Any:
    """Convolve by a product of patches with the kernel; shapes as :func:`keras.ops.conv` has them."""
    height, width, n_in, n_out = kernel.shape
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    size = images.shape[1]
    patches = [padded[:, y : y + size, x : x + size] for y in range(height) for x in range(width)]
    return jnp.concatenate(patches, axis=-1) @ kernel.reshape(height * width * n_in, n_out)


def together(folds: Folds, convolve: Callable[[Any, Any], Any] | None) -> Callable[..., Any]:
    """Return a way to train an epoch of all folds at once."""
    steps = folds.network._steps
    inputs = jnp.asarray(folds.network.inputs)

    def one_step(step, carried, pixels, rows, views, targets, rates):
        def of_a_fold(state, total, rows, views, targets, rate):
            return steps._train_one_step(state, total, pixels, rows, views, targets, rate, inputs)

        of_all = jax.vmap(of_a_fold)
        return of_all(*carried, *(values[:, step] for values in (rows, views, targets, rates)))

    @jax.jit
    def compiled(states, pixels, *batches):
        carried = (states, jnp.zeros(folds.size.n_folds, jnp.float32))
        step = partial(
            one_step, pixels=pixels, **dict(zip(("rows", "views", "targets", "rates"), batches, strict=True))
        )
        return jax.lax.fori_loop(0, batches[0].shape[1], step, carried)[0]

    def train(states, number):
        stacked = [jnp.stack(values) for values in zip(*states, strict=True)]
        for batches in folds.epoch(number):
            with convolving(convolve), jax.default_matmul_precision(PRECISION):
                stacked = compiled(stacked, folds.images.of(batches[0])[0], *batches)
        jax.block_until_ready(stacked)
        return [[values[fold] for values in stacked] for fold in range(folds.size.n_folds)]

    return train


@contextmanager
def convolving(convolve: Callable[[Any, Any], Any] | None) -> Iterator[None]:
    """Let the network convolve in another way while it is traced."""
    before = keras.ops.conv
    if convolve is not None:
        keras.ops.conv = lambda images, kernel, **_: convolve(images, kernel)
    try:
        yield
    finally:
        keras.ops.conv = before


def check(folds: Folds, ways: dict[str, Callable[..., Any]]) -> dict[str, float]:
    """Return how far the predictions of each way lie from the first one's, in units of their spread.

    If one of them does something else, it is a RuntimeError.
    """
    after = {name: folds.predictions(way(folds.start(), 0)) for name, way in ways.items()}
    first = next(iter(after.values()))
    apart = {name: float(np.abs(found - first).max() / first.std()) for name, found in after.items()}
    for name, distance in apart.items():
        print(f"{name}: predictions after an epoch lie {distance:.1e} of their spread apart")
        if not distance < AGREE:
            msg = f"{name} trains something else: {distance:.2g} of the predictions' spread apart"
            raise RuntimeError(msg)
    return apart


def plain_epochs(folds: Folds) -> Callable[[], Any]:
    """Return a function that trains one epoch of one fold by a plain Keras ``fit``."""
    rows = folds.batches[0].rows
    x = np.concatenate([eight_views(image) for image in folds.images.host[rows]])
    y = np.repeat(folds.mass[rows], N_VIEWS)
    model = build_cnn(4, folds.size.n_pixels)
    model.compile(optimizer=keras.optimizers.Adam(folds.rate), loss="mse")
    return lambda: model.fit(x, y, batch_size=folds.size.batch_size, epochs=1, verbose=0)


def in_processes(number: int) -> float:
    """Return the views that so many processes train together in a second, each one fold after another."""
    code = "from benchmarks.bench_gpu import own_pace; print(own_pace())"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(number)]
    found = [json.loads(process.communicate()[0].strip().splitlines()[-1]) for process in running]
    begin, end = max(one[0] for one in found), min(one[1] for one in found)
    if end <= begin:
        msg = f"{number} processes did not train at the same time; the machine is too busy to measure this"
        raise RuntimeError(msg)
    return sum(one[2] / (one[1] - one[0]) for one in found)


def own_pace() -> str:
    """Train for some seconds after the first epoch; return begin and end on the machine's clock, and views."""
    seconds = 20.0 if jax.default_backend() == "gpu" else 5.0
    folds = Folds(size())
    states = one_after_another(folds, folds.start(), 0)
    begin, views, number = time.monotonic(), 0, 1
    while time.monotonic() - begin < seconds:
        states = one_after_another(folds, states, number)
        views, number = views + folds.views, number + 1
    return json.dumps([begin, time.monotonic(), views])


def measure() -> list[Measurement]:
    chosen = size()
    folds, device = Folds(chosen), jax.devices()[0].device_kind
    print(f"{chosen.n_folds} folds at {chosen.n_pixels} pixels on {device}")
    ways: dict[str, Callable[..., Any]] = {
        "one after another": partial(one_after_another, folds),
        "together, grouped convolutions": together(folds, None),
        "together, batched products": together(folds, products),
    }
    apart = check(folds, ways)
    states = folds.start()
    plain = plain_epochs(folds)
    methods = {name: partial(way, states, 1) for name, way in ways.items()} | {PLAIN: plain}
    seconds = alternate(methods, chosen.rounds)
    pace = {name: folds.views / values for name, values in seconds.items() if name != PLAIN}
    pace[PLAIN] = folds.batches[0].n_views / seconds[PLAIN]
    for number in chosen.n_processes:
        pace[f"{number} processes"] = np.array([in_processes(number) for _ in range(chosen.rounds)])
    paper = load_profile("paper")
    n_train = round(0.9 * paper.source.n_clusters)
    views = N_FOLDS * paper.training.epochs * N_VIEWS * n_train
    minutes = {name: views / values / 60 for name, values in pace.items()}
    best = min((name for name in minutes if name != PLAIN), key=lambda name: np.median(minutes[name]))
    for name, values in sorted(minutes.items(), key=lambda item: np.median(item[1])):
        rate = useful_operations(4, chosen.n_pixels) * np.median(pace[name]) / 1e12
        print(
            f"{name}: {np.median(values):.2f} min for ten folds at this pace, {rate:.2f} TFLOP/s of useful operations"
        )
    on_a_card = jax.default_backend() == "gpu"
    where = device if on_a_card else "the processor, at a small size: this says nothing about a card"
    return [
        Measurement(
            name=f"gpu/{jax.default_backend()}/ten-folds",
            title=f"ten folds of a transform on {device}, {best}",
            unit="min",
            ours=Quantity.of(minutes[best]),
            peers={name: Quantity.of(values) for name, values in minutes.items() if name != best},
            ratio=Quantity.of(minutes[PLAIN] / minutes[best]),
            ratio_is=f"time of {PLAIN} over ours",
            judged="ours",
            better="less",
            goal=4.0 if on_a_card else None,
            note=f"{where}; predictions agree within {max(apart.values()):.0e} of their spread",
        )
    ]
