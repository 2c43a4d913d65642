"""A recording holds what is predicted for the same items, epoch by epoch, whatever the model is."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from tests.dynamics.made_up import classifier

from report_utils.dynamics import Recording
from report_utils.errors import InputError

SOFTMAX = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.1, 0.6, 0.3]]


def test_three_lines_record_a_training():
    recording = Recording([10.0, 20.0, 30.0])
    for epoch in range(4):
        recording.record([10.0 + epoch, 20.0, 30.0], epoch=epoch)
    assert recording.dims == ("epoch", "item", "view")
    assert recording.predictions.shape == (4, 3, 1)
    np.testing.assert_array_equal(recording.epoch, [0, 1, 2, 3])
    np.testing.assert_array_equal(recording.residuals[:, 0, 0], [0, 1, 2, 3])
    assert repr(recording) == "<Recording 4 epochs of 3 items, 1 phases>"


@pytest.mark.parametrize(
    "predictions",
    [[1, 2, 3], (1.0, 2.0, 3.0), np.array([[1], [2], [3]]), pd.Series([1, 2, 3]), pd.DataFrame({"price": [1, 2, 3]})],
    ids=["list", "tuple", "column", "series", "frame"],
)
def test_predictions_come_as_anything_that_holds_numbers(predictions):
    recording = Recording([1, 2, 3])
    recording.record(predictions)
    np.testing.assert_array_equal(recording.predictions, [[[1], [2], [3]]])
    assert recording.predictions.dtype == np.float32
    assert recording.epoch.tolist() == [1]


def test_a_softmax_is_told_from_views():
    probabilities = Recording([0, 1, 2, 1])
    probabilities.record(SOFTMAX)
    assert probabilities.classes == ("0", "1", "2")
    assert probabilities.dims == ("epoch", "item", "view", "class")
    assert probabilities.predictions.shape == (1, 4, 1, 3)
    views = Recording([0, 1, 2, 1], views=3)
    views.record(SOFTMAX)
    assert views.classes == ()
    assert views.predictions.shape == (1, 4, 3)


def test_of_a_classifier_the_margin_and_the_probability_of_the_truth_are_shown():
    recording = Recording(["b", "b", "c", "a"], classes=["a", "b", "c"])
    recording.record(SOFTMAX)
    np.testing.assert_allclose(recording.values("probability"), [[0.2, 0.8, 0.6, 0.1]], rtol=1e-6)
    np.testing.assert_allclose(recording.values("margin"), [[-0.5, 0.7, 0.4, -0.5]], rtol=1e-6)


@pytest.mark.parametrize(
    ("truth", "classes", "codes"),
    [
        (["dog", "cat", "dog"], None, [1, 0, 1]),
        ([True, False, True], None, [1, 0, 1]),
        ([1, 0, 1], ["cat", "dog"], [1, 0, 1]),
        ([[0, 1], [1, 0], [0, 1]], 2, [1, 0, 1]),
        ([5, 3, 5], [3, 5], [1, 0, 1]),
    ],
    ids=["labels", "booleans", "places", "one-hot", "numbers"],
)
def test_classes_are_labels_or_places(truth, classes, codes):
    recording = Recording(truth, classes=classes)
    recording.record([0.9, 0.2, 0.7])  # of two classes the probability of the second is enough
    np.testing.assert_array_equal(recording.truth, codes)
    np.testing.assert_allclose(recording.values("probability"), [[0.9, 0.8, 0.7]], rtol=1e-6)


def test_several_outputs_are_named_and_taken_apart():
    recording = Recording([[1, 10], [2, 20], [3, 30]], outputs=["mass", "size"], name="both")
    recording.record([[1, 11], [2, 21], [3, 31]])
    assert recording.dims == ("epoch", "item", "view", "output")
    size = recording.output("size")
    assert size.name == "both: size"
    np.testing.assert_array_equal(size.truth, [10, 20, 30])
    np.testing.assert_array_equal(size.residuals, np.ones((1, 3, 1)))
    with pytest.raises(InputError, match=r"2 outputs were recorded; choose one with recording.output\('mass'\)"):
        _ = recording.scatter
    with pytest.raises(InputError, match="no output 'age'; there are mass, size"):
        recording.output("age")


def test_phases_may_have_any_numbers_and_names():
    recording = Recording.from_arrays(np.zeros((6, 2)), [1, 2], phase=[7, 7, 2, 2, 2, 9], phase_names={2: "second"})
    assert recording.n_phases == 3
    np.testing.assert_array_equal(recording.phase_ends, [1, 4, 5])
    np.testing.assert_array_equal(recording.phase_numbers, [7, 2, 9])
    assert recording.phase_titles == ["phase 1", "second", "phase 3"]
    assert Recording.from_arrays(np.zeros((4, 2)), [1, 2], phase=[0, 0, 1, 1]).n_phases == 2


def test_a_phase_begins_with_its_name():
    recording = Recording([1.0, 2.0])
    recording.record([1, 2], epoch=0)
    for name in ("first", "second"):
        recording.begin_phase(name) if name == "second" else recording.begin_phase(name, number=0)
        recording.record([1, 2])
    assert recording.phase.tolist() == [0, 0, 1]
    assert recording.phase_titles == ["first", "second"]


def test_arrays_of_a_report_keep_their_bits():
    predictions = np.random.default_rng(0).normal(14, 1, (5, 3, 8)).astype(np.float32)
    truth = np.array([13.9, 14.1, 14.6])
    recording = Recording.from_arrays(predictions, truth)
    np.testing.assert_array_equal(recording.predictions, predictions)
    np.testing.assert_array_equal(recording.residuals, predictions - truth[None, :, None])
    np.testing.assert_array_equal(recording.scatter, (predictions - truth[:, None]).reshape(5, -1).std(axis=1))


def test_values_that_are_not_finite_are_kept_and_named():
    recording = Recording([1.0, 2.0], names=["a", "b"], name="diverged")
    recording.record([1, 2])
    recording.record([1, np.inf])
    assert np.isinf(recording.predictions[1, 1, 0])
    with pytest.raises(InputError, match=r"diverged holds .* not finite numbers \(epoch 2, item b\)"):
        recording.require_finite()


@pytest.mark.parametrize(
    ("options", "predictions", "words"),
    [
        ({}, [1, 2], r"shape \(2,\), and 3 items are recorded; predict all items each time"),
        ({}, [[1, 2], [3, 4], [5, 6]], r"shape \(3, 2\), and 3 items x 1 views are recorded; say what the columns are"),
        ({}, ["a", "b", "c"], "not numbers"),
        ({}, [[1], [2, 3], [4]], "rows have different lengths"),
        (
            {"classes": 3},
            [[2, 1, 0], [1, 1, 5], [0, 1, 2]],
            "not between 0 and 1; record probabilities: apply a softmax",
        ),
        ({"classes": 3}, [[0.2, 0.2, 0.2]] * 3, "do not add up to 1"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(options, predictions, words):
    recording = Recording([0, 1, 2], **options)
    with pytest.raises(InputError, match=words):
        recording.record(predictions)
    assert len(recording) == 0


@pytest.mark.parametrize(
    ("truth", "options", "words"),
    [
        ([1, np.nan], {}, "not a finite number in row 1"),
        ([], {}, "give a number or a class for each item"),
        (["a", "b"], {"classes": ["a", "c"]}, "truth is 'b' in row 1, which is not one of the 2 classes"),
        (["a", "a"], {}, "give two or more"),
        ([1, 2], {"item_ids": [4, 4]}, "name an item twice"),
        ([1, 2], {"names": ["a"]}, r"names has the shape \(1,\); give one for each of 2"),
        ([[1, 2], [3, 4]], {"outputs": ["a"]}, "1 outputs are named, and truth has 2"),
        ([1, 2], {"views": 0}, "views: give one or more"),
    ],
)
def test_a_truth_that_cannot_be_meant_is_refused(truth, options, words):
    with pytest.raises(InputError, match=words):
        Recording(truth, **options)


def test_other_items_and_epochs_out_of_order_are_refused():
    recording = Recording([1, 2], item_ids=["x", "y"])
    recording.record([1, 2], epoch=3, item_ids=["x", "y"])
    with pytest.raises(InputError, match="of other items, or in another order"):
        recording.record([2, 1], item_ids=["y", "x"])
    with pytest.raises(InputError, match="epoch 3 cannot be recorded after epoch 3; epochs ascend"):
        recording.record([1, 2], epoch=3)
    for epoch in (4.5, "four", np.nan, [4], True):
        with pytest.raises(InputError, match=r"epoch is .*; give a whole number"):
            recording.record([1, 2], epoch=epoch)
    recording.record([1, 2], epoch=np.int32(4), phase=1.0)
    assert recording.phase.tolist() == [0, 1]


def test_an_empty_recording_says_so():
    recording = Recording([1, 2])
    assert recording.predictions.shape == (0, 2, 1)
    assert recording.n_phases == 0
    with pytest.raises(InputError, match="has no epochs"):
        recording.require_finite()


def test_residuals_of_classes_are_refused(rng):
    with pytest.raises(InputError, match="classes have no residuals"):
        _ = classifier(rng).residuals


def test_no_framework_is_imported():
    code = (
        "import sys; from report_utils.dynamics import Recording; Recording([1, 2]).record([1, 2]); "
        "print(*{'keras', 'tensorflow', 'torch', 'jax', 'sklearn', 'xarray'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
