"""The machine, the versions and the commit are those that other sources report."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from report_utils.runs import provenance
from report_utils.runs.provenance import copy_note, machine, processor, source, threads, versions


@pytest.fixture(autouse=True)
def fresh():
    for function in (machine, versions, source, provenance._cpuinfo):
        function.cache_clear()
    yield
    for function in (machine, versions, source, provenance._cpuinfo):
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
    monkeypatch.setattr(provenance, "_cpuinfo", dict)
    monkeypatch.setattr(provenance.sys, "platform", "linux")
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
        f"this runs a copy of the package, {Path(provenance.__file__).parents[1]}, so edits in {project}"
    )
    assert note.endswith("pip install --no-deps --no-build-isolation -e .")


def test_the_source_tree_itself_is_not_a_copy(monkeypatch):
    monkeypatch.chdir(Path(provenance.__file__).parents[3])
    assert copy_note() is None
