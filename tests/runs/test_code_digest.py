"""What changes a digest and what does not."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys

import pytest

from report_utils.runs import code_digest
from report_utils.runs.code_digest import digest, reached_definitions, require_code, source_definitions


def test_values_are_digested_by_their_content():
    assert digest({"a": 1, "b": [1.5, None]}) == digest({"b": (1.5, None), "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    with pytest.raises(TypeError, match="set cannot be digested"):
        digest({"a": {1}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest(float("nan"))


PACKAGES = [f"report_utils.{room}" for room in ("binning", "cnn", "dynamics", "events", "prediction", "report")]

MODULES = {
    "__init__.py": "",
    "binning/__init__.py": "from report_utils.binning.counts import count\n",
    "binning/counts.py": '''"""Counting."""
import numpy as np

from report_utils.errors import InputError
from report_utils.binning import edges
from report_utils.files.disk import keep

WIDTH: float = 2.0
UNUSED = 3.0


def count(events: np.ndarray, n_pixels: int = 4) -> np.ndarray:
    """Count events."""
    from report_utils.cnn.views import View

    if len(events) == 0:
        msg = "no events"
        raise InputError(msg)
    keep(events)
    return _scaled(events) * edges.low() * View(n_pixels).size


def _scaled(events):
    return events / WIDTH


def unrelated():
    return UNUSED
''',
    "binning/edges.py": "def low():\n    return 1\n\n\ndef high():\n    return 2\n",
    "cnn/views.py": """class View:
    n = 8

    def size(self):
        return self.n

    def twice(self):
        return 2 * self.size()

    def other(self):
        return 1
""",
    "errors.py": "class InputError(ValueError):\n    pass\n",
    "files/disk.py": "def keep(x):\n    return x\n",
}
REACHED = {"count", "_scaled", "WIDTH", "low", "View"}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a few small modules, and a function that edits one of them."""
    monkeypatch.setattr(code_digest, "_ROOT", tmp_path)
    monkeypatch.setattr(code_digest, "_MODULES", {})
    for name, text in MODULES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def edit(name: str, before: str, after: str) -> None:
        text = (tmp_path / name).read_text()
        assert before in text
        (tmp_path / name).write_text(text.replace(before, after))
        code_digest._MODULES.clear()  # two edits of one size within a clock tick look alike

    edit.folder = tmp_path
    return edit


def test_calls_constants_modules_and_imports_inside_functions_are_followed(package):
    assert reached_definitions("binning.counts.count").keys() == REACHED


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("binning/counts.py", "Count events.", "Say it in other words."),
        ("binning/counts.py", "    return events / WIDTH", "    # why\n    return (events\n        / WIDTH)"),
        ("binning/counts.py", "n_pixels: int = 4) -> np.ndarray:", "n_pixels=4):"),
        ("binning/counts.py", '"no events"', '"there are no events"'),
        ("binning/counts.py", "UNUSED = 3.0", "UNUSED = 4.0"),
        ("binning/edges.py", "return 2", "return 3"),
        ("files/disk.py", "return x", "return 2 * x"),
    ],
)
def test_what_affects_no_number_changes_no_digest(package, name, before, after):
    """Docstrings, layout, annotations, messages, unreached code, and code that only stores or passes on numbers."""
    expected = reached_definitions("binning.counts.count")
    package(name, before, after)
    assert reached_definitions("binning.counts.count") == expected


@pytest.mark.parametrize(
    ("name", "before", "after", "changed"),
    [
        ("binning/counts.py", "events / WIDTH", "events * WIDTH", {"_scaled"}),
        ("binning/counts.py", "WIDTH: float = 2.0", "WIDTH: float = 2.5", {"WIDTH"}),
        ("binning/counts.py", "n_pixels: int = 4", "n_pixels: int = 5", {"count"}),
        ("binning/edges.py", "return 1", "return 1.5", {"low"}),
        ("cnn/views.py", "return 1\n", "return 2\n", {"View"}),
    ],
)
def test_editing_a_definition_that_is_reached_indirectly_changes_only_its_digest(package, name, before, after, changed):
    expected = reached_definitions("binning.counts.count")
    package(name, before, after)
    found = reached_definitions("binning.counts.count")
    assert {key for key in expected if expected[key] != found[key]} == changed


@pytest.mark.parametrize(
    ("statement", "mention"),
    [
        ("import report_utils.binning.edges", "report_utils.binning.edges.low()"),
        ("import report_utils.binning.edges as e", "e.low()"),
        ("from . import edges", "edges.low()"),
        ("from .edges import low", "low()"),
        ("from ..binning.edges import low as lowest", "lowest()"),
        ("from report_utils.binning.edges import *", "low()"),
    ],
)
def test_every_way_of_importing_is_followed(package, statement, mention):
    package("binning/counts.py", "from report_utils.binning import edges", statement)
    package("binning/counts.py", "edges.low()", mention)
    assert reached_definitions("binning.counts.count").keys() == REACHED


def test_moving_a_function_to_another_module_changes_no_digest(package):
    expected = reached_definitions("binning.counts.count")
    package("binning/counts.py", "def _scaled(events):\n    return events / WIDTH\n", "")
    package("binning/counts.py", "WIDTH: float = 2.0\n", "from report_utils.cnn.scaling import _scaled\n")
    moved = "WIDTH: float = 2.0\n\n\ndef _scaled(events):\n    return events / WIDTH\n"
    (package.folder / "cnn" / "scaling.py").write_text(moved)
    assert reached_definitions("binning.counts.count") == expected


