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

from report_utils.report.intervals import MINIMUM_GROUPS, Interval
from report_utils.report.resampling import N_RESAMPLES, resample
from report_utils.report.seeds import CrossValidated, SeedPredictions, on_common_clusters
from report_utils.report.statistics import moments, scatter_of

MATES = (0, 1, 3, 6)
"""Lower ends of the classes by number of observations of a test cluster's own halo in training."""


@dataclass(frozen=True)
class Comparison:
    """The scatters of two networks on the same test clusters.

    Attributes
    ----------
    seen, unseen : Interval or None [dex]
        With other observations of a cluster's halo in training, and without; None with too few halos for an interval.
    difference : Interval or None [dex]
        Unseen minus seen.
    ratio : Interval or None
        Unseen over seen.
    n_clusters, n_halos : int
        Those that both were tested on.
    """

    seen: Interval | None
    unseen: Interval | None
    difference: Interval | None
    ratio: Interval | None
    n_clusters: int
    n_halos: int


def compare_pairs(
    seen: SeedPredictions, unseen: SeedPredictions, *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Comparison:
    """Compare two networks on the clusters that both were tested on.

    Parameters
    ----------
    seen, unseen : SeedPredictions
        Of folds drawn regardless of halos, and of folds that keep each halo together.
    n_resamples, seed
        Of the bootstrap over halos, and over the trainings of the partition with more folds.
    """
    pair = on_common_clusters({"seen": seen, "unseen": unseen})
    first = max(pair.values(), key=lambda one: len(np.unique(one.fold)))
    n_halos = len(np.unique(first.group))
    if n_halos < MINIMUM_GROUPS:
        return Comparison(None, None, None, None, len(first.cluster), n_halos)
    columns = [moments(one.residuals) for one in pair.values()]
    drawn = resample(columns, first.group, first.fold, n_resamples=n_resamples, seed=seed)
    return Comparison(
        drawn.interval(lambda totals: scatter_of(totals)[..., 0]),
        drawn.interval(lambda totals: scatter_of(totals)[..., 1]),
        drawn.interval(lambda totals: scatter_of(totals)[..., 1] - scatter_of(totals)[..., 0]),
        drawn.interval(lambda totals: scatter_of(totals)[..., 1] / scatter_of(totals)[..., 0]),
        len(first.cluster),
        n_halos,
    )


def compare_partitions(
    random: Mapping[str, Sequence[CrossValidated] | SeedPredictions],
    grouped: Mapping[str, Sequence[CrossValidated] | SeedPredictions],
) -> dict[str, Comparison]:
    """Compare the same networks trained on two partitions, with every training seed there is.

    Parameters
    ----------
    random, grouped : mapping of transform name to its cross-validations, one for each training seed
    """
    return {
        name: compare_pairs(SeedPredictions.of(runs), SeedPredictions.of(grouped[name]))
        for name, runs in random.items()
        if name in grouped
    }


def scatter_interval(sample: SeedPredictions, *, n_resamples: int = N_RESAMPLES, seed: int = 0) -> Interval:
    """Return the scatter of a sample with its interval [dex]."""
    drawn = resample([moments(sample.residuals)], sample.group, sample.fold, n_resamples=n_resamples, seed=seed)
    return drawn.interval(lambda totals: scatter_of(totals)[..., 0])


def mates_in_training(fold_of: ArrayLike, groups: ArrayLike) -> NDArray[np.int64]:
    """Count for each observation how many others of its halo are in training when it is tested.

    Parameters
    ----------
    fold_of : (n_clusters,) int
        In whose fold's test set each observation is.
    groups : (n_clusters,)
        The halo of each.

    Returns
    -------
    (n_clusters,) int
    """
    fold_of, (names, halo) = np.asarray(fold_of), np.unique(np.asarray(groups), return_inverse=True)
    in_fold = np.zeros((len(names), int(fold_of.max()) + 1), dtype=np.int64)
    np.add.at(in_fold, (halo, fold_of), 1)
    return in_fold.sum(axis=1)[halo] - in_fold[halo, fold_of]


@dataclass(frozen=True)
class MatesClass:
    """Test clusters with similar numbers of halo mates in training.

    Attributes
    ----------
    label : str
    n_clusters, n_halos : int
    scatter : Interval or None [dex]
        None with too few halos for an interval.
    """

    label: str
    n_clusters: int
    n_halos: int
    scatter: Interval | None


def scatter_by_mates(
    tested: SeedPredictions, mates: ArrayLike, edges: Sequence[int] = MATES, **options: int
) -> list[MatesClass]:
    """Sort test clusters by how many observations of their halo were in training.

    Parameters
    ----------
    tested : SeedPredictions
        Of folds drawn regardless of halos.
    mates : (n_clusters,) int
        Of every observation of the catalogue, as :func:`mates_in_training` returns them.
    edges : sequence of int
        The lower ends of the classes, the first of them 0.
    **options
        As :func:`scatter_interval` takes them.

    Returns
    -------
    list of MatesClass
        Those that hold a cluster.
    """
    own, classes = np.asarray(mates)[tested.cluster], []
    for low, high in pairwise([*edges, np.inf]):
        chosen = tested.among(tested.cluster[(own >= low) & (own < high)])
        if len(chosen.cluster) == 0:
            continue
        label = f"{low} or more" if high == np.inf else f"{low}" if high == low + 1 else f"{low} to {high - 1}"
        n_halos = len(np.unique(chosen.group))
        scatter = scatter_interval(chosen, **options) if n_halos >= MINIMUM_GROUPS else None
        classes.append(MatesClass(label, len(chosen.cluster), n_halos, scatter))
    return classes
