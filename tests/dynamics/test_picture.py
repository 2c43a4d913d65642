"""The picture for paper."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba_array
from tests.dynamics.made_up import classifier, regression

from report_utils.dynamics import Recording, plot_dynamics
from report_utils.dynamics.picture import BEYOND, columns
from report_utils.errors import InputError


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_the_picture_shows_centred_predictions_in_ascending_truth(rng):
    recording = regression(rng)
    order = np.argsort(recording.truth)
    _, ax = plt.subplots()
    with plt.rc_context({"image.origin": "lower", "image.aspect": "equal", "image.interpolation": "bicubic"}):
        image = plot_dynamics(recording, ax, limit=0.8)
    assert (image.origin, ax.get_aspect(), image.get_interpolation()) == ("upper", "auto", "nearest")
    values = recording.predictions[:, order, 0].T.astype(np.float64) - recording.truth.mean()
    np.testing.assert_array_equal(image.get_array(), values)
    assert image.get_clim() == (-0.8, 0.8)
    truth = ax.images[1].get_array()[:, 0]
    np.testing.assert_allclose(truth, np.sort(recording.truth) - recording.truth.mean())
    assert [line.get_xdata()[0] for line in ax.lines] == [3]
    assert ax.get_xlabel() == "epochs trained"


def test_a_few_far_items_do_not_set_the_colours():
    """Of 101 evenly spaced truths 99 lie within the colours, 98%; the two ends lie beyond, and are marked."""
    truth = np.arange(-50.0, 51.0)
    image = plot_dynamics(Recording.from_arrays(truth[None], truth))
    assert image.get_clim() == (-49, 49)
    colours = image.cmap(image.norm(image.get_array()[:, 0]))
    marked = [tuple(colour) for colour in to_rgba_array(list(BEYOND.values()))]
    assert [tuple(colours[0]), tuple(colours[-1])] == marked
    assert not set(map(tuple, colours[1:-1])) & set(marked)


def test_a_classifier_has_its_rows_by_class_and_the_clearest_first(rng):
    recording = classifier(rng)
    _, ax = plt.subplots()
    image = plot_dynamics(recording, ax)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["cat", "dog", "owl"]
    assert image.get_clim() == (-1, 1)
    margins = recording.values("margin").mean(axis=0)
    cats = np.sort(margins[recording.truth == 0])[::-1]
    np.testing.assert_allclose(image.get_array()[: len(cats)].mean(axis=1), cats)
    assert ax.figure.axes[-1].get_ylabel() == "probability of the true class − largest other"


def test_what_is_not_finite_or_was_not_recorded_is_grey():
    recording = Recording([1.0, 2.0, 4.0])
    for epoch in (0, 1, 4, 5):
        recording.record([1, 2, np.nan if epoch == 5 else 3], epoch=epoch)
    np.testing.assert_array_equal(columns(recording), [0, 1, -1, 2, 3])
    _, ax = plt.subplots()
    image = plot_dynamics(recording, ax)
    np.testing.assert_array_equal(image.get_array().mask.sum(axis=0), [0, 0, 3, 0, 1])
    assert ax.get_xlabel() == "epoch"
    name = ax.xaxis.get_major_formatter()
    assert [name(x, 0) for x in (0, 1, 2, 3, 4, 5)] == ["0", "1", "", "4", "5", ""]


def test_several_outputs_and_wrong_words_are_refused(rng):
    both = Recording.from_arrays(np.zeros((2, 3, 2)), np.ones((3, 2)))
    with pytest.raises(InputError, match="2 outputs were recorded; choose one"):
        plot_dynamics(both)
    with pytest.raises(InputError, match="1 phases given where 2 are needed"):
        plot_dynamics(regression(rng), phases=["one"])
    with pytest.raises(InputError, match="show is 'error'; give 'margin' or 'probability'"):
        plot_dynamics(classifier(rng), show="error")
