"""Scatters from arithmetic: textbook cases, and what the simulation's relations give."""

import numpy as np
import pytest

from report_utils.experiments.expected_scatter import World, expected_one_and_two, expected_response, expected_scatter


def test_one_observable_of_one_parameter():
    # 1/variance = 1/prior^2 + slope^2/noise^2
    assert expected_scatter([0.3], [[2.0]], [0.8]) == pytest.approx((1 / 0.3**2 + 2**2 / 0.8**2) ** -0.5)


def test_an_observable_confused_with_another_parameter():
    # mass + distance is known exactly: what remains is split as two priors are
    found = expected_scatter([0.3, 0.4], [[1.0, 1.0]], [1e-6])
    assert found == pytest.approx((0.3**-2 + 0.4**-2) ** -0.5, rel=1e-4)
    assert expected_scatter([0.3, 0.4], [[1.0, 1.0]], [1e-6], known=[False, True]) == pytest.approx(1e-6, rel=1e-3)


def test_draws_of_a_linear_world_scatter_as_expected():
    rng, slopes = np.random.default_rng(0), np.array([[1.6, -2.0], [0.6, -0.1]])
    parameters = rng.normal(size=(200_000, 2)) * [0.25, 0.3]
    observed = parameters @ slopes.T + rng.normal(size=(200_000, 2)) * [0.1, 0.05]
    fitted = observed @ np.linalg.lstsq(observed, parameters[:, 0])[0]
    assert (fitted - parameters[:, 0]).std() == pytest.approx(
        expected_scatter([0.25, 0.3], slopes, [0.1, 0.05]), rel=0.01
    )


def test_the_estimate_moves_with_what_it_confuses():
    # mass + distance is known exactly: each moves the estimate of the mass by the mass's share of the prior variance
    found = expected_response([0.3, 0.4], [[1.0, 1.0]], [1e-6])
    assert found == pytest.approx([0.36, 0.36], rel=1e-4)
    assert expected_response([0.3, 0.4], [[1.0, 1.0]], [1e-6], known=[False, True]) == pytest.approx([1, 0], abs=1e-6)


def test_two_bands_help_most_where_the_distance_is_hidden_and_the_thermometer_is_good():
    one, two = expected_one_and_two()
    assert (one, two) == (pytest.approx(0.181, abs=0.001), pytest.approx(0.077, abs=0.001))
    known = expected_one_and_two(World(distance_known=True))
    assert known[0] < 0.5 * one
    assert known[1] / known[0] > 1.3 * two / one
    ratios = [np.divide(*reversed(expected_one_and_two(World(sigma_ln_temperature=s)))) for s in (0, 0.07, 0.15, 0.3)]
    assert ratios == sorted(ratios)
    broken = expected_one_and_two(World(temperature_follows_mass=False))
    assert broken[1] / broken[0] == pytest.approx(1, abs=0.06)
