"""Bias and scatter in bins of true mass: where a transform's errors lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.report.bootstrap import N_RESAMPLES, resample
from report_utils.report.intervals import Interval
from report_utils.report.moments import as_views, checked_groups, mean_of, moments, scatter_of
from report_utils.report.seeds import SeedPredictions


@dataclass(frozen=True)
class MassBin:
    """The residuals of the clusters in one bin of true mass.

    Attributes
    ----------
    log10_mass : float [log10 solar masses]
        The median of the bin's clusters.
    n_clusters : int
    bias, scatter : Interval [dex]
    """

    log10_mass: float
    n_clusters: int
    bias: Interval
    scatter: Interval


def mass_bins(
    tested: SeedPredictions, n_bins: int = 5, *, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> tuple[MassBin, ...]:
    """Return bias and scatter in bins of true mass with equally many clusters.

    Parameters
    ----------
    tested : SeedPredictions
    n_bins : int
    n_resamples, seed
        Of the bootstrap over halos and training seeds.
    """
    place = _bin_of(tested.truth, n_bins)
    columns = moments(as_views(tested.residuals))
    in_bins = np.concatenate([columns * (place == number)[:, None] for number in range(n_bins)], axis=2)
    groups = checked_groups(tested.group, len(tested.truth))
    drawn = resample([in_bins], groups, tested.fold, n_resamples=n_resamples, seed=seed)
    return tuple(
        MassBin(
            float(np.median(tested.truth[place == number])),
            int(np.count_nonzero(place == number)),
            drawn.interval(lambda t, first=3 * number: mean_of(t[..., 0, first : first + 3])),
            drawn.interval(lambda t, first=3 * number: scatter_of(t[..., 0, first : first + 3])),
        )
        for number in range(n_bins)
    )


def _bin_of(truth: NDArray[np.float64], n_bins: int) -> NDArray[np.intp]:
    edges = np.quantile(truth, np.linspace(0, 1, n_bins + 1))
    return np.clip(np.searchsorted(edges, truth, side="right") - 1, 0, n_bins - 1)
