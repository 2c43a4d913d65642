"""Changed inputs are described in words."""

from __future__ import annotations

import pytest

from report_utils.runs.explain_changes import changes, differences

BEFORE = {
    "training": {"epochs": 8, "target": "as_is"},
    "seed": 626,
    "data": {"n_clusters": 48, "simulation": {"sigma_ln_temperature": 0.07}, "code": {"simulation.gas": "a" * 64}},
    "code": {"cnn.model": "a" * 64, "cnn.engine": "b" * 64},
}
ARCHIVED = {"data": {"archive": "a" * 64, "n_clusters": 40, "n_pixels": 32}}


def changed(path, value, before=BEFORE):
    """Return a copy in which one nested value is replaced, or removed if the new value is None."""
    name, *rest = path
    copy = dict(before)
    if rest:
        copy[name] = changed(rest, value, before[name])
    elif value is None:
        del copy[name]
    else:
        copy[name] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (["training", "epochs"], 10, "training.epochs 8 -> 10"),
        (["training", "target"], "standardised", "training.target as_is -> standardised"),
        (["training", "schedule"], "one_cycle", "training.schedule (not set) -> one_cycle"),
        (["training", "epochs"], None, "training.epochs 8 -> (not set)"),
        (["seed"], 1, "seed 626 -> 1"),
        (["code", "cnn.model"], "c" * 64, "code cnn.model changed"),
        (["code", "cnn.engine"], "c" * 64, "code cnn.engine changed"),
        (["code", "cnn.batches"], "c" * 64, "code cnn.batches is now used"),
        (["code", "cnn.model"], None, "code cnn.model is no longer used"),
        (["code"], "d" * 64, "code changed"),
        (
            ["data", "simulation", "sigma_ln_temperature"],
            0.15,
            "data: simulation.sigma_ln_temperature 0.07 -> 0.15",
        ),
        (["data", "n_clusters"], 60, "data: n_clusters 48 -> 60"),
        (["data", "code", "simulation.gas"], "c" * 64, "code simulation.gas changed"),
        (["data"], "c" * 64, "data changed"),
        (["data", "simulation"], None, "data: simulation is gone"),
        (["data", "thinning"], {"max_events": 3}, "data: thinning is new"),
        (["training", "target"], "x" * 60, "training.target as_is -> " + "x" * 45 + "..."),
    ],
)
def test_a_change_is_described(path, value, line):
    assert changes(BEFORE, changed(path, value)) == [line]


def test_equal_inputs_give_no_line():
    assert changes(BEFORE, BEFORE) == []
    assert changes({"page": {"a": (1, 2)}}, {"page": {"a": [1, 2]}}) == []


def test_each_change_is_described_once():
    """The code of a page and that of its data may name the same module."""
    before = {"code": {"simulation.gas": "a" * 64}, "data": {"code": {"simulation.gas": "a" * 64}}}
    now = {"code": {"simulation.gas": "b" * 64}, "data": {"code": {"simulation.gas": "b" * 64}}}
    assert changes(before, now) == ["code simulation.gas changed"]


def test_an_archive_that_has_grown():
    grown = changed(["data", "n_clusters"], 41, changed(["data", "archive"], "b" * 64, ARCHIVED))
    assert changes(ARCHIVED, grown) == ["archive: 40 -> 41 observations"]
    assert changes(ARCHIVED, changed(["data", "archive"], "b" * 64, ARCHIVED)) == ["archive: its observations changed"]


def test_an_archive_replaces_the_simulation():
    lines = changes({"data": BEFORE["data"]}, {"data": {**ARCHIVED["data"], "code": {}}})
    assert "data: archive is new" in lines
    assert "data: n_clusters 48 -> 40" in lines


def test_a_profiles_entries_are_named_as_in_its_file():
    assert changes({"profile": {"folds": {"run": 2}}}, {"profile": {"folds": {"run": 10}}}) == ["folds.run 2 -> 10"]
    assert changes({"notebook": {"index": "a" * 64}}, {"notebook": {"index": "b" * 64}}) == ["notebook index changed"]


def test_differences_are_leaves():
    found = list(differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}))
    assert found == [(("a", "c"), 2, 3)]
