"""Models of scikit-learn are recorded as they learn in parts, in stages, or further and further."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor

from report_utils.dynamics import Recording, record_partial_fit, record_staged, record_warm_start
from report_utils.errors import InputError

X, Y = make_regression(80, 5, noise=3.0, random_state=0)
CX, CY = make_classification(80, 6, n_informative=4, n_classes=3, random_state=0)
LETTERS = np.array(["c", "a", "b"])[CY]
TRAIN, TEST = slice(20, None), slice(20)


def test_a_model_that_learns_in_parts_is_the_same_with_and_without():
    recording = Recording(Y[TEST])
    model = SGDRegressor(random_state=1)
    record_partial_fit(recording, model, X[TRAIN], Y[TRAIN], X[TEST], epochs=4, batch_size=16)
    assert recording.epoch.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(recording.predictions[-1, :, 0], model.predict(X[TEST]), rtol=1e-6)
    rng, alone = np.random.default_rng(0), SGDRegressor(random_state=1)
    for _ in range(4):
        order = rng.permutation(60)
        for start in range(0, 60, 16):
            alone.partial_fit(X[TRAIN][order[start : start + 16]], Y[TRAIN][order[start : start + 16]])
    np.testing.assert_array_equal(alone.coef_, model.coef_)


def test_classes_keep_the_order_of_the_recording():
    recording = Recording(LETTERS[TEST], classes=["c", "b", "a"])
    model = SGDClassifier(loss="log_loss", random_state=1)
    record_partial_fit(recording, model, CX[TRAIN], LETTERS[TRAIN], CX[TEST], epochs=3)
    np.testing.assert_allclose(recording.predictions[-1, :, 0], model.predict_proba(CX[TEST])[:, ::-1], atol=1e-6)


def test_classes_of_a_model_are_places_where_those_of_the_truth_are():
    recording = Recording(CY[TEST], classes=["red", "green", "blue"])
    model = LogisticRegression().fit(CX[TRAIN], CY[TRAIN])
    recording.record(model.predict_proba(CX[TEST]), classes=model.classes_)
    np.testing.assert_allclose(recording.predictions[0, :, 0], model.predict_proba(CX[TEST]), rtol=1e-6)


def test_boosting_is_recorded_stage_by_stage():
    model = GradientBoostingRegressor(n_estimators=6, random_state=0).fit(X[TRAIN], Y[TRAIN])
    recording = Recording(Y[TEST])
    record_staged(recording, model, X[TEST])
    assert len(recording) == 6
    np.testing.assert_allclose(recording.predictions[-1, :, 0], model.predict(X[TEST]), rtol=1e-6)
    classifier = GradientBoostingClassifier(n_estimators=5, random_state=0).fit(CX[TRAIN], CY[TRAIN])
    classes = Recording(CY[TEST])
    record_staged(classes, classifier, CX[TEST])
    assert classes.classes == ("0", "1", "2")
    np.testing.assert_allclose(classes.predictions[-1, :, 0], classifier.predict_proba(CX[TEST]), rtol=1e-6)


def test_a_class_that_the_model_never_saw_has_no_probability():
    model = LogisticRegression().fit(CX[TRAIN][CY[TRAIN] < 2], CY[TRAIN][CY[TRAIN] < 2])
    recording = Recording(CY[TEST], classes=3)
    recording.record(model.predict_proba(CX[TEST]), classes=model.classes_)
    assert (recording.predictions[..., 2] == 0).all()
    with pytest.raises(InputError, match="not of the recording's classes: 0, 1, 2"):
        recording.record(model.predict_proba(CX[TEST]), classes=[0, 7])


def test_a_forest_grows_and_its_size_is_the_epoch():
    recording = Recording(Y[TEST])
    model = RandomForestRegressor(random_state=0)
    record_warm_start(recording, model, X[TRAIN], Y[TRAIN], X[TEST], values=(2, 4, 8))
    assert recording.epoch.tolist() == [2, 4, 8]
    np.testing.assert_allclose(recording.predictions[-1, :, 0], model.predict(X[TEST]), rtol=1e-6)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (lambda r: record_partial_fit(r, RandomForestRegressor(), X, Y, X, epochs=1), "has no partial_fit"),
        (lambda r: record_staged(r, SGDRegressor(), X), "SGDRegressor has no staged_predict"),
        (
            lambda r: record_partial_fit(r, SGDClassifier(), CX, CY, CX, epochs=1),
            "has no predict_proba; choose",
        ),
        (lambda r: record_warm_start(r, SGDRegressor(), X, Y, X, values=[1]), "has no parameter n_estimators"),
    ],
)
def test_a_model_that_cannot_be_recorded_so_is_named(record, words):
    with pytest.raises(InputError, match=words):
        record(Recording(Y))
