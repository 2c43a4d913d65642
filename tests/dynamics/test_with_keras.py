"""Any Keras model can be recorded, and its training is the same with and without."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest
from tests.conftest import JAX

from report_utils.dynamics import PredictionRecorder, Recording
from report_utils.errors import InputError

N, N_SHOWN, EPOCHS = 24, 8, 3
RNG = np.random.default_rng(7)
X = RNG.normal(size=(N, 5)).astype(np.float32)
SERIES = RNG.normal(size=(N, 6, 2)).astype(np.float32)
Y = RNG.normal(size=(N, 1)).astype(np.float32)


class Rows(keras.utils.PyDataset):
    """Batches of four rows with targets; shuffled at every reading if wished."""

    def __init__(self, x=X[:N_SHOWN], *, shuffled=False, endless=False):
        super().__init__()
        self.x, self.shuffled, self.endless = x, shuffled, endless

    @property
    def num_batches(self):
        return None if self.endless else len(self.x) // 4

    def __getitem__(self, number):
        rows = np.random.permutation(len(self.x)) if self.shuffled else np.arange(len(self.x))  # noqa: NPY002
        return self.x[rows[4 * number : 4 * number + 4]], np.zeros((4, 1), np.float32)


class NoisyEvenInPrediction(keras.layers.Layer):
    """Draws from a generator of its own and from Keras' common one in every call."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(3)

    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x), seed=self.seeds) + keras.random.normal((1,))


def of_layers(*layers, shape=(5,), outputs=None):
    inputs = keras.Input(shape)
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, outputs(x) if outputs else keras.layers.Dense(1)(x))


def plain():
    return of_layers(keras.layers.Dense(4, activation="relu"))


def with_dropout():
    return of_layers(keras.layers.Dense(8), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5))


def noisy():
    return of_layers(keras.layers.Dense(4), NoisyEvenInPrediction())


def stateful():
    inputs = keras.Input(batch_shape=(4, 6, 2))
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.LSTM(3, stateful=True)(inputs)))


def stateful_both_ways():
    inputs = keras.Input(batch_shape=(4, 6, 2))
    both = keras.layers.Bidirectional(keras.layers.GRU(2, stateful=True))
    return keras.Sequential([inputs, both, keras.layers.Dense(1)])


def trained(make, x, callbacks=(), **options):
    """Return a model's weights, states and losses after some epochs from the same seed."""
    keras.utils.set_random_seed(5)
    model = make()
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    options = {"batch_size": 4, "epochs": EPOCHS} | options
    history = model.fit(x, Y, verbose=0, callbacks=list(callbacks), **options).history
    return model, [np.asarray(keras.ops.convert_to_tensor(one.value)) for one in model.variables], history


@cache
def unrecorded(make):
    """Return what a model is trained on, and its weights, states and losses without a recorder."""
    x = SERIES if make.__name__.startswith("stateful") else X
    return x, *trained(make, x)[1:]


@pytest.mark.slow("compiles every model")
@pytest.mark.parametrize(
    ("make", "inputs"),
    [(make, "arrays") for make in (plain, with_dropout, noisy, stateful, stateful_both_ways)]
    + [(make, "data set") for make in (with_dropout, stateful)],
)
def test_a_recorded_training_is_the_same_bit_for_bit(make, inputs):
    x, without, history = unrecorded(make)
    recorder = PredictionRecorder(x[:N_SHOWN] if inputs == "arrays" else Rows(x[:N_SHOWN]))
    _, with_recorder, recorded = trained(make, x, [recorder])
    assert len(without) == len(with_recorder)
    for one, other in zip(without, with_recorder, strict=True):
        np.testing.assert_array_equal(one, other)
    assert history == recorded
    assert recorder.predictions.shape == (EPOCHS, N_SHOWN, 1)


@pytest.mark.parametrize("make", [plain, with_dropout])
def test_what_is_recorded_is_what_the_model_predicts(make):
    recorder = PredictionRecorder(X[:N_SHOWN], batch_size=3)
    model, _, _ = trained(make, X, [recorder])
    np.testing.assert_allclose(recorder.predictions[-1], model.predict(X[:N_SHOWN], verbose=0), rtol=1e-5)


