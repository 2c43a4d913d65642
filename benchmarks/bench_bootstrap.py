"""The bootstrap of bias and standard deviation for the whole of Table 1 at the report's size, against a plain loop.

Made-up residuals: 3286 clusters, eight views, ten folds, sixteen rows, with one training seed and with three; each
cluster its own halo, which is the most that can be drawn. Every round also draws the halos.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measuring import alternate, speed
from benchmarks.records import Measurement
from report_utils.report import resampling
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.seeds import SeedPredictions
from report_utils.report.tables import table_one

N_CLUSTERS, N_VIEWS, N_FOLDS = PUBLISHED.data.n_observations.value, PUBLISHED.training.n_views.value, 10

GOAL_S = 10.0
RESAMPLES, PLAIN_RESAMPLES, ROUNDS = 10_000, 100, 3
PLAIN = "a loop over NumPy draws"


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


def measure() -> list[Measurement]:
    found = []
    for n_seeds in (1, 3):
        results = made_up(n_seeds, per_halo=1)
        sample = next(iter(results.values())).predictions
        rng = np.random.default_rng(1)

        def ours(results=results) -> None:
            resampling.drawn_halos.cache_clear()
            table_one(results, n_resamples=RESAMPLES)

        def plain(sample=sample, rng=rng) -> None:
            for _ in range(PLAIN_RESAMPLES):
                drawn = sample[0, rng.integers(0, N_CLUSTERS, N_CLUSTERS)]
                drawn.mean(), drawn.std()

        seconds = alternate({"ours": ours, PLAIN: plain}, ROUNDS)
        # all rows and all resamples of a plain loop
        seconds[PLAIN] = seconds[PLAIN] * (len(results) * RESAMPLES / PLAIN_RESAMPLES)
        title = f"Intervals of Table 1, {RESAMPLES} resamples, {n_seeds} training seed(s)"
        note = f"the plain loop resamples clusters alone; taken from {PLAIN_RESAMPLES} of its resamples of one row"
        judged = {"judged": "ours", "better": "less", "goal": GOAL_S}
        found.append(speed(f"bootstrap/{n_seeds}", title, seconds, PLAIN, unit="s", note=note, **judged))
    return found
