"""The halo and the snapshot that an index stands for, and the state of the halo there.

Halos come in blocks of 300, each seen at eleven snapshots. Of a block's 3300 pairs, 3286 are observed, the
size of the report's data: the pairs are dealt in 300 rounds, each a random order of the eleven snapshots
with a different halo for each, and the last fourteen pairs of the deal drop out. So any first n observations
hold every snapshot equally often, to within one. Indices from 3286 on belong to the next block, of other
halos. A setting makes the blocks larger, so that fewer observations share a halo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from report_utils.errors import InputError
from report_utils.simulation.settings import SimulationSettings
from report_utils.simulation.tables import load_table

N_HALOS = 300
N_SNAPSHOTS = 11
N_DROPPED = 14
N_OBSERVATIONS = N_SNAPSHOTS * N_HALOS - N_DROPPED
# Correlations from one snapshot to the next (physics notes): of the mass rank, and of every scatter.
RANK_PERSISTENCE = 0.95
SCATTER_PERSISTENCE = 0.7
N_SHAPE_SCATTERS = 5
# Minor-to-major axis ratios of the gas: mostly between 0.5 and 1 (physics notes).
AXIS_RATIO_MEAN, AXIS_RATIO_SIGMA, AXIS_RATIO_LOWEST = 0.75, 0.12, 0.5
N_H_LOWEST, N_H_HIGHEST = 1e20, 5e20

_ORDER, _HALO, _SIGHT, _RANKS, _OTHER_MASS, _IRON = 0, 1, 2, 9, 10, 11


def keyed_generator(seed: int, *key: int) -> np.random.Generator:
    """Return the random stream that belongs to a seed and a key of integers, the same in every process."""
    sequence = np.random.SeedSequence(seed, spawn_key=key)
    return np.random.Generator(np.random.SFC64(sequence))


@dataclass(frozen=True, eq=False)
class HaloState:
    """A halo at one snapshot, before any gas physics.

    Attributes
    ----------
    halo, snapshot : int
        Number of the halo within the seed, and 0 (nearest) to 10 (farthest).
    redshift, log10_mass : float
        log10 of M500c [Msun].
    temperature_scatter, gas_mass_scatter : float
        Standard normal, correlated as the settings say.
    shape_scatters : (5,)
        Standard normal, for the parameters of the density profile.
    cool_core : bool
    axes : (3, 3)
        Rows: the halo's principal axes times their relative lengths (product one), in the frame of the sky
        whose third axis is the line of sight.
    n_h : float [cm^-2]
        Hydrogen column of our galaxy in this direction.
    temperature_log10_mass : float
        log10 of the mass whose temperature the halo has [Msun]: its own, unless the settings say otherwise.
    iron_scatter : float
        Standard normal.
    """

    halo: int
    snapshot: int
    redshift: float
    log10_mass: float
    temperature_scatter: float
    gas_mass_scatter: float
    shape_scatters: NDArray[np.float64]
    cool_core: bool
    axes: NDArray[np.float64]
    n_h: float
    temperature_log10_mass: float
    iron_scatter: float


@lru_cache(maxsize=16)
def _deal(seed: int, block: int, n_halos: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    n_snapshots = len(load_table("mass_function")["redshift"])
    rng = keyed_generator(seed, _ORDER, block)
    halos = rng.permuted(np.tile(np.arange(n_halos, dtype=np.int32), (n_snapshots, 1)), axis=1)
    snapshots = rng.permuted(np.tile(np.arange(n_snapshots, dtype=np.int32), (n_halos, 1)), axis=1)
    return halos, snapshots


def locate(seed: int, index: int, n_halos: int = N_HALOS) -> tuple[int, int]:
    """Return the halo's number and the snapshot of observation ``index``, in blocks of ``n_halos`` halos.

    Raises
    ------
    InputError
        If seed or index is negative or not an integer.
    """
    for name, value in (("seed", seed), ("index", index)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 0:
            msg = f"simulation {name} is {value!r}; give an integer of 0 or more"
            raise InputError(msg)
    block, slot = divmod(int(index), N_SNAPSHOTS * n_halos - N_DROPPED)
    halos, snapshots = _deal(int(seed), block, n_halos)
    snapshot = int(snapshots.ravel()[slot])
    return block * n_halos + int(halos[snapshot, slot // snapshots.shape[1]]), snapshot


def completeness(log10_mass: NDArray, settings: SimulationSettings) -> NDArray:
    """Return the fraction of halos of a mass that the sample holds: logistic, zero below the lowest mass."""
    logit = (np.asarray(log10_mass) - settings.completeness_centre) / settings.completeness_width
    return np.where(log10_mass >= settings.minimum_log10_mass, 0.5 * (1.0 + np.tanh(0.5 * logit)), 0.0)


@lru_cache(maxsize=64)
def mass_distribution(settings: SimulationSettings, snapshot: int) -> tuple[NDArray, NDArray]:
    """Return a grid of log10 masses and the share of the sample's halos below each.

    The density is the mass function of Tinker et al. (2008) for M500c, from the shipped table, times the
    completeness.

    Returns
    -------
    log10_mass, cumulative : (n_grid,), (n_grid,)
    """
    table = load_table("mass_function")
    grid = np.linspace(settings.minimum_log10_mass, table["log10_mass"][-1], 2001)
    density = np.exp(np.interp(grid, table["log10_mass"], np.log(table["dn_dlnM"][snapshot])))
    density *= completeness(grid, settings)
    steps = 0.5 * (density[1:] + density[:-1])
    cumulative = np.concatenate([[0.0], np.cumsum(steps)])
    return grid, cumulative / cumulative[-1]


def _autoregressive(rng: np.random.Generator, shape: tuple[int, ...], persistence: float) -> NDArray[np.float64]:
    # Stationary first-order chain along axis 0, unit variance, so every snapshot has the same distribution.
    chain = rng.standard_normal(shape)
    fresh = math.sqrt(1.0 - persistence**2)
    for step in range(1, shape[0]):
        chain[step] = persistence * chain[step - 1] + fresh * chain[step]
    return chain


def random_rotation(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a rotation matrix (3, 3), uniform over orientations (a random unit quaternion)."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@lru_cache(maxsize=16)
def mass_shares(seed: int, block: int, n_halos: int = N_HALOS) -> NDArray[np.float64]:
    """Return the share of the sample's halos that are lighter than each of a block's, (11, n_halos).

    The halos of a block keep their mass ranks from snapshot to snapshot, with the persistence of a latent
    normal variable; a second such variable says where in its share of the distribution a halo lies.
    So every snapshot of a block follows the mass distribution evenly, up to its tail.
    """
    shape = (len(load_table("mass_function")["redshift"]), n_halos)
    rng = keyed_generator(seed, _RANKS, block)
    latent = _autoregressive(rng, shape, RANK_PERSISTENCE)
    within = ndtr(_autoregressive(rng, shape, RANK_PERSISTENCE))
    return (latent.argsort(axis=1).argsort(axis=1) + within) / n_halos


@lru_cache(maxsize=1024)
def _history(seed: int, halo: int) -> tuple[NDArray, float, NDArray]:
    """Return a halo's scatters (11, 7), cool-core draw and oriented axes (3, 3)."""
    n_snapshots = len(load_table("mass_function")["redshift"])
    rng = keyed_generator(seed, _HALO, halo)
    scatters = _autoregressive(rng, (n_snapshots, 2 + N_SHAPE_SCATTERS), SCATTER_PERSISTENCE)
    core_draw = float(rng.random())
    minor = float(np.clip(rng.normal(AXIS_RATIO_MEAN, AXIS_RATIO_SIGMA), AXIS_RATIO_LOWEST, 1.0))
    middle = minor + (1.0 - minor) * rng.random()
    lengths = np.array([1.0, middle, minor])
    lengths /= np.prod(lengths) ** (1.0 / 3.0)
    axes = lengths[:, None] * random_rotation(rng)
    for array in (scatters, axes):
        array.flags.writeable = False
    return scatters, core_draw, axes


