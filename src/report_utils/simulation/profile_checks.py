"""Surface brightness and temperature profiles measured from simulated events, beside the true ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from report_utils.simulation import plasma, telescope
from report_utils.simulation.cluster import Cluster, build_cluster
from report_utils.simulation.expectation import exposure_share
from report_utils.simulation.gas import GasComponent
from report_utils.simulation.observe import gas_rate, observed_energies, shell_positions, simulate_observation
from report_utils.simulation.settings import SimulationSettings

_DIRECTIONS = 2000
_BRIGHTNESS_BAND = (0.5, 2.0)
_TEMPERATURE_BAND = (0.7, 7.0)


@dataclass(frozen=True, eq=False)
class RadialProfiles:
    """Profiles of one observation in annuli around the cluster.

    Attributes
    ----------
    cluster : Cluster
    edges : (n + 1,)
        Radii over R500.
    brightness, brightness_error, expected_brightness : (n,) [events arcsec^-2 Ms^-1]
        In 0.5-2 keV, corrected for vignetting, gaps and edges of the chips.
    temperature, temperature_error, expected_temperature : (n,) [keV]
        Of the one-temperature gas whose mean event energy in 0.7-7 keV is the annulus'; expected is the
        projected, spectroscopic-like mean of what went in (Mazzotta et al. 2004).
    """

    cluster: Cluster
    edges: NDArray[np.float64]
    brightness: NDArray[np.float64]
    brightness_error: NDArray[np.float64]
    expected_brightness: NDArray[np.float64]
    temperature: NDArray[np.float64]
    temperature_error: NDArray[np.float64]
    expected_temperature: NDArray[np.float64]


def _annulus_shares(component: GasComponent, edges: NDArray, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the share of each shell's photons that falls into an annulus [arcsec], (n_shells, n_annuli)."""
    n_shells, n_annuli = len(component.emission_measure), len(edges) - 1
    row = np.repeat(np.arange(n_shells), _DIRECTIONS)
    x, y = shell_positions(component, row, rng.random((3, len(row)), dtype=np.float32))
    annulus = np.searchsorted(edges, np.hypot(x, y), side="right") - 1
    inside = (annulus >= 0) & (annulus < n_annuli)
    counts = np.bincount(row[inside] * n_annuli + annulus[inside], minlength=n_shells * n_annuli)
    return counts.reshape(n_shells, n_annuli) / _DIRECTIONS


