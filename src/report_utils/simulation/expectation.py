"""How many events to expect of an observation, without drawing any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from report_utils.simulation import telescope
from report_utils.simulation.agn import point_sources
from report_utils.simulation.cluster import build_cluster
from report_utils.simulation.observe import agn_rate, gas_rate, observed_energies, shell_positions
from report_utils.simulation.settings import SimulationSettings

_DIRECTIONS = 64
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


@cache
def _lattice() -> NDArray[np.float32]:
    # A rank-one lattice: fills the cube evenly with few points (R3 sequence of the plastic constant's
    # relative).
    ratio = 1.2207440846057596
    steps = ratio ** -np.arange(1, 4)
    return ((0.5 + np.outer(steps, np.arange(_DIRECTIONS))) % 1.0).astype(np.float32)


def exposure_share(x: NDArray, y: NDArray, n_phases: int = 32) -> NDArray[np.float64]:
    """Return the share of the time that the dithering chips see a sky position [arcsec]."""
    # The two periods share no small multiple, so the phases fill the square evenly.
    golden = (np.arange(n_phases) * 0.6180339887498949) % 1.0
    even = (np.arange(n_phases) + 0.5) / n_phases
    reach = telescope.DITHER_AMPLITUDE_ARCSEC
    shift_x, shift_y = (reach * np.sin(2.0 * np.pi * phase) for phase in (golden, even))
    return telescope.on_chip(x[..., None] + shift_x, y[..., None] + shift_y).mean(axis=-1)


def _seen_counts(rate: NDArray, x: NDArray, y: NDArray, centre: NDArray) -> float:
    """Return counts per second from rates (n_rows, n_bins) at positions (n_rows, n_points), vignetted."""
    seen = exposure_share(x, y)
    offset = np.hypot(x, y)
    # Vignetting is linear in energy between four energies: average those over the sky, then apply them to
    # the rates.
    nodes = telescope.load_table("acisi")["vignetting_keV"]
    node_average = np.stack([(telescope.vignetting(offset, e) * seen).mean(axis=1) for e in nodes], axis=1)
    place = np.interp(centre, nodes, np.arange(len(nodes)))
    weights = np.maximum(1.0 - np.abs(place - np.arange(len(nodes))[:, None]), 0.0)
    return float(np.sum(rate * (node_average @ weights)))


def expected_counts(seed: int, index: int, *, settings: SimulationSettings = _DEFAULT) -> ExpectedCounts:
    """Return the mean number of events of :func:`report_utils.simulation.simulate_observation`.

    Vignetting, chips and dither are averaged over 64 directions in each shell of gas; the blur of positions
    is left out (good to about a percent).
    """
    cluster, components = build_cluster(seed, index, settings)
    energies = observed_energies(cluster.redshift)
    centre = 0.5 * (energies.edges[1:] + energies.edges[:-1])
    in_band = telescope.band_share(centre)
    rate = 0.0
    for component in components:
        n_shells = len(component.emission_measure)
        row = np.repeat(np.arange(n_shells), _DIRECTIONS)
        x, y = shell_positions(component, row, np.tile(_lattice(), n_shells))
        x, y = x.reshape(n_shells, -1), y.reshape(n_shells, -1)
        rate += _seen_counts(gas_rate(component, cluster) * in_band, x, y, centre)
    sources = point_sources(cluster, settings)
    agn = 0.0
    if len(sources.norm):
        position = sources.position[:, :, None]
        agn = _seen_counts(agn_rate(sources, cluster) * in_band, position[:, 0], position[:, 1], centre)
    background = 0.0
    if settings.particle_background:
        chips_arcmin2 = (2.0 * (telescope.HALF_FIELD_ARCSEC - telescope.HALF_GAP_ARCSEC) / 60.0) ** 2
        background = float(telescope.background_rate()[0].sum()) * chips_arcmin2
    return ExpectedCounts(*(settings.exposure_s * value for value in (rate, agn, background)))
