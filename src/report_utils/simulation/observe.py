"""Observe a simulated cluster: from photons to events."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from report_utils.events.eventlist import EventList, Source
from report_utils.simulation import plasma, telescope
from report_utils.simulation.agn import PointSources, point_sources
from report_utils.simulation.cluster import Cluster, build_cluster
from report_utils.simulation.cosmology import CM_PER_MPC, luminosity_distance
from report_utils.simulation.gas import SUBDIVISIONS, GasComponent
from report_utils.simulation.population import keyed_generator
from report_utils.simulation.settings import SimulationSettings

_GAS_EVENTS, _AGN_EVENTS, _BACKGROUND_EVENTS = 6, 7, 8
# True energies kept: the energy resolution carries nothing from outside into 0.3-10 keV.
_TRUE_KEV = (0.2, 10.8)
# Events drawn at a time: their arrays stay in a core's cache.
_SLICE = 60_000
_BIN_BITS = 10
_DEFAULT = SimulationSettings()

Columns = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class _Energies:
    """Observed energy bins at a redshift: the emissivity's rest-frame bins, shifted.

    Attributes
    ----------
    bins : slice
        Of the rest-frame table.
    edges : (n_bins + 1,) [keV]
    area : (n_bins,) [cm^2]
    cross_section : (n_bins,) [cm^2]
    dilution : float [cm^-2]
        (1 + z) / (4 pi D_L^2): photon rate at the source to photon flux here.
    """

    bins: slice
    edges: NDArray[np.float64]
    area: NDArray[np.float64]
    cross_section: NDArray[np.float64]
    dilution: float


@lru_cache(maxsize=16)
def observed_energies(redshift: float) -> _Energies:
    """Return the observed energy bins at a redshift, with all that depends on the redshift alone."""
    edges = plasma.rest_edges() / (1.0 + redshift)
    centre = 0.5 * (edges[1:] + edges[:-1])
    first, last = (int(i) for i in np.searchsorted(centre, _TRUE_KEV))
    edges, centre = edges[first : last + 1], centre[first:last]
    distance_cm = luminosity_distance(redshift) * CM_PER_MPC
    return _Energies(
        bins=slice(first, last),
        edges=edges,
        area=telescope.effective_area(centre),
        cross_section=plasma.cross_section(centre),
        dilution=(1.0 + redshift) / (4.0 * math.pi * distance_cm**2),
    )


def gas_rate(component: GasComponent, cluster: Cluster) -> NDArray[np.float64]:
    """Return the photons detected from each shell and energy bin, (n_shells, n_bins) [s^-1], before vignetting."""
    energies = observed_energies(cluster.redshift)
    through = energies.area * np.exp(-cluster.n_h * energies.cross_section) * energies.dilution
    photons = plasma.emissivity(component.temperature, component.iron, energies.bins)
    return photons * component.emission_measure[:, None] * through


def agn_rate(sources: PointSources, cluster: Cluster) -> NDArray[np.float64]:
    """Return the photons detected from each point source and bin, (n, n_bins) [s^-1], before vignetting."""
    energies = observed_energies(cluster.redshift)
    through = energies.area * np.exp(-cluster.n_h * energies.cross_section)
    return sources.photon_flux(energies.edges) * through


def shell_positions(
    component: GasComponent, row: NDArray[np.integer], draws: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Place photons of shells on the sky.

    Parameters
    ----------
    component : GasComponent
    row : (n,) int
        Shell of each photon.
    draws : (3, n) float32
        Uniform in [0, 1): depth in the shell, azimuth, distance from the plane of the sky.

    Returns
    -------
    x, y : (n,) float32 [arcsec]
    """
    place = (row.astype(np.float32) + draws[0]) * np.float32(SUBDIVISIONS)
    part = place.astype(np.int32)
    np.minimum(part, len(component.radius) - 2, out=part)
    low = component.radius.take(part)
    radius = low + (place - part.astype(np.float32)) * (component.radius[1:].take(part) - low)
    radius *= np.sqrt(np.float32(1.0) - draws[2] * draws[2])
    angle = draws[1] * np.float32(2.0 * math.pi)
    across, y = radius * np.cos(angle), radius * np.sin(angle)
    (across_x, _), (across_y, up_y) = component.projection.astype(np.float32)
    y *= up_y
    y += across_y * across
    y += np.float32(component.centre[1])
    across *= across_x
    across += np.float32(component.centre[0])
    return across, y


