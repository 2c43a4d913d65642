"""What changes a digest, and what does not."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys

import pytest

from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs import code_digest as fingerprint
from report_utils.runs.code_digest import (
    code_digests,
    digest,
    imported_modules,
    kept_analyses,
    read_once,
    require_code,
    source_digest,
)

SOURCE = '''"""Module."""
import numpy as np

def f(x):
    """Say what it does."""
    return x + 1
'''


@pytest.mark.parametrize(
    "same",
    [
        SOURCE.replace("Say what it does", "Say it in other words"),
        SOURCE.replace('"""Module."""\n', ""),
        SOURCE.replace("return x + 1", "# why\n    return x + 1  # because"),
        SOURCE.replace("return x + 1", "\n\n    return (x\n        + 1)"),
    ],
)
def test_comments_docstrings_and_layout_do_nothing(same):
    assert source_digest(same) == source_digest(SOURCE)


@pytest.mark.parametrize("other", [SOURCE.replace("+ 1", "+ 2"), SOURCE.replace("f(x)", "g(x)")])
def test_code_counts(other):
    assert source_digest(other) != source_digest(SOURCE)


def test_strings_that_are_values_count():
    assert source_digest("f('a')") != source_digest("f('b')")


def test_values_are_digested_by_content():
    assert digest({"a": 1, "b": [1.5, None]}) == digest({"b": (1.5, None), "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    with pytest.raises(TypeError, match="set cannot take part"):
        digest({"a": {1}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest(float("nan"))


def test_imports_are_followed_through_the_package():
    modules = imported_modules("from report_utils.binning import band_counts\nimport numpy")
    assert {"binning.__init__", "binning.counts", "events.eventlist", "errors"} <= modules
    assert not any(name.startswith(("cnn", "report", "book")) for name in modules)


def test_what_only_a_type_checker_imports_does_not_count():
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import report_utils.cnn.model\n"
    assert imported_modules(source) == set()


def test_imports_inside_functions_count():
    assert "cnn.model" in imported_modules("def f():\n    from report_utils.cnn import model\n")


def test_figures_decide_no_run():
    """Changing a figure function redraws and trains nothing."""
    from report_utils.binning.observations import _simulation_modules
    from report_utils.reproduction import one_profile as reproduction

    decided_by = {*reproduction.dynamics_code(), *_simulation_modules()}
    assert not any(name.startswith(("report", "book", "cli", "dynamics.plot")) for name in decided_by)
    assert "simulation.checks" not in decided_by


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_every_module_that_a_run_names_exists(monkeypatch, backend):
    from report_utils.reproduction import one_profile as reproduction

    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert f"cnn.engine_{backend}" in reproduction.training_code()
    for name in reproduction.dynamics_code():
        assert (fingerprint._ROOT.joinpath(*name.split(".")).with_suffix(".py")).is_file()


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "_ROOT", tmp_path)
    (tmp_path / "simulation" / "tables").mkdir(parents=True)
    (tmp_path / "simulation" / "gas.py").write_text(SOURCE)
    (tmp_path / "simulation" / "gas_more.py").write_text(SOURCE)
    (tmp_path / "simulation" / "gas_viewer.js").write_text("1")
    (tmp_path / "simulation" / "tables" / "area.npz").write_bytes(b"1")
    return tmp_path / "simulation"


def test_each_module_has_its_digest(package):
    assert code_digests(["simulation"]) == code_digests(["simulation.gas", "simulation.gas_more", "simulation.tables"])
    assert code_digests(["simulation.gas"]).keys() == {"simulation.gas", "simulation/gas_viewer.js"}
    before = code_digests(["simulation"])
    (package / "gas.py").write_text(SOURCE.replace("+ 1", "+ 2"))
    after = code_digests(["simulation"])
    assert {name for name in before if before[name] != after[name]} == {"simulation.gas"}


def test_a_module_is_read_once_where_that_is_asked_for(package):
    modules = ["simulation", "simulation.gas"]
    before = code_digests(modules)
    with read_once():
        assert code_digests(modules) == before
        (package / "gas.py").write_text(SOURCE.replace("+ 1", "+ 2"))
        with read_once():
            assert code_digests(modules) == before
        assert code_digests(modules) == before
    assert code_digests(modules) != before


@pytest.mark.parametrize("name", ["tables/area.npz", "gas_viewer.js"])
def test_what_a_package_ships_counts(package, name):
    before = code_digests(["simulation"])
    (package / name).write_bytes(b"2")
    after = code_digests(["simulation"])
    assert {name for name in before if before[name] != after[name]} == {f"simulation/{name}"}


EDITED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from report_utils.runs.code_digest import (
    code_digests,
    digest,
    imported_modules,
    kept_analyses,
    require_code,
    source_digest,
)

planned = code_digests(["errors", "disk"])
module = Path(sys.argv[1]) / "report_utils" / "disk.py"
text = module.read_text()
if sys.argv[2] == "before":
    module.write_text(text + "CHANGED = 1\\n")
require_code(planned)
module.write_text(text + "CHANGED = 2\\n")
require_code(planned)  # what was imported stays what it was
print("agreed")
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_refuses_code_that_was_edited_before_it_began(tmp_path, when):
    shutil.copytree(fingerprint._ROOT, tmp_path / "report_utils", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", EDITED, str(tmp_path), when]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if when == "after":
        assert result.stdout == "agreed\n", result.stderr
    else:
        assert "InputError: disk: this code was edited after the work was planned" in result.stderr


def test_every_module_of_a_key_can_be_required():
    """Also packages and tables, as the keys of data and fits name them."""
    code = Reproduction("smoke").data_key.inputs["code"]
    assert {"simulation.gas", "binning.counts"} <= code.keys()
    assert any("/" in name for name in code)
    require_code(code)


def test_what_is_known_of_sources_is_kept_and_a_damaged_file_made_anew(tmp_path, monkeypatch):
    """A later process takes it from the file; it never decides otherwise than reading the source would."""
    path = tmp_path / "analyses.json"
    source = "from report_utils.binning import band_counts\n"
    expected = source_digest(source), imported_modules(source)
    for text in (None, "{", '{"a": 1}', "[]"):
        monkeypatch.setattr(fingerprint, "_ANALYSES", {})
        if text is not None:
            path.write_text(text)
        with kept_analyses(path):
            assert (source_digest(source), imported_modules(source)) == expected
        assert json.loads(path.read_text()).keys() == fingerprint._ANALYSES.keys()
    monkeypatch.setattr(fingerprint, "_ANALYSES", {})
    monkeypatch.setattr(ast, "parse", lambda _: pytest.fail("read again"))
    with kept_analyses(path):
        assert (source_digest(source), imported_modules(source)) == expected
