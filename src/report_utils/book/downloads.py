"""Downloads besides the executed notebooks: their text sources, and the book as PDF."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from report_utils.book.executions import page_records
from report_utils.book.page_header import TEXT_SOURCES

PDF = "energy-bands-and-cluster-masses.pdf"
"""The file name of the book as PDF."""


def pdf_path(source: Path) -> Path:
    """Return where ``make pdf`` keeps the printed book, given the book's source folder."""
    return source.parent / "_build" / "pdf" / PDF


def pages_digests(source: Path) -> dict[str, str]:
    """Return the digests of the executed pages that a book shows."""
    return {slug: record["digest"] for slug, record in page_records(source / "pages").items()}


def offered_pdf(source: Path) -> str | None:
    """Return the name of the PDF if there is one and it shows the current pages."""
    path = pdf_path(source)
    stamp = path.with_suffix(".json")
    if not (path.is_file() and stamp.is_file()):
        return None
    return PDF if json.loads(stamp.read_text(encoding="utf-8")) == pages_digests(source) else None


def add_downloads(source: Path, rendered: Path) -> None:
    """Copy the notebooks' text sources, and the printed book if it is up to date, into the rendered book.

    Parameters
    ----------
    source, rendered : Path
        The folders of the book and of its HTML.
    """
    folder = rendered / TEXT_SOURCES
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in sorted((source.parent / "notebooks").glob("*.py")):
        shutil.copyfile(path, folder / path.name)
    (rendered / PDF).unlink(missing_ok=True)
    if offered_pdf(source):
        shutil.copyfile(pdf_path(source), rendered / PDF)
