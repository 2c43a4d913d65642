"""What a variance consists of: the shares that groups of correlated predictors explain.

In the order in which predictors enter a linear regression, each adds something to R^2. Where predictors are correlated,
what it adds depends on the order. A group's share is its addition, averaged over all orders of the groups (Lindeman,
Merenda & Gold 1980, *Introduction to Bivariate and Multivariate Analysis*; Groemping 2006, J. Stat. Softw. 17, 1; the
Shapley value of R^2). Shares are never negative, and they add up to R^2.

All is computed from sums over clusters, so that resampling clusters is resampling these.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

_RIDGE = 1e-10
"""Added to each predictor's variance of 1: a copy of a predictor, or one that does not vary, breaks no inversion."""


def at_fixed(values: ArrayLike, given: ArrayLike, degree: int = 3) -> NDArray[np.float64]:
    """Return what is left of values after the least-squares polynomial of another quantity, with mean zero.

    Each column of ``values``, ``(n,)`` or ``(n, n_columns)``, has a polynomial of its own in ``given`` (n,), such as
    the true log10 mass.
    """
    values, given = np.asarray(values, dtype=np.float64), np.asarray(given, dtype=np.float64)
    spread = given.std() or 1.0
    powers = np.vander((given - given.mean()) / spread, degree + 1)
    return values - powers @ np.linalg.lstsq(powers, values)[0]


def second_moments(predictors: ArrayLike, response: ArrayLike) -> NDArray[np.float64]:
    """Return what each cluster adds to the sums that variances and covariances are functions of.

    They are the products of all pairs of 1, the ``predictors`` (n, n_predictors) and the ``response`` (..., n), less
    their means: ``(..., n, n_quantities)``.
    """
    predictors, response = np.asarray(predictors, dtype=np.float64), np.asarray(response, dtype=np.float64)
    if predictors.ndim != 2 or response.shape[-1:] != predictors.shape[:1]:
        msg = f"{predictors.shape} predictors do not belong to a response of shape {response.shape}"
        raise ValueError(msg)
    first = np.column_stack([np.ones(len(predictors)), predictors - predictors.mean(axis=0)])
    first = np.broadcast_to(first, (*response.shape, first.shape[1]))
    columns = np.concatenate([first, (response - response.mean(axis=-1, keepdims=True))[..., None]], axis=-1)
    rows, others = np.triu_indices(columns.shape[-1])
    return columns[..., rows] * columns[..., others]


def variance_shares(totals: ArrayLike, groups: ArrayLike) -> NDArray[np.float64]:
    """Return the share of the response's variance that each group of predictors explains, ``(..., n_groups)``.

    They add up to R^2. A predictor that does not vary explains nothing. Of n independent clusters, a predictor that has
    nothing to do with the response gets some 1/n. ``totals`` (..., n_quantities) are :func:`second_moments` added up
    over clusters; ``groups`` (n_predictors,) number the group of each predictor from 0.
    """
    groups = np.asarray(groups)
    covariance = _covariance(totals, len(groups))
    spread = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    spread = np.where(spread > 0, spread, np.inf)
    correlation = covariance / spread[..., :, None] / spread[..., None, :]
    n_groups = int(groups.max()) + 1
    explained = {
        chosen: _r_squared(correlation, np.flatnonzero(np.isin(groups, chosen)))
        for size in range(n_groups + 1)
        for chosen in combinations(range(n_groups), size)
    }
    shares = np.zeros((*correlation.shape[:-2], n_groups))
    for chosen, with_them in explained.items():
        for group in chosen:
            before = tuple(other for other in chosen if other != group)
            shares[..., group] += (with_them - explained[before]) / (n_groups * comb(n_groups - 1, len(before)))
    return shares


def regression_slopes(totals: ArrayLike, n_predictors: int) -> NDArray[np.float64]:
    """Return the slope of the response with each predictor, all others held, ``(..., n_predictors)``."""
    covariance = _covariance(totals, n_predictors)
    variances = np.diagonal(covariance, axis1=-2, axis2=-1)[..., :-1]
    ridge = np.eye(n_predictors) * np.where(variances > 0, _RIDGE * variances, 1.0)[..., None]
    return np.linalg.solve(covariance[..., :-1, :-1] + ridge, covariance[..., :-1, -1:])[..., 0]


def _covariance(totals: ArrayLike, n_predictors: int) -> NDArray[np.float64]:
    """Return the covariance of the predictors and, last, the response, ``(..., size, size)``."""
    totals = np.asarray(totals, dtype=np.float64)
    size = n_predictors + 2
    if totals.shape[-1:] != (size * (size + 1) // 2,):
        msg = f"totals of shape {totals.shape} are not those of {n_predictors} predictors"
        raise ValueError(msg)
    products = np.empty((*totals.shape[:-1], size, size))
    rows, others = np.triu_indices(size)
    products[..., rows, others] = products[..., others, rows] = totals
    means = products[..., 0, 1:] / products[..., :1, 0]
    return products[..., 1:, 1:] / products[..., :1, :1] - means[..., :, None] * means[..., None, :]


def _r_squared(correlation: NDArray[np.float64], chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the R^2 of a regression on some predictors, from correlations that have the response last."""
    if not len(chosen):
        return np.zeros(correlation.shape[:-2])
    among = correlation[..., chosen[:, None], chosen]
    diagonal = np.arange(len(chosen))
    among[..., diagonal, diagonal] = 1 + _RIDGE
    with_response = correlation[..., chosen, -1]
    return np.sum(with_response * np.linalg.solve(among, with_response[..., None])[..., 0], axis=-1)
