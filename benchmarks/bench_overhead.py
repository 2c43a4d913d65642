"""Measure what keeping a fit costs, in per cent of the time of the fit itself, at the size of the ``quick`` profile.

The fit is trained in this process on made-up images, with one thread. Around a fit, a worker checks that its code is
the planned one, waits for the run's lock, looks for the run, keeps states (one is measured; a fit of ``quick`` is over
before the first is due), and stores everything with digests, flushed to disk, and reads it again to check it. Each of
these is done several times; what is quoted is the median.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import numpy as np

from benchmarks.measuring import shares
from benchmarks.records import Measurement, Quantity
from report_utils.cnn import assign_folds, fit_fold
from report_utils.cnn.crossval import fit_to_arrays
from report_utils.profiles import load_profile
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.training_tasks import fit_code
from report_utils.runs import manifests
from report_utils.runs.code_digest import reached_definitions, require_code
from report_utils.runs.store import RunKey, Store

ROUNDS = 5


def made_up(n_clusters: int, n_pixels: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mass = rng.uniform(13.6, 15.2, n_clusters)
    images = rng.uniform(0, 1, (n_clusters, n_pixels, n_pixels, 4)) * (mass - 13)[:, None, None, None]
    return images.astype(np.float32), mass


def seconds_of(function: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def measure() -> list[Measurement]:
    from report_utils.cnn import training as trainer
    from report_utils.cnn.network import fresh_network

    profile = load_profile("quick")
    images, mass = made_up(profile.source.n_clusters, profile.n_pixels)
    fold_of = assign_folds(len(mass), profile.folds.n_folds, profile.seed)
    begin = time.perf_counter()
    fit = fit_fold(images, mass, fold_of, 0, profile.training, profile.seed)
    fit_seconds = time.perf_counter() - begin
    arrays, facts = fit_to_arrays(fit)
    inputs = dict(Reproduction(profile).fit_key("multi_band_4", 0).inputs)
    network = fresh_network(images.shape[-1], profile.n_pixels, (0,), 1e-3)
    numbers = iter(range(1000))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))

        def key() -> RunKey:
            return RunKey("fit/quick/multi_band_4/fold-0", inputs | {"number": next(numbers)}, profile.label)

        def under_lock() -> None:
            with store.lock(known):
                store.load(known)

        def keep_state() -> None:
            checkpoint = trainer.Checkpoint(store.working_folder(known) / "state.npz", dict, "identity")
            checkpoint.set_model(network)
            checkpoint.save(1)

        def provenance_anew() -> None:
            for function in (manifests.machine, manifests.versions, manifests.source, manifests._cpuinfo):
                function.cache_clear()
            manifests.machine(), manifests.versions(), manifests.source()

        known = key()
        parts = {
            "code checked": lambda: require_code(reached_definitions(*fit_code()), fit_code()),
            "images identified": lambda: trainer.identity_of({}, images, mass, fold_of),
            "locked, looked for": under_lock,
            "a state kept": keep_state,
            "commit and versions": provenance_anew,
            "stored and checked": lambda: store.save(key(), arrays, facts, seconds=1.0),
        }
        times = {name: seconds_of(function, ROUNDS) for name, function in parts.items()}
        store.save(known, arrays, facts)
        times["loaded and checked"] = seconds_of(lambda: store.load(known), ROUNDS)
    share = sum(times.values()) / fit_seconds
    note = f"{len(mass)} clusters, {profile.training.epochs} epochs, {fit_seconds:.1f} s on one thread"
    total = Measurement(
        name="overhead/fit",
        title="Keeping a fit of the quick profile, over training it",
        unit="s",
        ours=Quantity.of([sum(times.values())]),
        peers={"training it": Quantity.of([fit_seconds])},
        ratio=Quantity.of([share]),
        ratio_is="time for keeping over time for training",
        better="less",
        goal=0.01,
        note=note,
    )
    return [total, *shares("overhead/step", "Keeping a fit, share", times)]
