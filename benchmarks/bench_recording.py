"""What recording a training costs, beyond the predictions themselves: its share of the time of an epoch.

A small regression of 20 000 rows in Keras, of which 4000 items are recorded after every epoch; the recording itself is
timed with the same predictions, in memory and on disk. The pictures are no part of it.
"""

from __future__ import annotations

import tempfile
import time
from itertools import count
from pathlib import Path

import keras
import numpy as np

from benchmarks.records import Measurement, Quantity
from report_utils.dynamics import Recording

N_TRAINED, N_RECORDED, N_FEATURES, EPOCHS, ROUNDS = 20_000, 4_000, 16, 5, 7
GOAL = 2.0


def measure() -> list[Measurement]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_TRAINED, N_FEATURES)).astype(np.float32)
    y = x[:, :4].sum(axis=1)
    predictions = y[:N_RECORDED] + rng.normal(0, 0.1, N_RECORDED).astype(np.float32)
    hidden = [keras.layers.Dense(64, activation="relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((N_FEATURES,)), *hidden, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, y, batch_size=32, verbose=0)
    shares: dict[str, list[float]] = {"in memory": [], "on disk": []}
    with tempfile.TemporaryDirectory() as folder:
        numbers = count()
        for _ in range(ROUNDS):
            epoch = _seconds(lambda: model.fit(x, y, batch_size=32, epochs=EPOCHS, verbose=0)) / EPOCHS
            for where, path in (("in memory", None), ("on disk", Path(folder) / str(next(numbers)))):
                recording = Recording(y[:N_RECORDED], path=path)
                seconds = _seconds(lambda r=recording: [r.record(predictions) for _ in range(EPOCHS)]) / EPOCHS
                shares[where].append(100 * seconds / epoch)
    note = f"{N_RECORDED} items; an epoch of {N_TRAINED} rows takes about {epoch:.2f} s"
    return [
        Measurement(
            name=f"recording/{where.split()[1]}",
            title=f"Recording an epoch {where}, of the time of that epoch",
            unit="%",
            ours=Quantity.of(values),
            judged="ours",
            better="less",
            goal=GOAL,
            note=note,
        )
        for where, values in shares.items()
    ]


def _seconds(function) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
