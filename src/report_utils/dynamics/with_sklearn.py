"""Recording models of scikit-learn that learn batch by batch, in stages, or by warm starts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError


def record_partial_fit(
    recording: Recording,
    model: Any,
    x: ArrayLike,
    y: ArrayLike,
    inputs: ArrayLike,
    *,
    epochs: int,
    batch_size: int | None = None,
    seed: int = 0,
) -> None:
    """Train a model that has ``partial_fit``, and record it after every epoch.

    Parameters
    ----------
    recording : Recording
    model : estimator
        Such as ``SGDRegressor`` or ``MLPClassifier``.
    x, y : (n, ...) array
        In another order every epoch.
    inputs : (n_items, ...) array
        What to predict.
    epochs : int
    batch_size : int, optional
        All rows at once by default.
    seed : int
        Decides the order of the rows.
    """
    _require(model, "partial_fit")
    x, y, rng = np.asarray(x), np.asarray(y), np.random.default_rng(seed)
    options = {"classes": np.unique(y)} if _is_classifier(model) else {}
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size or len(x)):
            rows = order[start : start + (batch_size or len(x))]
            model.partial_fit(x[rows], y[rows], **options)
        _record(recording, model, inputs)


def record_staged(recording: Recording, model: Any, inputs: ArrayLike) -> None:
    """Record a boosted model that has been fitted, stage by stage; epoch k is the prediction of its first k stages.

    The model has ``staged_predict`` or ``staged_predict_proba``, such as ``GradientBoostingRegressor``.
    """
    method = "staged_predict_proba" if _is_classifier(model) else "staged_predict"
    _require(model, method)
    classes = getattr(model, "classes_", None)
    for predictions in getattr(model, method)(inputs):
        recording.record(predictions, classes=classes)


def record_warm_start(
    recording: Recording,
    model: Any,
    x: ArrayLike,
    y: ArrayLike,
    inputs: ArrayLike,
    *,
    parameter: str = "n_estimators",
    values: Iterable[int],
) -> None:
    """Train a model with ``warm_start`` further and further, and record it at each value of a parameter.

    The values ascend and are the epochs; the parameter says how far to train, such as a ``RandomForestRegressor``. The
    rest is as for :func:`record_partial_fit`.
    """
    unknown = {"warm_start", parameter} - model.get_params().keys()
    if unknown:
        msg = f"{type(model).__name__} has no parameter {' and no '.join(sorted(unknown))}; record it in another way"
        raise InputError(msg)
    for value in values:
        model.set_params(warm_start=True, **{parameter: value})
        model.fit(x, y)
        _record(recording, model, inputs, epoch=value)


def _record(recording: Recording, model: Any, inputs: ArrayLike, **where: Any) -> None:
    if _is_classifier(model):
        _require(model, "predict_proba")
        recording.record(model.predict_proba(inputs), classes=model.classes_, **where)
    else:
        recording.record(model.predict(inputs), **where)


def _is_classifier(model: Any) -> bool:
    from sklearn.base import is_classifier

    return is_classifier(model)


def _require(model: Any, method: str) -> None:
    if not hasattr(model, method):
        msg = f"{type(model).__name__} has no {method}; choose a model, or a loss, that has it"
        raise InputError(msg)
