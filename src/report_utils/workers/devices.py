"""Where trainings run: one-thread workers on the cores of a processor, or workers on each GPU that JAX finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

from report_utils.errors import InputError
from report_utils.workers.backends import BACKEND_VARIABLE, backend_name
from report_utils.workers.processes import WORKERS_VARIABLE, n_workers

_PROBE_SECONDS = 300.0
"""How long JAX may take to start: the first import from a folder on the network takes minutes."""

_CARDS_SECONDS = 30.0
_PLATFORMS_VARIABLE = "JAX_PLATFORMS"
_PROBE = "import jax, json; d = jax.devices(); print(json.dumps([d[0].platform, len(d), d[0].device_kind]))"
# the same bits each time, and memory taken as it is needed: several workers may share a GPU
_ON_A_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
_GPU_FLAGS = "--xla_gpu_deterministic_ops=true"
_CPU_FLAGS = "--xla_cpu_multi_thread_eigen=false"


def training_places() -> list[dict[str, str]]:
    """Return the environment variables of each worker process that trains, one dict for each worker.

    On TensorFlow, and on JAX without a GPU, there are as many workers as cores. On JAX with GPUs there is one for each
    GPU, or as many as ``REPORT_WORKERS`` says, dealt out to the GPUs in turn.

    Raises
    ------
    InputError
        If JAX cannot start.
    """
    if backend_name() == "tensorflow":
        return [{}] * n_workers()
    platform, n_devices, kind, reason = _jax_devices()
    flags = os.environ.get("XLA_FLAGS", "")
    if platform != "gpu":
        print(_why_the_processor(kind, reason), file=sys.stderr)
        return [{"XLA_FLAGS": f"{flags} {_CPU_FLAGS}".strip()}] * n_workers()
    number = n_workers() if WORKERS_VARIABLE in os.environ else n_devices
    print(f"JAX trains on {n_devices} x {kind}, with {number} workers", file=sys.stderr)
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(n_devices)))).split(",")
    common = _ON_A_GPU | {"XLA_FLAGS": f"{flags} {_GPU_FLAGS}".strip()}
    return [common | {"CUDA_VISIBLE_DEVICES": seen[i % n_devices]} for i in range(number)]


def _why_the_processor(kind: str, reason: str) -> str:
    """Return the line that says that JAX trains on the processor, and why, where there is a card."""
    slower = f"trains on the processor, several times slower than TensorFlow does ({kind})"
    if os.environ.get(_PLATFORMS_VARIABLE, "").startswith("cpu"):
        return f"JAX {slower}, as {_PLATFORMS_VARIABLE} says"
    cards = _cards()
    if not cards:
        return f"JAX finds no GPU and {slower}"
    return (
        f"JAX finds no GPU and {slower}, although nvidia-smi finds {cards[0]}: {reason}; install JAX for the card with "
        f"pip install -e '.[gpu]', or set {_PLATFORMS_VARIABLE}=cpu to train on the processor on purpose"
    )


def _cards() -> list[str]:
    """Return what nvidia-smi calls the machine's cards, such as ``"GPU 0: NVIDIA H100 80GB HBM3"``."""
    try:
        found = subprocess.run(
            ["nvidia-smi", "--list-gpus"],  # noqa: S607 - where it lies differs from machine to machine
            capture_output=True, text=True, check=False, timeout=_CARDS_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.partition(" (UUID")[0] for line in found.stdout.splitlines() if line.startswith("GPU ")]


@cache
def _jax_devices() -> tuple[str, int, str, str]:
    """Return the platform, number and kind of JAX's devices, and the last line of what it says besides.

    It is asked in a process of its own: this one would otherwise hold memory of a GPU, and threads, for as long as it
    lives.
    """
    command = [sys.executable, "-c", _PROBE]
    try:
        found = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, timeout=_PROBE_SECONDS
        )
    except subprocess.TimeoutExpired:
        reason = f"it has not answered in {_PROBE_SECONDS:.0f} s"
        raise _no_start(reason) from None
    reason = (found.stderr.strip().splitlines() or ["it says nothing"])[-1].strip()
    if found.returncode:
        raise _no_start(reason)
    platform, number, kind = json.loads(found.stdout.strip().splitlines()[-1])
    return platform, number, kind, reason


def _no_start(reason: str) -> InputError:
    return InputError(
        f"{BACKEND_VARIABLE} is jax, and JAX cannot start: {reason}; install it with pip install -e '.[gpu]', "
        f"look at the driver with nvidia-smi, train on the processor on purpose with {_PLATFORMS_VARIABLE}=cpu, "
        f"or on TensorFlow without {BACKEND_VARIABLE}"
    )
