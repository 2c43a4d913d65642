"""A fit at the size of the paper: 3286 clusters, 128 pixels, four channels, batches of 16, one thread.

One epoch is trained in a process of its own, with everything that a fit does, on made-up counts of the size of the
paper's that are stored and loaded as those of a profile are. What is quoted is the largest memory of the process, and
its pace.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import memory
from benchmarks.records import Measurement, Quantity
from report_utils.binning import get_transform
from report_utils.binning.dataset import Dataset
from report_utils.cnn import assign_folds
from report_utils.profiles import load_profile
from report_utils.runs.store import RunKey, Store
from report_utils.workers.worker_pool import Task, run_tasks

GOAL_MB = 2000.0


def one_epoch(dataset: Dataset, epochs: int) -> dict[str, float]:
    from report_utils.cnn import fit_fold
    from report_utils.cnn.images import ResidentImages

    profile = load_profile("paper")
    fold_of = assign_folds(len(dataset.log10_mass), profile.folds.n_folds, profile.seed)
    begin = time.perf_counter()
    images = ResidentImages(dataset.images(get_transform("multi_band_4")))
    loaded = time.perf_counter()
    training = profile.training.model_copy(update={"epochs": epochs})
    with tempfile.TemporaryDirectory() as folder:
        fit_fold(images, dataset.log10_mass, fold_of, 0, training, profile.seed, checkpoint=Path(folder) / "state.npz")
    return {
        "load_s": loaded - begin,
        "epoch_s": (time.perf_counter() - loaded) / epochs,
        "views": 8.0 * int((fold_of != 0).sum()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def made_up(store: Store) -> Dataset:
    """Return a stored data set of the paper's size, its counts drawn part by part."""
    profile, rng = load_profile("paper"), np.random.default_rng(0)
    n, side = profile.source.n_clusters, profile.n_pixels
    with tempfile.TemporaryDirectory() as folder:
        counts = np.lib.format.open_memmap(f"{folder}/counts.npy", "w+", np.int32, (n, side, side, 4))
        for start in range(0, n, 64):
            counts[start : start + 64] = rng.poisson(0.5, counts[start : start + 64].shape)
        arrays = {"counts_observation": counts, "log10_mass": rng.uniform(13.6, 15.2, n)}
        return Dataset(store.save(RunKey("data/made-up", {"n": n}, "made up"), arrays, {"catalogue": {}}))


def measure() -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        dataset = made_up(Store(Path(folder)))
        task = Task("one epoch", one_epoch, {"dataset": dataset, "epochs": 1}, 1.0)
        (found,) = run_tasks([task], "One epoch of a paper fit")
    return [
        memory("paper_fit/memory", "largest memory of a paper fit", found["peak_mb"], GOAL_MB),
        Measurement(
            name="paper_fit/pace",
            title="a paper fit on one thread",
            unit="views/s",
            ours=Quantity.of([found["views"] / found["epoch_s"]]),
            judged="ours",
            note=f"an epoch in {found['epoch_s']:.0f} s; images loaded in {found['load_s']:.1f} s",
        ),
    ]
