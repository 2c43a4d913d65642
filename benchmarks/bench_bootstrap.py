"""Time the bootstrap of bias and standard deviation for the whole of Table 1 at the report's size.

Usage: ``python benchmarks/bench_bootstrap.py [--resamples 10000] [--repeats 3]``

Made-up residuals: 3286 clusters, eight views, ten folds, sixteen rows, with one training seed and with three; each
cluster its own halo, which is the most that can be drawn. The first round also draws the halos; what is quoted is the
slowest of the repeats, all from a cold start.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from report_utils.report import bootstrap
from report_utils.report.published import PUBLISHED
from report_utils.report.seeds import SeedPredictions
from report_utils.report.tables import table_one

N_CLUSTERS, N_VIEWS, N_FOLDS = PUBLISHED.data.n_observations.value, PUBLISHED.training.n_views.value, 10


def made_up(n_seeds: int, per_halo: int) -> dict[str, SeedPredictions]:
    """Return sixteen transforms' predictions with errors of the report's size."""
    rng = np.random.default_rng(0)
    truth = rng.uniform(13.6, 15.0, N_CLUSTERS)
    fold, group = np.arange(N_CLUSTERS) % N_FOLDS, np.arange(N_CLUSTERS) // per_halo
    results = {}
    for name, row in PUBLISHED.rows.items():
        errors = rng.normal(0, row.scatter or 0.06, (n_seeds, N_CLUSTERS, N_VIEWS))
        predictions = truth[:, None] + errors
        results[name] = SeedPredictions(name, np.arange(N_CLUSTERS), fold, group, truth, predictions, ({},) * n_seeds)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{N_CLUSTERS} clusters, {N_VIEWS} views, {N_FOLDS} folds, 16 rows, {options.resamples} resamples")
    for n_seeds in (1, 3):
        for per_halo in (1, 3):
            results = made_up(n_seeds, per_halo)
            seconds = []
            for _ in range(options.repeats):
                bootstrap.drawn_halos.cache_clear()
                begin = time.perf_counter()
                table_one(results, n_resamples=options.resamples)
                seconds.append(time.perf_counter() - begin)
            what = f"{n_seeds} training seed(s), {per_halo} cluster(s) a halo"
            print(f"{what:<45}{max(seconds):6.2f} s (fastest {min(seconds):.2f} s)")


if __name__ == "__main__":
    main()
