"""Masses from a few counts by classical regressions on the network's own folds, and what a network adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.binning import get_transform
from report_utils.binning.transforms import SourceName
from report_utils.cnn.crossval import CrossValidation, Fit
from report_utils.cnn.scales import InputScale
from report_utils.report.claim_tests import Runs
from report_utils.report.count_statistics import BASELINES, CountStatistics
from report_utils.report.intervals import Interval

Regression = Callable[[NDArray, NDArray, NDArray], NDArray]
"""From training features, training masses and test features to predicted masses."""


def linear_regression(features: NDArray, log10_mass: NDArray, new_features: NDArray) -> NDArray[np.float64]:
    """Fit masses by ordinary least squares with an intercept, and predict others.

    Parameters
    ----------
    features : (n_train, n_features)
    log10_mass : (n_train,) [log10 Msun]
    new_features : (n_test, n_features)

    Returns
    -------
    (n_test,) [log10 Msun]
    """
    from sklearn.linear_model import LinearRegression

    return LinearRegression().fit(features, log10_mass).predict(new_features)


def tree_regression(features: NDArray, log10_mass: NDArray, new_features: NDArray) -> NDArray[np.float64]:
    """Fit masses by gradient-boosted trees and predict others; parameters as in :func:`linear_regression`.

    The library's own settings (100 trees of at most 31 leaves, learning rate 0.1, 20 observations a leaf or more;
    histograms as Ke et al. 2017, NIPS 30), none of them chosen after seeing a result.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
    with threadpool_limits(1):  # for so few clusters, threads only wait for each other
        return trees.fit(features, log10_mass).predict(new_features)


REGRESSIONS: Mapping[str, Regression] = MappingProxyType({"linear": linear_regression, "trees": tree_regression})
"""The regressions by name."""


def cross_validate_regression(
    name: str,
    regression: Regression,
    features: NDArray[np.float64],
    log10_mass: ArrayLike,
    fold_of: ArrayLike,
    folds: range,
    groups: ArrayLike,
) -> CrossValidation:
    """Cross-validate a regression.

    Parameters
    ----------
    name : str
    regression : callable
        Of training features, training masses and test features.
    features : (n_clusters, n_features)
    log10_mass : (n_clusters,) [log10 Msun]
    fold_of : (n_clusters,) int
        The fold in whose test set each observation is.
    folds : range
        Which of them are tested.
    groups : (n_clusters,)
        The halo of each observation.

    Returns
    -------
    CrossValidation
        As a network's, but its predictions have one column: a sum over pixels is the same in every view.
    """
    log10_mass, fold_of = np.asarray(log10_mass, dtype=np.float64), np.asarray(fold_of)
    fits = []
    for fold in folds:
        train, test = fold_of != fold, np.flatnonzero(fold_of == fold)
        predictions = regression(features[train], log10_mass[train], features[test])
        fits.append(Fit(fold, test, predictions[:, None], {}, [], InputScale.as_is(1), np.inf))
    return CrossValidation.from_fits(name, fits, log10_mass, groups)


def mean_mass(log10_mass: ArrayLike, fold_of: ArrayLike, folds: range, groups: ArrayLike) -> CrossValidation:
    """Predict the mean training mass for every cluster.

    Parameters as in :func:`cross_validate_regression`.
    """
    nothing = np.empty((len(np.asarray(log10_mass)), 0))

    def mean(features: NDArray, masses: NDArray, new_features: NDArray) -> NDArray:  # noqa: ARG001
        return np.full(len(new_features), masses.mean())

    return cross_validate_regression("mean", mean, nothing, log10_mass, fold_of, folds, groups)


def all_baselines(
    statistics: Mapping[SourceName, CountStatistics],
    transforms: Iterable[str],
    log10_mass: ArrayLike,
    fold_of: ArrayLike,
    folds: range,
    groups: ArrayLike,
) -> dict[tuple[str, str, str], CrossValidation]:
    """Cross-validate every baseline that each transform's channels allow, with every regression.

    Parameters
    ----------
    statistics : mapping of source to CountStatistics
    transforms : iterable of str
    log10_mass, fold_of, folds, groups
        As :func:`cross_validate_regression` takes them.

    Returns
    -------
    dict of (transform, baseline, regression) to CrossValidation
    """
    results = {}
    for transform in transforms:
        of_source = statistics[get_transform(transform).source]
        for name, baseline in BASELINES.items():
            if not baseline.possible(transform):
                continue
            features = baseline.features(of_source, transform)
            for kind, regression in REGRESSIONS.items():
                results[transform, name, kind] = cross_validate_regression(
                    f"{name}, {kind}", regression, features, log10_mass, fold_of, folds, groups
                )
    return results


@dataclass(frozen=True)
class Weighed:
    """Baselines beside networks, all on the same clusters.

    Attributes
    ----------
    mean : Interval [dex]
        The scatter of predicting the mean training mass for every cluster.
    networks : mapping of transform to Interval [dex]
    baselines : mapping of (transform, baseline, regression) to Interval [dex]
    ratios : mapping of (transform, baseline, regression) to Interval
        The network's scatter over the baseline's, from the same channels.
    """

    mean: Interval
    networks: Mapping[str, Interval]
    baselines: Mapping[tuple[str, str, str], Interval]
    ratios: Mapping[tuple[str, str, str], Interval]


def weigh(
    networks: Mapping[str, Sequence[CrossValidation]],
    baselines: Mapping[tuple[str, str, str], CrossValidation],
    mean: CrossValidation,
    **options: int,
) -> Weighed:
    """Compare scatters on the clusters that all were tested on.

    Parameters
    ----------
    networks : mapping of transform to its cross-validations, one for each training seed
    baselines : mapping of (transform, baseline, regression) to CrossValidation
    mean : CrossValidation
    **options
        ``n_resamples`` and ``seed`` of the bootstrap.
    """
    names = {key: " ".join(key) for key in baselines}
    tested = {"mean": mean, **networks, **{names[key]: result for key, result in baselines.items()}}
    runs = Runs(tested, **options)
    return Weighed(
        runs.contrast(("mean",), (1,)),
        {name: runs.contrast((name,), (1,)) for name in networks},
        {key: runs.contrast((name,), (1,)) for key, name in names.items()},
        {key: runs.ratio(key[0], name) for key, name in names.items()},
    )
