"""Train one epoch of a fit at the size of the paper: 3286 clusters, 128 pixels, four channels, batches of 16.

Usage: ``python benchmarks/bench_paper_fit.py [--clusters 3286]``

Says how long the epoch takes on one thread and how much memory the fit needs at most. The observations are
simulated first and kept with the runs, as ``report-utils fit --profile paper`` would.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

from report_utils.binning import get_transform
from report_utils.profiles import load_profile
from report_utils.reproduction import Reproduction
from report_utils.work import Task, run_tasks


def one_epoch(dataset, fold_of, profile) -> dict[str, float]:
    from report_utils.cnn import fit_fold

    begin = time.perf_counter()
    images = dataset.images(get_transform("multi_band_4"))
    loaded = time.perf_counter()
    training = profile.training.model_copy(update={"epochs": 1})
    fit = fit_fold(images, dataset.log10_mass, fold_of, 0, training, profile.seed)
    return {
        "load_s": loaded - begin,
        "epoch_s": time.perf_counter() - loaded,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "loss": fit.history["loss"][0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clusters", type=int, help="fewer, for a quick look")
    arguments = parser.parse_args()
    profile = load_profile("paper")
    if arguments.clusters:
        source = profile.source.model_copy(update={"n_clusters": arguments.clusters})
        profile = profile.model_copy(update={"source": source})
    reproduction = Reproduction(profile)
    begin = time.perf_counter()
    task = {"dataset": reproduction.dataset, "fold_of": reproduction.fold_of(), "profile": profile}
    print(f"observations: {time.perf_counter() - begin:.1f} s (simulated, or found)")
    (result,) = run_tasks([Task("one epoch", one_epoch, task, 1.0)], "One epoch")
    n_train = int((task["fold_of"] != 0).sum())
    print(
        f"one epoch of {n_train} observations in eight views: {result['epoch_s']:.1f} s on one thread, "
        f"{8 * n_train / result['epoch_s']:.0f} images/s; images made in {result['load_s']:.1f} s; "
        f"peak memory of the fit {result['peak_gb']:.2f} GB; loss {result['loss']:.4f} dex^2"
    )


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
