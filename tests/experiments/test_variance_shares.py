"""Shares of a variance: orthogonal, copied and useless predictors, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from report_utils.experiments.variance_shares import at_fixed, regression_slopes, second_moments, variance_shares


def shares_of(predictors, response, groups=None):
    groups = range(predictors.shape[1]) if groups is None else groups
    return variance_shares(second_moments(predictors, response).sum(axis=-2), list(groups))


def made_up(seed, n=60, n_predictors=4):
    rng = np.random.default_rng(seed)
    predictors = rng.normal(size=(n, n_predictors)) @ (
        np.eye(n_predictors) + rng.uniform(-0.2, 0.2, (n_predictors, n_predictors))
    )
    return predictors, predictors @ rng.normal(size=n_predictors) + rng.normal(size=n)


# all eight corners of a cube: columns, and products of columns, are orthogonal
CUBE = np.array([[x, y, z] for x in (-1.0, 1) for y in (-1, 1) for z in (-1, 1)])


def test_orthogonal_predictors_explain_their_squared_correlation():
    nothing_else = CUBE.prod(axis=1)
    found = shares_of(CUBE, CUBE @ [3, 2, 0] + 5 + np.sqrt(12) * nothing_else)
    assert found == pytest.approx([9 / 25, 4 / 25, 0], abs=1e-9)


def test_a_copy_halves_a_share_and_copies_in_one_group_do_not():
    response = CUBE @ [3, 4, 0]
    copied = np.column_stack([CUBE[:, 0], CUBE[:, 0], CUBE[:, 1]])
    assert shares_of(copied, response) == pytest.approx([0.18, 0.18, 0.64], abs=1e-6)
    assert shares_of(copied, response, [0, 0, 1]) == pytest.approx([0.36, 0.64], abs=1e-6)


def test_two_correlated_predictors_share_as_the_textbook_has_it():
    # share of x1 = (r1^2 + R^2 - r2^2) / 2
    predictors, response = made_up(0, n_predictors=2)
    r1, r2 = (np.corrcoef(column, response)[0, 1] for column in predictors.T)
    r_squared = LinearRegression().fit(predictors, response).score(predictors, response)
    expected = [(r1**2 + r_squared - r2**2) / 2, (r2**2 + r_squared - r1**2) / 2]
    assert shares_of(predictors, response) == pytest.approx(expected)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([[0, 1, 2, 3], [0, 0, 1, 2], [1, 0, 1, 0]]))
def test_shares_are_not_negative_and_add_up_to_r_squared(seed, groups):
    predictors, response = made_up(seed)
    shares = shares_of(predictors, response, groups)
    assert shares.min() > -1e-6
    assert shares.sum() == pytest.approx(LinearRegression().fit(predictors, response).score(predictors, response))
    assert shares_of(predictors * 1e3 + 7, -2 * response + 1, groups) == pytest.approx(shares, abs=1e-6)


def test_slopes_are_those_of_a_regression_and_totals_are_weights():
    predictors, response = made_up(3)
    moments = second_moments(predictors, [response, -response])
    weights = np.arange(len(response)) % 3
    fitted = LinearRegression().fit(predictors, response, sample_weight=weights)
    found = regression_slopes(np.einsum("c,scq->sq", weights, moments), 4)
    assert found[0] == pytest.approx(fitted.coef_)
    assert found[1] == pytest.approx(-fitted.coef_)


def test_a_predictor_that_does_not_vary_explains_nothing():
    predictors, response = made_up(4)
    predictors[:, 2] = 1
    shares = shares_of(predictors, response)
    assert shares[2] == 0
    assert regression_slopes(second_moments(predictors, response).sum(axis=0), 4)[2] == 0
    assert shares.sum() == pytest.approx(LinearRegression().fit(predictors, response).score(predictors, response))


def test_a_polynomial_of_the_mass_is_removed():
    mass = np.linspace(13.7, 15.2, 40)
    wave = np.sin(np.arange(40))
    found = at_fixed(np.column_stack([2 + mass - 0.1 * mass**3, wave]), mass)
    assert found[:, 0] == pytest.approx(0, abs=1e-9)
    assert found.T @ np.vander(mass - 14, 4) == pytest.approx(0, abs=1e-9)
    assert found[:, 1] == pytest.approx(at_fixed(wave, mass))
    assert at_fixed(wave, np.full(40, 14.0)) == pytest.approx(wave - wave.mean())


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="do not belong"):
        second_moments(np.ones((3, 1)), np.ones(4))
    with pytest.raises(ValueError, match="not those of 2"):
        variance_shares(np.ones(3), [0, 1])
