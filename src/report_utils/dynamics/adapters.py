"""What the framework adapters share: where predictions go, and how recording leaves a training unchanged.

That to LightGBM stands here, because it needs nothing of LightGBM itself.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError

DEFAULT_BATCH = 256
Recordings = Recording | Mapping[str, Recording] | Sequence[Recording]
"""One recording, or for a model with several outputs a mapping or a sequence of the same structure."""


def record_outputs(recordings: Recordings, outputs: Any, **where: Any) -> None:
    """Record each of a model's outputs in its recording; outputs that a mapping does not name are left out."""
    if isinstance(recordings, Recording):
        recordings.record(outputs, **where)
    elif isinstance(recordings, Mapping):
        if not isinstance(outputs, Mapping) or not recordings.keys() <= outputs.keys():
            there = f"outputs named {', '.join(outputs)}" if isinstance(outputs, Mapping) else "outputs without names"
            msg = f"recordings are named {', '.join(recordings)}, and the model has {there}; name them alike"
            raise InputError(msg)
        for name, recording in recordings.items():
            recording.record(outputs[name], **where)
    else:
        if not isinstance(outputs, Sequence) or len(recordings) != len(outputs):
            n_outputs = len(outputs) if isinstance(outputs, Sequence) else 1
            msg = f"{len(recordings)} recordings are given, and the model has {n_outputs} outputs; give one for each"
            raise InputError(msg)
        for recording, output in zip(recordings, outputs, strict=True):
            recording.record(output, **where)


def each_recording(recordings: Recordings) -> list[Recording]:
    """Return all recordings."""
    if isinstance(recordings, Recording):
        return [recordings]
    return list(recordings.values() if isinstance(recordings, Mapping) else recordings)


def nothing_recorded(recordings: Recordings) -> bool:
    """Tell whether the next state is the first one, before the training."""
    return not any(len(recording) for recording in each_recording(recordings))


def require_batch(batch_size: int) -> None:
    """Refuse batches without rows."""
    if batch_size < 1:
        msg = f"batch_size is {batch_size}; give 1 or more"
        raise InputError(msg)


class RowsCheck:
    """Refuses a data set that gives other rows than when it was read before."""

    def __init__(self, inputs: Any) -> None:
        self.kind, self.digest = type(inputs).__name__, ""

    def require(self, digest: str) -> None:
        """Compare the digest of all rows with that of the first reading."""
        if self.digest not in {"", digest}:
            msg = (
                f"the inputs to record ({self.kind}) give different rows each time they are read; give them "
                "unshuffled and without random changes"
            )
            raise InputError(msg)
        self.digest = digest


@contextlib.contextmanager
def same_random_numbers() -> Iterator[None]:
    """Put back the random states of Python and of NumPy."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - models draw from it
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002


class LightGBMRecorder:
    """Records what a booster predicts for fixed inputs after every boosting round.

    Examples
    --------
    >>> lightgbm.train(options, train, num_boost_round=50, callbacks=[LightGBMRecorder(x_test, recording)])
    """

    order = 20  # after LightGBM's own callbacks that change the model
    before_iteration = False

    def __init__(self, inputs: Any, recording: Recording) -> None:
        self.inputs, self.recording = inputs, recording

    def __call__(self, state: Any) -> None:
        """Record the predictions after a round."""
        self.recording.record(state.model.predict(self.inputs, num_iteration=state.iteration + 1))