def test_a_stateful_model_predicts_from_its_reset_state():
    recorder = PredictionRecorder(SERIES[:N_SHOWN])
    model, _, _ = trained(stateful, SERIES, [recorder])
    model.layers[1].reset_state()
    expected = model.predict(SERIES[:N_SHOWN], batch_size=4, verbose=0)
    np.testing.assert_allclose(recorder.predictions[-1], expected, rtol=1e-5)


def test_a_model_with_outputs_by_name_is_recorded_by_name():
    two = {"mass": keras.layers.Dense(1), "core": keras.layers.Dense(2)}
    keras.utils.set_random_seed(5)
    model = of_layers(outputs=lambda x: {name: layer(x) for name, layer in two.items()})
    model.compile(optimizer="sgd", loss={"mass": "mse", "core": "mse"})
    recorder = PredictionRecorder(X[:N_SHOWN], batch_size=5)
    recorder.record_state("start", model)
    model.fit(X, {"mass": Y, "core": np.hstack([Y, Y])}, epochs=EPOCHS, verbose=0, callbacks=[recorder])
    assert {name: part.shape for name, part in recorder.predictions.items()} == {
        "mass": (EPOCHS, N_SHOWN, 1),
        "core": (EPOCHS, N_SHOWN, 2),
    }
    expected = model.predict(X[:N_SHOWN], verbose=0)
    for name, part in recorder.predictions.items():
        np.testing.assert_allclose(part[-1], expected[name], rtol=1e-5)
    assert recorder.states["start"]["core"].shape == (N_SHOWN, 2)


def test_several_inputs_and_outputs():
    one, two = keras.Input((5,), name="one"), keras.Input((5,), name="two")
    both = keras.layers.Concatenate()([one, two])
    model = keras.Model({"one": one, "two": two}, [keras.layers.Dense(1)(both), keras.layers.Dense(3)(both)])
    model.compile(optimizer="sgd", loss=["mse", "mse"])
    recorder = PredictionRecorder({"one": X[:N_SHOWN], "two": X[:N_SHOWN]}, batch_size=3)
    model.fit({"one": X, "two": X}, [Y, X[:, :3]], epochs=2, verbose=0, callbacks=[recorder])
    assert [part.shape for part in recorder.predictions] == [(2, N_SHOWN, 1), (2, N_SHOWN, 3)]


def test_a_dataset_of_tensorflow_is_recorded_in_its_order():
    tf = pytest.importorskip("tensorflow")
    shown = tf.data.Dataset.from_tensor_slices((X[:N_SHOWN], Y[:N_SHOWN])).batch(3)
    recorder = PredictionRecorder(shown)
    model, _, _ = trained(plain, X, [recorder])
    np.testing.assert_allclose(recorder.predictions[-1], model.predict(X[:N_SHOWN], verbose=0), rtol=1e-5)


def test_what_can_be_read_once_or_has_no_end_is_refused_at_once():
    with pytest.raises(InputError, match=r"\(generator\) can be read only once; give arrays"):
        PredictionRecorder(x for x in X)
    with pytest.raises(InputError, match=r"\(Rows\) have no end, or none that is known"):
        PredictionRecorder(Rows(endless=True))
    tf = pytest.importorskip("tensorflow")
    finite = tf.data.Dataset.from_tensor_slices(X).batch(4)
    for endless in (finite.repeat(), finite.filter(lambda _: True)):
        with pytest.raises(InputError, match="have no end"):
            PredictionRecorder(endless)


def test_shuffled_rows_are_refused_before_the_first_epoch():
    epochs = []
    counted = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: epochs.append(epoch))
    with pytest.raises(InputError, match=r"\(Rows\) give different rows each time they are read; give them unshuffled"):
        trained(plain, X, [PredictionRecorder(Rows(shuffled=True)), counted])
    assert epochs == []