def _draw_photons(
    expected: NDArray, edges: NDArray, rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Draw photons from their expected numbers, (n_rows, n_bins), and return the row and energy [keV] of each."""
    counts = rng.poisson(expected.ravel())
    # Row and bin are packed into one number, so that one pass repeats both.
    code = np.add.outer(
        np.arange(expected.shape[0], dtype=np.int32) << _BIN_BITS,
        np.arange(expected.shape[1], dtype=np.int32),
    )
    code = np.repeat(code.ravel(), counts)
    energy = rng.random(len(code), dtype=np.float32)
    energy += code & np.int32((1 << _BIN_BITS) - 1)
    energy *= np.float32(edges[1] - edges[0])
    energy += np.float32(edges[0])
    code >>= _BIN_BITS
    return code, energy


def _gas_events(cluster: Cluster, components: list[GasComponent], exposure_s: float) -> Columns:
    rng = keyed_generator(cluster.seed, _GAS_EVENTS, cluster.halo, cluster.snapshot)
    edges = observed_energies(cluster.redshift).edges
    rates = [gas_rate(component, cluster) for component in components]
    # The observation is drawn in slices of time, each in random order: memory stays bounded, and the list
    # has the order of a real one.
    n_slices = max(1, math.ceil(sum(rate.sum() for rate in rates) * exposure_s / _SLICE))
    times = np.linspace(0.0, exposure_s, n_slices + 1)
    pieces = []
    for begin, end in pairwise(times):
        photons = []
        for component, rate in zip(components, rates, strict=True):
            row, energy = _draw_photons(rate * (end - begin), edges, rng)
            draws = rng.random((3, len(row)), dtype=np.float32)
            photons.append((*shell_positions(component, row, draws), energy))
        pieces.append(telescope.detect(*_concatenate(photons), (begin, end), rng))
    return _concatenate(pieces)


def _agn_events(cluster: Cluster, sources: PointSources, exposure_s: float, rng: np.random.Generator) -> Columns:
    expected = agn_rate(sources, cluster) * exposure_s
    row, energy = _draw_photons(expected, observed_energies(cluster.redshift).edges, rng)
    x, y = (sources.position[row, axis].astype(np.float32) for axis in (0, 1))
    return telescope.detect(x, y, energy, (0.0, exposure_s), rng)


def _concatenate(pieces: list[Columns]) -> Columns:
    if len(pieces) == 1:
        return pieces[0]
    return tuple(np.concatenate([piece[i] for piece in pieces]) for i in range(3))


def _merge(base: tuple[NDArray, ...], added: Columns, source: Source, rng: np.random.Generator) -> tuple[NDArray, ...]:
    """Insert events among others at random places; both keep their order."""
    n = len(added[0])
    if n == 0:
        return base
    places = np.sort(rng.integers(0, len(base[0]) + 1, n))
    labels = np.full(n, source, dtype=np.int8)
    return tuple(np.insert(old, places, new) for old, new in zip(base, (*added, labels), strict=True))


def simulate_observation(
    seed: int, index: int, *, agn: bool = True, settings: SimulationSettings = _DEFAULT
) -> EventList:
    """Simulate one observation of a galaxy cluster with Chandra's ACIS-I.

    The same arguments give the same events, in any order, alone or in parallel.

    Parameters
    ----------
    seed : int
        Seed of the sample.
    index : int
        Which observation; the first 3286 are a sample of the report's size.
    agn : bool
        Whether AGN shine. Without them the other events are the same, in the same order.
    settings : SimulationSettings

    Returns
    -------
    EventList
        x, y [arcsec from the pointing] and energy [keV, 0.3-10] as float32, with source labels.

    Raises
    ------
    InputError
        If seed or index is negative or not an integer.
    """
    cluster, components = build_cluster(seed, index, settings)
    columns = _gas_events(cluster, components, settings.exposure_s)
    columns = (*columns, np.full(len(columns[0]), Source.GAS, dtype=np.int8))
    if settings.particle_background:
        rng = keyed_generator(cluster.seed, _BACKGROUND_EVENTS, cluster.halo, cluster.snapshot)
        added = telescope.particle_background(settings.exposure_s, rng)
        columns = _merge(columns, added, Source.BACKGROUND, rng)
    if agn:
        rng = keyed_generator(cluster.seed, _AGN_EVENTS, cluster.halo, cluster.snapshot)
        added = _agn_events(cluster, point_sources(cluster, settings), settings.exposure_s, rng)
        columns = _merge(columns, added, Source.AGN, rng)
    return EventList(*columns, cluster.cluster_id, cluster.log10_mass, cluster.group)
