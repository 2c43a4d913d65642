"""What spectra allow: how well counts in energy bands tell temperature and mass (arithmetic, no network).

The bands' expected counts come from the simulation's own spectra and telescope. That the number of events in a band
scatters as Poisson's law demands then says how much any method can learn from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from report_utils.experiments.expected_scatter import (
    NOISE_OF_COUNTS,
    SLOPE_OF_MASS_WITH_TEMPERATURE,
    SPREAD_OF_LUMINOSITY,
    SPREAD_OF_MASS,
    World,
    expected_scatter,
    over_the_snapshots,
)
from report_utils.simulation import telescope
from report_utils.simulation.agn import PointSources, point_sources
from report_utils.simulation.cluster import Cluster, build_cluster
from report_utils.simulation.cosmology import luminosity_distance
from report_utils.simulation.expectation import expected_rates
from report_utils.simulation.gas import GasComponent
from report_utils.simulation.settings import SimulationSettings

_STEP_OF_TEMPERATURE, _STEP_OF_REDSHIFT, _STEP_OF_N_H = 1.05, 1.05, 1e20
SPREAD_OF_N_H = 4e20 / math.sqrt(12)
"""Standard deviation of the absorbing column [cm^-2], which the simulation draws evenly from 1 to 5e20."""


def band_rates(
    cluster: Cluster, components: list[GasComponent], sources: PointSources, edges_kev: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean events per second of gas and of AGN, ``(n_bands,)`` each, in bands of measured energy [keV]."""
    gas, agn, bins = expected_rates(cluster, components, sources)
    energy = 0.5 * (bins[1:] + bins[:-1])
    edges = np.clip(edges_kev, telescope.LOWEST_KEV, telescope.HIGHEST_KEV)
    shares = np.diff(ndtr((edges[:, None] - energy) / telescope.energy_sigma(energy)), axis=0)
    return shares @ gas, shares @ agn


@dataclass(frozen=True, eq=False)
class BandSpectrum:
    """The expected band counts of one observation, and how they follow what is unknown, ``(n_bands,)`` each.

    ``gas`` and ``agn`` are events. The others are changes of ln of the gas counts: ``hotter`` per dex of temperature,
    ``farther`` per dex of luminosity distance (with the redshift, the cluster itself unchanged), and ``absorbed`` per
    standard deviation of the absorbing column.
    """

    gas: NDArray[np.float64]
    agn: NDArray[np.float64]
    hotter: NDArray[np.float64]
    farther: NDArray[np.float64]
    absorbed: NDArray[np.float64]


def band_spectrum(seed: int, index: int, edges_kev: Sequence[float]) -> BandSpectrum:
    """Return the expected band counts of an observation of the default simulation, and their derivatives."""
    settings = SimulationSettings()
    cluster, components = build_cluster(seed, index, settings)
    sources = point_sources(cluster, settings)
    gas, agn = band_rates(cluster, components, sources, edges_kev)

    def change(other: SimulationSettings, n_h: float = 0.0) -> NDArray[np.float64]:
        moved, of_moved = build_cluster(seed, index, other)
        return np.log(band_rates(replace(moved, n_h=moved.n_h + n_h), of_moved, sources, edges_kev)[0] / gas)

    redshift = cluster.redshift * _STEP_OF_REDSHIFT
    step = math.log10(luminosity_distance(redshift) / luminosity_distance(cluster.redshift))
    return BandSpectrum(
        gas=settings.exposure_s * gas,
        agn=settings.exposure_s * agn,
        hotter=change(replace(settings, temperature_factor=_STEP_OF_TEMPERATURE)) / math.log10(_STEP_OF_TEMPERATURE),
        farther=change(replace(settings, distance_redshift=redshift)) / step,
        absorbed=change(settings, _STEP_OF_N_H) * SPREAD_OF_N_H / _STEP_OF_N_H,
    )


def temperature_information(counts: NDArray, hotter: NDArray) -> float:
    """Return the Fisher information of band counts on log10 of the temperature, if the total says nothing about it.

    Given their total, Poisson counts are multinomial. The information is then the total times the variance over events
    of the score, d ln (count) / d log10 T; for two bands with the hard share p this is ``N (dp / d log10 T)^2 / (p (1 -
    p))``. ``counts`` are expected [events], ``hotter`` is the score, ``(n_bands,)`` both.
    """
    total = counts.sum()
    mean = counts @ hotter / total
    return float(counts @ (hotter - mean) ** 2)


