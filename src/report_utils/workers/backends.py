"""Which Keras backend computes, its engine, and the places where worker processes train."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType

from report_utils.errors import InputError
from report_utils.runs.code_digest import PACKAGE, package_version
from report_utils.workers.processes import WORKERS_VARIABLE, n_workers

BACKEND_VARIABLE = "KERAS_BACKEND"
"""Environment variable by which Keras chooses its backend; TensorFlow by default."""
ENGINES = {"tensorflow": "cnn.engine_tensorflow", "jax": "cnn.engine_jax"}
"""The module of each backend's engine, below this package."""
LEAST_VERSIONS = {"tensorflow": "2.20", "jax": "0.6"}
"""The least version of each backend, as in ``pyproject.toml``."""
_NO_MEMORY_LEFT = ("RESOURCE_EXHAUSTED", "out of memory")
"""JAX has one class for all its errors; these words tell a lack of device memory."""

_PROBE_SECONDS = 300.0
"""How long JAX may take to start: the first import from a network folder takes minutes."""
_PLATFORMS_VARIABLE = "JAX_PLATFORMS"
_PROBE = "import jax, json; d = jax.devices(); print(json.dumps([d[0].platform, len(d), d[0].device_kind]))"
# memory is taken as it is needed, because several workers may share a GPU
_ON_A_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
_GPU_FLAGS = "--xla_gpu_deterministic_ops=true"
_CPU_FLAGS = "--xla_cpu_multi_thread_eigen=false"


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
    """Return the Keras backend that trains; one for which there is no engine is refused."""
    name = os.environ.get(BACKEND_VARIABLE, "tensorflow")
    if name not in ENGINES:
        msg = f"{BACKEND_VARIABLE} is {name!r}; this project trains on {' or '.join(ENGINES)}"
        raise InputError(msg)
    return name


def load_engine() -> ModuleType:
    """Import the engine of the backend, and Keras with it, or say in one line why that cannot be."""
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
        installed = package_version(name)
        found = f"version {installed} is installed"
        if installed == "absent":
            # TensorFlow for the processor alone is another package
            found = "it is not installed" if name != "tensorflow" else "look at it with pip list"
        extra = ", of the gpu extra: pip install -e '.[gpu]'" if name == "jax" else ""
        msg = (
            f"{BACKEND_VARIABLE} is {name!r}, which cannot be imported: {reason}; {found}, this project needs "
            f"{LEAST_VERSIONS[name]} or newer{extra}"
        )
        raise InputError(msg) from error


def training_places() -> list[dict[str, str]]:
    """Return the environment variables of each worker process that trains, one dict for each worker.

    TensorFlow, and JAX without a GPU, have as many workers as cores. JAX with GPUs has one for each GPU, or as many as
    ``REPORT_WORKERS`` says, dealt out to the GPUs in turn.
    """
    if backend_name() == "tensorflow":
        return [{}] * n_workers()
    platform, n_devices, kind, said = _jax_devices()
    flags = os.environ.get("XLA_FLAGS", "")
    if platform != "gpu":
        why = f"as {_PLATFORMS_VARIABLE} says"
        if not os.environ.get(_PLATFORMS_VARIABLE, "").startswith("cpu"):
            why = f"because it finds no GPU ({said}); for a card, pip install -e '.[gpu]'"
        print(f"JAX trains on the processor, several times slower than TensorFlow does, {why}", file=sys.stderr)
        return [{"XLA_FLAGS": f"{flags} {_CPU_FLAGS}".strip()}] * n_workers()
    number = n_workers() if WORKERS_VARIABLE in os.environ else n_devices
    print(f"JAX trains on {n_devices} x {kind}, with {number} workers", file=sys.stderr)
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(n_devices)))).split(",")
    common = _ON_A_GPU | {"XLA_FLAGS": f"{flags} {_GPU_FLAGS}".strip()}
    return [common | {"CUDA_VISIBLE_DEVICES": seen[i % n_devices]} for i in range(number)]


@cache
def _jax_devices() -> tuple[str, int, str, str]:
    """Return the platform, number and kind of JAX's devices, and the last line of what else it prints.

    A process of its own asks, because it holds memory of a GPU, and threads, until it ends.
    """
    command = [sys.executable, "-c", _PROBE]
    try:
        found = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, timeout=_PROBE_SECONDS
        )
    except subprocess.TimeoutExpired:
        reason = f"it has not answered in {_PROBE_SECONDS:.0f} s"
        raise _no_start(reason) from None
    said = (found.stderr.strip().splitlines() or ["it says nothing"])[-1].strip()
    if found.returncode:
        raise _no_start(said)
    platform, number, kind = json.loads(found.stdout.strip().splitlines()[-1])
    return platform, number, kind, said


def _no_start(reason: str) -> InputError:
    return InputError(
        f"{BACKEND_VARIABLE} is jax, and JAX cannot start: {reason}; install it with pip install -e '.[gpu]', "
        f"look at the driver with nvidia-smi, train on the processor on purpose with {_PLATFORMS_VARIABLE}=cpu, "
        f"or on TensorFlow without {BACKEND_VARIABLE}"
    )
