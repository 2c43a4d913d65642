"""Which Keras backend computes, and the engine that this project has for it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from report_utils.errors import InputError
from report_utils.runs.code_digest import PACKAGE, package_version

BACKEND_VARIABLE = "KERAS_BACKEND"
"""Environment variable by which Keras chooses its backend; TensorFlow by default."""
ENGINES = {"tensorflow": "cnn.engine_tensorflow", "jax": "cnn.engine_jax"}
"""The module of each backend's engine, below this package."""
LEAST_VERSIONS = {"tensorflow": "2.20", "jax": "0.6"}
"""The least version of each backend, as in ``pyproject.toml``."""
_NO_MEMORY_LEFT = ("RESOURCE_EXHAUSTED", "out of memory")
"""JAX has one class for all its errors; these words tell a lack of device memory."""


class OutOfDeviceMemory(RuntimeError):  # noqa: N818 - like MemoryError, it needs no suffix
    """The device has too little memory."""


def says_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error of JAX reports a lack of device memory."""
    return any(words.lower() in str(error).lower() for words in _NO_MEMORY_LEFT)


def lacks_device_memory(error: BaseException) -> bool:
    """Tell whether any error means that device memory is too small, without importing a backend."""
    kind = type(error).__name__
    if isinstance(error, OutOfDeviceMemory) or kind == "ResourceExhaustedError":  # TensorFlow's
        return True
    return kind in {"JaxRuntimeError", "XlaRuntimeError"} and says_out_of_memory(error)


def device_name() -> str:
    """Return the device that computes, or "the processor" where no engine has been imported."""
    engine = sys.modules.get(f"{PACKAGE}.{ENGINES[backend_name()]}")
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
        If the backend cannot be imported, has the wrong version, or Keras already runs on another one.
    """
    name = backend_name()
    with _named_versions(name):
        import keras
    if keras.backend.backend() != name:
        msg = f"Keras runs on {keras.backend.backend()!r} here; set {BACKEND_VARIABLE} before it is imported"
        raise InputError(msg)
    with _named_versions(name):
        return importlib.import_module(f"{PACKAGE}.{ENGINES[name]}")


@contextmanager
def _named_versions(name: str) -> Iterator[None]:
    """Make one line of an import error, also of a name that the installed version lacks."""
    try:
        yield
    except (ImportError, AttributeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        msg = f"{BACKEND_VARIABLE} is {name!r}, which cannot be imported: {reason}; {_wanted_version(name)}"
        raise InputError(msg) from error


def _wanted_version(name: str) -> str:
    """Return which version of a backend is installed, and which is needed."""
    installed = package_version(name)
    found = f"version {installed} is installed"
    if installed == "absent":
        # TensorFlow for the processor alone is another package
        found = "it is not installed" if name != "tensorflow" else "look at it with pip list"
    wanted = f"this project needs {LEAST_VERSIONS[name]} or newer"
    return f"{found}, {wanted}" + (", of the gpu extra: pip install -e '.[gpu]'" if name == "jax" else "")
