"""Text sources are always offered, the printed book only while it shows the pages as they are."""

from __future__ import annotations

import json

import pytest

from report_utils.book import downloads
from report_utils.book.execute import METADATA


@pytest.fixture
def project(tmp_path):
    """A project with one executed page and one notebook."""
    source = tmp_path / "book"
    (source / "pages").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "2-data.py").write_text("# %%\n")
    execute(source, "one")
    return tmp_path


def execute(source, digest):
    notebook = {"metadata": {METADATA: {"digest": digest, "inputs": {}, "seconds": 1.0}}}
    (source / "pages" / "2-data.ipynb").write_text(json.dumps(notebook))


def print_book(source):
    path = downloads.pdf_path(source)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"%PDF")
    path.with_suffix(".json").write_text(json.dumps(downloads.pages_digests(source)))


def test_a_pdf_is_offered_until_a_page_changes(project):
    source = project / "book"
    assert downloads.offered_pdf(source) is None
    print_book(source)
    assert downloads.offered_pdf(source) == downloads.PDF
    execute(source, "two")
    assert downloads.offered_pdf(source) is None


def test_downloads_are_copied_and_old_ones_removed(project):
    source, rendered = project / "book", project / "_build" / "html"
    print_book(source)
    downloads.add_downloads(source, rendered)
    assert (rendered / "_sources/notebooks/2-data.py").read_text() == "# %%\n"
    assert (rendered / downloads.PDF).is_file()
    (rendered / "_sources/notebooks/of-old.py").write_text("")
    execute(source, "two")
    downloads.add_downloads(source, rendered)
    assert [path.name for path in (rendered / "_sources/notebooks").iterdir()] == ["2-data.py"]
    assert not (rendered / downloads.PDF).exists()