def merged(spectrum: BandSpectrum, edges_kev: Sequence[float], coarse_kev: Sequence[float]) -> BandSpectrum:
    """Return the same in coarser bands; ``coarse_kev`` are some of the edges, the first and the last among them."""
    starts = [list(edges_kev).index(edge) for edge in coarse_kev[:-1]]
    gas = np.add.reduceat(spectrum.gas, starts)
    slopes = (
        np.add.reduceat(spectrum.gas * slope, starts) / gas
        for slope in (spectrum.hotter, spectrum.farther, spectrum.absorbed)
    )
    return BandSpectrum(gas, np.add.reduceat(spectrum.agn, starts), *slopes)


def scatter_from_bands(spectrum: BandSpectrum, *, agn_told_apart: bool) -> float:
    """Return the scatter of the mass that the bands of one observation allow [dex].

    Counts and size as in :func:`report_utils.experiments.expected_scatter.expected_one_and_two`. The bands add the
    logits of each band's share of the events in itself and all higher bands: binomial, independent of each other, with
    variance ``1 / (n q (1 - q))`` (continuation ratios; Fienberg 1980, *The Analysis of Cross-Classified Categorical
    Data*, section 6.6). The absorbing column is a further unknown. So is the number of AGN events, as uncertain as it
    is large, unless they are ``agn_told_apart`` and left out.
    """
    world, (distance, of_expansion, of_stretch) = World(), over_the_snapshots()
    prior = [SPREAD_OF_MASS, distance, world.sigma_ln_temperature / math.log(10), SPREAD_OF_LUMINOSITY, 1.0, 1.0]
    slopes = [
        [1.62, 7 / 3 * of_expansion - 2, 0, 1, 0, 0],
        [1 / 3, -2 / 3 * of_expansion - (1 - 2 * of_stretch), 0, 0, 0, 0],
    ]
    noise = [NOISE_OF_COUNTS, world.size_noise]
    agn = np.zeros_like(spectrum.agn) if agn_told_apart else spectrum.agn
    counts = spectrum.gas + agn
    followed = np.stack([spectrum.hotter, spectrum.farther, spectrum.absorbed]) * spectrum.gas
    followed = np.vstack([followed, agn]) / counts  # of AGN: per share of their expected number
    for band in range(len(counts) - 1):
        here, above = counts[band], counts[band + 1 :]
        temperature, moved, column, of_agn = followed[:, band] - followed[:, band + 1 :] @ above / above.sum()
        of_mass = temperature / SLOPE_OF_MASS_WITH_TEMPERATURE
        slopes.append([of_mass, of_expansion * of_mass + moved, temperature, 0, column, of_agn])
        noise.append(math.sqrt(1 / here + 1 / above.sum()))
    return expected_scatter(prior, slopes, noise)


def scatter_of_sample(
    spectra: Sequence[BandSpectrum], edges_kev: Sequence[float], coarse_kev: Sequence[float], *, agn_told_apart: bool
) -> float:
    """Return the root mean square of :func:`scatter_from_bands` over observations, in some of their bands [dex]."""
    of_each = [
        scatter_from_bands(merged(spectrum, edges_kev, coarse_kev), agn_told_apart=agn_told_apart)
        for spectrum in spectra
    ]
    return float(np.sqrt(np.mean(np.square(of_each))))


def best_edges(spectra: Sequence[BandSpectrum], edges_kev: Sequence[float], *, agn_told_apart: bool) -> list[float]:
    """Return the inner edges in the order in which they lower the expected scatter most, one after the other [keV]."""
    left, order = list(edges_kev[1:-1]), []
    while left:

        def with_one_more(edge: float) -> float:
            coarse = sorted({edges_kev[0], *order, edge, edges_kev[-1]})
            return scatter_of_sample(spectra, edges_kev, coarse, agn_told_apart=agn_told_apart)

        order.append(min(left, key=with_one_more))
        left.remove(order[-1])
    return order


N_SPECTRA, SEED_OF_SPECTRA = 110, 1001
"""The clusters of the predictions: fixed, so that no prediction moves with a profile."""


def typical_spectra(edges_kev: Sequence[float]) -> list[BandSpectrum]:
    """Return the spectra of some clusters of the default simulation, with a seed of their own."""
    return [band_spectrum(SEED_OF_SPECTRA, index, edges_kev) for index in range(N_SPECTRA)]