def _exposure(edges: NDArray, energy: NDArray, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return vignetting times time on a chip, averaged over each annulus, (n_annuli, n_energies)."""
    radius = np.sqrt(rng.uniform(edges[:-1, None] ** 2, edges[1:, None] ** 2, (len(edges) - 1, 4000)))
    angle = rng.uniform(0.0, 2.0 * np.pi, radius.shape)
    seen = exposure_share(radius * np.cos(angle), radius * np.sin(angle))
    return np.stack([(telescope.vignetting(radius, e) * seen).mean(axis=1) for e in energy], axis=1)


def mean_energies(
    temperature: NDArray, iron: float, cluster: Cluster, through: NDArray, band: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the mean true energy of events in a band, of gas of one temperature, (n,) [keV].

    Parameters
    ----------
    temperature : (n,) [keV]
    iron : float [solar]
    cluster : Cluster
        Gives redshift and absorption.
    through : (n_bins,)
        Share that the telescope passes at each energy, apart from its area.
    band : (float, float) [keV]
    """
    energies = observed_energies(cluster.redshift)
    energy = 0.5 * (energies.edges[1:] + energies.edges[:-1])
    rate = plasma.emissivity(temperature, np.full(len(temperature), iron), energies.bins)
    sigma = telescope.energy_sigma(energy)
    share = ndtr((band[1] - energy) / sigma) - ndtr((band[0] - energy) / sigma)
    # An event's measured energy scatters about its true one; which barely moves the mean.
    rate = rate * (energies.area * plasma.transmission(energy, cluster.n_h) * through * share)
    return rate @ energy / rate.sum(axis=1)


def radial_profiles(seed: int, index: int, settings: SimulationSettings, edges: NDArray[np.float64]) -> RadialProfiles:
    """Measure the profiles of an AGN-less observation in annuli.

    Parameters
    ----------
    seed, index : int
    settings : SimulationSettings
    edges : (n + 1,)
        Radii over R500.
    """
    cluster, components = build_cluster(seed, index, settings)
    rng = np.random.default_rng(0)
    rings = edges * cluster.r500_arcsec
    area = np.pi * np.diff(rings**2)
    energies = observed_energies(cluster.redshift)
    energy = 0.5 * (energies.edges[1:] + energies.edges[:-1])
    soft = (energy > _BRIGHTNESS_BAND[0]) & (energy < _BRIGHTNESS_BAND[1])
    shares = [_annulus_shares(component, rings, rng) for component in components]
    rate = sum(s.T @ gas_rate(c, cluster)[:, soft].sum(axis=1) for s, c in zip(shares, components, strict=True))
    events = simulate_observation(seed, index, agn=False, settings=settings)
    radius = np.hypot(events.x, events.y)
    in_soft = (events.energy > _BRIGHTNESS_BAND[0]) & (events.energy < _BRIGHTNESS_BAND[1])
    counts = np.histogram(radius[in_soft], rings)[0]
    per_event = 1e6 / settings.exposure_s / area / _exposure(rings, np.array([1.2]), rng)[:, 0]
    temperatures = _temperatures(cluster, components, shares, events.energy, radius, rings, rng)
    return RadialProfiles(
        cluster=cluster,
        edges=edges,
        brightness=counts * per_event,
        brightness_error=np.sqrt(counts) * per_event,
        expected_brightness=rate * 1e6 / area,
        temperature=temperatures[0],
        temperature_error=temperatures[1],
        expected_temperature=temperatures[2],
    )


def _temperatures(
    cluster: Cluster,
    components: list[GasComponent],
    shares: list[NDArray],
    event_energy: NDArray,
    radius: NDArray,
    rings: NDArray,
    rng: np.random.Generator,
) -> tuple[NDArray, NDArray, NDArray]:
    energies = observed_energies(cluster.redshift)
    energy = 0.5 * (energies.edges[1:] + energies.edges[:-1])
    nodes = np.array([1.5, 4.0, 6.0, 8.0])
    exposure = _exposure(rings, nodes, rng)
    grid = np.geomspace(0.4, 20.0, 80)
    emission = np.concatenate([c.emission_measure for c in components])
    temperature = np.concatenate([c.temperature for c in components])
    iron = np.concatenate([c.iron for c in components])
    weights = emission[:, None] * np.concatenate(shares)
    like = weights * temperature[:, None] ** -0.75
    expected = (like * temperature[:, None]).sum(axis=0) / like.sum(axis=0)
    mean_iron = (weights * iron[:, None]).sum(axis=0) / weights.sum(axis=0)
    in_band = (event_energy > _TEMPERATURE_BAND[0]) & (event_energy < _TEMPERATURE_BAND[1])
    measured, error = np.full((2, len(rings) - 1), np.nan)
    for i in range(len(rings) - 1):
        chosen = event_energy[in_band & (radius >= rings[i]) & (radius < rings[i + 1])]
        if len(chosen) < 200:
            continue
        curve = mean_energies(grid, mean_iron[i], cluster, np.interp(energy, nodes, exposure[i]), _TEMPERATURE_BAND)
        spread = chosen.std() / np.sqrt(len(chosen))
        low, measured[i], high = np.interp(chosen.mean(dtype=np.float64) + spread * np.array([-1, 0, 1]), curve, grid)
        error[i] = 0.5 * (high - low)
    return measured, error, expected