def halo_state(seed: int, index: int, settings: SimulationSettings) -> HaloState:
    """Return the halo that observation ``index`` of ``seed`` shows, at its snapshot."""
    halo, snapshot = locate(seed, index, settings.n_halos)
    scatters, core_draw, axes = _history(int(seed), halo)
    grid, cumulative = mass_distribution(settings, snapshot)
    block, place = divmod(halo, settings.n_halos)
    log10_mass = float(np.interp(mass_shares(int(seed), block, settings.n_halos)[snapshot, place], cumulative, grid))
    temperature, other = scatters[snapshot, :2]
    rho = settings.scatter_correlation
    sight = keyed_generator(int(seed), _SIGHT, halo, snapshot)
    temperature_log10_mass = log10_mass
    if not settings.temperature_follows_mass:
        other_share = keyed_generator(int(seed), _OTHER_MASS, halo, snapshot).random()
        temperature_log10_mass = float(np.interp(other_share, cumulative, grid))
    redshift = settings.redshift or float(load_table("mass_function")["redshift"][snapshot])
    return HaloState(
        halo=halo,
        snapshot=snapshot,
        redshift=redshift,
        log10_mass=log10_mass,
        temperature_scatter=float(temperature),
        gas_mass_scatter=float(rho * temperature + math.sqrt(1.0 - rho**2) * other),
        shape_scatters=scatters[snapshot, 2:],
        cool_core=core_draw < settings.cool_core_fraction,
        axes=axes,
        n_h=float(sight.uniform(N_H_LOWEST, N_H_HIGHEST)),
        temperature_log10_mass=temperature_log10_mass,
        iron_scatter=float(keyed_generator(int(seed), _IRON, halo, snapshot).standard_normal()),
    )
