"""The script for a machine with a card: on one without it says so and trains nothing; and what its benchmark times."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="this machine may have a card")
def test_a_machine_without_a_driver_is_told_what_to_do(tmp_path):
    environment = os.environ | {"VENV": str(Path(sys.executable).parents[1]), "REPORT_RUNS": str(tmp_path)}
    script = ROOT / "tools" / "on_gpu.sh"
    result = subprocess.run([script, "1", "smoke"], env=environment, capture_output=True, text=True)
    assert result.returncode == 3
    assert "nvidia-smi finds no card: install NVIDIA's driver, or give this job a card" in result.stderr
    assert list(tmp_path.iterdir()) == []


CARD = """#!/bin/sh
case "$*" in
  *benchmarks*) echo "LOSS"; exit 1;;
  *jax*) echo "gpu a card";;
esac
"""
COMMAND = """#!/bin/sh
echo "report-utils $*"
"""


def test_a_loss_of_the_benchmark_keeps_nothing_from_being_trained(tmp_path):
    (tmp_path / "bin").mkdir()
    for name, text in (("python", CARD), ("report-utils", COMMAND)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    script, environment = ROOT / "tools" / "on_gpu.sh", os.environ | {"VENV": str(tmp_path)}
    result = subprocess.run([script, "7", "smoke"], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (said,) = result.stderr.splitlines()
    assert said.startswith("on_gpu: the benchmark ended with status 1 ")
    assert "report-utils fit --all --profile smoke --minutes 7" in result.stdout
    assert "report-utils results export --profile smoke" in result.stdout


def test_the_benchmark_times_what_a_worker_on_a_card_trains_with():
    code = (
        "import os; from report_utils.workers import backends; "
        "backends._jax_devices = lambda: ('gpu', 1, 'a card', ''); "
        "ours = backends.training_places()[0]; import benchmarks.bench_gpu; "
        "print(all(os.environ[name] == value for name, value in ours.items()), os.environ['XLA_FLAGS'])"
    )
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["True", "--xla_gpu_deterministic_ops=true"]
