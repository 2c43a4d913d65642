"""How many images a network can be trained on: the number of each one's last pixel has to fit into 32 bits."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.cnn.limits import most_observations


@pytest.mark.parametrize("n_pixels", [8, 32, 40, 128])
def test_the_last_pixel_of_the_largest_sample_still_has_a_number(n_pixels):
    most, largest = most_observations(n_pixels), np.iinfo(np.int32).max
    assert most * n_pixels**2 - 1 <= largest < (most + 1) * n_pixels**2 - 1


def test_at_128_pixels_by_hand():
    assert most_observations(128) == 131_072
