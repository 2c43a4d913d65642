"""The expected number of events of an observation, without drawing any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from report_utils.simulation import telescope
from report_utils.simulation.agn import PointSources, point_sources
from report_utils.simulation.cluster import Cluster, build_cluster
from report_utils.simulation.gas import GasComponent
from report_utils.simulation.observe import agn_rate, gas_rate, observed_energies, shell_positions
from report_utils.simulation.settings import SimulationSettings
from report_utils.simulation.tables import load_table

_DIRECTIONS = 48
_DEFAULT = SimulationSettings()


@dataclass(frozen=True)
class ExpectedCounts:
    """Mean number of events of an observation, by source."""

    gas: float
    agn: float
    background: float

    @property
    def total(self) -> float:
        """All events."""
        return self.gas + self.agn + self.background

    @property
    def agn_less(self) -> float:
        """Events of the AGN-less observation."""
        return self.gas + self.background


@lru_cache(maxsize=4)
def _lattice(n_rows: int) -> NDArray[np.float32]:
    """Return evenly spread points of the unit cube, (3, n_rows * 48); each row continues the one before."""
    # Additive recurrence with the powers of the root of x^4 = x + 1, which fills three dimensions evenly.
    steps = 1.2207440846057596 ** -np.arange(1, 4)
    return ((0.5 + np.outer(steps, np.arange(n_rows * _DIRECTIONS))) % 1.0).astype(np.float32)


def exposure_share(x: NDArray, y: NDArray, n_phases: int = 16) -> NDArray[np.float64]:
    """Return the share of the time that the dithering chips see a sky position [arcsec]."""
    # The two periods share no small multiple, so the phases fill the square evenly.
    golden = (np.arange(n_phases) * 0.6180339887498949) % 1.0
    even = (np.arange(n_phases) + 0.5) / n_phases
    reach = telescope.DITHER_AMPLITUDE_ARCSEC
    shifts = zip(*(reach * np.sin(2.0 * np.pi * phase) for phase in (golden, even)), strict=True)
    return sum(telescope.on_chip(x + a, y + b).astype(float) for a, b in shifts) / n_phases


def _seen(rate: NDArray, x: NDArray, y: NDArray, energy: NDArray) -> NDArray[np.float64]:
    """Return each bin's events [s^-1] from rates (n_rows, n_bins) at positions (n_rows, n_points)."""
    table = load_table("acisi")
    nodes = table["vignetting_keV"]
    seen, offset = exposure_share(x, y), np.hypot(x, y) / 60.0
    # Vignetting is linear in energy between four energies: average those over the sky, then apply them.
    angles = table["vignetting_arcmin"]
    average = [(np.interp(offset, angles, row) * seen).mean(axis=1) for row in table["vignetting"]]
    place = np.interp(energy, nodes, np.arange(len(nodes)))
    weights = np.maximum(1.0 - np.abs(place - np.arange(len(nodes))[:, None]), 0.0)
    return np.sum(rate * (np.stack(average, axis=1) @ weights), axis=0)


def expected_rates(
    cluster: Cluster, components: list[GasComponent], sources: PointSources
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the events detected per second in each bin of true energy, before the energy resolution.

    Returns
    -------
    gas, agn : (n_bins,) [s^-1]
    edges : (n_bins + 1,) [keV]
    """
    edges = observed_energies(cluster.redshift).edges
    energy = 0.5 * (edges[1:] + edges[:-1])
    gas, agn = np.zeros(len(energy)), np.zeros(len(energy))
    for component in components:
        n_shells = len(component.emission_measure)
        row = np.repeat(np.arange(n_shells), _DIRECTIONS)
        x, y = shell_positions(component, row, _lattice(n_shells))
        gas += _seen(gas_rate(component, cluster), x.reshape(n_shells, -1), y.reshape(n_shells, -1), energy)
    if len(sources.norm):
        x, y = (sources.position[:, axis, None] for axis in (0, 1))
        agn += _seen(agn_rate(sources, cluster), x, y, energy)
    return gas, agn, edges


def cluster_counts(cluster: Cluster, components: list[GasComponent], settings: SimulationSettings) -> ExpectedCounts:
    """Return the mean number of events of a cluster that is already built."""
    gas, agn, edges = expected_rates(cluster, components, point_sources(cluster, settings))
    in_band = telescope.band_share(0.5 * (edges[1:] + edges[:-1]))
    background = 0.0
    if settings.particle_background:
        chips_arcmin2 = (2.0 * (telescope.HALF_FIELD_ARCSEC - telescope.HALF_GAP_ARCSEC) / 60.0) ** 2
        background = float(telescope.background_rate()[0].sum()) * chips_arcmin2
    rates = (float(gas @ in_band), float(agn @ in_band), background)
    return ExpectedCounts(*(settings.exposure_s * rate for rate in rates))


def expected_counts(seed: int, index: int, *, settings: SimulationSettings = _DEFAULT) -> ExpectedCounts:
    """Return how many events :func:`report_utils.simulation.simulate_observation` gives on average.

    Vignetting, chips and dither are averaged over 48 directions in each shell of gas; the blur of positions
    is left out. Good to half a percent, and to a few percent where a bright point source lies in a gap.
    """
    return cluster_counts(*build_cluster(seed, index, settings), settings)
