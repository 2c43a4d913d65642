"""Measure how often 95 % intervals contain the truth, on made-up residuals with halos, folds, seeds and views.

Usage: ``python -m tools.measure_coverage [--samples 300] [--resamples 800]``; some minutes

In each sample two transforms are tested on the same clusters: errors that halos share, errors that the transforms
share, of every training (fold and seed) a bias and a factor of its own, of every fold a bias that its training clusters
bring, and noise of single views. Printed are the shares of intervals that hold the bias, the scatter and the ratio of
the two scatters, and how often that ratio, which lies on the margin of equivalence, is wrongly judged.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.report.claim_tests import MARGIN
from report_utils.report.intervals import FAILS, HOLDS, within
from report_utils.report.statistics import residual_statistics, scatter_contrast

CLUSTERS, VIEWS = 0.09, 0.04
"""Variances that a training adds to single clusters and to their views, in units of that of the clusters' own."""


@dataclass(frozen=True)
class Case:
    """Parameters of the made-up residuals; spreads are in units of the scatter of the clusters' own errors."""

    seeds: int
    folds: int
    clusters: int
    halos: int
    bias: float = 0.0
    factor: float = 0.0
    fold_bias: float = 0.0
    heavy_tails: bool = False


CASES = (
    Case(1, 2, 240, 175),
    Case(1, 2, 240, 175, heavy_tails=True),
    Case(1, 2, 240, 175, 0.1, 0.03),
    Case(3, 2, 240, 175, 0.1, 0.03),
    Case(3, 2, 240, 175, 0.1, 0.03, fold_bias=0.1),
    Case(1, 10, 1200, 600),
    Case(1, 10, 1200, 600, 0.1, 0.03),
    Case(3, 10, 1200, 600, 0.1, 0.03, fold_bias=0.1),
    Case(1, 10, 3286, 600, 0.16, 0.03),
)


def sample(case: Case, rng: np.random.Generator, ratio: float) -> tuple[list[NDArray], NDArray, NDArray]:
    """Return the residuals (seeds, clusters, 8 views) of two transforms, and the halo and fold of each cluster."""

    def errors(n: int) -> NDArray:
        return rng.standard_t(5, n) / np.sqrt(5 / 3) if case.heavy_tails else rng.standard_normal(n)

    def of_halos() -> NDArray:
        return np.sqrt(0.3) * errors(case.halos)[halo] + np.sqrt(0.7) * errors(case.clusters)

    halo, fold = rng.integers(0, case.halos, case.clusters), np.arange(case.clusters) % case.folds
    shared, trainings, residuals = of_halos(), (case.seeds, case.folds), []
    for scale in (ratio, 1.0):
        own = np.sqrt(0.8) * shared + np.sqrt(0.2) * of_halos()
        bias = rng.normal(0, case.bias, trainings) + rng.normal(0, case.fold_bias, case.folds)
        factor = np.exp(rng.normal(0, case.factor, trainings))
        of_cluster = np.sqrt(CLUSTERS) * rng.standard_normal((case.seeds, case.clusters))
        of_view = np.sqrt(VIEWS) * rng.standard_normal((case.seeds, case.clusters, 8))
        residuals.append(scale * ((bias[:, fold] + factor[:, fold] * own + of_cluster)[..., None] + of_view))
    return residuals, halo, fold


def measure(case: Case, n_samples: int, n_resamples: int, seed: int = 1) -> str:
    """Return the result as one line."""
    rng, covered, wrong = np.random.default_rng(seed), np.zeros(3), {HOLDS: 0, FAILS: 0}
    scatter = np.sqrt(case.bias**2 + case.fold_bias**2 + np.exp(2 * case.factor**2) + CLUSTERS + VIEWS)
    for _ in range(n_samples):
        (a, b), halo, fold = sample(case, rng, MARGIN)
        one = residual_statistics(b, groups=halo, folds=fold, n_resamples=n_resamples)
        ratio = scatter_contrast([a, b], groups=halo, folds=fold, n_resamples=n_resamples)
        truths = ((one.bias, 0.0), (one.scatter, scatter), (ratio, MARGIN))
        covered += [interval.low <= truth <= interval.high for interval, truth in truths]
        verdict = within(ratio, MARGIN)
        if verdict in wrong:
            wrong[verdict] += 1
    bias, of_scatter, of_ratio = 100 * covered / n_samples
    judged = ", ".join(f"{verdict} {100 * n / n_samples:.1f} %" for verdict, n in wrong.items())
    return f"bias {bias:.1f} %, scatter {of_scatter:.1f} %, ratio {of_ratio:.1f} %; on the margin {judged}"


def main() -> None:
    """Measure every case and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--resamples", type=int, default=800)
    options = parser.parse_args()
    for case in CASES:
        began = time.perf_counter()
        print(f"{case}\n  {measure(case, options.samples, options.resamples)} ({time.perf_counter() - began:.0f} s)")


if __name__ == "__main__":
    main()
