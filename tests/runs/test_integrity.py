"""Stored files are compared with their manifest; large ones only when their state has changed."""

from __future__ import annotations

import os

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.runs import integrity
from report_utils.runs.integrity import fault_of
from report_utils.runs.store import RunKey, Store

KEY = RunKey("fit/a", {"seed": 1})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(integrity, "LARGE_BYTES", 1000)
    run = Store(tmp_path).save(KEY, {"large": np.zeros(1000), "small": np.zeros(3)}, {})
    return run.folder


def _damage(path, *, secretly):
    state = path.stat()
    with path.open("r+b") as file:
        file.seek(500)
        file.write(b"\x01")
    if secretly:
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.fixture
def read(monkeypatch):
    """Return the names of the files that are digested."""
    names = []
    original = integrity.file_digest

    def spy(path):
        names.append(path.name)
        return original(path)

    monkeypatch.setattr(integrity, "file_digest", spy)
    return names


def test_a_large_file_is_digested_once_for_each_state(folder, read):
    assert fault_of(folder, KEY.digest) is None
    assert sorted(read) == ["facts.json", "small.npy"]  # saving has digested the large one
    (folder / "checked.json").unlink()
    read.clear()
    assert fault_of(folder, KEY.digest) is None
    assert fault_of(folder, KEY.digest) is None
    assert read.count("large.npy") == 1
    assert read.count("small.npy") == 2


def test_a_large_file_that_was_written_to_is_read_again(folder):
    _damage(folder / "large.npy", secretly=False)
    assert fault_of(folder, KEY.digest) == "large.npy has changed since it was written"


def test_restoring_the_modification_time_hides_nothing(folder):
    """A file's change time cannot be set, so its state differs although size and modification time do not."""
    _damage(folder / "large.npy", secretly=True)
    assert fault_of(folder, KEY.digest) == "large.npy has changed since it was written"


def test_thorough_reads_everything(folder, read):
    assert fault_of(folder, KEY.digest, thorough=True) is None
    assert sorted(read) == ["facts.json", "large.npy", "small.npy"]


def test_a_damaged_record_of_states_is_ignored(folder, read):
    for text in ("{", "[]", '{"large.npy": "no"}', '{"large.npy": [1, 2, 3, 4]}'):
        (folder / "checked.json").write_text(text)
        read.clear()
        assert fault_of(folder, KEY.digest) is None
        assert "large.npy" in read


def test_a_folder_that_cannot_be_written_is_checked_every_time(folder, read, monkeypatch):
    (folder / "checked.json").unlink()

    def refuse(*_):
        raise InputError

    monkeypatch.setattr(integrity, "write_json", refuse)
    assert fault_of(folder, KEY.digest) is None
    assert fault_of(folder, KEY.digest) is None
    assert read.count("large.npy") == 2


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "cannot be read"),
        ("null", "cannot be read"),
        ('{"files": {"a": 1}, "name": "", "digest": "", "inputs": {}}', "cannot be read"),
        ('{"files": {}, "name": "", "digest": "other", "inputs": {}}', "belongs to another run"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_manifest_with_any_content_is_judged(folder, text, fault):
    (folder / "manifest.json").write_text(text)
    assert fault in fault_of(folder, KEY.digest)


def test_a_missing_manifest_is_named(folder):
    (folder / "manifest.json").unlink()
    assert fault_of(folder, KEY.digest) == "manifest.json is missing"