def test_rows_that_change_between_epochs_are_refused():
    rows = Rows(X[:N_SHOWN].copy())
    recorder = PredictionRecorder(rows)

    def shuffle(epoch, _):
        if epoch == 1:
            rows.x = rows.x[::-1]

    with pytest.raises(InputError, match="give different rows"):
        trained(plain, X, [recorder, keras.callbacks.LambdaCallback(on_epoch_end=shuffle)], epochs=4)
    assert recorder.predictions.shape == (2, N_SHOWN, 1)


def test_rows_that_do_not_fill_the_batches_of_a_stateful_model_are_refused():
    with pytest.raises(InputError, match="fixed to batches of 4, and 7 rows are to be recorded; give a multiple"):
        trained(stateful, SERIES, [PredictionRecorder(SERIES[:7])])


def test_a_state_before_the_model_has_weights_is_refused():
    model = keras.Sequential([keras.layers.Dense(1)])
    with pytest.raises(InputError, match="the model has no weights yet; build it"):
        PredictionRecorder(X).record_state("start", model)


def test_a_function_of_ones_own_may_predict():
    recorder = PredictionRecorder(X[:N_SHOWN], predict=lambda model, x: 2 * model.predict(x, verbose=0))
    model, with_recorder, _ = trained(with_dropout, X, [recorder])
    np.testing.assert_allclose(recorder.predictions[-1], 2 * model.predict(X[:N_SHOWN], verbose=0), rtol=1e-5)
    _, without, _ = unrecorded(with_dropout)
    for one, other in zip(without, with_recorder, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "inputs", [X[:0], [X, X[:3]], np.float32(3), []], ids=["no rows", "other lengths", "a number", "nothing"]
)
def test_arrays_without_rows_or_of_other_lengths_are_refused(inputs):
    with pytest.raises(InputError, match="one row or more, equally many in each"):
        PredictionRecorder(inputs)


def test_a_data_set_without_rows_and_a_batch_of_none_are_refused():
    recorder = PredictionRecorder(Rows(X[:0]))
    with pytest.raises(InputError, match="have no rows"):
        trained(plain, X, [recorder], epochs=1)
    with pytest.raises(InputError, match="batch_size is 0; give 1 or more"):
        PredictionRecorder(X, batch_size=0)


@pytest.mark.parametrize("make", [plain, with_dropout, noisy])
def test_a_recording_has_epoch_0_and_the_training_is_the_same(make):
    recording = Recording(Y[:N_SHOWN])
    _, without, _ = unrecorded(make)
    model, with_recording, _ = trained(make, X, [PredictionRecorder(X[:N_SHOWN], recording)])
    for one, other in zip(without, with_recording, strict=True):
        np.testing.assert_array_equal(one, other)
    assert recording.epoch.tolist() == [0, 1, 2, 3]
    recording.begin_phase("more")
    model.fit(X, Y, verbose=0, callbacks=[PredictionRecorder(X[:N_SHOWN], recording)])
    assert (recording.epoch[-1], recording.phase[-1]) == (4, 1)


def test_each_output_has_its_recording():
    recordings = {"mass": Recording(Y[:N_SHOWN]), "core": Recording(np.hstack([Y, Y])[:N_SHOWN])}
    model = of_layers(outputs=lambda x: {"mass": keras.layers.Dense(1)(x), "core": keras.layers.Dense(2)(x)})
    model.compile(optimizer="sgd", loss={"mass": "mse", "core": "mse"})
    recorder = PredictionRecorder(X[:N_SHOWN], recordings)
    model.fit(X, {"mass": Y, "core": np.hstack([Y, Y])}, epochs=2, verbose=0, callbacks=[recorder])
    assert recordings["mass"].predictions.shape == (3, N_SHOWN, 1)
    assert recordings["core"].predictions.shape == (3, N_SHOWN, 1, 2)
    with pytest.raises(InputError, match="2 recordings are given, and the model has 1 outputs"):
        trained(plain, X, [PredictionRecorder(X[:N_SHOWN], [Recording(Y[:N_SHOWN])] * 2)])


@pytest.mark.slow("imports JAX in a process of its own")
@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this is the other backend")
def test_the_other_backend_is_recorded_too():
    chosen = "epoch_0 and dropout or outputs_by_name"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", chosen]
    done = subprocess.run(command, env=os.environ | JAX, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
