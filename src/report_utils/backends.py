"""Which Keras backend computes, and the engine that this project has for it."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

from report_utils.errors import InputError

_PACKAGE = __name__.partition(".")[0]

BACKEND_VARIABLE = "KERAS_BACKEND"
"""Environment variable by which Keras chooses its backend; TensorFlow without it."""

ENGINES = {"tensorflow": "cnn.engine_tensorflow", "jax": "cnn.engine_jax"}
"""The module, below this package, of each backend's engine."""


_NO_MEMORY_LEFT = ("RESOURCE_EXHAUSTED", "out of memory")
"""One of these stands in what JAX says of a lack of device memory; its other errors are of the same class."""


class OutOfDeviceMemory(RuntimeError):  # noqa: N818 - as MemoryError it is no word of style
    """The memory of what computes is too small for what is asked of it."""


def says_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error of JAX's speaks of a lack of device memory."""
    return any(words.lower() in str(error).lower() for words in _NO_MEMORY_LEFT)


def lacks_device_memory(error: BaseException) -> bool:
    """Tell whether any error means that device memory is too small; nothing is imported to find out."""
    kind = type(error).__name__
    if isinstance(error, OutOfDeviceMemory) or kind == "ResourceExhaustedError":  # TensorFlow's
        return True
    return kind in {"JaxRuntimeError", "XlaRuntimeError"} and says_out_of_memory(error)


def device_name() -> str:
    """Return what computes, if an engine has been imported."""
    engine = sys.modules.get(f"{_PACKAGE}.{ENGINES[backend_name()]}")
    return "the processor" if engine is None else engine.device()


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
    return importlib.import_module(f"{_PACKAGE}.{ENGINES[name]}")
