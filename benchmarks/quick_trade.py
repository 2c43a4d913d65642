"""What the ``quick`` profile's time buys: the scatter of one band and of two for trainings of various sizes.

Usage: ``python -m benchmarks.quick_trade [--only 0 3 ...] [--seeds 2]``

Each trial trains one network on 90 % of the first so many observations and is judged on the same last 800 of the
3286, which no trial trains on: so trials are compared on the same clusters, and by no number of the report. Times are
processor seconds of one thread, which other users of the machine do not lengthen much. Trials are added to
``benchmarks/results/quick_trade.json`` one by one, and the table there, which the book shows, is written anew.

The time of a build is that of the fits of all sixteen transforms in all folds and of two dynamics on two cores, without
observations and pages, which all trials share. The folds decide how many clusters a scatter is measured on: its
standard error is the scatter over the square root of twice their number.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.measuring import where_and_when
from benchmarks.records import RESULTS, keep_table
from report_utils.binning import get_transform
from report_utils.binning.dataset import Dataset
from report_utils.profiles import Training, load_profile
from report_utils.reproduction.one_profile import Reproduction
from report_utils.workers.worker_pool import Task, run_tasks

N_HELD_OUT = 800
TRANSFORMS = ("single_band", "multi_band_2")
N_TRANSFORMS, DYNAMICS_EPOCHS = 16, 28
COLUMNS = [
    "clusters", "pixels", "epochs", "batch", "peak rate", "one band [dex]", "two bands [dex]", "s a fit",
    "folds in 7 min", "error of a scatter [%]",
]  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """A size of training."""

    n_clusters: int
    n_pixels: int
    epochs: int
    batch_size: int
    learning_rate: float

    @property
    def training(self) -> Training:
        return Training(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule="one_cycle",
            target="standardised",
        )


TRIALS = [
    Trial(1200, 32, 8, 64, 3e-3),
    Trial(1200, 32, 8, 32, 3e-3),
    Trial(1200, 32, 8, 16, 2e-3),
    Trial(1200, 32, 8, 32, 6e-3),
    Trial(1200, 32, 5, 32, 3e-3),
    Trial(1200, 32, 12, 32, 3e-3),
    Trial(1600, 32, 6, 32, 3e-3),
    Trial(2400, 32, 4, 32, 3e-3),
    Trial(800, 32, 12, 32, 3e-3),
    Trial(600, 64, 4, 32, 3e-3),
    Trial(2400, 32, 5, 32, 3e-3),
]


def tried(dataset: Dataset, trial: Trial, transform: str, seed: int) -> dict[str, float]:
    """Train one network in a worker; return its scatter on the clusters held out [dex] and its time [s]."""
    from report_utils.cnn import fit_fold

    chosen, n_train, mass = get_transform(transform), round(0.9 * trial.n_clusters), dataset.log10_mass
    rows = np.r_[:n_train, len(mass) - N_HELD_OUT : len(mass)]
    counts = dataset.counts(chosen.source)[rows]
    side = counts.shape[1] // trial.n_pixels  # the box is the same, so larger pixels are sums of smaller ones
    shape = (len(rows), trial.n_pixels, side, trial.n_pixels, side, counts.shape[-1])
    images = chosen(counts.reshape(shape).sum(axis=(2, 4), dtype=np.int32))
    fold_of = (np.arange(len(rows)) < n_train).astype(int)
    begin = time.process_time()
    fit = fit_fold(images, mass[rows], fold_of, 0, trial.training, 626, training_seed=seed)
    seconds = time.process_time() - begin
    residuals = fit.predictions - mass[rows][fit.cluster, None]
    return {"scatter": float(residuals.std()), "seconds": seconds}


def table(trials: list[dict]) -> list[list[str]]:
    """Return a row for each size of training, the quickest first."""
    rows = []
    for size in {json.dumps(one["trial"]): one["trial"] for one in trials}.values():
        mine = [one for one in trials if one["trial"] == size]
        scatters = {name: [one["scatter"] for one in mine if one["transform"] == name] for name in TRANSFORMS}
        # every trial validates on 800 clusters after each epoch, where a fit of the profile has a tenth of its own
        views = {"trained": 0.9 * size["n_clusters"], "asked": N_HELD_OUT, "would be asked": 0.1 * size["n_clusters"]}
        seconds = np.median([one["seconds"] for one in mine])
        seconds *= (3 * views["trained"] + views["would be asked"]) / (3 * views["trained"] + views["asked"])
        dynamics = 2 * seconds * DYNAMICS_EPOCHS / size["epochs"]
        folds = max((2 * 420 - dynamics) / (N_TRANSFORMS * seconds), 0.0)
        tested = max(folds, 1) * 0.1 * size["n_clusters"]
        rows.append(
            [
                *(str(size[name]) for name in ("n_clusters", "n_pixels", "epochs", "batch_size")),
                f"{size['learning_rate']:g}",
                *(spread(scatters[name]) for name in TRANSFORMS),
                f"{seconds:.0f}",
                f"{folds:.1f}",
                f"{100 / np.sqrt(2 * tested):.1f}",
            ]
        )
    return sorted(rows, key=lambda row: float(row[7]))


def spread(values: list[float]) -> str:
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, nargs="+", help="of the list of trials, from 0")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    profile = load_profile("quick")
    source = profile.source.model_copy(update={"n_clusters": 3286})
    profile = profile.model_copy(update={"name": "trade64", "n_pixels": 64, "source": source})
    dataset = Reproduction(profile).dataset
    path = RESULTS / "quick_trade.json"
    kept = json.loads(path.read_text("utf-8"))["trials"] if path.is_file() else []
    for number in options.only or range(len(TRIALS)):
        what = [
            {"dataset": dataset, "trial": TRIALS[number], "transform": t, "seed": s}
            for s in options.seeds
            for t in TRANSFORMS
        ]
        found = run_tasks([Task(f"trial {number}", tried, one, 1.0) for one in what], f"Trial {number}")
        for one, result in zip(what, found, strict=True):
            kept.append({"trial": asdict(one["trial"]), "transform": one["transform"], "seed": one["seed"]} | result)
            print(kept[-1], flush=True)
        told = f"{where_and_when()}; the scatter of all views of 800 clusters held out, ± between training seeds."
        keep_table("quick_trade", COLUMNS, table(kept), told, trials=kept)


if __name__ == "__main__":
    from benchmarks import quick_trade  # workers know it by this name

    quick_trade.main()
