"""Where trainings run: in one-thread workers on the cores of the processor, or on each GPU that JAX finds."""

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
"""How long JAX may take to start: the first import from a network folder takes minutes."""
_PLATFORMS_VARIABLE = "JAX_PLATFORMS"
_PROBE = "import jax, json; d = jax.devices(); print(json.dumps([d[0].platform, len(d), d[0].device_kind]))"
# memory is taken as it is needed, because several workers may share a GPU
_ON_A_GPU = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
_GPU_FLAGS = "--xla_gpu_deterministic_ops=true"
_CPU_FLAGS = "--xla_cpu_multi_thread_eigen=false"


def training_places() -> list[dict[str, str]]:
    """Return the environment variables of each worker process that trains, one dict for each worker.

    TensorFlow, and JAX without a GPU, have as many workers as cores. JAX with GPUs has one for each GPU, or as many as
    ``REPORT_WORKERS`` says, dealt out to the GPUs in turn.

    Raises
    ------
    InputError
        If JAX cannot start.
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
