"""The JAX engine where there is no GPU: what it takes for a lack of memory, and the loop that a GPU runs."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from tests.conftest import JAX, ROOT

from report_utils.workers.backends import OutOfDeviceMemory, lacks_device_memory

jax = pytest.importorskip("jax")

LOOP_TOLERANCE = 1e-5
"""Of weights, losses and outputs near one, after ten batches; 2e-7 was measured."""


@pytest.mark.parametrize(
    ("says", "lacks"),
    [
        ("RESOURCE_EXHAUSTED: Failed to allocate request for 3.1GiB", True),
        ("INTERNAL: CUDA_ERROR_OUT_OF_MEMORY: out of memory", True),
        ("INTERNAL: the autotuner found no algorithm", False),
    ],
)
def test_jax_has_one_class_of_errors_and_some_are_a_lack_of_memory(says, lacks, monkeypatch):
    from report_utils.cnn import engine_jax

    def fail(_):
        raise jax.errors.JaxRuntimeError(says)

    assert lacks_device_memory(jax.errors.JaxRuntimeError(says)) is lacks
    monkeypatch.setattr(engine_jax.jax, "device_put", fail)
    with pytest.raises(OutOfDeviceMemory if lacks else jax.errors.JaxRuntimeError, match=says[:12]):
        engine_jax.to_device(np.zeros(3, np.float32))


def test_tensorflow_has_a_class_for_it():
    import tensorflow as tf

    assert lacks_device_memory(tf.errors.ResourceExhaustedError(None, None, "no room"))
    assert not lacks_device_memory(tf.errors.InternalError(None, None, "out of memory"))
    assert not lacks_device_memory(MemoryError("out of memory"))


def train_both_ways(path):
    """Train on JAX batch by batch and in a GPU's loop, and keep both; runs in a process of its own."""
    from report_utils.cnn.batches import ViewBatches
    from report_utils.cnn.images import ResidentImages
    from report_utils.cnn.network import Network

    rng = np.random.default_rng(5)
    images = ResidentImages(rng.random((12, 8, 8, 2), dtype=np.float32))
    targets = rng.standard_normal(12).astype(np.float32)
    batches = ViewBatches(np.arange(12), 20, (1, 2))  # four of twenty views and one of sixteen
    rates = np.linspace(1e-3, 2e-3, len(batches), dtype=np.float32)
    found = {}
    for platform in ("cpu", "gpu"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("jax.default_backend", lambda platform=platform: platform)
            network = Network(2, 8)
        network.start((0,), 1e-3)
        losses = [network.train(images, targets, batches.epoch(epoch), rates) for epoch in range(2)]
        found[f"{platform}_one_by_one"] = network._steps._train == network._steps._train_one_by_one
        found |= {f"{platform}_loss": losses, f"{platform}_weights": np.asarray(network.weights)}
        found[f"{platform}_predictions"] = network.predict_views(images)
    np.savez(path, **found)


@pytest.mark.slow("compiles with JAX")
def test_the_loop_of_a_gpu_trains_as_batch_by_batch(tmp_path):
    """The same sums, compiled as one program in place of one a batch: the last bits differ at most."""
    path = tmp_path / "both.npz"
    code = f"from tests.cnn.test_engine_jax import train_both_ways; train_both_ways({str(path)!r})"
    environment = os.environ | JAX | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(path) as found:
        assert [bool(found[f"{platform}_one_by_one"]) for platform in ("cpu", "gpu")] == [True, False]
        assert np.ptp(found["cpu_weights"]) > 0
        for name in ("loss", "weights", "predictions"):
            np.testing.assert_allclose(found[f"gpu_{name}"], found[f"cpu_{name}"], rtol=0, atol=LOOP_TOLERANCE)
