"""One prediction, several networks: what is decided is what all of them say."""

import numpy as np
import pytest

from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED, Interval
from report_utils.report.second_band import (
    AS_PREDICTED,
    NOT_AS_PREDICTED,
    agreed,
    effect,
    listed,
    overall,
    range_verdict,
    seed_spread,
    summed_up,
    typical,
)

INSIDE, ABOVE, BELOW, ACROSS = (Interval(1, *ends) for ends in ((1.1, 1.2), (1.6, 1.9), (0.7, 0.9), (0.9, 1.2)))
WITHOUT = Interval(1.2, np.nan, np.nan)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([INSIDE, INSIDE], AS_PREDICTED),
        ([ABOVE, BELOW], NOT_AS_PREDICTED),
        ([INSIDE, ABOVE], UNDECIDED),
        ([INSIDE, ACROSS], UNDECIDED),
        ([WITHOUT], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_a_range_is_judged_by_all_intervals(measured, expected):
    assert range_verdict(measured, 1.0, 1.5) == expected


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([HOLDS, HOLDS], AS_PREDICTED),
        ([FAILS], NOT_AS_PREDICTED),
        ([HOLDS, FAILS], UNDECIDED),
        ([UNDECIDED], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_networks_have_to_agree(verdicts, expected):
    assert agreed(verdicts) == expected


def test_the_mean_of_gaussian_values_has_their_standard_error(rng):
    found = typical(rng.normal(3, 1, 400), np.mean)
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("values", [np.arange(5), np.ones(50)])
def test_few_or_equal_values_have_no_interval(values):
    found = typical(values)
    assert found.value == np.median(values)
    assert np.isnan([found.low, found.high]).all()


def test_intervals_are_written_where_there_are_any():
    assert listed([INSIDE, WITHOUT, Interval(-0.5, np.nan, np.nan)]) == "1.00 [1.10, 1.20]; 1.20; −0.50"


def test_networks_together_have_the_widest_interval():
    assert overall([INSIDE, BELOW]) == Interval(1, 0.7, 1.2)
    assert np.isnan(overall([INSIDE, WITHOUT]).low)


def of_values(*values, half_width=0.01):
    return [Interval(value, value - half_width, value + half_width) for value in values]


def test_seeds_are_compared_within_their_fold():
    """Folds test other clusters: what differs between them says nothing about seeds."""
    measured, folds = of_values(1, 2, 3, 11, 12, 13), [0, 0, 0, 1, 1, 1]
    assert seed_spread(measured, folds) == pytest.approx(1)
    assert np.isnan(seed_spread(of_values(1, 2), [0, 1]))
    assert summed_up(measured, folds) == "7.00 (0.99\u00a0…\u00a013.01) ±\u00a01.00"
    assert summed_up(of_values(1, -2), [0, 1]) == "−0.50 (−2.01\u00a0…\u00a01.01)"


def test_one_network_has_its_own_interval():
    assert summed_up(of_values(1), [0]) == "1.00 [0.99, 1.01]"
    assert summed_up([], []) == "–"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1.2, 1.3, 1.25), 1),
        ((0.8, 0.7, 0.75), -1),
        ((1.2, 1.3, 1.005), 0),  # one interval holds 1
        ((1.02, 1.03, 1.9), 0),  # seeds differ by more than the mean does from 1
    ],
)
def test_an_effect_is_seen_by_all_and_exceeds_the_spread_between_seeds(values, expected):
    assert effect(of_values(*values), [0, 0, 0]) == expected
    assert effect(of_values(1.2), [0]) == 1
