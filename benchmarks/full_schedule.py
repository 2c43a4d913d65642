"""How the schedule of the ``full`` profile was chosen: scatter and time of a fit for several schedules.

Usage: ``python -m benchmarks.full_schedule [--only NAME ...] [--transforms NAME ...] [--seeds 0 1]``

Each trial trains on nine of ten folds of 3286 clusters of another simulation seed (1001) at 128 pixels and is judged on
the tenth: on no cluster that Table 1 of the book is made of, and by no number of the report. Times are processor
seconds of one thread. After each seed its trials are added to ``benchmarks/results/full_schedule.json``, and the table
there, which the book shows, is written again; trials that it has already are left out.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from benchmarks.measuring import where_and_when
from benchmarks.quick_trade import spread
from benchmarks.records import RESULTS, keep_table
from report_utils.binning.dataset import Dataset
from report_utils.profiles import Training, load_profile
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.training_tasks import profile_folds, resident_images
from report_utils.workers.worker_pool import Task, run_tasks

SEED = 1001
TRANSFORMS = {
    "single_band": "one band [dex]",
    "multi_band_2": "two bands [dex]",
    "multi_band_4": "four bands [dex]",
    "retained_50": "50 % retained [dex]",
}
COMMON = {
    "batch_size": 32,
    "learning_rate": 3e-3,
    "schedule": "one_cycle",
    "target": "standardised",
    "inputs": "standardised",
    "precision": "bfloat16",
}


def staged(at_32: int, at_64: int, at_128: int, **changed: object) -> Training:
    """Return a training of so many epochs at each size of the images."""
    stages = {32: at_32, 64: at_64}
    coarse = [{"n_pixels": size, "epochs": epochs} for size, epochs in stages.items() if epochs]
    return Training(epochs=at_128, coarse=coarse, **COMMON | changed)


TRIALS = {
    "6 at 128": staged(0, 0, 6),
    "4 at 32, 3 at 64, 2 at 128": staged(4, 3, 2),
    "6 at 32, 4 at 64, 3 at 128": staged(6, 4, 3),
    "8 at 32, 6 at 64, 6 at 128": staged(8, 6, 6),
    "6 at 32, 4 at 64, 3 at 128, batches of 64": staged(6, 4, 3, batch_size=64),
    "6 at 32, 4 at 64, 3 at 128, float32": staged(6, 4, 3, precision="float32"),
}


def tried(dataset: Dataset, training: Training, transform: str, fold: int, seed: int) -> dict[str, float]:
    """Train one network in a worker; return its errors on the fold left out [dex] and its time [s]."""
    from report_utils.cnn import fit_fold

    images, fold_of = resident_images(dataset, transform), profile_folds(dataset, load_profile("full"))
    begin = time.process_time()
    fit = fit_fold(images, dataset.log10_mass, fold_of, fold, training, SEED, training_seed=seed)
    seconds = time.process_time() - begin
    residuals = fit.predictions - dataset.log10_mass[fit.cluster, None]
    losses = {name: np.sqrt(values).round(4).tolist() for name, values in fit.history.items()}
    return {"scatter": float(residuals.std()), "bias": float(residuals.mean()), "seconds": seconds, **losses}


def table(trials: list[dict]) -> list[list[str]]:
    """Return a row for each schedule, the quickest first."""
    rows = []
    for name in dict.fromkeys(one["trial"] for one in trials):
        mine = [one for one in trials if one["trial"] == name]
        scatters = [[one["scatter"] for one in mine if one["transform"] == transform] for transform in TRANSFORMS]
        rows.append([name, *(spread(s) if s else "" for s in scatters), f"{np.mean([m['seconds'] for m in mine]):.0f}"])
    return sorted(rows, key=lambda row: float(row[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=TRIALS, default=list(TRIALS))
    parser.add_argument("--transforms", nargs="+", choices=TRANSFORMS, default=list(TRANSFORMS))
    parser.add_argument("--folds", type=int, nargs="+", default=[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    profile = load_profile("full")
    profile = profile.model_copy(update={"name": "schedule", "seed": SEED, "path": profile.path.with_name("schedule")})
    dataset = Reproduction(profile).dataset
    path = RESULTS / "full_schedule.json"
    kept = json.loads(path.read_text("utf-8"))["trials"] if path.is_file() else []
    for seed in options.seeds:
        what = [
            {"trial": name, "transform": transform, "fold": fold, "seed": seed}
            for transform in options.transforms
            for fold in options.folds
            for name in options.only
        ]
        what = [one for one in what if not any(one.items() <= other.items() for other in kept)]
        arguments = [
            {"dataset": dataset, "training": TRIALS[one["trial"]]} | {n: v for n, v in one.items() if n != "trial"}
            for one in what
        ]
        tasks = [Task(one["trial"], tried, given, 1.0) for one, given in zip(what, arguments, strict=True)]
        found = run_tasks(tasks, f"Schedules ({len(tasks)} fits)")
        for one, result in zip(what, found, strict=True):
            kept.append(one | result)
            print(kept[-1], flush=True)
        told = (
            f"{where_and_when()}; standard deviation of all views of the clusters left out, ± between training seeds; "
            "the last column is processor seconds of a fit."
        )
        columns = ["Epochs at each size", *TRANSFORMS.values(), "s a fit"]
        keep_table("full_schedule", columns, table(kept), told, trials=kept)


if __name__ == "__main__":
    from benchmarks import full_schedule  # workers know it by this name

    full_schedule.main()
