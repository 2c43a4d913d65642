"""Do networks recognise halos? The same test clusters, with and without their halo in training.

Folds drawn regardless of halos leave other snapshots of a test cluster's halo in training; folds that keep each halo
together do not. A cluster that both partitions test is predicted by a network of either kind, trained on equally many
observations by the same protocol. What makes a cluster hard is in both predictions and cancels. Where all folds of one
partition are run, every cluster that the other tests gives such a pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.report.claim_tests import Runs
from report_utils.report.intervals import MINIMUM_GROUPS, Interval
from report_utils.report.seeds import SeedPredictions, Trainings
from report_utils.report.wording import interval_text, markdown_table

MATES = (0, 1, 3, 6)
"""Lower ends of the classes by number of observations of a test cluster's own halo in training."""


@dataclass(frozen=True)
class Comparison:
    """Scatters [dex] of the clusters that two partitions test; None with too few halos for an interval.

    ``seen`` are networks with other observations of a cluster's halo in training, ``unseen`` those without;
    ``difference`` is unseen less seen, ``ratio`` unseen over seen.
    """

    n_clusters: int
    n_halos: int
    seen: Interval | None = None
    unseen: Interval | None = None
    difference: Interval | None = None
    ratio: Interval | None = None


def compare_pairs(seen: SeedPredictions, unseen: SeedPredictions, **bootstrap: int) -> Comparison:
    """Compare networks of folds drawn regardless of halos with those of folds that keep each halo together."""
    runs = Runs({"seen": seen, "unseen": unseen}, **bootstrap)
    size = len(runs.tested["seen"].cluster), runs.n_halos
    if runs.n_halos < MINIMUM_GROUPS:
        return Comparison(*size)
    return Comparison(
        *size,
        runs.scatter("seen"),
        runs.scatter("unseen"),
        runs.measure(("unseen", "seen"), lambda scatters: scatters[..., 0] - scatters[..., 1]),
        runs.ratio("unseen", "seen"),
    )


def compare_partitions(
    random: Mapping[str, Trainings],
    grouped: Mapping[str, Trainings],
) -> dict[str, Comparison]:
    """Compare the same networks trained on two partitions, by transform, with every training seed there is."""
    return {
        name: compare_pairs(SeedPredictions.of(runs), SeedPredictions.of(grouped[name]))
        for name, runs in random.items()
        if name in grouped
    }


def comparisons_markdown(compared: Mapping[str, Comparison]) -> str:
    """Write the scatters [dex] of the clusters that both partitions test, a row for each network."""
    specs = {"seen": ".4f", "unseen": ".4f", "difference": "+.4f", "ratio": ".3f"}
    rows = [
        [
            label,
            f"{one.n_clusters}",
            f"{one.n_halos}",
            *(interval_text(getattr(one, name), spec) for name, spec in specs.items()),
        ]
        for label, one in compared.items()
    ]
    header = ["Network", "Clusters", "Halos", "Halo in training", "Halo not in training", "Difference", "Ratio"]
    return markdown_table(header, rows, "lrrrrrr")


def mates_in_training(fold_of: ArrayLike, groups: ArrayLike) -> NDArray[np.int64]:
    """Count for each observation how many others of its halo are in training when it is tested, ``(n_clusters,)``."""
    import pandas as pd

    frame = pd.DataFrame({"fold": fold_of, "halo": groups})
    in_all, in_fold = (frame.groupby(keys)["fold"].transform("size") for keys in (["halo"], ["halo", "fold"]))
    return (in_all - in_fold).to_numpy()


@dataclass(frozen=True)
class MatesClass:
    """Test clusters with similar numbers of halo mates in training; no scatter [dex] with too few halos."""

    label: str
    n_clusters: int
    n_halos: int
    scatter: Interval | None


def scatter_by_mates(
    tested: SeedPredictions, mates: ArrayLike, edges: Sequence[int] = MATES, **bootstrap: int
) -> list[MatesClass]:
    """Sort test clusters by how many observations of their halo were in training; empty classes are left out.

    The folds were drawn regardless of halos. ``mates`` are those of every observation of the catalogue
    (:func:`mates_in_training`); ``edges`` are the lower ends of the classes, the first of them 0.
    """
    own, classes = np.asarray(mates)[tested.cluster], []
    for low, high in pairwise([*edges, np.inf]):
        chosen = tested.among(tested.cluster[(own >= low) & (own < high)])
        if len(chosen.cluster) == 0:
            continue
        label = f"{low} or more" if high == np.inf else f"{low}" if high == low + 1 else f"{low} to {high - 1}"
        runs = Runs({"": chosen}, **bootstrap)
        scatter = runs.scatter("") if runs.n_halos >= MINIMUM_GROUPS else None
        classes.append(MatesClass(label, len(chosen.cluster), runs.n_halos, scatter))
    return classes
