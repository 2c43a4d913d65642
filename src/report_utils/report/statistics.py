"""Bias, scatter and paired comparisons of residuals, with intervals that resample clusters or halos.

The eight views of one cluster share its photons and the snapshots of one halo share its shape, so a test view
is not an independent observation. The bootstrap here draws whole clusters, or whole halos where they are
known, with everything that belongs to them (the cluster bootstrap: Davison & Hinkley 1997, *Bootstrap Methods
and their Application*, section 3.8). It does not carry the variation from one training to the next: with one
trained seed no resampling can.

Both statistics of Table 1 are functions of three sums (count, sum of r, sum of r^2), so one resample costs
one weighted sum over halos whatever the number of views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.errors import InputError
from report_utils.report.bootstrap import Interval, bca_interval, bootstrap_sums

# Half the range between these percentiles of a Gaussian is its standard deviation (16 and 84 in short).
_GAUSSIAN_PERCENTILES = (15.865525393145708, 84.13447460685429)


@dataclass(frozen=True)
class ResidualStatistics:
    """What a row of Table 1 says, and what it leaves out.

    Attributes
    ----------
    bias, scatter : Interval [dex]
        Mean and standard deviation (divided by n) over every test view.
    robust_scatter : float [dex]
        Half the range from the 16th to the 84th percentile: equal to the scatter for Gaussian residuals.
    outlier_fraction : float
        Share of views more than three robust scatters from the median (0.0027 for Gaussian residuals).
    r_squared : float or None
        1 - sum r^2 / sum (truth - mean truth)^2; ``None`` without the truth.
    n_clusters, n_views, n_groups : int
        Clusters, views of each, and independent units drawn in the bootstrap.
    resampled : str
        ``"halos"`` or ``"clusters"``. Never the training: these intervals are of one trained seed.
    """

    bias: Interval
    scatter: Interval
    robust_scatter: float
    outlier_fraction: float
    r_squared: float | None
    n_clusters: int
    n_views: int
    n_groups: int
    resampled: str


def _as_views(residuals: ArrayLike, name: str = "residuals") -> NDArray[np.float64]:
    array = np.asarray(residuals, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] < 2 or array.shape[1] < 1:
        msg = (
            f"{name} have shape {np.shape(residuals)}; give (n_clusters,) or (n_clusters, n_views), two "
            "clusters or more"
        )
        raise InputError(msg)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        msg = f"{name}: row {row} is not finite; remove the cluster or train again"
        raise InputError(msg)
    return array


def _group_codes(groups: ArrayLike | None, n_clusters: int) -> tuple[NDArray[np.intp], int, str]:
    if groups is None:
        return np.arange(n_clusters), n_clusters, "clusters"
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if codes.shape != (n_clusters,):
        msg = f"groups have shape {np.shape(groups)}; one halo for each of the {n_clusters} clusters is needed"
        raise InputError(msg)
    if len(names) < 2:
        msg = "all clusters belong to one group; resampling needs two or more"
        raise InputError(msg)
    return codes, len(names), "halos" if len(names) < n_clusters else "clusters"


def _moment_sums(residuals: NDArray[np.float64], codes: NDArray[np.intp], n_groups: int) -> NDArray[np.float64]:
    """Return count, sum of r, sum of r^2 for each group: (n_groups, 3)."""
    per_cluster = np.stack(
        [
            np.full(len(residuals), float(residuals.shape[1])),
            residuals.sum(axis=1),
            (residuals**2).sum(axis=1),
        ],
        axis=1,
    )
    return np.stack([np.bincount(codes, weights=column, minlength=n_groups) for column in per_cluster.T], axis=1)


def _bias_and_scatter(totals: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn (..., 3) sums into mean and standard deviation, each (...)."""
    mean = totals[..., 1] / totals[..., 0]
    variance = totals[..., 2] / totals[..., 0] - mean**2
    return mean, np.sqrt(np.maximum(variance, 0.0))


