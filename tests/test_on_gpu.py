"""The script for a machine with a card, on one without: it says so and trains nothing."""

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
