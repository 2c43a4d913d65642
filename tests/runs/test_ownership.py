"""What in a folder of runs belongs to this project, and what is left alone."""

from __future__ import annotations

import json

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.runs.cleanup import in_use
from report_utils.runs.ownership import MARK, METADATA, entries, is_marked, mark_runs, require_runs, strangers
from report_utils.runs.store import RunKey, Store

KEY = RunKey("fit/smoke/multi_band_2/fold-0", {"seed": 1}, "profiles/smoke.toml")
OTHER = "fold-0-0123456789abcdef"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "runs")
    store.save(KEY, {"a": np.ones(2)}, {})
    return store


@pytest.fixture
def place(store):
    """The folder in which a run lies."""
    return store.folder(KEY).parent


def found(root):
    return {(entry.kind, entry.path.name, entry.result.name) for entry in entries(root)}


def test_everything_of_this_project_is_recognised(store, place):
    partial = store.working_folder(RunKey("dynamics/smoke/a", {"seed": 2}, "profiles/smoke.toml"))
    (partial / "checkpoint.npz").touch()
    damaged = place / f"{OTHER}.damaged-abc_defg" / OTHER
    damaged.mkdir(parents=True)
    (damaged / "a.npy").touch()
    for name in (f".{OTHER}.abcdefgh", f".removing-{OTHER}-17"):
        (place / name).mkdir()
        (place / name / "facts.json").touch()
    pages = store.root / "pages" / "smoke"
    pages.mkdir(parents=True)
    (pages / "index.ipynb").write_text(
        json.dumps({"metadata": {METADATA: {"digest": "d", "inputs": {"page": {"slug": "index"}}}}})
    )
    (pages / ".2-data.ipynb.0123abcd.17.tmp").touch()
    (pages / ".2-data.ipynb.01230123abcd.17.tmp").touch()
    (store.root / "workers.log").touch()
    with store.lock(KEY), in_use(store, "profiles/smoke.toml"):
        assert list(strangers(store.root)) == []
        name = store.folder(KEY).name
        assert found(store.root) == {
            ("run", name, name),
            ("partial work", partial.name, partial.name.removesuffix(".partial")),
            ("set aside", f"{OTHER}.damaged-abc_defg", OTHER),
            ("temporary", f".{OTHER}.abcdefgh", OTHER),
            ("temporary", f".removing-{OTHER}-17", f".removing-{OTHER}-17"),
            ("page", "index.ipynb", "index.ipynb"),
            ("temporary", ".2-data.ipynb.0123abcd.17.tmp", "2-data.ipynb"),
            ("temporary", ".2-data.ipynb.01230123abcd.17.tmp", "2-data.ipynb"),
        }
    assert {entry.about.get("profile") for entry in entries(store.root) if entry.about} == {"profiles/smoke.toml"}


@pytest.mark.parametrize(
    "name",
    [
        OTHER,  # the name of a run, but no manifest
        f"{OTHER}.partial",
        f"{OTHER}.damaged-by-water",
        f"{OTHER}.damaged-abc_defg",
        f".{OTHER}.abcdefgh",
        f".removing-{OTHER}-17",
        ".removing-me-17",
        ".git",
        ".thumbs",
        "docs.damaged-by-water",
    ],
)
def test_a_name_alone_proves_nothing(store, place, name):
    (place / name).mkdir()
    (place / name / "letter.txt").write_text("dear")
    assert [entry.path for entry in entries(store.root)] == [store.folder(KEY)]
    assert any((place / name / "letter.txt").is_relative_to(path) for path in strangers(store.root))


def test_a_foreign_file_in_a_run_protects_it(store):
    (store.folder(KEY) / "notes.txt").touch()
    assert entries(store.root) == []
    assert list(strangers(store.root)) == [store.folder(KEY)]


def test_a_run_under_another_name_is_not_recognised(store, place):
    store.folder(KEY).rename(place / OTHER)
    assert entries(store.root) == []


@pytest.mark.parametrize("where", ["elsewhere", "fit/elsewhere", "fit/smoke/multi_band_2/elsewhere", "pages/smoke"])
def test_no_link_is_followed(store, tmp_path, where):
    outside = Store(tmp_path / "outside")
    outside.save(KEY, {"a": np.ones(2)}, {})
    (store.root / where).parent.mkdir(parents=True, exist_ok=True)
    (store.root / where).symlink_to(outside.root / "fit")
    assert [entry.path for entry in entries(store.root)] == [store.folder(KEY)]
    assert list(strangers(store.root)) == [store.root / where]


def test_a_new_folder_of_runs_has_the_mark(store):
    assert is_marked(store.root)
    assert (store.root / MARK).read_text().startswith("report-utils keeps its runs here")


@pytest.mark.parametrize("begin", ["working_folder", "lock", "in_use"])
def test_the_mark_is_made_whatever_is_written_first(tmp_path, begin):
    store = Store(tmp_path / "new" / "runs")
    if begin == "working_folder":
        store.working_folder(KEY)
    else:
        with store.lock(KEY) if begin == "lock" else in_use(store, "a.toml"):
            pass
    assert is_marked(store.root)


def test_an_unmarked_folder_is_marked_if_it_holds_only_runs(store, tmp_path):
    (store.root / MARK).unlink()
    older = store.root.rename(tmp_path / "older")
    require_runs(older)
    assert not is_marked(older)  # checking writes nothing
    mark_runs(older)
    assert is_marked(older)


def test_a_folder_with_other_things_is_neither_marked_nor_cleaned(tmp_path):
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    Store(home).save(KEY, {"a": np.ones(2)}, {})
    assert not is_marked(home)
    with pytest.raises(InputError, match=r"home: this folder has no report-utils-runs.txt, and .ssh in it is not this"):
        require_runs(home)
    (home / ".ssh").rename(tmp_path / "ssh")
    require_runs(home)


def test_a_mark_that_is_a_link_or_has_other_text_does_not_count(tmp_path):
    marked = Store(tmp_path / "runs")
    marked.save(KEY, {}, {})
    home = tmp_path / "home"
    home.mkdir()
    (home / MARK).symlink_to(marked.root / MARK)
    assert not is_marked(home)
    (home / MARK).unlink()
    (home / MARK).write_text("my notes")
    assert not is_marked(home)
