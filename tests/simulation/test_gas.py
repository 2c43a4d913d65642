from itertools import pairwise

import numpy as np
import pytest

from report_utils.simulation import cosmology, gas
from report_utils.simulation.observe import shell_positions

NO_SCATTER = np.zeros(5)


def test_distances_against_a_fine_integral():
    z = 0.3
    grid = np.linspace(0.0, z, 100_001)
    inverse = 1.0 / np.sqrt(0.272 * (1 + grid) ** 3 + 0.728)
    expected = 299_792.458 / 70.4 * np.sum(0.5 * (inverse[1:] + inverse[:-1])) * (grid[1] - grid[0])
    assert cosmology.comoving_distance(z) == pytest.approx(expected, rel=1e-8)
    assert cosmology.luminosity_distance(z) == pytest.approx(1.3 * expected, rel=1e-8)


def test_r500_encloses_500_times_the_critical_density():
    radius = cosmology.r500_mpc(14.5, 0.2)
    density = 10**14.5 / (4 / 3 * np.pi * radius**3)
    assert density / cosmology.critical_density(0.2) == pytest.approx(500.0)
    # Today's critical density is 2.775e11 h^2 Msun / Mpc^3.
    assert cosmology.critical_density(0.0) == pytest.approx(2.775e11 * 0.704**2, rel=1e-3)


def test_scaling_relations_at_their_pivots():
    e_z = cosmology.expansion_rate(0.1)
    assert gas.mean_temperature(14.580 - np.log10(e_z), 0.1) == pytest.approx(5.0)
    assert gas.mean_gas_mass(14.542) == pytest.approx(4e13)


def test_vikhlinin_temperature_at_the_core_and_far_out():
    assert gas.temperature_shape(np.array([1e-9]), True)[0] == pytest.approx(1.35 * 0.45)
    assert gas.temperature_shape(np.array([0.6]), True)[0] == pytest.approx(1.35 / 2**0.45, rel=0.01)
    assert gas.temperature_shape(np.array([1e-9]), False)[0] == pytest.approx(1.09 * 0.66, rel=1e-3)


def test_iron_peaks_in_the_core_and_levels_off():
    core, middle, outskirts = gas.iron_profile(np.array([0.01, 0.1, 1.0]))
    assert core > middle > outskirts == 0.3
    # By hand at x = 0.1: 0.21 x 0.121^-0.48 - 6.54 exp(-0.1816^2 / 0.0027).
    assert middle == pytest.approx(0.21 * 0.121**-0.48 - 6.54 * np.exp(-12.214), rel=1e-3)


@pytest.mark.parametrize("cool_core", [True, False])
def test_shells_hold_the_gas_mass(cool_core):
    # Integrate the density that belongs to the shells' emission measure once more, by a plain sum.
    shape = gas.density_shape(cool_core, NO_SCATTER)
    squared = gas.main_halo_squared(shape)
    radius, emission, middle = gas.shells(squared, 1e13, 0.8, gas.OUTER_RADIUS)
    x = np.geomspace(1e-4, 3.0, 200_001)
    steps, centre = np.diff(x), 0.5 * (x[1:] + x[:-1])
    volume = 4 * np.pi * (0.8 * cosmology.CM_PER_MPC) ** 3
    profile = gas.density_squared(centre, shape)
    scale = emission.sum() / (volume * np.sum(profile * centre**2 * steps))
    density = np.sqrt(scale * profile) * gas.MASS_PER_ROOT * 1.67262192e-24
    inside = centre < 1.0
    mass = volume * np.sum((density * centre**2 * steps)[inside]) / cosmology.GRAM_PER_MSUN
    assert mass == pytest.approx(1e13, rel=3e-3)
    assert np.all(np.diff(radius) >= 0)
    assert radius[-1] == pytest.approx(3.0)
    assert np.all((middle > radius[:-1:16]) & (middle < radius[16::16]))


@pytest.mark.parametrize("cool_core", [True, False])
def test_temperature_profile_has_its_mean(cool_core):
    shape = gas.density_shape(cool_core, NO_SCATTER)
    x = np.linspace(0.15, 0.75, 61)
    profile = gas.normalised_temperature(x, cool_core, shape, 4.0)
    weight = gas.density_squared(x, shape) * x**2 * profile**-0.75
    assert np.sum(weight * profile) / np.sum(weight) == pytest.approx(4.0)
    core = gas.normalised_temperature(np.array([0.01]), cool_core, shape, 4.0)[0]
    assert core < 4.0


def component(axes):
    radius, emission, _ = gas.shells(gas.beta_model_squared(0.1), 1e13, 1.0, gas.OUTER_RADIUS)
    ones = np.ones(len(emission))
    return gas.GasComponent(
        radius.astype(np.float32) * 100, emission, ones, ones, gas.sky_projection(axes), np.array([7.0, -3.0])
    )


def test_positions_have_the_shape_of_the_projected_ellipsoid():
    rng = np.random.default_rng(1)
    rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    axes = np.array([1.3, 1.0, 1 / 1.3])[:, None] * rotation
    body = component(axes)
    row = np.full(400_000, 20)
    x, y = shell_positions(body, row, rng.random((3, 400_000), dtype=np.float32))
    # An ellipsoidal shell of mean square radius r2 has the covariance r2 / 3 times axes^T axes, projected.
    edges = body.radius[20 * 16 : 21 * 16 + 1].astype(float)
    r2 = np.mean([(a * a + a * b + b * b) / 3 for a, b in pairwise(edges)])
    expected = r2 / 3 * (axes.T @ axes)[:2, :2]
    np.testing.assert_allclose(np.cov(x, y), expected, rtol=0.02, atol=0.01 * r2 / 3)
    np.testing.assert_allclose([x.mean(), y.mean()], [7.0, -3.0], atol=0.01 * np.sqrt(r2))


def test_positions_follow_the_beta_model_surface_brightness():
    body = component(np.eye(3))
    rng = np.random.default_rng(2)
    share = body.emission_measure / body.emission_measure.sum()
    row = rng.choice(len(share), 400_000, p=share)
    x, y = shell_positions(body, row, rng.random((3, 400_000), dtype=np.float32))
    distance = np.hypot(x - 7.0, y + 3.0)
    # beta = 2/3: counts inside a projected radius R grow as 1 - (1 + (R / rc)^2)^-1/2, with rc = 10 arcsec.
    # The truncation at 30 rc leaves (2 / pi) (atan 30 - 30 / 901) of the whole, and little is lost along
    # these sightlines.
    inside = [np.mean(distance < r) for r in (5.0, 10.0, 30.0)]
    whole = 2 / np.pi * (np.arctan(30) - 30 / 901)
    expected = (1 - (1 + np.array([0.5, 1.0, 3.0]) ** 2) ** -0.5) / whole
    np.testing.assert_allclose(inside, expected, rtol=0.012)
