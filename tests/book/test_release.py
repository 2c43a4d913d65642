"""A release holds what is committed and its book, with checksums, and is the same bytes from the same things."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile

import pytest

from report_utils import __version__
from report_utils.book import release
from report_utils.errors import InputError
from report_utils.profiles import project_root

ROOT = project_root()


def git(root, *words):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", root, *who, *words], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A committed project with a link, a program and a rendered book."""
    root = tmp_path / "project"
    (root / "results").mkdir(parents=True)
    for name in ("CITATION.cff", "pyproject.toml", "_toc.yml"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    (root / "notebooks").symlink_to(ROOT / "notebooks")
    (root / "requirements.lock").write_text("numpy==2\n")
    (root / "results" / "one.npy").write_bytes(b"\x93NUMPY")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / ".gitignore").write_text("/_build/\n")
    (root / "book" / "pages").mkdir(parents=True)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    (root / "_build" / "html" / "pages").mkdir(parents=True)
    (root / "_build" / "html" / "index.html").write_text("<h1>Book</h1>")
    monkeypatch.setattr(release, "is_rendered", lambda root: (root / "_build" / "html" / "index.html").is_file())
    return root


def test_everything_is_in_it_with_its_checksum(project):
    target = release.make_release(project)
    folder = f"report-utils-{__version__}"
    with tarfile.open(target) as archive:
        members = {member.name.removeprefix(f"{folder}/"): member for member in archive}
        content = {name: archive.extractfile(m).read() for name, m in members.items() if m.isfile()}
    expected = {"sources/requirements.lock", "sources/results/one.npy", "book/index.html", "CITATION.cff"}
    assert expected | {"codemeta.json", "ro-crate-metadata.json", "SHA256SUMS"} <= set(content)
    assert members["sources/notebooks"].issym()
    assert {name: members[name].mode for name in ("sources/run", "book/index.html")} == {
        "sources/run": 0o755,
        "book/index.html": 0o644,
    }
    sums = dict(line.split("  ")[::-1] for line in content["SHA256SUMS"].decode().splitlines())
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in content.items() if name != "SHA256SUMS"}
    crate = json.loads(content["ro-crate-metadata.json"])
    parts = [part["@id"] for part in {e["@id"]: e for e in crate["@graph"]}["./"]["hasPart"]]
    assert {"sources/", "SHA256SUMS"} <= set(parts)
    beside = target.with_name(f"{target.name}.sha256").read_text().split()
    assert beside == [hashlib.sha256(target.read_bytes()).hexdigest(), target.name]


def test_the_same_commit_and_book_give_the_same_bytes(project):
    first = release.make_release(project).read_bytes()
    page = project / "_build" / "html" / "index.html"
    page.write_bytes(page.read_bytes())  # a new time stamp
    page.chmod(0o600)
    assert release.make_release(project).read_bytes() == first
    page.write_text("<h1>Another</h1>")
    assert release.make_release(project).read_bytes() != first


def test_what_is_not_committed_is_named(project):
    (project / "new.txt").touch()
    with pytest.raises(InputError, match=r"not committed: new\.txt; commit or remove it"):
        release.make_release(project)
    (project / "run").write_text("changed")
    with pytest.raises(InputError, match=r"not committed: \w+(\.txt)? and 1 more"):
        release.make_release(project)


def test_without_a_book_of_it_there_is_no_release(project):
    (project / "_build" / "html" / "index.html").unlink()
    with pytest.raises(InputError, match="the book is missing or older than these files; build it with `make book`"):
        release.make_release(project)


def test_another_version_than_the_package_s_is_refused(project):
    path = project / "CITATION.cff"
    path.write_text(path.read_text().replace(f"version: {__version__}", "version: 9.9"))
    git(project, "commit", "-qam", "version")
    with pytest.raises(InputError, match=f"version 9.9 is not that of the package, {__version__}"):
        release.make_release(project)


def test_a_folder_without_history_is_no_release(tmp_path):
    with pytest.raises(InputError, match=r"git status: .*; a release is made of a commit"):
        release.make_release(tmp_path)
