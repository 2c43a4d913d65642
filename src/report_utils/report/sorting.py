"""How well predictions sort clusters, and how far two recorded trainings are apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.report.bootstrap import Interval, bca_interval, bootstrap_sums

N_PERMUTATIONS = 200


class RecordedTraining(Protocol):
    """What a claim needs of a dynamics run (see :class:`report_utils.dynamics.Dynamics`)."""

    predictions: NDArray
    truth: NDArray
    cluster: NDArray
    phase: NDArray


def halos(dynamics: RecordedTraining) -> NDArray:
    """Return (n_test,) the halo of each test cluster; where none was recorded each cluster is its own."""
    group = getattr(dynamics, "group", None)
    return np.asarray(dynamics.cluster if group is None else group)


def middle_third(truth: NDArray) -> NDArray[np.bool_]:
    """Return (n_clusters,) True for the clusters in the middle third of the true masses."""
    low, high = np.quantile(truth, [1 / 3, 2 / 3])
    return (truth > low) & (truth <= high)


def rank_displacement(truth: ArrayLike, prediction: ArrayLike) -> NDArray[np.float64]:
    """How many places each cluster is out of order, as a share of all places.

    Parameters
    ----------
    truth, prediction : (n_clusters,) [log10 solar masses]

    Returns
    -------
    (n_clusters,)
        0 for a cluster at its own place; 1/3 is the mean for a random order.
    """
    places = [np.argsort(np.argsort(np.asarray(values), kind="stable")) for values in (truth, prediction)]
    return np.abs(places[1] - places[0]) / (len(places[0]) - 1)


def reference_displacement(truth: NDArray, prediction: NDArray, middle: NDArray, *, seed: int = 0) -> tuple:
    """Mean displacement (middle, outer) if the same errors fell on clusters regardless of their mass.

    Clusters at the ends of the list can be displaced to one side only, so even an error that knows nothing of
    the mass displaces them otherwise than the middle; what is to be judged is the excess over this.
    """
    generator = np.random.default_rng([seed, len(truth)])
    errors = prediction - truth
    means = np.empty((N_PERMUTATIONS, 2))
    for row in means:
        displaced = rank_displacement(truth, truth + generator.permutation(errors))
        row[:] = displaced[middle].mean(), displaced[~middle].mean()
    return tuple(means.mean(axis=0))


def _group_sums(columns: Sequence[NDArray], groups: ArrayLike) -> NDArray[np.float64]:
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    return np.stack([np.bincount(codes, weights=column) for column in columns], axis=1)


def _interval(sums: NDArray, statistic, n_resamples: int, seed: int) -> Interval:
    with np.errstate(divide="ignore", invalid="ignore"):
        resamples = statistic(bootstrap_sums(sums, n_resamples, seed))
        jackknife = statistic(sums.sum(axis=0) - sums)
    resamples, jackknife = resamples[np.isfinite(resamples)], jackknife[np.isfinite(jackknife)]
    return bca_interval(float(statistic(sums.sum(axis=0))), resamples, jackknife)


def extremes_first(
    truth: NDArray, prediction: NDArray, groups: ArrayLike, *, n_resamples: int = 2000, seed: int = 0
) -> Interval:
    """Displacement of the outer over that of the middle third, each in units of its reference.

    Parameters
    ----------
    truth, prediction : (n_clusters,) [log10 solar masses]
    groups : (n_clusters,)

    Returns
    -------
    Interval
        Below 1 where the extremes are sorted better than errors without knowledge of the mass would sort
        them.
    """
    middle = middle_third(truth)
    displaced = rank_displacement(truth, prediction)
    in_middle, outside = reference_displacement(truth, prediction, middle, seed=seed)
    columns = [displaced * ~middle / outside, 1.0 * ~middle, displaced * middle / in_middle, 1.0 * middle]
    return _interval(
        _group_sums(columns, groups),
        lambda s: (s[..., 0] / s[..., 1]) / (s[..., 2] / s[..., 3]),
        n_resamples,
        seed,
    )


def middle_gains(
    truth: NDArray,
    before: NDArray,
    after: NDArray,
    groups: ArrayLike,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Compare what is left of the displacement in the middle third with that outside.

    Parameters
    ----------
    truth, before, after : (n_clusters,) [log10 solar masses]
        Predictions of two transforms on the same clusters.
    groups : (n_clusters,)

    Returns
    -------
    Interval
        Below 1 where the middle masses gain more than the extremes, both in units of their references.
    """
    middle = middle_third(truth)
    columns = []
    for prediction in (before, after):
        displaced = rank_displacement(truth, prediction)
        in_middle, outside = reference_displacement(truth, prediction, middle, seed=seed)
        columns += [displaced * middle / in_middle, displaced * ~middle / outside]
    return _interval(
        _group_sums(columns, groups),
        lambda s: (s[..., 2] / s[..., 0]) / (s[..., 3] / s[..., 1]),
        n_resamples,
        seed,
    )


