"""Whether the rendered book is what would be rendered now, so that a build with nothing to do need not start Sphinx."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from report_utils.disk import write_text
from report_utils.fingerprint import digest, file_digest, package_version

STAMP = Path("_build") / "rendered.json"
_SOURCES = ("*.yml", "*.md", "book/**/*", "notebooks/*.py", "src/**/*", "_build/pdf/*")
_DISTRIBUTIONS = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "sphinxcontrib-bibtex", "docutils")
_VARIABLES = ("REPORT_BASE_URL", "REPORT_REPOSITORY_URL")
_NO_SOURCES = {"__pycache__", ".jupyter_cache", ".ipynb_checkpoints"}


def what_is_rendered(root: Path) -> str:
    """Return the digest of all that a rendering is made from, and of what it has made.

    That is the content of every file of the book, its notebooks, the package (whose docstrings are the reference) and
    the settings; the versions of what renders; and names and contents of the rendered files, so that one that is gone
    or changed is made again.
    """
    sources: dict[str, Any] = {}
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not _NO_SOURCES & set(path.parts) and path.name != ".lock":
                sources[path.relative_to(root).as_posix()] = file_digest(path)
    rendered = (path for path in (root / "_build" / "html").rglob("*") if path.is_file())
    made = {path.relative_to(root).as_posix(): file_digest(path) for path in sorted(rendered)}
    versions = {name: package_version(name) for name in _DISTRIBUTIONS}
    variables = {name: os.environ.get(name, "") for name in _VARIABLES}
    return digest({"sources": sources, "made": made, "versions": versions, "variables": variables})


def is_rendered(root: Path) -> bool:
    """Tell whether the last rendering ended well and would be the same now."""
    try:
        stamp = json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (root / "_build" / "html" / "index.html").is_file() and stamp == what_is_rendered(root)


def note_rendering(root: Path, *, ended_well: bool) -> None:
    """Note that the book has been rendered just now; one with a fault is rendered again."""
    if ended_well:
        write_text(root / STAMP, json.dumps(what_is_rendered(root)))
    else:
        (root / STAMP).unlink(missing_ok=True)
