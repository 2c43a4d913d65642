"""Only what no profile of today names may go, and never what is in use or another profile's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from report_utils import cli
from report_utils.book.cleaning import Cleaning, clean
from report_utils.book.execute import METADATA
from report_utils.book.kept_pages import Today, page_record, version_path
from report_utils.book.pages import book_pages
from report_utils.errors import InputError
from report_utils.files.disk import host_token
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import profile_keys
from report_utils.runs.cleanup import in_use
from report_utils.runs.store import RunKey, Store
from tests.conftest import ROOT
from tests.profile_files import write_profile

PAGES = book_pages()


def make_project(root):
    """Make a project with one tiny profile and the real notebooks."""
    (root / "profiles").mkdir(parents=True)
    (root / "_config.yml").touch()
    for name in ("notebooks", "_toc.yml"):
        (root / name).symlink_to(ROOT / name)
    write_profile(root / "profiles" / "tiny.toml")
    return root


@pytest.fixture(scope="module")
def made_up_runs(tmp_path_factory):
    """Everything that the book shows at the profile, made up once for all tests."""
    root = make_project(tmp_path_factory.mktemp("built") / "project")
    with contextlib.chdir(root):
        reproduction = Reproduction("tiny", Store(root / ".runs"))
        for key in profile_keys(reproduction):
            reproduction.store.save(key, {"predictions": np.ones(3)}, {})
        for page in PAGES[:2]:
            make_page(page, reproduction)
    return root / ".runs"


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def store(project):
    return Store(project / ".runs")


@pytest.fixture
def reproduction(store, made_up_runs):
    """The profile with everything that the book shows."""
    shutil.copytree(made_up_runs, store.root)
    return Reproduction("tiny", store)


def make_page(page, reproduction, **changed):
    record = page_record(Today(reproduction), page) | changed
    path = version_path(page, reproduction, record)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"metadata": {METADATA: record}}))
    return path


def stale(store, profiles=()):
    """Return what may go: its kind, its place and why."""
    verdicts = Cleaning(profiles, store).verdicts()
    return {
        (verdict.entry.kind, verdict.entry.path.relative_to(store.root).as_posix(), verdict.reason)
        for verdict in verdicts
        if verdict.stale
    }


def test_current_runs_and_pages_are_kept(reproduction, store):
    store.working_folder(RunKey("fit/tiny/single_band/fold-0-seed-1", _inputs(reproduction), "profiles/tiny.toml"))
    assert stale(store) == set()
    lines = list(clean(Cleaning((), store), dry_run=False))
    assert len(lines) == 2
    assert lines[0].startswith("kept: 38 (")
    assert lines[0].endswith("current")
    assert lines[1].startswith("0 removed (0.00 MB)")
    assert all(store.load(key) is not None for key in profile_keys(reproduction))


def _inputs(reproduction):
    return reproduction.fit_key("single_band", 0, 1).inputs


def test_further_training_seeds_are_kept(reproduction, store):
    store.save(reproduction.fit_key("single_band", 0, 5), {}, {})
    assert stale(store) == set()


def test_runs_and_pages_from_other_inputs_are_removed(reproduction, store):
    other = {**reproduction.fit_key("single_band", 0).inputs, "seed": 7}
    run = store.save(RunKey("fit/tiny/single_band/fold-0-seed-0", other, "profiles/tiny.toml"), {}, {}).folder
    begun = store.working_folder(
        RunKey("fit/tiny/single_band/fold-0-seed-0", {**other, "seed": 8}, "profiles/tiny.toml")
    )
    record = page_record(Today(reproduction), PAGES[0])
    record["inputs"]["profile"]["seed"] = 4
    page = make_page(PAGES[0], reproduction, digest="another", inputs=record["inputs"])
    assert stale(store) == {
        ("run", _at(run, store), "seed 7 -> 5"),
        ("partial work", _at(begun, store), "seed 8 -> 5"),
        ("page", _at(page, store), "seed 4 -> 5"),
    }
    lines = list(clean(Cleaning((), store), dry_run=True))
    assert run.is_dir()
    assert any(line.endswith("single_band/fold-0-seed-0-" + run.name[-16:] + ": seed 7 -> 5") for line in lines)
    assert lines[-1].startswith("3 would be removed")
    assert list(clean(Cleaning((), store), dry_run=False))[-1].startswith("3 removed")
    assert not run.exists()
    assert not begun.exists()
    assert not page.exists()
    assert all(store.load(key) is not None for key in profile_keys(reproduction))


def _at(path, store):
    return path.relative_to(store.root).as_posix()


@pytest.mark.parametrize(
    ("name", "inputs", "reason"),
    [
        ("fit/tiny/single_band/fold-9-seed-0", {"fold": 9}, "profile tiny no longer has such a run"),
        ("fit/tiny/multi_band_9/fold-0-seed-0", {"transform": "multi_band_9"}, "profile tiny no longer has such a run"),
    ],
)
def test_runs_that_a_profile_no_longer_has_are_removed(reproduction, store, name, inputs, reason):
    key = RunKey(name, {**reproduction.fit_key("single_band", 0).inputs, **inputs}, "profiles/tiny.toml")
    run = store.save(key, {}, {})
    assert stale(store) == {("run", _at(run.folder, store), reason)}


def test_runs_of_an_unknown_kind_are_kept(reproduction, store):
    store.save(RunKey("other/tiny/a", {}, "profiles/tiny.toml"), {}, {})
    assert stale(store) == set()


def test_leftovers_of_killed_processes_are_removed(reproduction, store, project):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    place = store.folder(reproduction.fit_key("single_band", 0)).parent
    for name in (".fold-0-seed-0-0123456789abcdef.abcdefgh", "fold-0-seed-0-0123456789abcdef.damaged-abcdefgh"):
        (place / name).mkdir()
    (store.root / "pages" / "tiny" / f".index.ipynb.0123abcd.{ended.pid}.tmp").touch()
    pages = project / "book" / "pages"
    pages.mkdir(parents=True)
    half_written = pages / f".index.ipynb.{host_token()}0123abcd.{ended.pid}.tmp"
    kept = [
        pages / f".index.ipynb.{host_token()}0123abcd.{os.getpid()}.tmp",  # of a living process
        pages / f".index.ipynb.00000123abcd.{ended.pid}.tmp",  # of another machine
    ]
    for path in (half_written, *kept):
        path.touch()
    done = list(clean(Cleaning((), store), dry_run=False))
    assert done[-1].startswith("4 removed")
    assert stale(store) == set()
    assert not half_written.exists()
    assert all(path.is_file() for path in kept)


STRANGERS = (
    ".git/config",
    ".ssh/id_ed25519",
    ".cache/a.tmp",
    "photos/.thumbs/1.png",
    "project/.venv/pyvenv.cfg",
    "project/fit/.thumbs/1.png",
    "docs.damaged-by-water/letter.txt",
    "docs.damaged-abcdefgh/letter.txt",
    "thesis-0123456789abcdef/thesis.tex",
    "thesis-0123456789abcdef.partial/thesis.tex",
    ".removing-tape-17/tape.wav",
    "fit/suit-0123456789abcdef/suit.txt",
    "fit/tiny/.git/config",
    "fit/tiny/single_band/old.damaged-by-water/letter.txt",
    "fit/tiny/single_band/fold-0-seed-0-0123456789abcdef/weights.h5",
    "pages/tiny/my-own.ipynb",
    "pages/tiny/.draft.tmp",
    "pages/mine.ipynb",
    "locks/composer-01234567.lock",
    "locks/yarn.lock",
    "in-use/phone-1-2.lock",
    "grid/mine/digests/data",
    "report.txt",
)


def lay_strangers(folder):
    """Put things of somebody else into a folder, with a link to more of them, and return all that lies there."""
    for name in STRANGERS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"of somebody else: {name}")
    outside = folder.with_name("outside")
    (outside / "tiny" / ".thumbs").mkdir(parents=True)
    (outside / "tiny" / "fold-0-seed-0-0123456789abcdef.damaged-abcdefgh").mkdir()
    (folder / "fit" / "link").symlink_to(outside)
    return content(folder) | dict.fromkeys(outside.rglob("*"))


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def still_there(before):
    return [path for path, text in before.items() if not path.exists() or (text and path.read_bytes() != text)]


def test_foreign_files_among_runs_are_left_untouched(reproduction, store):
    other = RunKey("fit/tiny/single_band/fold-0-seed-0", {**_inputs(reproduction), "seed": 7}, "profiles/tiny.toml")
    run = store.save(other, {}, {})
    before = lay_strangers(store.root)
    current = {path: text for path, text in before.items() if text and run.folder not in path.parents}
    lines = list(clean(Cleaning((), store), dry_run=False))
    assert not run.folder.exists()
    locks = {path for path in current if path.parent.name in {"locks", "in-use"} and not current[path]}
    assert still_there({path: text for path, text in current.items() if path not in locks}) == []
    assert still_there({path: None for path in before if "outside" in path.parts}) == []
    assert lines[-1].startswith("1 removed")
    assert lines[-2].startswith("not looked at: ")
    assert ".cache, .git, .removing-tape-17, ..." in lines[-2]


def test_unmarked_folder_is_refused_and_left_untouched(project, monkeypatch):
    home = project / "home"
    home.mkdir()
    before = lay_strangers(home)
    store = Store(home)
    store.save(RunKey("fit/tiny/single_band/fold-9-seed-0", {"fold": 9}, "profiles/tiny.toml"), {}, {})
    before |= content(home)
    monkeypatch.setenv("REPORT_RUNS", str(home))
    for arguments in (["clean", "--stale"], ["clean", "--stale", "--dry-run"]):
        monkeypatch.setattr(sys, "argv", ["report-utils", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        assert stopped.value.code == 2
    assert still_there(before) == []
    with pytest.raises(InputError, match=r"no report-utils-runs.txt, and .cache in it is not this project's; nothing"):
        list(clean(Cleaning(), dry_run=False))


def test_runs_of_an_external_profile_are_kept_until_it_is_named(reproduction, store, tmp_path):
    elsewhere = write_profile(tmp_path / "mine.toml", ("seed = 5", "seed = 6"))
    mine = Reproduction(elsewhere, store)
    current = store.save(mine.fit_key("single_band", 0), {}, {})
    old = {**mine.fit_key("single_band", 0).inputs, "seed": 1}
    run = store.save(RunKey("fit/mine/single_band/fold-0-seed-0", old, mine.profile.label), {}, {})
    assert stale(store) == set()
    kept = [line for line in clean(Cleaning((), store), dry_run=False) if "mine.toml" in line]
    assert len(kept) == 1
    assert "kept: 2 (" in kept[0]
    assert "not given with --profile" in kept[0]
    assert stale(store, [str(elsewhere)]) == {("run", _at(run.folder, store), "seed 1 -> 6")}
    list(clean(Cleaning([str(elsewhere)], store), dry_run=False))
    assert current.folder.is_dir()
    assert not run.folder.is_dir()


def test_external_profile_of_the_same_name_is_a_different_profile(reproduction, store, tmp_path):
    (tmp_path / "else").mkdir()
    elsewhere = Reproduction(write_profile(tmp_path / "else" / "tiny.toml", ("seed = 5", "seed = 6")), store)
    store.save(elsewhere.fit_key("single_band", 0), {}, {})
    assert stale(store) == set()


def test_runs_of_an_unreadable_profile_are_kept(reproduction, store, project):
    (project / "profiles" / "tiny.toml").write_text("seed = ")
    assert stale(store) == set()
    assert any("its profile cannot be read" in line for line in clean(Cleaning((), store), dry_run=False))


def test_runs_in_use_are_kept(reproduction, store):
    other = RunKey("fit/tiny/single_band/fold-0-seed-0", {**_inputs(reproduction), "seed": 7}, "profiles/tiny.toml")
    run = store.save(other, {}, {})
    with in_use(store, "profiles/tiny.toml"):
        assert stale(store) == set()
    with store.lock(other):
        lines = list(clean(Cleaning((), store), dry_run=False))
        assert run.folder.is_dir()
        assert any(line.endswith("in use") for line in lines)
    list(clean(Cleaning((), store), dry_run=False))
    assert not run.folder.is_dir()


def test_unused_locks_are_removed(reproduction, store):
    with store.lock(reproduction.data_key):
        held = len(list((store.root / "locks").iterdir()))
        list(clean(Cleaning((), store), dry_run=False))
        assert len(list((store.root / "locks").iterdir())) == 1
    assert held >= 1
    list(clean(Cleaning((), store), dry_run=False))
    assert list((store.root / "locks").iterdir()) == []


def test_clean_requires_an_explicit_option(reproduction, store, monkeypatch, capsys):
    monkeypatch.setenv("REPORT_RUNS", str(store.root))
    monkeypatch.setattr(sys, "argv", ["report-utils", "clean"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "say --stale" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["report-utils", "clean", "--stale", "--dry-run"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "0 would be removed" in capsys.readouterr().out
    with pytest.raises(InputError, match="unknown profile"):
        Cleaning(["nonsense"])
