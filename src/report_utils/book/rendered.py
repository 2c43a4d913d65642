"""The rendered book: made by Jupyter Book unless it is up to date, and removed again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from report_utils.book.build import PAGES_FOLDER, PAGES_LOCK, PREPARED_VARIABLE
from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors, write_text
from report_utils.profiles import PROFILE_VARIABLE, project_root
from report_utils.runs.code_digest import digest, file_digest, package_version
from report_utils.runs.ownership import is_own_page

STAMP = Path("_build") / "rendered.json"
OUTPUT_MARK = ".report-utils-book"
"""The file that marks a folder outside the project as one that holds this book."""
EXTENSION = "report_utils.book.sphinx_ext"
_RENDERED = ("html", ".doctrees", "jupyter_execute", "pdf", "figures", "rendered.json")
_SOURCES = (
    "*.yml", "*.md", "*.cff", "pyproject.toml", "book/**/*", "notebooks/*.py", "src/**/*", "_build/pdf/*",
    "_build/figures/*",
)  # fmt: skip
_RENDERERS = (
    "jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme", "sphinxcontrib-bibtex", "sphinxext-opengraph", "docutils",
)  # fmt: skip
_VARIABLES = ("REPORT_BASE_URL", "REPORT_REPOSITORY_URL")
_NO_SOURCES = {"__pycache__", ".jupyter_cache", ".ipynb_checkpoints"}


def render(profile: Path, *, prepared: bool = False) -> int:
    """Render the book of a profile and return the exit status; any warning is an error.

    If this process has just prepared the pages, the rendering does not look for stale ones again.
    """
    root = project_root()
    sources = what_is_rendered(root)
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [str(jupyter_book), "build", "book", "-W", "--keep-going", "-q"]
    environment = os.environ | {PROFILE_VARIABLE: str(profile), PREPARED_VARIABLE: "1" if prepared else ""}
    result = subprocess.run(command, cwd=root, env=environment, check=False)  # noqa: S603 - our own command
    status = min(abs(result.returncode), 1)
    note_rendering(root, None if status else sources)
    return status


def render_if_outdated(profile: Path) -> int:
    """Render the pages that this process has prepared, unless the book shows them; return the exit status."""
    root = project_root()
    if is_rendered(root):
        print(f"the book: {root / '_build' / 'html' / 'index.html'} (rendered before)")
        return 0
    return render(profile, prepared=True)


def is_rendered(root: Path) -> bool:
    """Tell whether the last rendering succeeded and would give the same result now."""
    try:
        stamp = json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    now = {"sources": what_is_rendered(root), "made": _what_was_made(root)}
    return (root / "_build" / "html" / "index.html").is_file() and stamp == now


def note_rendering(root: Path, sources: str | None) -> None:
    """Record that the book has just been rendered.

    It is rendered again where a source was edited meanwhile, or where another build has put its pages there.
    ``sources`` is :func:`what_is_rendered` of before it began; None if it ended with a fault.
    """
    lock = FileLock(root / PAGES_FOLDER / PAGES_LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:  # another build is rendering, and will record that itself
        sources = None
    try:
        if sources is not None and sources == what_is_rendered(root):
            write_text(root / STAMP, json.dumps({"sources": sources, "made": _what_was_made(root)}))
        else:
            (root / STAMP).unlink(missing_ok=True)
    finally:
        lock.release()


def what_is_rendered(root: Path) -> str:
    """Return the digest of everything that a rendering is made from.

    That is the content of every file of the book, its notebooks, the package (whose docstrings are the reference) and
    the settings, and the versions of what renders.
    """
    sources: dict[str, Any] = {}
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and not _NO_SOURCES & set(path.parts) and path.name != PAGES_LOCK:
                sources[path.relative_to(root).as_posix()] = file_digest(path)
    versions = {name: package_version(name) for name in _RENDERERS}
    variables = {name: os.environ.get(name, "") for name in _VARIABLES}
    return digest({"sources": sources, "versions": versions, "variables": variables})


def _what_was_made(root: Path) -> str:
    """Return the digest of the rendered files: a missing or changed file makes a new rendering necessary."""
    rendered = (path for path in (root / "_build" / "html").rglob("*") if path.is_file())
    return digest({path.relative_to(root).as_posix(): file_digest(path) for path in sorted(rendered)})


def claim_output(folder: Path, root: Path) -> None:
    """Refuse to render into someone else's folder: files that the book does not use are removed from it.

    A folder outside the project's ``_build`` gets a mark.
    """
    mark = folder / OUTPUT_MARK
    if folder.is_relative_to(root / "_build") or mark.is_file():
        return
    if folder.is_dir() and any(folder.iterdir()):
        msg = f"{folder}: holds other things than this book; render it into a new or empty folder"
        raise InputError(msg)
    write_text(mark, "The book of report-utils is rendered here; what it does not use is removed from this folder.\n")


def remove_rendered(root: Path) -> list[Path]:
    """Remove the rendered book and its copies of the executed pages, and return them; runs and all other files stay."""
    build, config = root / "_build", root / "_config.yml"
    if EXTENSION not in config.read_text(encoding="utf-8") or build.is_symlink():
        what = "a link, which is not followed" if build.is_symlink() else f"not this book's ({config} names another)"
        msg = f"{build}: is {what}; nothing was removed; remove it by hand"
        raise InputError(msg)
    rendered = [path for name in _RENDERED if (path := build / name).exists() and not path.is_symlink()]
    pages = [path for path in sorted((root / PAGES_FOLDER).glob("*.ipynb")) if is_own_page(path)]
    for path in (*rendered, *pages):
        with clear_disk_errors(path):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return [*rendered, *pages]
