"""Bias, scatter and paired comparisons of residuals, with intervals over halos and training seeds.

The eight views of one cluster share its photons and the snapshots of one halo share its shape, so a test view is not
an independent observation; nor are two trainings the same. :mod:`report_utils.report.resampling` says what is drawn.
All statistics with an interval are functions of sums over clusters (count, sum of r, sum of r^2 ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.errors import InputError
from report_utils.report.intervals import Interval
from report_utils.report.resampling import N_RESAMPLES, Resampled, resample
from report_utils.report.seeds import SeedPredictions

# half the range between these percentiles of a Gaussian is its standard deviation (16 and 84 in short)
GAUSSIAN_PERCENTILES = (15.865525393145708, 84.13447460685429)


def as_views(residuals: ArrayLike, name: str = "residuals") -> NDArray[np.float64]:
    """Return residuals as ``(n_seeds, n_clusters, n_views)`` [dex].

    They may lack the first axis, or the first and the last. Other shapes, and values that are not finite, are refused.
    """
    array = np.asarray(residuals, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or array.shape[1] < 2 or 0 in array.shape:
        msg = (
            f"{name} have shape {np.shape(residuals)}; give (n_clusters,), (n_clusters, n_views) or (n_seeds, "
            "n_clusters, n_views), two clusters or more"
        )
        raise InputError(msg)
    finite = np.isfinite(array).all(axis=(0, 2))
    if not finite.all():
        msg = f"{name}: row {int(np.flatnonzero(~finite)[0])} is not finite; remove the cluster or train again"
        raise InputError(msg)
    return array


def checked_groups(groups: ArrayLike | None, n_clusters: int) -> NDArray:
    """Return the halo of each cluster, ``(n_clusters,)``; where none is known, each cluster has its own.

    One that is missing, and one halo for all, are refused.
    """
    if groups is None:
        return np.arange(n_clusters)
    names = np.asarray(groups)
    if names.shape != (n_clusters,):
        msg = f"groups have shape {np.shape(groups)}; one halo for each of the {n_clusters} clusters is needed"
        raise InputError(msg)
    if len(np.unique(names)) < 2:
        msg = "all clusters belong to one group; resampling needs two or more"
        raise InputError(msg)
    return names


def moments(residuals: NDArray[np.float64], truth: NDArray | None = None) -> NDArray[np.float64]:
    """Return what each cluster adds to the sums that bias, scatter and slope are functions of.

    For residuals r ``(n_seeds, n_clusters, n_views)`` [dex] these are ``(n_seeds, n_clusters, 3)``: views, sum of r,
    sum of r^2. With the truth t ``(n_clusters,)``, less its mean, there are also the sums of t, t^2 and r t.
    """
    count = np.full(residuals.shape[:2], float(residuals.shape[2]))
    total = residuals.sum(axis=2)
    columns = [count, total, (residuals**2).sum(axis=2)]
    if truth is not None:
        centred = np.asarray(truth, dtype=np.float64) - np.mean(truth)
        columns += [count * centred, count * centred**2, total * centred]
    return np.stack(columns, axis=2)


def mean_of(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean (...) of :func:`moments` that were added up (..., 3 or more)."""
    return totals[..., 1] / totals[..., 0]


