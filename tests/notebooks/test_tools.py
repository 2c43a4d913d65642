"""Jupyter's own tools run a notebook outside of the book: on the profile of the environment, training nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ROOT

TOOLS = {
    "papermill": ("papermill one.ipynb one.ipynb -p transform agn_less_2", "AGN-less (0-2.5, 2.5-5 keV)"),
    "jupyter execute": ("jupyter-execute --inplace one.ipynb", "Multi-Band (0-2.5, 2.5-5 keV)"),
}
"""A command of each tool, and the transform that the page shows."""


@pytest.mark.slow("starts a kernel")
@pytest.mark.parametrize("tool", TOOLS)
def test_external_tools_run_a_converted_notebook(notebooks, tool, tmp_path):
    (command, shown), folder = TOOLS[tool], tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / "3-3-transform.py", folder / "one.py")

    def run(program, *options):
        environment = os.environ | notebooks.environment | {"JUPYTER_PLATFORM_DIRS": "1"}
        started = [Path(sys.executable).with_name(program), *options]
        result = subprocess.run(started, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr

    run("jupytext", "--to", "ipynb", "one.py")
    before = notebooks.kept_runs()
    run(*command.split())
    assert notebooks.kept_runs() == before
    cells = nbformat.read(folder / "one.ipynb", as_version=4).cells
    assert shown in "".join(str(cell.get("outputs", "")) for cell in cells)
