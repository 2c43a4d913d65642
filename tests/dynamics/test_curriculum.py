"""Inputs are switched on one group after the other, and recordings know which phase it is."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest

from report_utils.dynamics import Curriculum, PredictionRecorder, Recording
from report_utils.errors import InputError

X = np.arange(24.0).reshape(4, 3, 2) + 1


def test_later_groups_are_closed_and_what_is_in_none_is_open():
    first, second = Curriculum({"one": [0], "two": [2]}, axis=1, fill=-1).phases()
    np.testing.assert_array_equal(first.open(X)[:, 2], -1)
    np.testing.assert_array_equal(first.open(X)[:, :2], X[:, :2])
    np.testing.assert_array_equal(second.open(X), X)
    assert X.min() == 1  # the inputs themselves stay


def test_columns_of_a_frame_are_closed_by_name():
    frame = pd.DataFrame({"age": [1.0, 2.0], "size": [3.0, 4.0], "price": [5.0, 6.0]})
    first, second = Curriculum({"body": ["age"], "money": ["size", "price"]}).phases()
    assert first.open(frame).to_numpy().tolist() == [[1, 0, 0], [2, 0, 0]]
    pd.testing.assert_frame_equal(second.open(frame), frame)


def test_a_keras_model_is_trained_recorded_and_shaken():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(200), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    x = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    recording = Recording(x[:, 0])
    for phase in Curriculum({"left": [0], "right": [1]}, noise=0.1).phases(recording):
        recorder = PredictionRecorder(phase.open(x), recording)
        model.fit(phase.open(x), x[:, 0], epochs=2, verbose=0, callbacks=[recorder])
        before = model.get_weights()
        phase.shake(model)
        spread = np.std(model.get_weights()[0] - before[0]) / np.std(before[0])
        assert spread == pytest.approx(0.1, rel=0.15)
    assert recording.phase.tolist() == [0, 0, 0, 1, 1]
    assert recording.phase_titles == ["left", "right"]


def test_a_torch_model_is_shaken():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch)")
    model = torch.nn.Linear(100, 50)
    model.bias.requires_grad_(False)
    before = [each.detach().clone() for each in model.parameters()]
    (phase,) = Curriculum({"all": [0]}, noise=0.2).phases()
    phase.shake(model)
    weight, bias = (each.detach() for each in model.parameters())
    assert float((weight - before[0]).std() / before[0].std()) == pytest.approx(0.2, rel=0.05)
    assert torch.equal(bias, before[1])
    first, _ = Curriculum({"one": [0], "two": [1]}).phases()
    assert first.open(torch.ones(2, 2)).tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Curriculum({}), "give one or more"),
        (lambda: Curriculum({"a": [0], "b": [0]}), "each input in one of them"),
        (lambda: Curriculum({"a": [0]}, noise=-1), "noise is -1; give 0 or more"),
        (lambda: next(Curriculum({"a": [0], "b": [5]}).phases()).open(X), r"closes \[5\], and the inputs have 2 along"),
        (lambda: next(Curriculum({"a": [0]}).phases()).shake(object()), "neither a Keras nor a PyTorch model"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()