def test_all_definitions_with_the_same_name_count(package):
    package("binning/edges.py", "return 1", "return _scaled(1)\n\n\ndef _scaled(x):\n    return x")
    expected = reached_definitions("binning.counts.count")
    package("binning/edges.py", "return x", "return -x")
    found = reached_definitions("binning.counts.count")
    assert {key for key in expected if expected[key] != found[key]} == {"_scaled"}


def test_a_root_is_a_function_a_method_a_constant_or_a_whole_module(package):
    assert reached_definitions("cnn.views.View.other").keys() == {"View.other"}
    assert reached_definitions("binning.counts.WIDTH").keys() == {"WIDTH"}
    assert reached_definitions("binning.edges").keys() == {"low", "high"}
    assert reached_definitions("binning.count") == reached_definitions("binning.counts.count")
    with pytest.raises(LookupError, match=r"binning\.counts\.missing"):
        reached_definitions("binning.counts.missing")


def test_a_method_is_followed_to_the_methods_and_constants_of_its_class(package):
    assert reached_definitions("cnn.views.View.twice").keys() == {"View.twice", "View.size", "View.n"}


def test_data_tables_and_statements_of_a_reached_module_count(package):
    (package.folder / "tables").mkdir()
    (package.folder / "tables" / "__init__.py").write_text("def load():\n    return 1\n")
    (package.folder / "tables" / "area.npz").write_bytes(b"1")
    before = reached_definitions("tables.load")
    assert before.keys() == {"load", "area.npz"}
    (package.folder / "tables" / "area.npz").write_bytes(b"2")
    assert reached_definitions("tables.load")["area.npz"] != before["area.npz"]
    package("binning/edges.py", "def high", "print(high())\n\n\ndef high")
    assert reached_definitions("binning.edges.low").keys() == {"low", "high", "edges (statements)"}


def test_a_definition_below_a_condition_is_followed(package):
    conditional = "if 1 > 0:\n    def low():\n        return 1\nelse:\n    low = high"
    package("binning/edges.py", "def low():\n    return 1", conditional)
    before = reached_definitions("binning.counts.count")
    assert before.keys() == REACHED | {"high", "edges (statements)"}
    package("binning/edges.py", "        return 1", "        return 1.5")
    assert reached_definitions("binning.counts.count")["low"] != before["low"]


def test_a_local_name_is_not_a_reference(package):
    package("binning/counts.py", "return events / WIDTH", "unrelated = 2\n    return events / unrelated / WIDTH")
    assert "unrelated" not in reached_definitions("binning.counts.count")


@pytest.mark.parametrize("nested", ["[unrelated for unrelated in events]", "lambda x: (unrelated := x)"])
def test_a_name_that_is_local_to_a_nested_scope_is_a_reference_outside_of_it(package, nested):
    package("binning/counts.py", "return events / WIDTH", f"f = {nested}\n    return unrelated() * events / WIDTH")
    assert "unrelated" in reached_definitions("binning.counts.count")


def test_source_reaches_what_it_imports_and_mentions(package):
    text = "from report_utils.binning import count, edges\nfrom report_utils.cnn.views import View\n"
    assert source_definitions(text) == {}
    assert source_definitions(text + "edges.high()\n").keys() == {"high"}
    assert source_definitions(text + "def f():\n    return count\n\n\nf()\n").keys() == REACHED
    for_types = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from report_utils.binning import count\n    count\n"
    )
    assert source_definitions(for_types) == {}


def test_source_reaches_what_shows_numbers(package):
    (package.folder / "widgets.py").write_text("def show(x):\n    return x\n")
    package("binning/edges.py", "def low():\n    return 1", "def low():\n    return widgets.show(1)")
    package("binning/edges.py", "def low", "from report_utils import widgets\n\n\ndef low")
    assert source_definitions("from report_utils.binning import edges\nedges.low()").keys() == {"low", "show"}
    assert reached_definitions("binning.edges.low").keys() == {"low"}


@pytest.mark.parametrize("package_name", PACKAGES)
def test_every_name_that_a_package_offers_is_found(package_name):
    """Also those that it imports when they are asked for: a page that uses one is made from it."""
    offered = importlib.import_module(package_name).__all__
    for name in offered:
        assert source_definitions(f"from {package_name} import {name}\n{name}"), name


def test_code_that_is_not_python_is_named(package):
    package("binning/edges.py", "def low():", "def low(:")
    with pytest.raises(SyntaxError) as told:
        source_definitions("from report_utils.binning import edges\nedges.low()")
    assert told.value.filename == str(package.folder / "binning" / "edges.py")


EDITED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from report_utils.runs.code_digest import reached_definitions, require_code

roots = ["binning.symmetry.eight_views"]
planned = reached_definitions(*roots)
module = Path(sys.argv[1]) / "report_utils" / "binning" / "symmetry.py"
text = module.read_text()
if sys.argv[2] == "before":
    module.write_text(text.replace("def eight_views(", "def eight_views(edited=1, *, "))
require_code(planned, roots)
module.write_text(text.replace("def eight_views(", "def eight_views(edited=2, *, "))
require_code(planned, roots)  # imported code does not change
print("agreed")
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_refuses_code_that_was_edited_before_it_started(tmp_path, when):
    shutil.copytree(code_digest._ROOT, tmp_path / "report_utils", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", EDITED, str(tmp_path), when]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if when == "after":
        assert result.stdout == "agreed\n", result.stderr
    else:
        assert "InputError: eight_views: this code was edited after the work was planned" in result.stderr


def test_unchanged_code_is_accepted():
    require_code(reached_definitions("binning.symmetry.eight_views"), ["binning.symmetry.eight_views"])
