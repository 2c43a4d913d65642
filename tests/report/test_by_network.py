"""One prediction, several networks: what is decided is what all of them say."""

import numpy as np
import pytest

from report_utils.report.by_network import agreed, listed, range_verdict, typical
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED, Interval
from report_utils.report.second_band import AS_PREDICTED, NOT_AS_PREDICTED

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
