"""What so many test clusters can tell: how far a scatter, and a ratio of two, wander from sample to sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.errors import InputError


@dataclass(frozen=True)
class Expectation:
    """What samples of one size show.

    Parameters
    ----------
    n_clusters : int
    scatter : (low, high) [dex]
        95% of samples have a scatter between these.
    ratio : (low, high)
        95% of samples have a scatter between these times that of the baseline, on the same clusters.
    share_smaller : float
        Of the samples in which the scatter is smaller than the baseline's.
    """

    n_clusters: int
    scatter: tuple[float, float]
    ratio: tuple[float, float]
    share_smaller: float


def expect_of_samples(
    n_clusters: int, residuals: ArrayLike, baseline: ArrayLike, *, n_samples: int = 4000, seed: int = 0
) -> Expectation:
    """Draw samples of ``n_clusters`` from held-out clusters, with replacement, and say what they show.

    The trained networks stay the same: it is the sampling of test clusters alone that is measured, and fewer
    clusters to train on make the scatter itself larger.

    Parameters
    ----------
    n_clusters : int
        Two or more.
    residuals, baseline : (n_held_out, n_views) [dex]
        Of two transforms, on the same clusters in the same order.
    n_samples, seed : int

    Raises
    ------
    InputError
        If the residuals do not belong together, or there are fewer than two clusters.
    """
    residuals, baseline = np.asarray(residuals, float), np.asarray(baseline, float)
    if residuals.shape != baseline.shape or residuals.ndim != 2 or min(len(residuals), n_clusters) < 2:
        msg = (
            f"residuals of shape {residuals.shape} and {baseline.shape} and samples of {n_clusters} clusters; two"
            " clusters or more are needed, the same in both"
        )
        raise InputError(msg)
    rows = np.random.default_rng(seed).integers(0, len(residuals), (n_samples, n_clusters))
    scatter, other = _scatter(residuals, rows), _scatter(baseline, rows)
    ratio = np.divide(scatter, other, out=np.ones(n_samples), where=other > 0)
    return Expectation(n_clusters, _middle(scatter), _middle(ratio), float(np.mean(ratio < 1)))


def _scatter(residuals: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return each sample's standard deviation over all views, ``(n_samples,)`` [dex]."""
    first, second = residuals.mean(axis=1), (residuals**2).mean(axis=1)
    return np.sqrt(np.maximum(second[rows].mean(axis=1) - first[rows].mean(axis=1) ** 2, 0.0))


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
