"""What may be recorded: arrays from anywhere, true numbers and classes, probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.errors import InputError

_TOLERANCE = 0.01
"""Class probabilities in half precision add up to 1 only so well."""


def as_array(values: Any) -> NDArray:
    """Return values as an array, whatever holds them: a list, a data frame, a tensor that is on a device."""
    for method in ("detach", "cpu"):  # PyTorch hands out neither gradients nor a card's memory
        values = getattr(values, method)() if callable(getattr(values, method, None)) else values
    try:
        return np.asarray(values)
    except ValueError as error:
        msg = "these values are not an array: their rows have different lengths"
        raise InputError(msg) from error


def one_each(what: str, values: ArrayLike, n: int) -> NDArray:
    """Return a column of ``n`` values, text where they are objects."""
    values = as_array(values)
    if values.shape != (n,):
        msg = f"{what} has the shape {values.shape}; give one for each of {n}"
        raise InputError(msg)
    return values.astype(str) if values.dtype.kind == "O" else values


def whole(what: str, value: Any) -> int:
    """Return a whole number, whatever type it has."""
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "iuf" or not np.isfinite(array) or array != np.rint(array):
        msg = f"{what} is {value!r}; give a whole number"
        raise InputError(msg)
    return int(array)


def names_of(what: str, names: int | Sequence[Any]) -> tuple[str, ...]:
    """Return given names, or as many numbered ones as are asked for."""
    if isinstance(names, (int, np.integer)):
        names = [f"{what} {number}" for number in range(names)]
    if not len(names) or len(set(names)) < len(names):
        msg = f"{what}s: give one or more, each with a name of its own"
        raise InputError(msg)
    return tuple(str(each) for each in names)


def numbers(truth: NDArray, outputs: Sequence[str] | None) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return true numbers, and the names of the outputs where there are several."""
    if truth.dtype.kind not in "iuf" or truth.ndim not in {1, 2} or 0 in truth.shape:
        msg = f"truth is {truth.dtype} of shape {truth.shape}; give a number or a class for each item"
        raise InputError(msg)
    if not np.isfinite(truth).all():
        row = np.argwhere(~np.isfinite(truth))[0][0]
        msg = f"truth is not a finite number in row {row}; leave out items without a truth"
        raise InputError(msg)
    truth = truth.astype(np.float64)
    if truth.ndim == 2 and truth.shape[1] == 1:
        truth = truth[:, 0]
    n_outputs = 1 if truth.ndim == 1 else truth.shape[1]
    names = names_of("output", n_outputs if outputs is None else outputs)
    if len(names) != n_outputs:
        msg = f"{len(names)} outputs are named, and truth has {n_outputs}"
        raise InputError(msg)
    return truth, names if n_outputs > 1 else ()


def class_values(truth: NDArray, classes: int | Sequence[Any] | None) -> tuple[Any, ...]:
    """Return the classes as they stand in the truth, in the order of the predicted probabilities."""
    if classes is None:
        return tuple(np.unique(truth[:, 0] if truth.ndim == 2 else truth).tolist())
    if isinstance(classes, (int, np.integer)):
        return tuple(range(classes))
    return tuple(as_array(classes).tolist())


def class_codes(truth: NDArray, classes: tuple[Any, ...]) -> NDArray[np.int64]:
    """Return the place of each item's class among the classes."""
    if truth.ndim == 2 and truth.shape[1] == len(classes) > 1 and (np.sort(truth)[:, -2:] == [0, 1]).all():
        return truth.argmax(axis=1)
    truth = truth[:, 0] if truth.ndim == 2 and truth.shape[1] == 1 else truth
    if truth.ndim != 1 or not len(truth):
        msg = f"truth has the shape {truth.shape}; give the class of each item"
        raise InputError(msg)
    place = {value: number for number, value in enumerate(classes)}
    if len(place) < 2 or len(place) < len(classes):
        msg = f"classes are {list(classes)[:5]}; give two or more, each once"
        raise InputError(msg)
    values = truth.tolist()
    if not set(values) <= place.keys() and all(isinstance(one, int) and 0 <= one < len(classes) for one in values):
        return truth.astype(np.int64)
    for row, value in enumerate(values):
        if value not in place:
            msg = f"truth is {value!r} in row {row}, which is not one of the {len(classes)} classes"
            raise InputError(msg)
    return np.array([place[value] for value in values], dtype=np.int64)


def are_probabilities(values: NDArray) -> bool:
    """Tell whether rows look like the probabilities of classes: from 0 to 1, and 1 in sum."""
    if values.ndim != 2 or values.shape[1] < 2 or not np.isfinite(values).all():
        return False
    return bool((values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=_TOLERANCE))


def both_classes(values: NDArray[np.float32], n_items: int, n_views: int) -> NDArray[np.float32]:
    """Return the probabilities of both classes where that of the second is given."""
    if values.shape in {(n_items,), (n_items, 1)} or (n_views > 2 and values.shape == (n_items, n_views)):
        values = values.reshape(n_items, n_views)
        return np.stack([1 - values, values], axis=-1)
    return values


def require_probabilities(values: NDArray[np.float32]) -> None:
    """Refuse finite predictions of classes that are no probabilities."""
    sums = values.sum(axis=-1)
    finite = np.isfinite(sums)
    outside = ((values < -_TOLERANCE) | (values > 1 + _TOLERANCE)).any(axis=-1)
    if (outside & finite).any():
        msg = "the predictions of classes are not between 0 and 1; record probabilities: apply a softmax first"
        raise InputError(msg)
    if (np.abs(sums - 1)[finite] > _TOLERANCE).any():
        msg = "the probabilities of the classes do not add up to 1; apply a softmax first"
        raise InputError(msg)
