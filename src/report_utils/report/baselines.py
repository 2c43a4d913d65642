"""Masses from a few counts by classical regressions on the network's own folds, and what a network adds.

The report's introduction names two classical statistics: the *cluster luminosity*, a number of photons, perhaps
without those near the middle, that a regression turns into a mass; and the *global temperature*, which photon counts
show as hardness, the ratio of the photons in a higher band to those in the lowest. Both are taken here from the same
channels that a network sees, summed over all pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.binning import BAND_EDGES_KEV, get_transform, retained_pixels
from report_utils.binning.transforms import SourceName
from report_utils.cnn.crossval import CrossValidation, Fit
from report_utils.cnn.scales import InputScale

CORE_PERCENTILE = 90
"""The brightest tenth of the occupied pixels is left out where the core is: the report's cut at 90% retained."""

Statistic = Literal["luminosity", "temperature"]

_CHUNK = 64


@dataclass(frozen=True, eq=False)
class CountStatistics:
    """Events by band, ``(n_clusters, n_bands)``: of all pixels, and without the brightest tenth of occupied ones."""

    total: NDArray[np.int64]
    without_core: NDArray[np.int64]
    edges_kev: tuple[float, ...] = BAND_EDGES_KEV


def count_statistics(counts: NDArray[np.integer], edges_kev: tuple[float, ...] = BAND_EDGES_KEV) -> CountStatistics:
    """Sum band counts (n_clusters, n_pixels, n_pixels, n_bands); they may be a map of a file, read in parts."""
    total = np.empty((len(counts), counts.shape[-1]), dtype=np.int64)
    without_core = np.empty_like(total)
    for start in range(0, len(counts), _CHUNK):
        rows = slice(start, start + _CHUNK)
        part = np.asarray(counts[rows])
        total[rows] = part.sum(axis=(1, 2))
        kept = retained_pixels(part, CORE_PERCENTILE)
        without_core[rows] = (part * kept[..., None]).sum(axis=(1, 2))
    return CountStatistics(total, without_core, edges_kev)


def transform_statistics(
    counts: Callable[[SourceName, tuple[float, ...]], NDArray[np.integer]], transforms: Iterable[str]
) -> dict[str, CountStatistics]:
    """Return the statistics that each transform is made of, from its source's counts in its bands; each summed once."""
    summed: dict[tuple[SourceName, tuple[float, ...]], CountStatistics] = {}
    found = {}
    for name in transforms:
        of = get_transform(name).source, get_transform(name).counted_edges_kev
        if of not in summed:
            summed[of] = count_statistics(counts(*of), of[1])
        found[name] = summed[of]
    return found


def luminosity(
    events: NDArray[np.integer], transform: str, edges_kev: tuple[float, ...] = BAND_EDGES_KEV
) -> NDArray[np.float64]:
    """Return log10(1 + events) over all channels of a transform, ``(n_clusters, 1)``, from events by band."""
    return np.log10(1 + _channels(events, transform, edges_kev).sum(axis=1, keepdims=True))


def hardness(
    events: NDArray[np.integer], transform: str, edges_kev: tuple[float, ...] = BAND_EDGES_KEV
) -> NDArray[np.float64]:
    """Return log10 of each higher channel's events over the lowest's, ``(n_clusters, n_channels - 1)``; 1 is added."""
    logarithms = np.log10(1 + _channels(events, transform, edges_kev))
    return logarithms[:, 1:] - logarithms[:, :1]


def one_split(events: NDArray[np.integer], n_low: int) -> NDArray[np.float64]:
    """Return photons and hardness of two channels, ``(n_clusters, 2)``, as :data:`BASELINES` take them.

    The first ``n_low`` bands of ``events`` (n_clusters, 4) are the lower channel; with 0 there is no split, and the
    hardness is left out.
    """
    photons = np.log10(1 + events.sum(axis=1, keepdims=True))
    if n_low == 0:
        return photons
    low, high = (np.log10(1 + part.sum(axis=1, keepdims=True)) for part in np.split(events, [n_low], axis=1))
    return np.hstack([photons, high - low])


