"""The same clusters with one thing changed: how mass estimators should respond, and new observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning.observations import Observations, bin_observation
from report_utils.binning.transforms import SourceName
from report_utils.events.bands import BAND_EDGES_KEV
from report_utils.experiments.band_information import SEED_OF_SPECTRA, typical_spectra
from report_utils.experiments.expected_scatter import World
from report_utils.simulation import cluster_properties
from report_utils.simulation.cosmology import arcsec_per_mpc, luminosity_distance

CHANGES = ("distance", "temperature", "exposure", "AGN")
"""What is changed: per dex, but AGN are added."""

_SEED_OF_NOISE, _STEP_OF_REDSHIFT = 15, 1.05


@cache
def expected_responses(bands: tuple[int, ...]) -> Mapping[str, tuple[float, float]]:
    """Return the lowest and highest response of six regressions to each of :data:`CHANGES` [dex].

    The regressions are of the masses of :func:`report_utils.experiments.band_information.typical_spectra` on what an
    image tells of a round cluster without a profile: log10 of the events, of the ratio of the second band to the first
    if there are two, and of the angular size R500, which is not seen, seen to the 0.15 dex of
    :class:`report_utils.experiments.expected_scatter.World`, or known. Events of AGN are counted with those of the gas
    or are told apart. Counts are drawn, with AGN or without; changes are expected ones of the gas, averaged over
    clusters, those by AGN over clusters that have some. Of the report's ``bands`` two are two channels; one, or all
    four, are one.
    """
    spectra = typical_spectra(BAND_EDGES_KEV)
    clusters = [cluster_properties(SEED_OF_SPECTRA, index) for index in range(len(spectra))]
    log10_mass = [one.log10_mass for one in clusters]
    size = np.log10([one.r500_arcsec for one in clusters])
    moved = [(one.redshift, one.redshift * _STEP_OF_REDSHIFT) for one in clusters]
    shrinks = np.mean(
        [
            np.log(arcsec_per_mpc(far) / arcsec_per_mpc(near))
            / np.log(luminosity_distance(far) / luminosity_distance(near))
            for near, far in moved
        ]
    )
    gas, agn, farther, hotter = (
        np.array([getattr(one, name)[list(bands)] for one in spectra]) for name in ("gas", "agn", "farther", "hotter")
    )
    channels = [slice(0, 1), slice(1, 2)] if len(bands) == 2 else []

    def observed(counts: NDArray) -> list[NDArray]:
        """Return the logarithms of the events and of the hardness, (n_clusters,) each."""
        seen = [np.log10(counts.sum(axis=1))]
        return [*seen, np.log10((counts[:, 1] + 0.5) / (counts[:, 0] + 0.5))] if channels else seen

    def change(slope: NDArray) -> list[float]:
        """Return what the gas does to both, per dex."""
        parts = [np.mean((gas * slope).sum(axis=1) / gas.sum(axis=1)) / np.log(10)]
        return [*parts, np.mean(slope[:, 1] - slope[:, 0]) / np.log(10)] if channels else parts

    rng, has_agn = np.random.default_rng(_SEED_OF_NOISE), agn.sum(axis=1) > 0
    by_agn = [
        np.mean((with_agn - without)[has_agn])
        for with_agn, without in zip(observed(gas + agn), observed(gas), strict=True)
    ]
    exposure = [1.0, 0.0] if channels else [1.0]
    noisy = size + rng.normal(scale=World().size_noise, size=len(size))
    responses = []
    for told_apart, size_seen in product((False, True), (None, noisy, size)):
        columns = observed(rng.poisson(gas if told_apart else gas + agn))
        added = np.zeros(len(by_agn)) if told_apart else by_agn
        changes = np.array([change(farther), change(hotter), exposure, added])
        if size_seen is not None:
            columns.append(size_seen)
            changes = np.column_stack([changes, [shrinks, 0, 0, 0]])
        design = np.column_stack([np.ones(len(log10_mass)), *columns])  # a regression with a constant
        responses.append(changes @ np.linalg.lstsq(design, log10_mass)[0][1:])
    ends = np.min(responses, axis=0), np.max(responses, axis=0)
    return {name: (float(low), float(high)) for name, low, high in zip(CHANGES, *ends, strict=True)}


def observed_again(
    observations: Observations, rows: Sequence[int], source: SourceName = "agn_less", **settings: Any
) -> NDArray[np.int32]:
    """Observe simulated clusters again with some settings changed, and everything drawn with the same seeds.

    ``rows`` are of the catalogue, ``settings`` of :class:`report_utils.simulation.SimulationSettings`. The counts are
    in the report's bands, ``(n_rows, n_pixels, n_pixels, 4)`` int32 [events].
    """
    changed = replace(observations, settings=replace(observations.settings, **settings))
    name = f"counts_{source}"
    return np.stack([bin_observation(changed, int(row), [source], BAND_EDGES_KEV)[0][name] for row in rows])
