"""Which Keras backend computes, and the engine that this project has for it."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from report_utils.errors import InputError

BACKEND_VARIABLE = "KERAS_BACKEND"
"""Environment variable by which Keras chooses its backend; TensorFlow without it."""

ENGINES = {"tensorflow": "cnn.engine_tensorflow", "jax": "cnn.engine_jax"}
"""The module, below this package, of each backend's engine."""


def backend_name() -> str:
    """Return the Keras backend that trains.

    Raises
    ------
    InputError
        If there is no engine for it.
    """
    name = os.environ.get(BACKEND_VARIABLE, "tensorflow")
    if name not in ENGINES:
        msg = f"{BACKEND_VARIABLE} is {name!r}; this project trains on {' or '.join(ENGINES)}"
        raise InputError(msg)
    return name


def load_engine() -> ModuleType:
    """Import the engine of the backend, and Keras with it.

    Raises
    ------
    InputError
        If the backend cannot be imported, or Keras runs on another one already.
    """
    name = backend_name()
    try:
        import keras
    except ImportError as error:
        msg = f"{BACKEND_VARIABLE} is {name!r}, which cannot be imported: {error}"
        raise InputError(msg) from None
    if keras.backend.backend() != name:
        msg = f"Keras runs on {keras.backend.backend()!r} here; set {BACKEND_VARIABLE} before it is imported"
        raise InputError(msg)
    return importlib.import_module(f"report_utils.{ENGINES[name]}")
