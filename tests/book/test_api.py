"""The Python reference describes everything public, without loading a training library."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module

import pytest

from report_utils.profiles import project_root

PACKAGES = ("events", "simulation", "binning", "cnn", "dynamics", "report")


CODE = """
import json, sys
from report_utils.book.api import reference_lines
described = {name: reference_lines(f"report_utils.{name}") for name in sys.argv[1:]}
print(json.dumps([described, [name for name in ("tensorflow", "keras", "jax") if name in sys.modules]]))
"""


@pytest.fixture(scope="module")
def reference():
    """The reference of every package, made in a process of its own, and the training libraries that it loaded."""
    command = [sys.executable, "-c", CODE, *PACKAGES]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_reference_loads_no_training_library(reference):
    assert reference[1] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_described(reference, name):
    lines = reference[0][name]
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
