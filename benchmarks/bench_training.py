"""Fits against a plain Keras script that trains the same network on the same views of the same images.

The plain script holds all eight views in memory and calls ``fit(x, y)`` on all cores, one fit after the other; ours
run in one-thread worker processes side by side. Both get the images in memory, train a few epochs, validate after
each, and say when they began and when each epoch ended. In turns, so that the machine's other users meet both. Fits
per hour are of the whole protocol: its number of epochs of its number of views at the measured pace, and one start
(imports, the graph, the first epoch's extra time) for sixteen fits, of the plain script as of a worker.

The machine's matrix products (NumPy, float32, as many one-thread processes as there are workers) take turns as well:
what convolutions and dense layers come to is quoted as a share of that rate.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.measuring import useful_operations
from benchmarks.records import Measurement, Quantity
from report_utils.binning import N_VIEWS, eight_views
from report_utils.cnn import assign_folds, fit_fold
from report_utils.profiles import Training, load_profile
from report_utils.workers.processes import n_workers
from report_utils.workers.worker_pool import Task, run_tasks

ROUNDS = 3
PLAIN, MIXED = "plain Keras fit", "Keras fit in mixed_bfloat16"
_FITS_PER_START = 16


@dataclass(frozen=True)
class Case:
    """A protocol: what is measured of it, and what it is as a whole."""

    n_pixels: int
    training: Training
    n_clusters: int
    """Of the measurement."""
    n_train: int
    epochs: int
    """Of the protocol."""
    goal: float
    """Against :data:`PLAIN`; in bfloat16 at 32 pixels against the faster of both peers."""

    @property
    def peers(self) -> dict[str, str]:
        """Return the dtype policy of each peer."""
        return {PLAIN: "float32"} | ({MIXED: "mixed_bfloat16"} if self.training.precision == "bfloat16" else {})


def cases() -> list[Case]:
    paper = load_profile("paper")
    n_train = round(0.9 * paper.source.n_clusters)
    at_128 = paper.training.model_copy(update={"epochs": 3})
    at_32 = load_profile("quick").training
    half = {"precision": "bfloat16"}
    return [
        Case(128, at_128, 150, n_train, paper.training.epochs, 1.4),
        Case(32, at_32, 1500, n_train, paper.training.epochs, 1.8),
        Case(128, at_128.model_copy(update=half), 150, n_train, paper.training.epochs, 2.2),
        Case(32, at_32.model_copy(update=half), 1500, n_train, paper.training.epochs, 1.8),
    ]


def made_up(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return images of made-up counts whose brightness tells the mass, and the masses."""
    rng = np.random.default_rng(0)
    mass = rng.uniform(13.6, 15.2, case.n_clusters)
    counts = rng.poisson(0.3 * (mass - 13)[:, None, None, None], (case.n_clusters, case.n_pixels, case.n_pixels, 4))
    return np.log10(1 + counts).astype(np.float32), mass


