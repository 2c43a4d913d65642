"""Distances and densities in the cosmology of the Magneticum simulations (WMAP7, Komatsu et al. 2011)."""

from __future__ import annotations

from functools import cache

import numpy as np

HUBBLE_KM_S_MPC = 70.4
OMEGA_MATTER = 0.272
SPEED_OF_LIGHT_KM_S = 299_792.458
# G = 6.67430e-11 m^3 kg^-1 s^-2, M_sun = 1.98841e30 kg, Mpc = 3.0856776e22 m.
GRAVITY_MPC_KM2_S2_MSUN = 4.300917e-9
CM_PER_MPC = 3.0856776e24
GRAM_PER_MSUN = 1.98841e33
ERG_PER_KEV = 1.602176634e-9
ARCSEC_PER_RADIAN = 206_264.806


def expansion_rate(redshift: float) -> float:
    """Return E(z) = H(z) / H0 of a flat universe without radiation."""
    return float(np.sqrt(OMEGA_MATTER * (1.0 + redshift) ** 3 + 1.0 - OMEGA_MATTER))


@cache
def comoving_distance(redshift: float) -> float:
    """Return the line-of-sight comoving distance [Mpc] (Hogg 1999, equation 15)."""
    nodes, weights = np.polynomial.legendre.leggauss(32)
    z = 0.5 * redshift * (nodes + 1.0)
    inverse_rate = 1.0 / np.sqrt(OMEGA_MATTER * (1.0 + z) ** 3 + 1.0 - OMEGA_MATTER)
    return float(SPEED_OF_LIGHT_KM_S / HUBBLE_KM_S_MPC * 0.5 * redshift * np.sum(weights * inverse_rate))


def luminosity_distance(redshift: float) -> float:
    """Return the luminosity distance [Mpc]."""
    return (1.0 + redshift) * comoving_distance(redshift)


def arcsec_per_mpc(redshift: float) -> float:
    """Return the angle that one proper Mpc subtends [arcsec]."""
    return ARCSEC_PER_RADIAN * (1.0 + redshift) / comoving_distance(redshift)


def critical_density(redshift: float) -> float:
    """Return the critical density [Msun Mpc^-3], 3 H(z)^2 / (8 pi G)."""
    hubble = HUBBLE_KM_S_MPC * expansion_rate(redshift)
    return 3.0 * hubble**2 / (8.0 * np.pi * GRAVITY_MPC_KM2_S2_MSUN)


def r500_mpc(log10_mass: float, redshift: float) -> float:
    """Return the radius that encloses 500 times the critical density [Mpc].

    Parameters
    ----------
    log10_mass : float
        log10 of M500c [Msun].
    redshift : float
        Redshift of the halo.
    """
    volume = 10.0**log10_mass / (500.0 * critical_density(redshift))
    return float((3.0 * volume / (4.0 * np.pi)) ** (1.0 / 3.0))
