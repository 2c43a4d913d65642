"""Bias, scatter and paired comparisons of residuals, with intervals over halos and training seeds.

The eight views of one cluster share its photons and the snapshots of one halo share its shape, so a test view is not
an independent observation; and one training is not another. :mod:`report_utils.report.bootstrap` says what is drawn.

All statistics with an interval are functions of sums over clusters (count, sum of r, sum of r^2 ...), so one resample
costs one weighted sum over halos whatever the number of views.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.errors import InputError
from report_utils.report.bootstrap import N_RESAMPLES, Resampled, resample
from report_utils.report.intervals import Interval
from report_utils.report.moments import as_views, checked_groups, mean_of, moments, scatter_of, slope_of
from report_utils.report.seeds import SeedPredictions

# Half the range between these percentiles of a Gaussian is its standard deviation (16 and 84 in short).
_GAUSSIAN_PERCENTILES = (15.865525393145708, 84.13447460685429)


@dataclass(frozen=True)
class ResidualStatistics:
    """What a row of Table 1 says, and what it leaves out.

    Attributes
    ----------
    bias, scatter : Interval [dex]
        Mean and standard deviation (divided by n) over every test view of every training seed.
    slope : Interval or None [dex per dex]
        Of the straight line through residual against truth: -1 for a network that always predicts the mean mass,
        0 for one without regression to the mean; ``None`` without the truth.
    robust_scatter : float [dex]
        Half the range from the 16th to the 84th percentile: equal to the scatter for Gaussian residuals.
    outlier_fraction : float
        Share of views more than three robust scatters from the median (0.0027 for Gaussian residuals).
    r_squared : float or None
        1 - sum r^2 / sum (truth - mean truth)^2; ``None`` without the truth.
    n_clusters, n_views, n_groups, n_seeds : int
        Clusters, views of each, independent units drawn in the bootstrap, and training seeds.
    resampled : str
        What was drawn: ``"halos"`` or ``"clusters"``, and of the trainings ``"... and folds"`` where there are many,
        else with two training seeds or more ``"... and seeds"``.
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
    tested: Mapping[str, SeedPredictions],
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[str, ResidualStatistics]:
    """Describe the residuals of several transforms; those tested on the same clusters are resampled together.

    Parameters
    ----------
    tested : mapping of transform name to SeedPredictions
    n_resamples, seed, confidence
        Of the bootstrap.
    """
    alike: dict[bytes, list[str]] = {}
    for name, one in tested.items():
        alike.setdefault(one.cluster.tobytes() + one.fold.tobytes(), []).append(name)
    found = {}
    for names in alike.values():
        first = tested[names[0]]
        views = [as_views(tested[name].residuals, name) for name in names]
        halos = checked_groups(first.group, len(first.truth))
        columns = [moments(array, first.truth) for array in views]
        drawn = resample(columns, halos, first.fold, n_resamples=n_resamples, seed=seed)
        for number, (name, array) in enumerate(zip(names, views, strict=True)):
            found[name] = _describe(array, first.truth, halos, drawn.select([number]), confidence)
    return {name: found[name] for name in tested}


def _describe(
    views: NDArray[np.float64],
    truth: NDArray[np.float64] | None,
    groups: NDArray,
    drawn: Resampled,
    confidence: float = 0.95,
) -> ResidualStatistics:
    """Return the statistics of one transform whose :func:`moments` have been resampled.

    Parameters
    ----------
    views : (n_seeds, n_clusters, n_views) [dex]
    truth : (n_clusters,) [log10 solar masses], or None
    groups : (n_clusters,)
    drawn : Resampled
        Of this transform alone.
    confidence : float
    """

    def interval(statistic) -> Interval:
        return drawn.interval(lambda totals: statistic(totals[..., 0, :]), confidence)

    low, median, high = np.percentile(views, [_GAUSSIAN_PERCENTILES[0], 50, _GAUSSIAN_PERCENTILES[1]])
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
    powers: Sequence[float],
    *,
    groups: ArrayLike | None = None,
    folds: ArrayLike | None = None,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Compare several transforms on the same clusters: the product of their scatters, each to its power.

    ``powers=(1, -1)`` is a ratio, ``(1, -1, -1, 1)`` a ratio of ratios. All transforms see the same draws of halos,
    so what they share (a bright halo, an odd shape) cancels.

    Parameters
    ----------
    residuals : sequence of (n_seeds, n_clusters, n_views), (n_clusters, n_views) or (n_clusters,) [dex]
        Row i of each belongs to the same cluster; numbers of seeds and of views may differ.
    powers : sequence of float
    groups, folds, n_resamples, seed, confidence
        As in :func:`residual_statistics`.

    Raises
    ------
    InputError
        If the arrays do not show the same number of clusters, or a scatter is zero.
    """
    arrays = [as_views(array, f"residuals {number}") for number, array in enumerate(residuals)]
    if len(arrays) != len(powers) or len({array.shape[1] for array in arrays}) != 1:
        msg = f"residuals of {[a.shape[1] for a in arrays]} clusters with {len(powers)} powers cannot be paired"
        raise InputError(msg)
    if any(array.std() == 0 for array in arrays):
        msg = "residuals without any scatter cannot be compared"
        raise InputError(msg)
    halos = checked_groups(groups, arrays[0].shape[1])
    drawn = resample([moments(array) for array in arrays], halos, folds, n_resamples=n_resamples, seed=seed)
    return contrast_of(drawn, powers, confidence)


def contrast_of(drawn: Resampled, powers: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the product of the scatters of transforms whose :func:`moments` have been resampled, each to its power."""
    return drawn.interval(lambda totals: np.prod(scatter_of(totals) ** np.asarray(powers), axis=-1), confidence)


def scatter_ratio(
    residuals_a: ArrayLike, residuals_b: ArrayLike, groups: ArrayLike | None = None, **options: object
) -> Interval:
    """Return the scatter of ``a`` over that of ``b`` on the same clusters, with a paired interval.

    Parameters
    ----------
    residuals_a, residuals_b : (n_seeds, n_clusters, n_views), (n_clusters, n_views) or (n_clusters,) [dex]
        Row i of both belongs to the same cluster; the numbers of seeds and of views may differ.
    groups, **options
        As in :func:`scatter_contrast`.
    """
    return scatter_contrast((residuals_a, residuals_b), (1.0, -1.0), groups=groups, **options)
