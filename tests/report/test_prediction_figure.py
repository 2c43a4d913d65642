import numpy as np

from report_utils.report.figures import predicted_masses


def test_doubtful_predictions_are_drawn_apart_with_their_errors():
    truth, predicted = np.array([14.0, 14.2, 14.6]), np.array([14.1, 14.2, 14.4])
    ax = predicted_masses(truth, predicted, [0.1, 0.1, 0.2], [False, False, True]).axes[0]
    good, doubtful = ax.containers
    np.testing.assert_array_equal(good.lines[0].get_xdata(), truth[:2])
    np.testing.assert_array_equal(doubtful.lines[0].get_ydata(), predicted[2:])
    (segment,) = doubtful.lines[2][0].get_segments()
    np.testing.assert_allclose(segment[:, 1], [14.2, 14.6])
    assert len(ax.get_legend().get_texts()) == 3
    assert len(predicted_masses(truth, predicted, [0.1, 0.1, 0.2], np.zeros(3, bool)).axes[0].containers) == 1
