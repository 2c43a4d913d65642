"""The few counts from which masses were predicted before networks (report, section 1).

The report's introduction names two classical statistics: the *cluster luminosity*, a number of photons, perhaps
without those near the middle, that a regression turns into a mass; and the *global temperature*, which photon counts
show as hardness, the ratio of the photons in a higher band to those in the lowest. Both are taken here from the same
channels that a network sees, summed over all pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import BAND_EDGES_KEV, get_transform, retained_pixels

CORE_PERCENTILE = 90
"""The brightest tenth of the occupied pixels is left out where the core is: the report's cut at 90% retained."""

Statistic = Literal["luminosity", "temperature"]

_CHUNK = 64


@dataclass(frozen=True, eq=False)
class CountStatistics:
    """The events of each observation by band.

    Parameters
    ----------
    total, without_core : (n_clusters, 4) int64 [events]
        In all pixels, and in all but the brightest tenth of the occupied ones.
    """

    total: NDArray[np.int64]
    without_core: NDArray[np.int64]


def count_statistics(counts: NDArray[np.integer]) -> CountStatistics:
    """Sum band counts over pixels.

    Parameters
    ----------
    counts : (n_clusters, n_pixels, n_pixels, 4) integer [events]
        May be a map of a file; it is read in parts.
    """
    total = np.empty((len(counts), counts.shape[-1]), dtype=np.int64)
    without_core = np.empty_like(total)
    for start in range(0, len(counts), _CHUNK):
        rows = slice(start, start + _CHUNK)
        part = np.asarray(counts[rows])
        total[rows] = part.sum(axis=(1, 2))
        kept = retained_pixels(part, CORE_PERCENTILE)
        without_core[rows] = (part * kept[..., None]).sum(axis=(1, 2))
    return CountStatistics(total, without_core)


def luminosity(events: NDArray[np.integer], transform: str) -> NDArray[np.float64]:
    """Return log10(1 + events) over all channels of a transform, ``(n_clusters, 1)``, from events by band."""
    return np.log10(1 + _channels(events, transform).sum(axis=1, keepdims=True))


def hardness(events: NDArray[np.integer], transform: str) -> NDArray[np.float64]:
    """Return log10 of each higher channel's events over the lowest's, ``(n_clusters, n_channels - 1)``; 1 is added."""
    logarithms = np.log10(1 + _channels(events, transform))
    return logarithms[:, 1:] - logarithms[:, :1]


def one_split(events: NDArray[np.integer], n_low: int) -> NDArray[np.float64]:
    """Return photons and hardness of two channels, ``(n_clusters, 2)``, as :data:`BASELINES` take them.

    Parameters
    ----------
    events : (n_clusters, 4) [events]
        By band.
    n_low : int
        How many of the bands are the lower channel; with 0 there is no split, and the hardness is left out.
    """
    photons = np.log10(1 + events.sum(axis=1, keepdims=True))
    if n_low == 0:
        return photons
    low, high = (np.log10(1 + part.sum(axis=1, keepdims=True)) for part in np.split(events, [n_low], axis=1))
    return np.hstack([photons, high - low])


def _channels(events: NDArray[np.integer], transform: str) -> NDArray[np.integer]:
    bands = get_transform(transform).bands(BAND_EDGES_KEV)
    return np.stack([events[:, list(summed)].sum(axis=1) for summed in bands], axis=1)


@dataclass(frozen=True)
class Baseline:
    """A regression of the mass on some of the statistics.

    Parameters
    ----------
    title : str
    statistics : tuple of str
    without_core : bool
        Take each statistic also from the pixels outside the core.
    """

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
        return np.hstack([columns[name](events, transform) for events in parts for name in self.statistics])


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