def phase_ends(dynamics: RecordedTraining) -> NDArray[np.intp]:
    """Return (n_phases,) the last recorded epoch of each phase."""
    phase = np.asarray(dynamics.phase)
    return np.flatnonzero(np.append(phase[1:] != phase[:-1], True))


def phase_residuals(dynamics: RecordedTraining) -> list[NDArray[np.float64]]:
    """Return, for each phase's end, the (n_test, n_views) residuals [dex]."""
    truth = np.asarray(dynamics.truth, dtype=np.float64)[:, None]
    return [np.asarray(dynamics.predictions[epoch], dtype=np.float64) - truth for epoch in phase_ends(dynamics)]


def squared_distance(a: RecordedTraining, b: RecordedTraining) -> tuple[NDArray, NDArray[np.float64]]:
    """Mean over epochs of the squared difference of two trainings' predictions (identity view).

    Returns
    -------
    cluster : (n_common,)
    distance : (n_common,) [dex^2]
    """
    common, rows_a, rows_b = np.intersect1d(a.cluster, b.cluster, return_indices=True)
    n_epochs = min(len(a.predictions), len(b.predictions))
    of_a, of_b = (
        np.asarray(a.predictions)[:n_epochs, rows_a, 0],
        np.asarray(b.predictions)[:n_epochs, rows_b, 0],
    )
    difference = of_a - of_b
    return common, np.mean(difference.astype(np.float64) ** 2, axis=0)


def distance_over_seeds(
    first: Sequence[RecordedTraining],
    second: Sequence[RecordedTraining],
    *,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Root mean square distance between two kinds of training over that between seeds of one kind.

    Parameters
    ----------
    first, second : sequence of dynamics
        Seeds of either kind, two or more of each, all on the same test clusters. Whole halos are resampled.

    Returns
    -------
    Interval
        1 where exchanging the kind changes the dynamics as little as exchanging the seed.
    """
    across = np.mean([squared_distance(a, b)[1] for a, b in product(first, second)], axis=0)
    pairs = [*combinations(first, 2), *combinations(second, 2)]
    within = np.mean([squared_distance(a, b)[1] for a, b in pairs], axis=0)
    tested = np.intersect1d(first[0].cluster, second[0].cluster, return_indices=True)[1]
    sums = _group_sums([across, within], halos(first[0])[tested])
    return _interval(sums, lambda s: np.sqrt(s[..., 0] / s[..., 1]), n_resamples, seed)


def hard_clusters(dynamics: RecordedTraining, *, n_scatters: float = 3.0) -> NDArray:
    """Return the clusters beyond ``n_scatters`` robust scatters at the end of every phase."""
    hard = np.ones(len(dynamics.truth), dtype=bool)
    for residuals in phase_residuals(dynamics):
        mean = residuals.mean(axis=1)
        low, median, high = np.percentile(mean, [15.865525393145708, 50, 84.13447460685429])
        hard &= np.abs(mean - median) > n_scatters * (high - low) / 2
    return np.asarray(dynamics.cluster)[hard]
