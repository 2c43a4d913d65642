"""The same fit in other processes: the same bits with the same threads, and close to them with others."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from tests.conftest import JAX, ROOT

from report_utils.cnn import assign_folds, fit_fold
from report_utils.profiles import load_profile

THREAD_TOLERANCE = 1e-5
"""[dex] With two threads in place of one, after the two epochs of `smoke`. What is summed in another order differs in
the last bit; 1e-6 was measured, the last bit of a float32 that holds 14. A longer training makes more of it."""

BACKEND_TOLERANCE = 2e-5
"""[dex] With JAX in place of TensorFlow, likewise, on whatever JAX finds; 3e-6 was measured on a processor.

These images have no empty regions. Where there are some, the last bit decides which of four equal pixels is the
largest, and the two epochs of the real `smoke` end 3e-3 dex apart (``python -m benchmarks.same_numbers``)."""


pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="this process trains on another backend"
)


def made_up():
    """Images of the size of `smoke`, whose brightness tells the mass."""
    rng = np.random.default_rng(3)
    mass = rng.uniform(13.6, 15.0, 48)
    images = rng.poisson(3.0 * (mass - 13)[:, None, None, None], (48, 32, 32, 4))
    return np.log10(1 + images).astype(np.float32), mass


def train():
    """Train one fit of `smoke` and return its predictions."""
    images, mass = made_up()
    profile = load_profile("smoke")
    return fit_fold(images, mass, assign_folds(48, 10, profile.seed), 0, profile.training, profile.seed).predictions


def in_a_fresh_process(path, threads=1, first="", **variables):
    environment = os.environ | {
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        **variables,
    }
    code = f"{first}import numpy; from tests.cnn.test_same_bits import train; numpy.save({str(path)!r}, train())"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)
    return np.load(path)


@pytest.fixture(scope="module")
def predictions():
    """What this process predicts, with one thread (tests/conftest.py)."""
    return train()


@pytest.mark.slow("starts TensorFlow again")
def test_the_same_bits_in_another_process(predictions, tmp_path):
    assert np.ptp(predictions) > 0.01
    np.testing.assert_array_equal(in_a_fresh_process(tmp_path / "again.npy"), predictions)


@pytest.mark.slow("starts TensorFlow again")
def test_other_threads_are_close(predictions, tmp_path):
    found = in_a_fresh_process(tmp_path / "two.npy", threads=2)
    np.testing.assert_allclose(found, predictions, atol=THREAD_TOLERANCE)


@pytest.mark.slow("starts JAX again")
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_is_close_and_needs_no_tensorflow(predictions, tmp_path):
    missing = "import sys; sys.modules['tensorflow'] = None\n"
    found = in_a_fresh_process(tmp_path / "jax.npy", first=missing, **JAX)
    np.testing.assert_allclose(found, predictions, atol=BACKEND_TOLERANCE)
