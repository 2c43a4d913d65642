"""What recording a training costs: a callback of Keras that keeps every epoch against one that only predicts.

A small regression of 20 000 rows, whose 4000 items to record are predicted after every epoch either way. Recordings in
memory and on disk; the pictures are no part of it.
"""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

import keras
import numpy as np

from benchmarks.measuring import alternate, cost
from benchmarks.records import Measurement
from report_utils.dynamics import PredictionRecorder, Recording

N_TRAINED, N_RECORDED, N_FEATURES, EPOCHS, ROUNDS = 20_000, 4_000, 16, 5, 9
GOAL = 1.02
PREDICTING = "a callback that predicts and keeps nothing"


def measure() -> list[Measurement]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_TRAINED, N_FEATURES)).astype(np.float32)
    y = x[:, :4].sum(axis=1)
    items, truth = x[:N_RECORDED], y[:N_RECORDED]
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential([keras.Input((N_FEATURES,)), *layers])
    model.compile("adam", "mse")
    numbers = count()

    def fit(callback: keras.callbacks.Callback) -> None:
        model.fit(x, y, batch_size=32, epochs=EPOCHS, verbose=0, callbacks=[callback])

    def predicting() -> None:
        # the same calls of the model, epoch 0 included
        callback = PredictionRecorder(items)
        callback.on_epoch_end = lambda *_: callback._predict()
        callback.set_model(model)
        callback._predict()
        fit(callback)

    with tempfile.TemporaryDirectory() as folder:
        methods = {
            "ours": lambda: fit(PredictionRecorder(items, Recording(truth))),
            "on disk": lambda: fit(PredictionRecorder(items, Recording(truth, path=Path(folder) / str(next(numbers))))),
            PREDICTING: predicting,
        }
        seconds = alternate(methods, ROUNDS)
    on_disk = {"ours": seconds["on disk"], PREDICTING: seconds[PREDICTING]}
    in_memory = {name: values for name, values in seconds.items() if name != "on disk"}
    note = f"{EPOCHS} epochs of {N_TRAINED} rows, {N_RECORDED} items recorded"
    return [
        cost("recording/memory", "Training while recording, in memory", in_memory, PREDICTING, goal=GOAL, note=note),
        cost("recording/disk", "Training while recording, on disk", on_disk, PREDICTING, goal=GOAL, note=note),
    ]
