"""The same clusters with one thing changed: known slopes, known regressions, and observations of the same halos."""

import numpy as np
import pytest

from report_utils.binning.observations import Observations
from report_utils.experiments.moved_clusters import (
    CHANGES,
    expected_responses,
    observed_again,
)
from report_utils.simulation import SimulationSettings, expected_counts

OBSERVATIONS = Observations(n_clusters=8, n_pixels=16, seed=9, settings=SimulationSettings(), archive=None)


def test_counts_alone_hardly_know_the_temperature_and_hardness_does():
    one, two = expected_responses((0, 1, 2, 3)), expected_responses((0, 1))
    assert tuple(one) == CHANGES
    assert one["distance"][1] < 0 < one["exposure"][0]
    assert abs(one["temperature"][1]) < 0.1 < 0.8 < two["temperature"][0] < two["temperature"][1] < 1.71


def test_nothing_changed_gives_the_same_observation():
    whole = observed_again(OBSERVATIONS, [3], "observation")
    np.testing.assert_array_equal(whole, observed_again(OBSERVATIONS, [3], "observation", temperature_factor=1.0))
    assert whole.sum() == len(OBSERVATIONS.events(3))


@pytest.mark.parametrize("change", [{"distance_redshift": 0.4}, {"temperature_factor": 1.3}, {"exposure_s": 7.5e4}])
def test_one_change_gives_the_expected_number_of_events(change):
    rows = [1, 4]
    seen = observed_again(OBSERVATIONS, rows, **change).sum(axis=(1, 2, 3))
    expected = [expected_counts(9, row, settings=SimulationSettings(**change)).agn_less for row in rows]
    assert np.all(np.abs(seen - expected) < 5 * np.sqrt(expected) + 0.005 * np.array(expected))
