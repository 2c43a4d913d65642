"""Which processes hold what in a folder of runs, and how it is removed."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from report_utils.runs.cleanup import (
    abandoned,
    in_use,
    profiles_in_use,
    remove,
    remove_lock,
    unused_locks,
)
from report_utils.runs.ownership import entries
from report_utils.runs.store import RunKey, Store

KEY = RunKey("fit/smoke/multi_band_2/fold-0", {"seed": 1}, "profiles/smoke.toml")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "runs")
    store.save(KEY, {"a": np.ones(2)}, {})
    return store


@contextmanager
def other_process(code):
    """Run code in another process that prints ``ready`` and then waits until it is killed."""
    command = [sys.executable, "-c", f"{code}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def program(store, statement):
    return (
        "from pathlib import Path\nfrom report_utils.runs.store import RunKey, Store\n"
        "from report_utils.runs.cleanup import in_use\n"
        f"store, key = Store(Path({str(store.root)!r})), RunKey({KEY.name!r}, {KEY.inputs!r})\n"
        f"with {statement}:\n    print('ready', flush=True)\n    input()\n"
    )


def test_a_missing_folder_holds_nothing(tmp_path):
    assert entries(tmp_path / "none") == []
    assert profiles_in_use(Store(tmp_path / "none")) == set()


def test_removing_leaves_nothing(store):
    (entry,) = entries(store.root)
    assert entry.size() > 1000
    assert remove(store, entry)
    assert entries(store.root) == []
    assert store.load(KEY) is None
    assert remove(store, entry)  # another process was faster


def test_an_interrupted_removal_leaves_nothing_that_looks_like_a_run(store, monkeypatch):
    (entry,) = entries(store.root)

    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("report_utils.runs.cleanup.shutil.rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        remove(store, entry)
    monkeypatch.undo()
    assert store.load(KEY) is None
    (rest,) = entries(store.root)
    assert rest.kind == "temporary"
    assert remove(store, rest)
    assert entries(store.root) == []


def test_a_run_that_a_process_holds_is_kept_until_that_process_ends(store):
    (entry,) = entries(store.root)
    with other_process(program(store, "store.lock(key)")):
        assert not remove(store, entry)
        assert not any(path.name.startswith("fold-0") for path in unused_locks(store))
        assert store.load(KEY) is not None
    (lock,) = [path for path in unused_locks(store) if path.name.startswith("fold-0")]
    remove_lock(lock)
    assert not lock.exists()
    assert remove(store, entry)


def test_a_profile_in_use_on_another_machine_counts_whatever_its_lock_says(store, monkeypatch):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("report_utils.runs.cleanup.platform.node", lambda: "node-7")
        with in_use(store, "profiles/paper.toml"):
            (path,) = (store.root / "in-use").iterdir()
            text = path.read_text()
    path.write_text(text)  # as seen from this machine, where no process holds it
    assert profiles_in_use(store) == {"profiles/paper.toml"}
    assert unused_locks(store) == []


def test_a_profile_is_in_use_while_its_process_lives(store):
    with other_process(program(store, "in_use(store, 'profiles/smoke.toml')")):
        assert profiles_in_use(store) == {"profiles/smoke.toml"}
    assert profiles_in_use(store) == set()
    assert len(unused_locks(store)) == 1  # the killed process's
    with in_use(store, "a.toml"), in_use(store, "a.toml"):
        assert profiles_in_use(store) == {"a.toml"}
    assert len(unused_locks(store)) == 1


def test_a_folder_that_cannot_be_written_can_still_be_used(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with in_use(Store(tmp_path / "runs"), "a"):
        pass


def test_files_of_ended_processes_are_found(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f".a.{os.getpid()}.tmp", f".a.{ended.pid}.tmp", ".a.99999999999999999999.tmp", "a.tmp"):
        (tmp_path / name).touch()
    assert [path.name for path in abandoned(tmp_path, r"\..+\.(\d+)\.tmp")] == [f".a.{ended.pid}.tmp"]
    assert abandoned(tmp_path / "none", "(1)") == []
