import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.report.few_clusters import expect_of_samples


def test_the_scatter_of_a_sample_spreads_as_theory_says(rng):
    """For Gaussian residuals the standard deviation of n values spreads by sigma / sqrt(2 n)."""
    residuals = rng.normal(0, 0.1, (20_000, 1))
    found = expect_of_samples(50, residuals, residuals)
    low, high = found.scatter
    assert high - low == pytest.approx(2 * 1.96 * 0.1 / np.sqrt(2 * 50), rel=0.08)
    assert (low + high) / 2 == pytest.approx(0.1, rel=0.03)
    assert found.ratio == (1.0, 1.0)
    assert found.share_smaller == 0.0


def test_the_ratio_of_independent_residuals(rng):
    """For two independent scatters the logarithm of the ratio spreads by 1 / sqrt(n)."""
    first, second = rng.normal(0, 0.08, (20_000, 1)), rng.normal(0, 0.1, (20_000, 1))
    found = expect_of_samples(100, first, second)
    assert np.log(found.ratio[1] / found.ratio[0]) == pytest.approx(2 * 1.96 / np.sqrt(100), rel=0.1)
    assert 0.95 < found.share_smaller < 1.0


def test_pairs_are_drawn_together(rng):
    """Residuals that are half of the baseline's have half its scatter in every sample."""
    baseline = rng.normal(0.02, 0.1, (40, 8))
    found = expect_of_samples(10, baseline / 2, baseline)
    assert found.ratio == pytest.approx((0.5, 0.5))
    assert found.share_smaller == 1.0


def test_what_does_not_belong_together_is_refused(rng):
    with pytest.raises(InputError, match="the same in both"):
        expect_of_samples(10, rng.normal(size=(5, 8)), rng.normal(size=(6, 8)))
    with pytest.raises(InputError, match="two clusters or more"):
        expect_of_samples(1, rng.normal(size=(5, 8)), rng.normal(size=(5, 8)))
