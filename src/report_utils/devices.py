"""Where trainings run: one-thread workers on the cores of a processor, or workers on each GPU that JAX finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

from report_utils.backends import BACKEND_VARIABLE, backend_name
from report_utils.errors import InputError
from report_utils.processes import WORKERS_VARIABLE, n_workers

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
    platform, n_devices, kind = _jax_devices()
    flags = os.environ.get("XLA_FLAGS", "")
    if platform != "gpu":
        print(
            f"JAX finds no GPU and trains on the processor, several times slower than TensorFlow does ({kind})",
            file=sys.stderr,
        )
        return [{"XLA_FLAGS": f"{flags} {_CPU_FLAGS}".strip()}] * n_workers()
    number = n_workers() if WORKERS_VARIABLE in os.environ else n_devices
    print(f"JAX trains on {n_devices} x {kind}, with {number} workers", file=sys.stderr)
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(n_devices)))).split(",")
    common = _ON_A_GPU | {"XLA_FLAGS": f"{flags} {_GPU_FLAGS}".strip()}
    return [common | {"CUDA_VISIBLE_DEVICES": seen[i % n_devices]} for i in range(number)]


@cache
def _jax_devices() -> tuple[str, int, str]:
    """Return the platform, number and kind of JAX's devices, asked in a process of its own.

    This one would otherwise hold memory of a GPU, and threads, for as long as it lives.
    """
    found = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, check=False)  # noqa: S603
    if found.returncode:
        reason = (found.stderr.strip().splitlines() or ["it says nothing"])[-1]
        msg = (
            f"{BACKEND_VARIABLE} is jax, and JAX cannot start: {reason}; install it with pip install '.[gpu]', "
            "look at the driver with nvidia-smi, or train on TensorFlow without this variable"
        )
        raise InputError(msg)
    platform, number, kind = json.loads(found.stdout.strip().splitlines()[-1])
    return platform, number, kind
