"""Switching a model's inputs on, one group after the other (report, section 4.1, for any model)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from report_utils.dynamics.adapters import Recordings, each_recording
from report_utils.dynamics.phases import weight_noise
from report_utils.errors import InputError


@dataclass(frozen=True, eq=False)
class Phase:
    """One phase of a :class:`Curriculum`, numbered from 0."""

    number: int
    name: str
    curriculum: Curriculum

    def open(self, x: Any) -> Any:
        """Return a copy of inputs (array, tensor or data frame) in which the groups of later phases are closed."""
        closed = [index for group in list(self.curriculum.groups.values())[self.number + 1 :] for index in group]
        if hasattr(x, "columns"):
            return x.assign(**dict.fromkeys(map(str, closed), self.curriculum.fill))
        copy = x.clone() if hasattr(x, "clone") else np.array(x)
        axis = self.curriculum.axis
        size = copy.shape[axis] if -copy.ndim <= axis < copy.ndim else 0
        if any(not isinstance(one, (int, np.integer)) or not 0 <= one < size for one in closed):
            msg = f"the curriculum closes {closed}, and the inputs have {size} along axis {axis}"
            raise InputError(msg)
        if closed:
            place: list[Any] = [slice(None)] * copy.ndim
            place[axis] = closed
            copy[tuple(place)] = self.curriculum.fill
        return copy

    def shake(self, model: Any) -> None:
        """Add the curriculum's noise to the weights of a Keras or PyTorch model.

        It is Gaussian, with ``noise`` times the standard deviation of each layer's kernel, for its biases as well.
        """
        rng = np.random.default_rng((self.curriculum.seed, self.number))
        if hasattr(model, "set_weights"):
            trained = [bool(each.trainable) for each in model.weights]
            model.set_weights(weight_noise(model.get_weights(), self.curriculum.noise, rng, trained))
        elif hasattr(model, "parameters"):
            parameters = list(model.parameters())
            weights = [each.detach().cpu().numpy() for each in parameters]
            trained = [bool(each.requires_grad) for each in parameters]
            noisy_weights = weight_noise(weights, self.curriculum.noise, rng, trained)
            for parameter, noisy in zip(parameters, noisy_weights, strict=True):
                parameter.data.copy_(parameter.data.new_tensor(noisy))
        else:
            msg = f"{type(model).__name__} is neither a Keras nor a PyTorch model; add noise to its weights yourself"
            raise InputError(msg)


class Curriculum:
    """Groups of inputs that are switched on one after the other.

    Parameters
    ----------
    groups : mapping of str to sequence of int or str
        By the name of the phase that opens them: channels or features along ``axis``, or columns of a data frame.
        Inputs that are in no group are always open.
    axis : int
        Of the inputs; the last one by default.
    fill : float
        What closed inputs are set to, such as their mean.
    noise : float
        For :meth:`Phase.shake`.
    seed : int
        Decides the noise.

    Examples
    --------
    >>> curriculum = Curriculum({"front": [0], "both views": [1]}, noise=0.05)
    >>> for phase in curriculum.phases(recording):
    ...     recorder = PredictionRecorder(phase.open(x_test), recording)
    ...     model.fit(phase.open(x), y, epochs=10, callbacks=[recorder])
    ...     phase.shake(model)
    """

    def __init__(
        self,
        groups: Mapping[str, Sequence[int] | Sequence[str]],
        *,
        axis: int = -1,
        fill: float = 0.0,
        noise: float = 0.0,
        seed: int = 0,
    ) -> None:
        indices = [index for group in groups.values() for index in group]
        if not groups or len(set(indices)) < len(indices):
            msg = "groups: give one or more, and each input in one of them"
            raise InputError(msg)
        if noise < 0:
            msg = f"noise is {noise}; give 0 or more"
            raise InputError(msg)
        self.groups = {str(name): tuple(group) for name, group in groups.items()}
        self.axis, self.fill, self.noise, self.seed = axis, fill, noise, seed

    def phases(self, recordings: Recordings | None = None) -> Iterator[Phase]:
        """Yield the phases one after the other, and let what is recorded meanwhile belong to each."""
        for number, name in enumerate(self.groups):
            for recording in [] if recordings is None else each_recording(recordings):
                recording.begin_phase(name)
            yield Phase(number, name, self)
