"""The Python reference describes everything public, without loading a training library."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from report_utils.profiles import project_root

PACKAGES = ("events", "simulation", "binning", "cnn", "dynamics", "report")


@pytest.mark.parametrize("name", PACKAGES)
def test_everything_public_has_its_place(name):
    code = (
        f"from report_utils.book.api import reference_lines; print('\\n'.join(reference_lines('report_utils.{name}')))"
    )
    code += "; import sys; print([m for m in ('tensorflow', 'keras', 'jax') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *lines, loaded = result.stdout.splitlines()
    assert loaded == "[]"
    described = {line.split("::")[1].strip().rpartition(".")[2] for line in lines if line.startswith(".. auto")}
    assert described == {name, *import_module(f"report_utils.{name}").__all__}


def test_constants_are_described_where_they_are_defined():
    from report_utils.book.api import reference_lines

    assert ".. autodata:: report_utils.events.bands.BAND_EDGES_KEV" in reference_lines("report_utils.binning")


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_has_a_page(name):
    text = (project_root() / "book" / "api" / f"{name}.md").read_text(encoding="utf-8")
    assert f".. report-reference:: report_utils.{name}" in text
    assert text.split("\n\n")[1].startswith("**The question.** ")
