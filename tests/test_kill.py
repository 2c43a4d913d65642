"""A build that is killed again and again ends with what an undisturbed one makes; fifty kills are run by hand."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from tools.kill_compare import differences, faults
from tools.kill_harness import Harness

from report_utils.runs.store import RunKey, Store
from tests.profile_files import write_profile


@pytest.mark.slow("builds a small book three times")
def test_a_build_that_is_killed_ends_as_if_it_had_not_been(tmp_path):
    """Two fits, a dynamics and a page; the process group is killed twice."""
    profile = write_profile(tmp_path / "tiny.toml", ("run = 2", "run = 1"))
    command = [sys.executable, "tests/kill_program.py", str(profile)]
    harness = Harness(tmp_path / "kills", command, seed=5, start_seconds=4.0)
    assert harness.run(2) == []
    assert [set(kill) for kill in harness.state["kills"]] == [{"delay", "before", "after"}] * 2
    assert harness.n_results(tmp_path / "kills" / "calm") == 1 + 2 + 1 + 1


@pytest.fixture
def pair(tmp_path):
    """Two trees with the same run and the same page."""
    trees = (tmp_path / "calm", tmp_path / "killed")
    for tree in trees:
        Store(tree / ".runs").save(RunKey("fit/a/b", {"seed": 1}), {"x": np.ones(3)}, {"y": 1}, seconds=id(tree))
        page = {
            "cells": [],
            "metadata": {
                "report_utils": {"digest": "d", "inputs": {"page": {"slug": "p"}}, "seconds": id(tree), "at": str(tree)}
            },
        }
        for place in (tree / ".runs" / "pages" / "a", tree / "book" / "pages", tree / "_build" / "html"):
            place.mkdir(parents=True)
            (place / "p.ipynb").write_text(json.dumps(page))
    for tree in trees:
        (tree / "_build" / "html" / "p.ipynb").write_text("rendered")
    return trees


def test_times_are_all_that_may_differ(pair):
    assert differences(*pair) == []
    assert faults(pair[0]) == []


@pytest.mark.parametrize(
    ("pattern", "old", "new"),
    [
        (".runs/fit/a/b-*/facts.json", '"y": 1', '"y": 2'),
        (".runs/fit/a/b-*/manifest.json", '"seed": 1', '"seed": 2'),
        (".runs/pages/a/p.ipynb", '"d"', '"e"'),
        ("book/pages/p.ipynb", '"cells": []', '"cells": [1]'),
        ("_build/html/p.ipynb", "rendered", "other"),
    ],
)
def test_everything_else_is_found(pair, pattern, old, new):
    (path,) = pair[1].glob(pattern)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    (found,) = differences(*pair)
    assert found.endswith(f"{path.name} differs")
    path.unlink()
    (found,) = differences(*pair)
    assert found.endswith("is only in calm")


def test_what_looks_finished_and_is_not_whole_is_found(pair):
    (array,) = pair[1].glob(".runs/fit/a/b-*/x.npy")
    array.write_bytes(b"")
    (pair[1] / ".runs" / "pages" / "a" / "p.ipynb").write_text('{"cells": [')
    (pair[1] / ".runs" / "fit" / "a" / "b-0123456789abcdef.damaged-abcdefgh").mkdir()
    assert [fault.rpartition(": ")[2] for fault in faults(pair[1])] == [
        "was set aside",
        "x.npy is missing or has another size",
        "is not recognised",
    ]


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "calm").mkdir()
    (tmp_path / "calm" / "letter.txt").write_text("mine")
    with pytest.raises(SystemExit, match="holds other things"):
        Harness(tmp_path, ["true"])
    assert (tmp_path / "calm" / "letter.txt").read_text() == "mine"