def residual_statistics(
    residuals: ArrayLike,
    *,
    truth: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> ResidualStatistics:
    """Describe the residuals of one transform.

    Parameters
    ----------
    residuals : (n_clusters, n_views) or (n_clusters,) [dex]
        Prediction minus truth.
    truth : (n_clusters,) [log10 solar masses], optional
        Needed for R^2 alone.
    groups : (n_clusters,), optional
        The halo of each cluster; halos are then drawn whole.
    n_resamples, seed, confidence
        Of the bootstrap.

    Returns
    -------
    ResidualStatistics

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
    views = _as_views(residuals)
    codes, n_groups, resampled = _group_codes(groups, len(views))
    sums = _moment_sums(views, codes, n_groups)
    bias, scatter = views.mean(), views.std()
    resampled_bias, resampled_scatter = _bias_and_scatter(bootstrap_sums(sums, n_resamples, seed))
    left_out_bias, left_out_scatter = _bias_and_scatter(sums.sum(axis=0) - sums)

    low, median, high = np.percentile(views, [_GAUSSIAN_PERCENTILES[0], 50, _GAUSSIAN_PERCENTILES[1]])
    robust = (high - low) / 2
    r_squared = None
    if truth is not None:
        deviation = np.asarray(truth, dtype=np.float64) - np.mean(truth)
        if deviation.shape != (len(views),):
            msg = f"truth has shape {np.shape(truth)}; one mass for each of the {len(views)} clusters is needed"
            raise InputError(msg)
        r_squared = float(1 - np.mean(views**2) / np.mean(deviation**2))
    return ResidualStatistics(
        bias=bca_interval(bias, resampled_bias, left_out_bias, confidence),
        scatter=bca_interval(scatter, resampled_scatter, left_out_scatter, confidence),
        robust_scatter=float(robust),
        outlier_fraction=float(np.mean(np.abs(views - median) > 3 * robust)),
        r_squared=r_squared,
        n_clusters=views.shape[0],
        n_views=views.shape[1],
        n_groups=n_groups,
        resampled=resampled,
    )


def scatter_contrast(
    residuals: Sequence[ArrayLike],
    powers: Sequence[float],
    *,
    groups: ArrayLike | None = None,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Compare several transforms on the same clusters: the product of their scatters, each to its power.

    ``powers=(1, -1)`` is a ratio, ``(1, -1, -1, 1)`` a ratio of ratios. All transforms see the same draws, so
    what they share (a bright halo, an odd shape) cancels.

    Parameters
    ----------
    residuals : sequence of (n_clusters, n_views) or (n_clusters,) [dex]
        Row i of each belongs to the same cluster.
    powers : sequence of float
    groups, n_resamples, seed, confidence
        As in :func:`residual_statistics`.

    Raises
    ------
    InputError
        If the arrays do not show the same number of clusters, or a scatter is zero.
    """
    arrays = [_as_views(array, f"residuals {number}") for number, array in enumerate(residuals)]
    if len(arrays) != len(powers) or len({len(array) for array in arrays}) != 1:
        msg = f"residuals of {[len(array) for array in arrays]} clusters with {len(powers)} powers cannot be paired"
        raise InputError(msg)
    codes, n_groups, _ = _group_codes(groups, len(arrays[0]))
    sums = np.concatenate([_moment_sums(array, codes, n_groups) for array in arrays], axis=1)

    def product(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        result = np.ones(totals.shape[:-1])
        for number, power in enumerate(powers):
            result *= _bias_and_scatter(totals[..., 3 * number : 3 * number + 3])[1] ** power
        return result

    if any(array.std() == 0 for array in arrays):
        msg = "residuals without any scatter cannot be compared"
        raise InputError(msg)
    with np.errstate(divide="ignore", invalid="ignore"):
        resamples, jackknife = (
            product(bootstrap_sums(sums, n_resamples, seed)),
            product(sums.sum(axis=0) - sums),
        )
    # A draw of one cluster alone has no scatter; with a handful of halos that can happen and says nothing.
    resamples, jackknife = resamples[np.isfinite(resamples)], jackknife[np.isfinite(jackknife)]
    return bca_interval(float(product(sums.sum(axis=0))), resamples, jackknife, confidence)


def scatter_ratio(
    residuals_a: ArrayLike,
    residuals_b: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Return the scatter of ``a`` over that of ``b`` on the same clusters, with a paired interval.

    Parameters
    ----------
    residuals_a, residuals_b : (n_clusters, n_views) or (n_clusters,) [dex]
        Row i of both belongs to the same cluster; the numbers of views may differ.
    groups, n_resamples, seed, confidence
        As in :func:`residual_statistics`.
    """
    return scatter_contrast(
        (residuals_a, residuals_b),
        (1.0, -1.0),
        groups=groups,
        n_resamples=n_resamples,
        seed=seed,
        confidence=confidence,
    )
