"""Whether the rendered book is what would be rendered now, so that a build with nothing to do need not start Sphinx."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from report_utils.book.build import PAGES_FOLDER, PAGES_LOCK
from report_utils.disk import write_text
from report_utils.fingerprint import digest, file_digest, package_version

STAMP = Path("_build") / "rendered.json"
_SOURCES = ("*.yml", "*.md", "book/**/*", "notebooks/*.py", "src/**/*", "_build/pdf/*")
_DISTRIBUTIONS = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "sphinxcontrib-bibtex", "docutils")
_VARIABLES = ("REPORT_BASE_URL", "REPORT_REPOSITORY_URL")
_NO_SOURCES = {"__pycache__", ".jupyter_cache", ".ipynb_checkpoints"}


def what_is_rendered(root: Path) -> str:
    """Return the digest of all that a rendering is made from.

    That is the content of every file of the book, its notebooks, the package (whose docstrings are the reference) and
    the settings, and the versions of what renders.
    """
    sources: dict[str, Any] = {}
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not _NO_SOURCES & set(path.parts) and path.name != PAGES_LOCK:
                sources[path.relative_to(root).as_posix()] = file_digest(path)
    versions = {name: package_version(name) for name in _DISTRIBUTIONS}
    variables = {name: os.environ.get(name, "") for name in _VARIABLES}
    return digest({"sources": sources, "versions": versions, "variables": variables})


def _what_was_made(root: Path) -> str:
    """Return the digest of the rendered files, so that one that is gone or changed is made again."""
    rendered = (path for path in (root / "_build" / "html").rglob("*") if path.is_file())
    return digest({path.relative_to(root).as_posix(): file_digest(path) for path in sorted(rendered)})


def is_rendered(root: Path) -> bool:
    """Tell whether the last rendering ended well and would be the same now."""
    try:
        stamp = json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    now = {"sources": what_is_rendered(root), "made": _what_was_made(root)}
    return (root / "_build" / "html" / "index.html").is_file() and stamp == now


def note_rendering(root: Path, sources: str | None) -> None:
    """Note that the book has been rendered just now.

    It is rendered again where a source was edited meanwhile, or where another build has put its pages there.

    Parameters
    ----------
    root : Path
    sources : str or None
        :func:`what_is_rendered` of before it began; None if it ended with a fault.
    """
    lock = FileLock(root / PAGES_FOLDER / PAGES_LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:  # another build is rendering: it notes for itself
        sources = None
    try:
        if sources is not None and sources == what_is_rendered(root):
            write_text(root / STAMP, json.dumps({"sources": sources, "made": _what_was_made(root)}))
        else:
            (root / STAMP).unlink(missing_ok=True)
    finally:
        lock.release()
