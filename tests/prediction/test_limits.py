import numpy as np
import pytest

from report_utils.prediction import ExpectedError, TrainingRange, hardness


def test_few_clusters_have_one_error_at_all_masses(rng):
    predicted, residual = rng.normal(14.3, 0.2, 119), rng.normal(0.02, 0.1, 119)
    error = ExpectedError.of(predicted, residual)
    assert error.bias == pytest.approx(residual.mean())
    assert error.scatter == pytest.approx(np.sqrt(((residual - residual.mean()) ** 2).sum() / 118))
    np.testing.assert_array_equal(error.bin_of(np.array([10.0, 14.3, 17.0])), 0)
    assert "119 clusters at all masses" in str(error)


def test_many_have_errors_by_predicted_mass():
    """Residuals of +-0.1 below 14.5 and 0.3 +- 0.02 above, 200 clusters of each."""
    predicted = np.r_[np.linspace(14.0, 14.4, 200), np.linspace(14.6, 15.0, 200)]
    sign = np.tile([1.0, -1.0], 200)
    residual = np.where(predicted < 14.5, 0.1 * sign, 0.3 + 0.02 * sign)
    error = ExpectedError.of(predicted, residual)
    assert error.n_clusters.sum() == 400
    assert np.ptp(error.n_clusters) <= 1
    low, high = error.bin_of(np.array([13.0, 16.0]))
    assert (low, high) == (0, len(error.scatter) - 1)
    assert error.scatter[low] == pytest.approx(0.1, rel=0.01)
    assert error.bias[low] == pytest.approx(0, abs=1e-12)
    assert error.scatter[high] == pytest.approx(0.02, rel=0.01)
    assert error.bias[high] == pytest.approx(0.3, rel=0.01)
    assert "400 clusters in 5 bins" in str(error)


def test_one_held_out_cluster_has_no_scatter():
    assert np.isnan(ExpectedError.of(np.array([14.0]), np.array([0.1])).scatter[0])


def test_hardness_is_hard_over_soft():
    bands = np.array([[10, 4, 3, 3], [5, 0, 0, 0], [0, 1, 0, 0]])
    np.testing.assert_array_equal(hardness(bands), [1.0, 0.0, np.inf])


def test_a_warning_names_what_lies_outside():
    training = TrainingRange(n_events=(100, 5000), hardness=(0.1, 0.4), log10_mass=(13.8, 15.0))
    assert training.warning(100, 0.4, 13.8) == ""
    assert training.warning(99, 0.2, 14.0) == "events 99 outside 100 to 5000 of the training"
    both = training.warning(6000, np.inf, 15.2)
    assert both.count(";") == 2
    assert "hardness inf outside 0.1 to 0.4" in both
    assert "predicted mass 15.20 outside 13.80 to 15.00" in both