def scatter_of(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation (...) of :func:`moments` that were added up (..., 3 or more)."""
    return np.sqrt(np.maximum(totals[..., 2] / totals[..., 0] - mean_of(totals) ** 2, 0.0))


def slope_of(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope (...) of the least-squares line of r against t of :func:`moments` added up (..., 6)."""
    n, r, t, tt, rt = (totals[..., place] for place in (0, 1, 3, 4, 5))
    return (rt / n - r * t / n**2) / (tt / n - (t / n) ** 2)


@dataclass(frozen=True)
class ResidualStatistics:
    """The numbers of a row of Table 1, and some that it leaves out; slope and R^2 are None without the truth.

    ``bias`` and ``scatter`` [dex] are mean and standard deviation (divided by n) over every test view of every training
    seed. The ``slope`` [dex per dex] is that of the straight line through residual against truth: -1 for a network that
    always predicts the mean mass. ``robust_scatter`` [dex] is half the range from the 16th to the 84th percentile,
    equal to the scatter for Gaussian residuals; of these a share of 0.0027 is more than three robust scatters from the
    median, the ``outlier_fraction``. ``r_squared`` is 1 - sum r^2 / sum (truth - mean truth)^2. There are ``n_groups``
    independent units in the bootstrap. What is ``resampled`` are ``"halos"`` or ``"clusters"``, and of the trainings
    ``"... and folds"`` or ``"... and seeds"``.
    """

    bias: Interval
    scatter: Interval
    slope: Interval | None
    robust_scatter: float
    outlier_fraction: float
    r_squared: float | None
    n_clusters: int
    n_views: int
    n_groups: int
    n_seeds: int
    resampled: str


def residual_statistics(
    residuals: ArrayLike,
    *,
    truth: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    folds: ArrayLike | None = None,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> ResidualStatistics:
    """Describe the residuals of one transform.

    Parameters
    ----------
    residuals : (n_seeds, n_clusters, n_views), (n_clusters, n_views) or (n_clusters,) [dex]
        Prediction minus truth.
    truth : (n_clusters,) [log10 solar masses], optional
        Needed for the slope and R^2 alone.
    groups : (n_clusters,), optional
        The halo of each cluster; halos are then drawn whole.
    folds : (n_clusters,), optional
        In whose test set each cluster is; seeds are drawn fold by fold.
    n_resamples, seed, confidence
        Of the bootstrap.

    Raises
    ------
    InputError
        If an array has the wrong shape or holds a value that is not finite.

    Examples
    --------
    >>> views = np.array([[0.1, 0.1], [-0.1, -0.1], [0.1, 0.1], [-0.1, -0.1]])
    >>> round(residual_statistics(views).scatter.value, 6)
    0.1
    """
    views = as_views(residuals)
    halos = checked_groups(groups, views.shape[1])
    if truth is not None and np.shape(truth) != (views.shape[1],):
        msg = f"truth has shape {np.shape(truth)}; one mass for each of the {views.shape[1]} clusters is needed"
        raise InputError(msg)
    masses = None if truth is None else np.asarray(truth, dtype=np.float64)
    drawn = resample([moments(views, masses)], halos, folds, n_resamples=n_resamples, seed=seed)
    return _describe(views, masses, halos, drawn, confidence)


def describe_all(
    tested: Mapping[str, SeedPredictions], *, n_resamples: int = N_RESAMPLES
) -> dict[str, ResidualStatistics]:
    """Describe the residuals of several transforms; those tested on the same clusters are resampled together."""
    alike: dict[bytes, list[str]] = {}
    for name, one in tested.items():
        alike.setdefault(one.cluster.tobytes() + one.fold.tobytes(), []).append(name)
    found = {}
    for names in alike.values():
        first = tested[names[0]]
        views = [as_views(tested[name].residuals, name) for name in names]
        halos = checked_groups(first.group, len(first.truth))
        columns = [moments(array, first.truth) for array in views]
        drawn = resample(columns, halos, first.fold, n_resamples=n_resamples)
        for number, (name, array) in enumerate(zip(names, views, strict=True)):
            found[name] = _describe(array, first.truth, halos, drawn.select([number]))
    return {name: found[name] for name in tested}


def _describe(
    views: NDArray[np.float64],
    truth: NDArray[np.float64] | None,
    groups: NDArray,
    drawn: Resampled,
    confidence: float = 0.95,
) -> ResidualStatistics:
    """Return the statistics of one transform whose :func:`moments` alone have been resampled."""

    def interval(statistic) -> Interval:
        return drawn.interval(lambda totals: statistic(totals[..., 0, :]), confidence)

    low, median, high = np.percentile(views, [GAUSSIAN_PERCENTILES[0], 50, GAUSSIAN_PERCENTILES[1]])
    robust = (high - low) / 2
    n_seeds, n_clusters, n_views = views.shape
    n_groups = len(np.unique(groups))
    trained = " and folds" if drawn.folds is not None else " and seeds" if n_seeds > 1 else ""
    return ResidualStatistics(
        bias=interval(mean_of),
        scatter=interval(scatter_of),
        slope=None if truth is None else interval(slope_of),
        robust_scatter=float(robust),
        outlier_fraction=float(np.mean(np.abs(views - median) > 3 * robust)),
        r_squared=None if truth is None else float(1 - np.mean(views**2) / np.var(truth)),
        n_clusters=n_clusters,
        n_views=n_views,
        n_groups=n_groups,
        n_seeds=n_seeds,
        resampled=("halos" if n_groups < n_clusters else "clusters") + trained,
    )


def scatter_contrast(
    residuals: Sequence[ArrayLike],
    powers: Sequence[float] = (1.0, -1.0),
    *,
    groups: ArrayLike | None = None,
    folds: ArrayLike | None = None,
    n_resamples: int = N_RESAMPLES,
) -> Interval:
    """Compare several transforms on the same clusters: the product of their scatters, each to its power.

    By default their ratio; ``powers=(1, -1, -1, 1)`` is a ratio of ratios. All transforms see the same draws of halos,
    so what they share (a bright halo, an odd shape) cancels. Row i of each array of residuals belongs to the same
    cluster; numbers of seeds and of views may differ. Without any scatter there is nothing to compare: an InputError.
    """
    arrays = [as_views(array, f"residuals {number}") for number, array in enumerate(residuals)]
    if len(arrays) != len(powers) or len({array.shape[1] for array in arrays}) != 1:
        msg = f"residuals of {[a.shape[1] for a in arrays]} clusters with {len(powers)} powers cannot be paired"
        raise InputError(msg)
    if any(array.std() == 0 for array in arrays):
        msg = "residuals without any scatter cannot be compared"
        raise InputError(msg)
    halos = checked_groups(groups, arrays[0].shape[1])
    drawn = resample([moments(array) for array in arrays], halos, folds, n_resamples=n_resamples)
    return drawn.interval(lambda totals: np.prod(scatter_of(totals) ** np.asarray(powers), axis=-1))


@dataclass(frozen=True)
class MassBin:
    """Bias and scatter [dex] of the clusters in one bin of true mass, with their median mass [log10 solar masses]."""

    log10_mass: float
    n_clusters: int
    bias: Interval
    scatter: Interval


def mass_bins(tested: SeedPredictions, n_bins: int = 5) -> tuple[MassBin, ...]:
    """Return bias and scatter in bins of true mass with equally many clusters."""
    edges = np.quantile(tested.truth, np.linspace(0, 1, n_bins + 1))
    place = np.clip(np.searchsorted(edges, tested.truth, side="right") - 1, 0, n_bins - 1)
    columns = moments(as_views(tested.residuals))
    in_bins = np.concatenate([columns * (place == number)[:, None] for number in range(n_bins)], axis=2)
    groups = checked_groups(tested.group, len(tested.truth))
    drawn = resample([in_bins], groups, tested.fold)
    return tuple(
        MassBin(
            float(np.median(tested.truth[place == number])),
            int(np.count_nonzero(place == number)),
            drawn.interval(lambda t, first=3 * number: mean_of(t[..., 0, first : first + 3])),
            drawn.interval(lambda t, first=3 * number: scatter_of(t[..., 0, first : first + 3])),
        )
        for number in range(n_bins)
    )


@dataclass(frozen=True)
class Expectation:
    """How far scatters of samples of one size spread.

    95% of samples have a ``scatter`` between two values [dex], and a ``ratio`` to the baseline's scatter; in
    ``share_smaller`` of them it is smaller than that.
    """

    n_clusters: int
    scatter: tuple[float, float]
    ratio: tuple[float, float]
    share_smaller: float


def expect_of_samples(n_clusters: int, residuals: ArrayLike, baseline: ArrayLike) -> Expectation:
    """Draw samples from held-out clusters, with replacement, and return how far their scatters spread.

    The trained networks stay the same, so only the sampling of test clusters is measured; fewer clusters to train on
    also make the scatter itself larger. ``residuals`` and ``baseline`` (n_held_out, n_views) [dex] are of two
    transforms, on the same clusters in the same order; fewer clusters than two are refused.
    """
    residuals, baseline = np.asarray(residuals, float), np.asarray(baseline, float)
    if residuals.shape != baseline.shape or residuals.ndim != 2 or min(len(residuals), n_clusters) < 2:
        msg = (
            f"residuals of shape {residuals.shape} and {baseline.shape} and samples of {n_clusters} clusters; two"
            " clusters or more are needed, the same in both"
        )
        raise InputError(msg)
    rows = np.random.default_rng(0).integers(0, len(residuals), (N_RESAMPLES, n_clusters))

    def scatters(views: NDArray[np.float64]) -> NDArray[np.float64]:
        first, second = views.mean(axis=1), (views**2).mean(axis=1)
        return np.sqrt(np.maximum(second[rows].mean(axis=1) - first[rows].mean(axis=1) ** 2, 0.0))

    scatter, other = scatters(residuals), scatters(baseline)
    ratio = np.divide(scatter, other, out=np.ones(N_RESAMPLES), where=other > 0)
    middle = [tuple(np.percentile(values, [2.5, 97.5]).tolist()) for values in (scatter, ratio)]
    return Expectation(n_clusters, *middle, float(np.mean(ratio < 1)))
