"""What clusters add to the sums that bias, scatter and slope are functions of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.errors import InputError


def as_views(residuals: ArrayLike, name: str = "residuals") -> NDArray[np.float64]:
    """Return residuals as ``(n_seeds, n_clusters, n_views)`` [dex].

    Raises
    ------
    InputError
        If they have another shape than that, ``(n_clusters, n_views)`` or ``(n_clusters,)``, or are not finite.
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
    """Return the halo of each cluster, ``(n_clusters,)``; each its own where none are known.

    Raises
    ------
    InputError
        If there is not one for each cluster, or one halo for all.
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

    Parameters
    ----------
    residuals : (n_seeds, n_clusters, n_views) [dex]
    truth : (n_clusters,) [log10 solar masses], optional

    Returns
    -------
    (n_seeds, n_clusters, 3 or 6)
        Views, sum of r, sum of r^2; with the truth t, less its mean, also the sums of t, t^2 and r t.
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
