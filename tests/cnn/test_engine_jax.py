"""The JAX engine where there is no GPU: what it takes for a lack of memory, and the loop that a GPU runs."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.backends import OutOfDeviceMemory, lacks_device_memory

jax = pytest.importorskip("jax")


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
