"""Active galactic nuclei: the cluster's own and, as an option, those of the field."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.simulation.cluster import Cluster
from report_utils.simulation.cosmology import CM_PER_MPC, ERG_PER_KEV, luminosity_distance
from report_utils.simulation.plasma import cross_section
from report_utils.simulation.population import keyed_generator
from report_utils.simulation.settings import SimulationSettings

_CLUSTER_AGN, _FIELD_AGN = 4, 5

# Ehlert et al. (2013, MNRAS 428, 3509): "roughly 1 +- 0.4" AGN in excess per cluster, brighter than 1e-14 erg
# cm^-2 s^-1 (0.5-8 keV), a mean over 43 clusters with the error of that mean; surface density falling as r^-0.6.
# _EXCESS_SIGMA takes that error for a spread from cluster to cluster, which the paper does not give: numbers of AGN
# have the variance 1.16 where a Poisson number has 1. It stays, since without it every observation would change.
_EXCESS_MEAN, _EXCESS_SIGMA, _EXCESS_SLOPE = 1.0, 0.4, 0.6
_EXCESS_LOWEST_FLUX, _EXCESS_HIGHEST_FLUX = 1e-14, 1e-12
_EXCESS_BAND_KEV = (0.5, 8.0)
# With luminosities in place of fluxes (an option), these fluxes belong to the redshift below. The number follows the
# luminous AGN in cluster galaxies, whose share of the galaxies grows eightfold to z = 1 (Martini et al. 2009, ApJ 701,
# 66), here as (1 + z)^3, and the number of galaxies, taken to be proportional to the mass (choice).
_PIVOT_REDSHIFT, _PIVOT_LOG10_MASS, _EVOLUTION = 0.25, 14.1, 3.0
# Yang et al. (2018): central galaxies with an X-ray AGN, their 2-7 keV luminosity, obscured half (physics
# notes).
_CENTRAL_SHARE = {True: 0.30, False: 0.08}
_CENTRAL_LOG10_LUMINOSITY = (42.6, 0.5)
_CENTRAL_BAND_KEV = (2.0, 7.0)
_CENTRAL_PHOTON_INDEX = 1.8
_OBSCURED_SHARE = 0.5
_OBSCURING_LOG10_N_H = (22.0, 23.0)
# Lehmer et al. (2012), AGN in 0.5-2 keV: dN/dS = K (S / 1e-14)^-b [deg^-2 (erg cm^-2 s^-1)^-1], K in 1e14;
# from the physics notes. They give 1.4e4 AGN per deg^2 above 5e-18; the abstract has 14 900 at its limit.
_COUNTS_K, _COUNTS_FAINT, _COUNTS_BRIGHT, _COUNTS_BREAK = 169.56, 1.49, 2.48, 6.0e-15
_FIELD_BAND_KEV = (0.5, 2.0)
_FIELD_LOWEST_FLUX, _FIELD_HIGHEST_FLUX = 2e-17, 1e-12
_FIELD_HALF_WIDTH_ARCSEC = 600.0


@dataclass(frozen=True, eq=False)
class PointSources:
    """Power-law point sources.

    Attributes
    ----------
    position : (n, 2) [arcsec]
    photon_index : (n,)
    norm : (n,) [photons cm^-2 s^-1 keV^-1 at 1 keV]
        Before any absorption.
    n_h : (n,) [cm^-2]
        Column at the source.
    redshift : float
        Of that column.
    """

    position: NDArray[np.float64]
    photon_index: NDArray[np.float64]
    norm: NDArray[np.float64]
    n_h: NDArray[np.float64]
    redshift: float

    def photon_flux(self, edges: NDArray) -> NDArray[np.float64]:
        """Return photons per energy bin, (n, n_bins) [cm^-2 s^-1], absorbed at the source.

        Parameters
        ----------
        edges : (n_bins + 1,) [keV]
            Observed energies.
        """
        centre = 0.5 * (edges[1:] + edges[:-1])
        spectrum = self.norm[:, None] * centre ** -self.photon_index[:, None] * np.diff(edges)
        return spectrum * np.exp(-self.n_h[:, None] * cross_section(centre * (1.0 + self.redshift)))


def photon_index(flux: NDArray) -> NDArray[np.float64]:
    """Return the photon index of an AGN of a 0.5-2 keV flux [erg cm^-2 s^-1].

    A fit to Figure 13a of Hickox & Markevitch (2006), as given in the source of soxs 1.3.
    """
    return np.array([1.8 + 0.5 * math.erf((math.log10(s) + 14.0) / 0.5) for s in np.atleast_1d(flux)])


def power_law_norm(flux: NDArray, index: NDArray, band: tuple[float, float]) -> NDArray[np.float64]:
    """Return a power law's photons [cm^-2 s^-1 keV^-1] at 1 keV from its energy flux [erg cm^-2 s^-1]."""
    low, high = band
    power = 2.0 - np.asarray(index, dtype=np.float64)
    flat = np.abs(power) < 1e-9
    safe = np.where(flat, 1.0, power)
    energy = np.where(flat, math.log(high / low), (high**safe - low**safe) / safe)
    return np.asarray(flux) / ERG_PER_KEV / energy


def pareto(rng: np.random.Generator, n: int, slope: float, low: float, high: float) -> NDArray[np.float64]:
    """Return n draws from a density proportional to S^-slope between two fluxes."""
    power = 1.0 - slope
    return (low**power + rng.random(n) * (high**power - low**power)) ** (1.0 / power)


