"""What changes a digest, and what does not."""

from __future__ import annotations

import pytest

from report_utils import fingerprint
from report_utils.fingerprint import code_digest, digest, imported_modules, source_digest

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
    from report_utils import reproduction
    from report_utils.binning.observations import _simulation_modules

    decided_by = {*reproduction._DYNAMICS_CODE, *_simulation_modules()}
    assert not any(name.startswith(("report", "book", "cli", "dynamics.plot")) for name in decided_by)
    assert "simulation.checks" not in decided_by


def test_every_module_that_a_run_names_exists():
    from report_utils import reproduction

    for name in reproduction._DYNAMICS_CODE:
        assert (fingerprint._ROOT.joinpath(*name.split(".")).with_suffix(".py")).is_file()


def test_a_packages_tables_count(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "_ROOT", tmp_path)
    tables = tmp_path / "simulation" / "tables"
    tables.mkdir(parents=True)
    (tables / "area.npz").write_bytes(b"1")
    before = code_digest(["simulation.tables"])
    (tables / "area.npz").write_bytes(b"2")
    assert code_digest(["simulation.tables"]) != before
