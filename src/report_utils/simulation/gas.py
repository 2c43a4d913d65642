"""Density, temperature, iron and shape of the gas; the cluster's scaling relations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.simulation.cosmology import CM_PER_MPC, GRAM_PER_MSUN, expansion_rate

# Outer edge of the simulated gas in units of R500: emission beyond is below a percent.
OUTER_RADIUS = 3.0
N_SHELLS = 32
SUBDIVISIONS = 16
_SHELL_EDGES = np.concatenate([[0.0], np.geomspace(0.004, OUTER_RADIUS, N_SHELLS)])
_GRID = np.geomspace(2e-4, OUTER_RADIUS, 400)

# Helium per hydrogen by number (Anders & Grevesse 1989); heavier elements add about 2 % to mass and
# electrons.
_HELIUM = 0.0977
_ELECTRONS_PER_HYDROGEN = 1.0 + 2.0 * _HELIUM + 0.008
_MASS_PER_HYDROGEN = 1.0 + 4.0 * _HELIUM + 0.02
_PROTON_GRAM = 1.67262192e-24
# Gas density over sqrt(n_p n_e), in proton masses: 1.28.
MASS_PER_ROOT = _MASS_PER_HYDROGEN / np.sqrt(_ELECTRONS_PER_HYDROGEN)

# ln xc, ln xs, alpha, beta, eps: Ghirardini et al. (2019), universal X-COP density profiles.
_COOL_CORE_SHAPE = np.array([-3.2, 0.17, 0.80, 0.49, 4.67])
_NON_COOL_CORE_SHAPE = np.array([-2.7, -0.51, 0.70, 0.39, 2.60])
# Scatter of the five about them (choice, of the order of the intrinsic scatter that the X-COP fits report).
_SHAPE_SIGMA = np.array([0.25, 0.15, 0.15, 0.04, 0.4])
_SHAPE_LOWEST = np.array([-5.0, -1.5, 0.0, 0.28, 0.5])
_SHAPE_HIGHEST = np.array([-1.0, 1.5, 1.5, 0.70, 5.0])


@dataclass(frozen=True, eq=False)
class GasComponent:
    """A body of gas in concentric, similar ellipsoidal shells.

    Attributes
    ----------
    radius : (n_shells * 16 + 1,) float32 [arcsec]
        Ellipsoidal radii that cut each shell into sixteen parts of equal emission.
    emission_measure : (n_shells,) [cm^-3]
        Integral of n_e n_H over the shell.
    temperature : (n_shells,) [keV]
    iron : (n_shells,) [solar]
    projection : (2, 2)
        Lower-triangular; maps a sphere seen along the line of sight to the component's image.
    centre : (2,) [arcsec]
    """

    radius: NDArray[np.float32]
    emission_measure: NDArray[np.float64]
    temperature: NDArray[np.float64]
    iron: NDArray[np.float64]
    projection: NDArray[np.float64]
    centre: NDArray[np.float64]


def mean_temperature(log10_mass: float, redshift: float) -> float:
    """Return the temperature [keV] of a mass: E(z) M500 = 10^14.580 (T / 5 keV)^1.71 (Arnaud 2005, 2007)."""
    return float(5.0 * (expansion_rate(redshift) * 10.0 ** (log10_mass - 14.580)) ** (1.0 / 1.71))


def mean_gas_mass(log10_mass: float) -> float:
    """Return the gas mass [Msun] inside R500: M500 = 10^14.542 (Mg / 4e13)^0.803 (Arnaud et al. 2007)."""
    return float(4e13 * 10.0 ** ((log10_mass - 14.542) / 0.803))


def density_shape(cool_core: bool, scatters: NDArray) -> NDArray[np.float64]:
    """Return ln xc, ln xs, alpha, beta, eps of a halo, (5,), from five standard normal scatters."""
    centre = _COOL_CORE_SHAPE if cool_core else _NON_COOL_CORE_SHAPE
    return np.clip(centre + _SHAPE_SIGMA * scatters, _SHAPE_LOWEST, _SHAPE_HIGHEST)


def density_squared(x: NDArray, shape: NDArray) -> NDArray[np.float64]:
    """Return n_p n_e over its central scale (Vikhlinin et al. 2006, equation 3, first term).

    Parameters
    ----------
    x : array
        Radius over R500.
    shape : (5,)
        ln xc, ln xs, alpha, beta, eps.
    """
    ln_xc, ln_xs, alpha, beta, eps = shape
    core, steep = x / np.exp(ln_xc), x / np.exp(ln_xs)
    return core**-alpha / (1.0 + core**2) ** (3.0 * beta - 0.5 * alpha) / (1.0 + steep**3) ** (eps / 3.0)


def temperature_shape(x: NDArray, cool_core: bool) -> NDArray[np.float64]:
    """Return the temperature at radius x = r / R500 in units of a mean that the caller normalises.

    Cool cores: Vikhlinin et al. (2006), equation 8. Others, with a flatter core: Ghirardini et al. (2019),
    universal X-COP temperature profile.
    """
    if cool_core:
        core = (x / 0.045) ** 1.9
        return 1.35 * (core + 0.45) / (core + 1.0) / (1.0 + (x / 0.6) ** 2) ** 0.45
    core = (x / np.exp(-4.4)) ** 1.33
    return 1.09 * (core + 0.66) / (core + 1.0) / (1.0 + (x / 0.45) ** 2) ** 0.30


def iron_profile(x: NDArray) -> NDArray[np.float64]:
    """Return the iron abundance [solar] at x = r / R500 (Mernier et al. 2017), never below 0.3 solar."""
    x = np.asarray(x, dtype=np.float64)
    fitted = 0.21 * (x + 0.021) ** -0.48 - 6.54 * np.exp(-((x + 0.0816) ** 2) / 0.0027)
    return np.maximum(fitted, 0.3)


def normalised_temperature(x: NDArray, cool_core: bool, shape: NDArray, mean: float) -> NDArray[np.float64]:
    """Return the temperature profile [keV] whose spectroscopic-like mean in 0.15-0.75 R500 is ``mean``.

    The weight is n^2 T^-0.75 (Mazzotta et al. 2004, equation 14); 0.15-0.75 R500 is where Arnaud et al.
    (2005) measured the temperatures of their relation (0.1-0.5 R200).
    """
    radius = np.linspace(0.15, 0.75, 61)
    profile = temperature_shape(radius, cool_core)
    weight = density_squared(radius, shape) * radius**2 * profile**-0.75
    return mean * temperature_shape(x, cool_core) * weight.sum() / (weight * profile).sum()


def sky_projection(axes: NDArray) -> NDArray[np.float64]:
    """Return the lower-triangular (2, 2) map from a projected unit sphere to the projected ellipsoid.

    A point of the ellipsoid is ``n @ axes`` with n isotropic on the unit sphere; its sky position depends on
    n through a (2, 3) matrix, which a rotation of n turns into a triangular one.
    """
    sky = axes[:, :2]
    return np.linalg.cholesky(sky.T @ sky)


def _cumulative(integrand: NDArray) -> NDArray[np.float64]:
    ball = integrand[0] * _GRID[0] / 3.0
    steps = 0.5 * (integrand[1:] + integrand[:-1]) * np.diff(_GRID)
    return ball + np.concatenate([[0.0], np.cumsum(steps)])


def shells(squared: NDArray, gas_mass: float, radius_mpc: float, outer: float) -> tuple[NDArray, NDArray, NDArray]:
    """Cut a spherical density profile into shells.

    Parameters
    ----------
    squared : (400,)
        n_p n_e on the module's radial grid, any units.
    gas_mass : float [Msun]
        Gas mass inside ``radius_mpc``, which sets the units.
    radius_mpc : float [Mpc]
        Length that radii are measured in.
    outer : float
        Outer edge in that length.

    Returns
    -------
    radius : (n_shells * 16 + 1,)
        Radii that cut every shell into parts of equal emission.
    emission_measure : (n_shells,) [cm^-3]
    middle : (n_shells,)
        Radius that halves each shell's emission.
    """
    within = np.interp(1.0, _GRID, _cumulative(np.sqrt(squared) * _GRID**2))
    volume = 4.0 * np.pi * (radius_mpc * CM_PER_MPC) ** 3
    central = gas_mass * GRAM_PER_MSUN / (volume * MASS_PER_ROOT * _PROTON_GRAM * within)
    emission = _cumulative(squared * _GRID**2)
    at_edges = np.interp(_SHELL_EDGES * (outer / OUTER_RADIUS), _GRID, emission)
    at_edges[0] = 0.0
    parts = np.arange(SUBDIVISIONS) / SUBDIVISIONS
    targets = np.append((at_edges[:-1, None] + np.diff(at_edges)[:, None] * parts).ravel(), at_edges[-1])
    radius = np.interp(targets, np.concatenate([[0.0], emission]), np.concatenate([[0.0], _GRID]))
    return radius, central**2 * volume * np.diff(at_edges), radius[SUBDIVISIONS // 2 :: SUBDIVISIONS]


def main_halo_squared(shape: NDArray) -> NDArray[np.float64]:
    """Return the main halo's n_p n_e on the module's radial grid, (400,)."""
    return density_squared(_GRID, shape)


def beta_model_squared(core: float) -> NDArray[np.float64]:
    """Return n_p n_e of a beta model on the radial grid: beta = 2/3 (Cavaliere & Fusco-Femiano 1976)."""
    return (1.0 + (_GRID / core) ** 2) ** -2.0
