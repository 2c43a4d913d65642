"""One simulated cluster: its properties and its gas components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from report_utils.simulation import gas
from report_utils.simulation.cosmology import arcsec_per_mpc, r500_mpc
from report_utils.simulation.plasma import cooling_function
from report_utils.simulation.population import HaloState, halo_state, keyed_generator
from report_utils.simulation.settings import SimulationSettings

# Infalling groups (choices; physics notes: one to three beta models): mass over the cluster's mass, distance
# from the centre over R500, core radius over the group's own R500, iron [solar], and the lightest group with
# hot gas.
_CLUMP_MASS_SHARE = (0.01, 0.15)
_CLUMP_DISTANCE = (0.4, 1.4)
_CLUMP_CORE = 0.1
_CLUMP_IRON = 0.3
_CLUMP_LOWEST_LOG10_MASS = 12.7
_CLUMPS = 3


@dataclass(frozen=True)
class Cluster:
    """The true properties of a simulated cluster.

    Attributes
    ----------
    seed, index, halo, snapshot : int
        Which observation, which halo, which of the eleven snapshots (0 is the nearest).
    cluster_id, group : str
        Name of the observation, and of its halo.
    redshift : float
        At which it is observed.
    log10_mass : float
        log10 of M500c [Msun].
    temperature_keV : float [keV]
        Spectroscopic-like mean in 0.15-0.75 R500.
    gas_mass : float [Msun]
        Inside R500, without clumps.
    r500_mpc, r500_arcsec : float [Mpc, arcsec]
    luminosity : float [erg s^-1]
        Rest-frame 0.5-2 keV inside R500, core and clumps included.
    luminosity_core_excised : float [erg s^-1]
        The same outside 0.15 R500, without clumps.
    cool_core : bool
    n_clumps : int
    n_h : float [cm^-2]
    """

    seed: int
    index: int
    halo: int
    snapshot: int
    cluster_id: str
    group: str
    redshift: float
    log10_mass: float
    temperature_keV: float  # noqa: N815  (units keep their case)
    gas_mass: float
    r500_mpc: float
    r500_arcsec: float
    luminosity: float
    luminosity_core_excised: float
    cool_core: bool
    n_clumps: int
    n_h: float


def observed_redshift(state: HaloState, settings: SimulationSettings) -> float:
    """Return the redshift that a halo is observed at: its own, unless the settings move it."""
    return settings.distance_redshift or state.redshift


def _main_halo(state: HaloState, settings: SimulationSettings) -> tuple[gas.GasComponent, dict[str, float]]:
    radius_mpc = r500_mpc(state.log10_mass, state.redshift)
    mean = gas.mean_temperature(state.temperature_log10_mass, state.redshift) * settings.temperature_factor
    temperature = mean * np.exp(settings.sigma_ln_temperature * state.temperature_scatter)
    iron_factor = np.exp(settings.sigma_ln_iron * state.iron_scatter)
    gas_mass = gas.mean_gas_mass(state.log10_mass) * np.exp(settings.sigma_ln_gas_mass * state.gas_mass_scatter)
    shape = gas.density_shape(state.cool_core, state.shape_scatters)
    radius, emission, middle = gas.shells(gas.main_halo_squared(shape), gas_mass, radius_mpc, gas.OUTER_RADIUS)
    component = gas.GasComponent(
        radius=(radius * radius_mpc * arcsec_per_mpc(observed_redshift(state, settings))).astype(np.float32),
        emission_measure=emission,
        temperature=gas.normalised_temperature(middle, state.cool_core, shape, temperature),
        iron=gas.iron_profile(middle) * iron_factor,
        projection=gas.sky_projection(state.axes),
        centre=np.zeros(2),
    )
    per_shell = emission * cooling_function(component.temperature, component.iron)
    parts = np.repeat(per_shell / gas.SUBDIVISIONS, gas.SUBDIVISIONS)
    inside = np.concatenate([[0.0], np.cumsum(parts)])
    at_r500, at_core = np.interp([1.0, 0.15], radius, inside)
    return component, {
        "temperature_keV": float(temperature),
        "gas_mass": float(gas_mass),
        "r500_mpc": radius_mpc,
        "luminosity": float(at_r500),
        "luminosity_core_excised": float(at_r500 - at_core),
    }


def _clumps(
    state: HaloState, settings: SimulationSettings, rng: np.random.Generator, radius_mpc: float
) -> tuple[list[gas.GasComponent], float]:
    """Return the infalling groups and their luminosity [erg s^-1] projected inside R500."""
    scale = arcsec_per_mpc(observed_redshift(state, settings))
    components, luminosity = [], 0.0
    present = rng.random() < settings.clump_fraction
    for _ in range(int(rng.integers(1, 4)) if present else 0):
        share = np.exp(rng.uniform(*np.log(_CLUMP_MASS_SHARE)))
        log10_mass = max(state.log10_mass + np.log10(share), _CLUMP_LOWEST_LOG10_MASS)
        direction = rng.standard_normal(3)
        distance = rng.uniform(*_CLUMP_DISTANCE) * radius_mpc * direction[:2] / np.linalg.norm(direction)
        own_radius = r500_mpc(log10_mass, state.redshift)
        radius, emission, _ = gas.shells(
            gas.beta_model_squared(_CLUMP_CORE), gas.mean_gas_mass(log10_mass), own_radius, 1.0
        )
        temperature = np.full(1, gas.mean_temperature(log10_mass, state.redshift) * settings.temperature_factor)
        iron = np.full(1, _CLUMP_IRON)
        # One temperature, so one shell; its sixteen parts of equal emission come from the fine cumulative
        # curve.
        inside = np.concatenate([[0.0], np.cumsum(np.repeat(emission / gas.SUBDIVISIONS, gas.SUBDIVISIONS))])
        quantiles = np.linspace(0.0, inside[-1], gas.SUBDIVISIONS + 1)
        components.append(
            gas.GasComponent(
                radius=(np.interp(quantiles, inside, radius) * own_radius * scale).astype(np.float32),
                emission_measure=np.array([emission.sum()]),
                temperature=temperature,
                iron=iron,
                projection=np.eye(2),
                centre=distance * scale,
            )
        )
        if np.hypot(*distance) < radius_mpc:
            luminosity += float(emission.sum() * cooling_function(temperature, iron)[0])
    return components, luminosity


def build_cluster(seed: int, index: int, settings: SimulationSettings) -> tuple[Cluster, list[gas.GasComponent]]:
    """Return a cluster and its gas components: the main halo first, then its clumps."""
    state = halo_state(seed, index, settings)
    seen_at = observed_redshift(state, settings)
    main, numbers = _main_halo(state, settings)
    rng = keyed_generator(int(seed), _CLUMPS, state.halo, state.snapshot)
    clumps, clump_luminosity = _clumps(state, settings, rng, numbers["r500_mpc"])
    numbers["luminosity"] += clump_luminosity
    cluster = Cluster(
        seed=int(seed),
        index=int(index),
        halo=state.halo,
        snapshot=state.snapshot,
        cluster_id=f"s{seed}-{index:05d}",
        group=f"s{seed}-h{state.halo:04d}",
        redshift=seen_at,
        log10_mass=state.log10_mass,
        r500_arcsec=numbers["r500_mpc"] * arcsec_per_mpc(seen_at),
        cool_core=state.cool_core,
        n_clumps=len(clumps),
        n_h=state.n_h,
        **numbers,
    )
    return cluster, [main, *clumps]


def cluster_properties(
    seed: int,
    index: int,
    settings: SimulationSettings = SimulationSettings(),  # noqa: B008  (frozen)
) -> Cluster:
    """Return the true properties of the cluster in observation ``index`` of ``seed``; no photon is drawn."""
    return build_cluster(seed, index, settings)[0]