class _Clock:
    """Notes when epochs end, by a clock that all processes share."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def __call__(self, *_: object) -> None:
        self.ends.append(time.monotonic())


def our_fit(case: Case, fold: int) -> dict[str, float]:
    """Train one fit in a worker and return its pace [views/s] and what it took besides [s]."""
    images, mass = made_up(case)
    clock, shown = _Clock(), []

    def progress(n_views: float) -> None:
        shown.append(n_views)
        clock()

    fold_of = assign_folds(case.n_clusters, 10, 0)
    begin = time.monotonic()
    fit_fold(images, mass, fold_of, fold, case.training, 0, progress=progress)
    n_views = N_VIEWS * int((fold_of != fold).sum())
    # the first call tells what had been done before; each epoch ends when its last views have been shown
    ends = np.array(clock.ends)[np.flatnonzero(np.cumsum(shown) % n_views == 0)][1:]
    return paced(begin, ends, n_views)


def plain_fit(connection, case: Case, fold: int, policy: str) -> None:
    """Run the plain script in a process of its own, so that its thread pools are sized as Keras sizes them."""
    images, mass = made_up(case)
    fold_of = assign_folds(case.n_clusters, 10, 0)
    train = fold_of != fold
    x, test = (np.concatenate([eight_views(image) for image in images[rows]]) for rows in (train, ~train))
    y, truth = (np.repeat(mass[rows] - mass.mean(), N_VIEWS) for rows in (train, ~train))
    begin = time.monotonic()
    import keras

    from report_utils.cnn import build_cnn

    keras.config.set_dtype_policy(policy)

    class Ends(keras.callbacks.Callback):
        ends: list[float] = []  # noqa: RUF012 - one fit a process

        def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 - the signature is Keras'
            self.ends.append(time.monotonic())

    model = build_cnn(4, case.n_pixels, seed=fold)
    model.compile(optimizer=keras.optimizers.Adam(case.training.learning_rate), loss="mse")
    clock = Ends()
    options = {"batch_size": case.training.batch_size, "epochs": case.training.epochs, "verbose": 0}
    model.fit(x, y, validation_data=(test, truth), callbacks=[clock], **options)
    connection.send(paced(begin, np.array(clock.ends), len(x)))


def paced(begin: float, ends: np.ndarray, n_views: int) -> dict[str, float]:
    """Return the pace of all epochs but the first [views/s], and what the first took longer, with what came before."""
    seconds = np.diff(ends)
    return {
        "pace": n_views * len(seconds) / seconds.sum(),
        "start": ends[0] - begin - seconds.mean(),
        "from": ends[0],
        "to": ends[-1],
    }


def of_plain(case: Case, number: int, policy: str) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=plain_fit, args=(there, case, number, policy))
    process.start()
    found = here.recv()
    process.join()
    return found


def of_ours(case: Case) -> list[dict[str, float]]:
    tasks = [Task(f"fold {fold}", our_fit, {"case": case, "fold": fold}, 1.0) for fold in range(n_workers())]
    return run_tasks(tasks, "Ours")


def matrix_products(n: int = 1024, seconds: float = 2.0) -> float:
    """Return the rate of float32 matrix products in this process [operations/s]."""
    a = np.random.default_rng(0).normal(size=(n, n)).astype(np.float32)
    a @ a
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        a @ a
        done += 1
    return 2 * n**3 * done / (time.perf_counter() - begin)


def products_of_all() -> float:
    tasks = [Task(f"products {i}", matrix_products, {}, 1.0) for i in range(n_workers())]
    return sum(run_tasks(tasks, "Matrix products"))


def fits_per_hour(case: Case, pace: float, start: float) -> float:
    views = case.epochs * N_VIEWS * case.n_train
    return 3600 / (start / _FITS_PER_START + views / pace)


def measure() -> list[Measurement]:
    os.environ.pop("OPENBLAS_CORETYPE", None)  # it would slow NumPy's products, and so flatter ours
    found = []
    for case in cases():
        ours, shares, products = [], [], []
        peers: dict[str, list[float]] = {name: [] for name in case.peers}
        for number in range(ROUNDS):
            rate = products_of_all()
            theirs = {name: of_plain(case, number, policy) for name, policy in case.peers.items()}
            mine = of_ours(case)
            pace = np.array([one["pace"] for one in mine])
            starts = [one["start"] for one in mine]
            for name, found_of in theirs.items():
                peers[name].append(fits_per_hour(case, found_of["pace"], found_of["start"]))
            ours.append(sum(fits_per_hour(case, p, s) for p, s in zip(pace, starts, strict=True)))
            paces = ", ".join(f"{name} {one['pace']:.0f} views/s" for name, one in theirs.items())
            useful = useful_operations(4, case.n_pixels)
            shares.append(100 * useful * pace.sum() / rate)
            products.append(rate / 1e9)
            print(
                f"{case.n_pixels} pixels, {case.training.precision}: ours {pace.sum():.0f} views/s, "
                f"{max(starts):.1f} s to start; {paces}; products {rate / 1e9:.0f} GFLOP/s, of which "
                f"{shares[-1]:.0f} %; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        protocol = f"{case.epochs} epochs of {case.n_train} observations, batches of {case.training.batch_size}"
        place, name = f"training/{case.n_pixels}", f"{case.n_pixels} pixels"
        if case.training.precision != "float32":
            place, name = f"{place}/{case.training.precision}", f"{name} in {case.training.precision}"
        peer = max(peers, key=lambda one: np.median(peers[one])) if case.n_pixels == 32 else PLAIN
        found.append(
            Measurement(
                name=place,
                title=f"fits at {name}",
                unit="fits/h",
                ours=Quantity.of(ours),
                peers={one: Quantity.of(values) for one, values in peers.items()},
                ratio=Quantity.of(np.array(ours) / np.array(peers[peer])),
                ratio_is=f"our fits per hour over those of {peer}",
                goal=case.goal,
                note=f"{protocol}; {n_workers()} workers of one thread, against one process with all cores",
            )
        )
        if case.training.precision == "float32":
            found.append(
                Measurement(
                    name=f"{place}/share",
                    title=f"useful operations of a fit at {name}",
                    unit="% of the matrix products",
                    ours=Quantity.of(shares),
                    judged="ours",
                    goal=50.0 if case.n_pixels == 128 else None,
                    note=f"of {np.median(products):.0f} GFLOP/s that NumPy's products of 1024 x 1024 matrices reach",
                )
            )
    return found