def field_counts(flux: float) -> float:
    """Return the number of field AGN above a 0.5-2 keV flux [deg^-2] (Lehmer et al. 2012, AGN)."""
    unit = 1e-14
    bright_k = _COUNTS_K * (_COUNTS_BREAK / unit) ** (_COUNTS_BRIGHT - _COUNTS_FAINT)

    def above(s: float, k: float, slope: float) -> float:
        return k * (s / unit) ** (1.0 - slope) / (slope - 1.0)

    if flux >= _COUNTS_BREAK:
        return above(flux, bright_k, _COUNTS_BRIGHT)
    faint = above(flux, _COUNTS_K, _COUNTS_FAINT) - above(_COUNTS_BREAK, _COUNTS_K, _COUNTS_FAINT)
    return faint + above(_COUNTS_BREAK, bright_k, _COUNTS_BRIGHT)


def _join(parts: list[PointSources], redshift: float) -> PointSources:
    names = ("position", "photon_index", "norm", "n_h")
    return PointSources(*(np.concatenate([getattr(part, name) for part in parts]) for name in names), redshift)


def cluster_agn(cluster: Cluster, settings: SimulationSettings) -> PointSources:
    """Return the cluster's AGN: an excess of bright ones inside R500, sometimes the central galaxy's.

    The bright ones have the same distribution of fluxes in every cluster, or, if the settings say so, of luminosities,
    and then more of them in heavier and in farther clusters.
    """
    rng = keyed_generator(cluster.seed, _CLUSTER_AGN, cluster.halo, cluster.snapshot)
    number, dimming = 1.0, 1.0
    if settings.agn_by_luminosity:
        growth = (1.0 + cluster.redshift) / (1.0 + _PIVOT_REDSHIFT)
        number = 10.0 ** (cluster.log10_mass - _PIVOT_LOG10_MASS) * growth**_EVOLUTION
        dimming = (luminosity_distance(_PIVOT_REDSHIFT) / luminosity_distance(cluster.redshift)) ** 2
    n = int(rng.poisson(number * max(rng.normal(_EXCESS_MEAN, _EXCESS_SIGMA), 0.0)))
    flux = dimming * pareto(rng, n, _COUNTS_BRIGHT, _EXCESS_LOWEST_FLUX, _EXCESS_HIGHEST_FLUX)
    radius = cluster.r500_arcsec * rng.random(n) ** (1.0 / (2.0 - _EXCESS_SLOPE))
    angle = rng.uniform(0.0, 2.0 * math.pi, n)
    index = np.full(n, _CENTRAL_PHOTON_INDEX)
    members = PointSources(
        position=np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]),
        photon_index=index,
        norm=power_law_norm(flux, index, _EXCESS_BAND_KEV),
        n_h=np.zeros(n),
        redshift=cluster.redshift,
    )
    draws = rng.random(2)
    luminosity = 10.0 ** rng.normal(*_CENTRAL_LOG10_LUMINOSITY)
    column = 10.0 ** rng.uniform(*_OBSCURING_LOG10_N_H)
    n_central = int(draws[0] < _CENTRAL_SHARE[cluster.cool_core])
    distance_cm = luminosity_distance(cluster.redshift) * CM_PER_MPC
    band = tuple(edge / (1.0 + cluster.redshift) for edge in _CENTRAL_BAND_KEV)
    central_index = np.full(n_central, _CENTRAL_PHOTON_INDEX)
    central = PointSources(
        position=np.zeros((n_central, 2)),
        photon_index=central_index,
        norm=power_law_norm(np.full(n_central, luminosity / (4.0 * math.pi * distance_cm**2)), central_index, band),
        n_h=np.full(n_central, column if draws[1] < _OBSCURED_SHARE else 0.0),
        redshift=cluster.redshift,
    )
    return _join([members, central], cluster.redshift)


def field_agn(cluster: Cluster) -> PointSources:
    """Return the field's AGN over a square that holds the detector (Lehmer et al. 2012, 0.5-2 keV)."""
    rng = keyed_generator(cluster.seed, _FIELD_AGN, cluster.halo, cluster.snapshot)
    area = (2.0 * _FIELD_HALF_WIDTH_ARCSEC / 3600.0) ** 2
    n_bright = rng.poisson(area * (field_counts(_COUNTS_BREAK) - field_counts(_FIELD_HIGHEST_FLUX)))
    n_faint = rng.poisson(area * (field_counts(_FIELD_LOWEST_FLUX) - field_counts(_COUNTS_BREAK)))
    flux = np.concatenate(
        [
            pareto(rng, n_bright, _COUNTS_BRIGHT, _COUNTS_BREAK, _FIELD_HIGHEST_FLUX),
            pareto(rng, n_faint, _COUNTS_FAINT, _FIELD_LOWEST_FLUX, _COUNTS_BREAK),
        ]
    )
    index = photon_index(flux)
    return PointSources(
        position=rng.uniform(-_FIELD_HALF_WIDTH_ARCSEC, _FIELD_HALF_WIDTH_ARCSEC, (len(flux), 2)),
        photon_index=index,
        norm=power_law_norm(flux, index, _FIELD_BAND_KEV),
        n_h=np.zeros(len(flux)),
        redshift=0.0,
    )


def point_sources(cluster: Cluster, settings: SimulationSettings) -> PointSources:
    """Return every AGN of an observation; the field's only if the settings ask for them."""
    own = cluster_agn(cluster, settings)
    return _join([own, field_agn(cluster)], own.redshift) if settings.field_agn else own
