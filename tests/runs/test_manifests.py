"""Stored files are compared with their manifest, which says where and with what it was made."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.runs import manifests
from report_utils.runs.manifests import copy_note, fault_of, machine, processor, source, threads, versions
from report_utils.runs.store import RunKey, Store

KEY = RunKey("fit/a", {"seed": 1})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(manifests, "LARGE_BYTES", 1000)
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
    original = manifests.file_digest

    def spy(path):
        names.append(path.name)
        return original(path)

    monkeypatch.setattr(manifests, "file_digest", spy)
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

    monkeypatch.setattr(manifests, "write_json", refuse)
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


@pytest.fixture(autouse=True)
def fresh():
    for function in (machine, versions, source, manifests._cpuinfo):
        function.cache_clear()
    yield
    for function in (machine, versions, source, manifests._cpuinfo):
        function.cache_clear()


def test_the_versions_are_those_installed():
    found = versions()
    assert found["numpy"] == np.__version__
    assert found["python"] == platform.python_version()
    assert "absent" not in found.values()


@pytest.mark.skipif(not Path("/proc/cpuinfo").is_file(), reason="needs /proc")
def test_the_processor_is_named_with_its_model():
    text = Path("/proc/cpuinfo").read_text()
    name = processor()
    assert name != platform.machine()
    if "model name" in text:
        assert name.split(", family")[0].split(", cpu family")[0] in text
        assert "model" in name


def test_a_processor_without_a_name_still_has_a_description(monkeypatch):
    monkeypatch.setattr(manifests, "_cpuinfo", dict)
    monkeypatch.setattr(manifests.sys, "platform", "linux")
    assert processor()


@pytest.mark.parametrize(("text", "expected"), [("1", 1), ("2", 2), ("", None), ("many", None), ("0", None)])
def test_the_number_of_threads_is_that_of_a_training(monkeypatch, text, expected):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", text)
    assert threads() == (expected or len(os.sched_getaffinity(0)))


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "_config.yml").touch()
    (tmp_path / "profiles").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_and_uncommitted_changes_are_reported(project):
    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *identity, *words], cwd=project, capture_output=True, text=True, check=True
        ).stdout

    git("init")
    assert source() == {"commit": None, "uncommitted": None}  # no history yet
    (project / "a").write_text("1")
    git("add", "-A")
    git("commit", "-m", "first")
    source.cache_clear()
    assert source() == {"commit": git("rev-parse", "HEAD").strip(), "uncommitted": False}
    for results in (project / "results" / "paper", project / "benchmarks" / "results"):  # written by runs themselves
        results.mkdir(parents=True)
        (results / "one.json").write_text("{}")
        source.cache_clear()
        assert source()["uncommitted"] is False
    (project / "benchmarks" / "code.py").touch()
    source.cache_clear()
    assert source()["uncommitted"] is True
    (project / "benchmarks" / "code.py").unlink()
    (project / "a").write_text("2")
    source.cache_clear()
    assert source()["uncommitted"] is True


def test_without_git_or_a_history_the_commit_is_unknown(project, monkeypatch):
    assert source()["commit"] is None
    monkeypatch.setenv("PATH", "")
    source.cache_clear()
    assert source()["commit"] is None


def test_a_copy_of_the_package_beside_its_sources_is_reported(project):
    assert copy_note() is None
    (project / "src" / "report_utils").mkdir(parents=True)
    note = copy_note()
    assert note.startswith(
        f"this runs a copy of the package, {Path(manifests.__file__).parents[1]}, so edits in {project}"
    )
    assert note.endswith("pip install --no-deps --no-build-isolation -e .")


def test_the_source_tree_itself_is_not_a_copy(monkeypatch):
    monkeypatch.chdir(Path(manifests.__file__).parents[3])
    assert copy_note() is None