def _channels(events: NDArray[np.integer], transform: str, edges_kev: tuple[float, ...]) -> NDArray[np.integer]:
    bands = get_transform(transform).bands(edges_kev)
    return np.stack([events[:, list(summed)].sum(axis=1) for summed in bands], axis=1)


@dataclass(frozen=True)
class Baseline:
    """A regression of the mass on some of the statistics, also of the pixels outside the core on request."""

    title: str
    statistics: tuple[Statistic, ...]
    without_core: bool = False

    def possible(self, transform: str) -> bool:
        """Tell whether a transform's channels allow it as a baseline of its own: one channel has no hardness."""
        return get_transform(transform).n_channels > 1 or self.without_core or "temperature" not in self.statistics

    def features(self, statistics: CountStatistics, transform: str) -> NDArray[np.float64]:
        """Return what the regression sees, ``(n_clusters, n_features)``."""
        parts = [statistics.total, statistics.without_core] if self.without_core else [statistics.total]
        columns = {"luminosity": luminosity, "temperature": hardness}
        return np.hstack(
            [columns[name](events, transform, statistics.edges_kev) for events in parts for name in self.statistics]
        )


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "luminosity": Baseline("photons", ("luminosity",)),
        "temperature": Baseline("hardness", ("temperature",)),
        "both": Baseline("photons and hardness", ("luminosity", "temperature")),
        "without_core": Baseline(
            "photons and hardness, also without the core", ("luminosity", "temperature"), without_core=True
        ),
    }
)
"""The baselines by name."""


Regression = Callable[[NDArray, NDArray, NDArray], NDArray]
"""From training features, training masses and test features to predicted masses."""


def linear_regression(features: NDArray, log10_mass: NDArray, new_features: NDArray) -> NDArray[np.float64]:
    """Fit masses by ordinary least squares with an intercept, and predict others."""
    from sklearn.linear_model import LinearRegression

    return LinearRegression().fit(features, log10_mass).predict(new_features)


def tree_regression(features: NDArray, log10_mass: NDArray, new_features: NDArray) -> NDArray[np.float64]:
    """Fit masses by gradient-boosted trees and predict others.

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
    """Cross-validate a regression on ``features`` (n_clusters, n_features), in some of the folds of ``fold_of``.

    What is returned is as a network's, but predictions have one column: a sum over pixels is the same in every view.
    """
    log10_mass, fold_of = np.asarray(log10_mass, dtype=np.float64), np.asarray(fold_of)
    fits = []
    for fold in folds:
        train, test = fold_of != fold, np.flatnonzero(fold_of == fold)
        predictions = regression(features[train], log10_mass[train], features[test])
        fits.append(Fit(fold, test, predictions[:, None], {}, [], InputScale.as_is(1), np.inf))
    return CrossValidation.from_fits(name, fits, log10_mass, groups)


def mean_mass(log10_mass: ArrayLike, fold_of: ArrayLike, folds: range, groups: ArrayLike) -> CrossValidation:
    """Predict the mean training mass for every cluster."""
    nothing = np.empty((len(np.asarray(log10_mass)), 0))

    def mean(features: NDArray, masses: NDArray, new_features: NDArray) -> NDArray:  # noqa: ARG001
        return np.full(len(new_features), masses.mean())

    return cross_validate_regression("mean", mean, nothing, log10_mass, fold_of, folds, groups)


def all_baselines(
    statistics: Mapping[str, CountStatistics],
    log10_mass: ArrayLike,
    fold_of: ArrayLike,
    folds: range,
    groups: ArrayLike,
) -> dict[tuple[str, str, str], CrossValidation]:
    """Cross-validate every baseline that each transform's channels allow, from :func:`transform_statistics`.

    Returns
    -------
    dict
        By transform, baseline and regression.
    """
    results = {}
    for transform, counted in statistics.items():
        for name, baseline in BASELINES.items():
            if not baseline.possible(transform):
                continue
            features = baseline.features(counted, transform)
            for kind, regression in REGRESSIONS.items():
                results[transform, name, kind] = cross_validate_regression(
                    f"{name}, {kind}", regression, features, log10_mass, fold_of, folds, groups
                )
    return results
