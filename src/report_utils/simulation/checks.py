"""Checks of the simulation, for its page: the sample against published relations, and one spectrum."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from report_utils.events.bands import BAND_EDGES_KEV
from report_utils.simulation import plasma, telescope
from report_utils.simulation.agn import point_sources
from report_utils.simulation.cluster import build_cluster
from report_utils.simulation.cosmology import expansion_rate
from report_utils.simulation.expectation import cluster_counts, expected_rates
from report_utils.simulation.gas import mean_temperature
from report_utils.simulation.observe import observed_energies, simulate_observation
from report_utils.simulation.settings import SimulationSettings

if TYPE_CHECKING:
    import pandas as pd

BAND_EDGES = (telescope.LOWEST_KEV, *BAND_EDGES_KEV[1:-1], telescope.HIGHEST_KEV)
"""Edges of the report's bands within the energies that the simulation writes [keV]."""


def sample_table(seed: int, n: int, settings: SimulationSettings) -> pd.DataFrame:
    """Return the first n observations of a seed: the true properties of each cluster, and its expected events.

    Returns
    -------
    DataFrame
        The fields of :class:`report_utils.simulation.Cluster`, and ``expected_gas``, ``expected_agn``
        [events], ``expected_luminosity`` [erg/s] (Pratt et al. 2009) and ``expected_temperature`` [keV]
        (Arnaud et al. 2007).
    """
    import pandas as pd

    rows = []
    for index in range(n):
        cluster, components = build_cluster(seed, index, settings)
        counts = cluster_counts(cluster, components, settings)
        rows.append(
            {
                **dataclasses.asdict(cluster),
                "expected_gas": counts.gas,
                "expected_agn": counts.agn,
                "expected_luminosity": pratt_luminosity(cluster.log10_mass, cluster.redshift),
                "expected_temperature": mean_temperature(cluster.log10_mass, cluster.redshift),
            }
        )
    return pd.DataFrame(rows)


def pratt_luminosity(log10_mass: float, redshift: float) -> float:
    """Return L[0.5-2 keV] [erg/s] inside R500 of a mass, core included (Pratt et al. 2009, Table B.2).

    The relation of the 0.1-2.4 keV band, times 0.62 for 0.5-2 keV, as the project's physics notes quote it.
    """
    return 0.62 * 0.83e44 * expansion_rate(redshift) ** (7.0 / 3.0) * (10.0**log10_mass / 2e14) ** 1.62


@dataclass(frozen=True)
class Relations:
    """How the sample compares with the published relations; scatters are standard deviations of natural logs.

    Attributes
    ----------
    luminosity_ratio : float
        Median of L over the relation's L.
    luminosity_slope : float
        Slope of ln (L / E^(7/3)) against ln M.
    luminosity_scatter, core_excised_scatter, temperature_scatter : float
        About the sample's own power law of mass.
    correlation : float
        Of luminosity and temperature at fixed mass.
    """

    luminosity_ratio: float
    luminosity_slope: float
    luminosity_scatter: float
    core_excised_scatter: float
    temperature_scatter: float
    correlation: float


def relations(table: pd.DataFrame) -> Relations:
    """Compare a table of :func:`sample_table` with the published relations."""
    ln_mass = table["log10_mass"].to_numpy() * np.log(10.0)
    ln_e = np.log([expansion_rate(z) for z in table["redshift"]])

    def fit(column: str, power: float) -> tuple[float, NDArray]:
        y = np.log(table[column].to_numpy()) - power * ln_e
        slope, offset = np.polyfit(ln_mass, y, 1)
        return float(slope), y - slope * ln_mass - offset

    slope, luminosity = fit("luminosity", 7.0 / 3.0)
    _, excised = fit("luminosity_core_excised", 7.0 / 3.0)
    _, temperature = fit("temperature_keV", 2.0 / 3.0)
    return Relations(
        luminosity_ratio=float(np.median(table["luminosity"] / table["expected_luminosity"])),
        luminosity_slope=slope,
        luminosity_scatter=float(luminosity.std()),
        core_excised_scatter=float(excised.std()),
        temperature_scatter=float(temperature.std()),
        correlation=float(np.corrcoef(luminosity, temperature)[0, 1]),
    )


@dataclass(frozen=True, eq=False)
class ExampleSpectrum:
    """One observation's spectrum and what it is made of.

    Attributes
    ----------
    edges : (n_bins + 1,) [keV]
        Bins of measured energy.
    counts : (n_bins,) [events]
        Simulated.
    expected : (n_bins,) [events]
        The mean, from the same emission, absorption and telescope without drawing photons.
    true_edges : (n_true + 1,) [keV]
        Bins of true energy.
    unblurred : (n_true,) [events per keV]
        The mean before the energy resolution.
    area : (n_true,) [cm^2]
        Effective area on axis.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    expected: NDArray[np.float64]
    true_edges: NDArray[np.float64]
    unblurred: NDArray[np.float64]
    area: NDArray[np.float64]


def example_spectrum(
    seed: int, index: int, settings: SimulationSettings, edges: NDArray[np.float64]
) -> ExampleSpectrum:
    """Simulate an observation and return its spectrum beside the mean one, AGN included."""
    cluster, components = build_cluster(seed, index, settings)
    gas, agn, true_edges = expected_rates(cluster, components, point_sources(cluster, settings))
    energy = 0.5 * (true_edges[1:] + true_edges[:-1])
    mean = (gas + agn) * settings.exposure_s
    measured = ndtr((edges[:, None] - energy) / telescope.energy_sigma(energy))
    events = simulate_observation(seed, index, settings=settings)
    return ExampleSpectrum(
        edges=edges,
        counts=np.histogram(events.energy, edges)[0],
        expected=np.diff(measured, axis=0) @ mean,
        true_edges=true_edges,
        unblurred=mean / np.diff(true_edges),
        area=telescope.effective_area(energy),
    )


def band_fractions(temperature: NDArray, redshift: float, n_h: float = 2e20, iron: float = 0.3) -> NDArray[np.float64]:
    """Return the shares of events in the report's bands for gas of one temperature on axis.

    Parameters
    ----------
    temperature : (n,) [keV]
    redshift : float
    n_h : float [cm^-2]
    iron : float [solar]

    Returns
    -------
    (n, n_bands)
    """
    temperature = np.asarray(temperature, dtype=np.float64)
    energies = observed_energies(redshift)
    energy = 0.5 * (energies.edges[1:] + energies.edges[:-1])
    rate = plasma.emissivity(temperature, np.full(len(temperature), iron), energies.bins)
    rate = rate * energies.area * plasma.transmission(energy, n_h)
    measured = ndtr((np.array(BAND_EDGES)[:, None] - energy) / telescope.energy_sigma(energy))
    bands = rate @ np.diff(measured, axis=0).T
    return bands / bands.sum(axis=1, keepdims=True)


def event_band_fractions(seed: int, indices: list[int], settings: SimulationSettings) -> NDArray[np.float64]:
    """Return the shares of AGN-less events in the report's bands, (n, n_bands), for simulated observations."""
    shares = []
    for index in indices:
        energy = simulate_observation(seed, index, agn=False, settings=settings).energy
        counts = np.bincount(np.searchsorted(BAND_EDGES[1:-1], energy, side="left"), minlength=len(BAND_EDGES) - 1)
        shares.append(counts / len(energy))
    return np.array(shares)
