"""What scaling relations allow: the scatter of a mass that is read from noisy observables (arithmetic, no network)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.simulation.cosmology import expansion_rate, luminosity_distance
from report_utils.simulation.tables import load_table

SPREAD_OF_MASS = 0.24
"""Standard deviation of log10 M500c in the sample [dex]."""
SPREAD_OF_LUMINOSITY = 0.13
"""At fixed mass and redshift [dex]: sigma of ln L is 0.30 (physics of the simulation)."""
SLOPE_OF_MASS_WITH_TEMPERATURE = 1.71
NOISE_OF_COUNTS, NOISE_OF_TEMPERATURE = 0.01, 0.03
"""How well an observation of some 20 000 events tells them [dex]; the second is a round guess for two bands."""


def expected_scatter(prior: ArrayLike, slopes: ArrayLike, noise: ArrayLike, *, known: ArrayLike | None = None) -> float:
    """Return the scatter of the best linear estimate of the first parameter, log10 of the mass [dex].

    Parameters and observables are Gaussian, and observables are linear in the parameters. The estimate that has the
    least scatter then has the variance of the posterior distribution, ``(P^-1 + A^T N^-1 A)^-1`` (Rodgers 2000,
    equation 2.27). ``prior`` (n_parameters,) has the standard deviation of each parameter in the sample [dex];
    ``slopes`` (n_observables, n_parameters) how each observable follows each parameter; ``noise`` (n_observables,) the
    standard deviation of each observable about that [dex], above zero; and ``known`` which parameters are known
    exactly.
    """
    covariance, _, _ = _posterior(prior, slopes, noise, known)
    return float(np.sqrt(covariance[0, 0]))


def expected_response(
    prior: ArrayLike, slopes: ArrayLike, noise: ArrayLike, *, known: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return how far the best linear estimate of the first parameter moves with each parameter, ``(n_parameters,)``.

    It is the first row of the averaging kernel (Rodgers 2000, equation 2.79). The first number is below 1: the estimate
    regresses to the mean. Parameters as in :func:`expected_scatter`; one that is known or does not vary moves nothing.
    """
    covariance, free_slopes, free = _posterior(prior, slopes, noise, known)
    gain = covariance[0] @ free_slopes.T / np.asarray(noise, dtype=np.float64) ** 2
    response = np.zeros(len(free))
    response[free] = gain @ free_slopes
    return response


def _posterior(
    prior: ArrayLike, slopes: ArrayLike, noise: ArrayLike, known: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the covariance of what is left of the free parameters, the slopes with these, and which are free."""
    prior, slopes, noise = (np.asarray(each, dtype=np.float64) for each in (prior, slopes, noise))
    free = np.ones(len(prior), dtype=bool) if known is None else ~np.asarray(known, dtype=bool)
    free &= prior > 0  # what does not vary in the sample is known
    slopes = slopes[:, free]
    precision = np.diag(prior[free] ** -2.0) + slopes.T @ (slopes / noise[:, None] ** 2)
    return np.linalg.inv(precision), slopes, free


@dataclass(frozen=True)
class World:
    """What the relations of an experiment look like; the default is the simulation's.

    ``sigma_ln_temperature`` is the natural-log scatter of the temperature at fixed mass. ``distance_known`` also holds
    where the distance is the same for all. ``size_noise`` [dex] says how well an image shows a cluster's size, as an
    angle or, without ``angular_size``, in Mpc; infinite if not at all.
    """

    sigma_ln_temperature: float = 0.07
    distance_known: bool = False
    temperature_follows_mass: bool = True
    size_noise: float = 0.15
    angular_size: bool = True


def expected_one_and_two(world: World = World()) -> tuple[float, float]:
    """Return the scatters of the mass that one and two bands allow [dex], from scaling relations alone.

    The parameters are log10 of mass, of luminosity distance, of temperature and of luminosity at fixed mass. Counts
    follow the luminosity, L ~ E^(7/3) M^1.62 (Pratt et al. 2009), over the distance squared. The angular size follows
    R500. A second band adds the temperature that is seen, T / (1 + z), with E M ~ T^1.71 (Arnaud et al. 2005). Over the
    snapshots log10 of E and of 1 + z are linear in log10 of the distance, to 0.01 dex.
    """
    distance, of_expansion, of_stretch = over_the_snapshots()
    thermal = 1 / SLOPE_OF_MASS_WITH_TEMPERATURE if world.temperature_follows_mass else 0.0
    prior = [SPREAD_OF_MASS, distance, world.sigma_ln_temperature / np.log(10), SPREAD_OF_LUMINOSITY]
    if not world.temperature_follows_mass:
        prior[2] = np.hypot(prior[2], SPREAD_OF_MASS / SLOPE_OF_MASS_WITH_TEMPERATURE)
    counts = [1.62, 7 / 3 * of_expansion - 2, 0, 1]
    size = [1 / 3, -2 / 3 * of_expansion - (1 - 2 * of_stretch if world.angular_size else 0), 0, 0]
    seen_temperature = [thermal, of_expansion / SLOPE_OF_MASS_WITH_TEMPERATURE - of_stretch, 1, 0]
    known = [False, world.distance_known, False, False]
    noise = [NOISE_OF_COUNTS, world.size_noise, NOISE_OF_TEMPERATURE]
    slopes = [counts, size, seen_temperature]
    return (
        expected_scatter(prior, slopes[:2], noise[:2], known=known),
        expected_scatter(prior, slopes, noise, known=known),
    )


@cache
def over_the_snapshots() -> tuple[float, float, float]:
    """Return the spread of log10 distance, and the slopes of log10 E and log10 (1 + z) with it."""
    redshift = load_table("mass_function")["redshift"]
    distance = np.log10([luminosity_distance(z) for z in redshift])
    slopes = [
        np.polyfit(distance, y, 1)[0] for y in (np.log10([expansion_rate(z) for z in redshift]), np.log10(1 + redshift))
    ]
    return float(distance.std()), *map(float, slopes)
