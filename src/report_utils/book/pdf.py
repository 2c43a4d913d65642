"""The book as PDF, printed by Chromium from one document (``make pdf``)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml

from report_utils.book.downloads import pages_digests, pdf_path
from report_utils.book.pages import full_contents
from report_utils.book.printing import chapters_of, pages_of_places, printable_html
from report_utils.errors import InputError

CHROMIUM_VARIABLE = "REPORT_CHROMIUM"
"""Environment variable that names the browser to print with, if it is not found."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MOST_SECONDS = 900


def find_chromium() -> str:
    """Return the browser that prints.

    Raises
    ------
    InputError
        If there is none.
    """
    wanted = os.environ.get(CHROMIUM_VARIABLE)
    for name in (wanted,) if wanted else _NAMES:
        if path := shutil.which(name):
            return path
    msg = f"Chromium is needed to print and was not found; install it, or name it in {CHROMIUM_VARIABLE}"
    raise InputError(msg)


def make_pdf(root: Path) -> Path:
    """Print the rendered book and return the PDF's place.

    Parameters
    ----------
    root : Path
        The project's folder; its book must have been built.

    Raises
    ------
    InputError
        If there is no rendered book or no browser, or the browser does not print.
    """
    folder = root / "_build" / "html"
    if not (folder / "index.html").is_file():
        msg = f"{folder}: there is no rendered book to print; build it with `make book`"
        raise InputError(msg)
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    chapters = chapters_of(full_contents(root))
    for chapter in chapters:
        if not (page := folder / f"{chapter.name}.html").is_file():
            msg = f"{page}: the rendered book is older than its table of contents; build it again with `make book`"
            raise InputError(msg)
    target = pdf_path(root / "book")
    target.parent.mkdir(parents=True, exist_ok=True)
    document = target.with_suffix(".html")
    # the first pass finds the page numbers, the second prints them in the table of contents
    numbers: dict[str, int] = {}
    for _ in range(2):
        text = printable_html(folder, chapters, config["title"], config["author"], numbers)
        document.write_text(text, encoding="utf-8")
        print_document(document, target)
        numbers = pages_of_places(target)
    stamp = json.dumps(pages_digests(root / "book"), indent=1, sort_keys=True)
    target.with_suffix(".json").write_text(stamp, encoding="utf-8")
    return target


def print_document(document: Path, target: Path) -> None:
    """Print an HTML document, equations typeset, with an outline and links, and nothing from a network."""
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        command = [
            find_chromium(), "--headless", "--disable-gpu", "--no-sandbox", f"--user-data-dir={profile}",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files", "--disable-dev-shm-usage",
            "--virtual-time-budget=600000", "--run-all-compositor-stages-before-draw",
            "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={target}", document.as_uri(),
        ]  # fmt: skip
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False)  # noqa: S603 - our own words
        except subprocess.TimeoutExpired:
            msg = f"{command[0]}: did not print within {_MOST_SECONDS} s; close other programs and try again"
            raise InputError(msg) from None
    if result.returncode != 0 or not target.is_file() or not target.read_bytes().startswith(b"%PDF"):
        last = (result.stderr.strip().splitlines() or ["it said nothing"])[-1]
        msg = f"{command[0]}: did not print the book (exit status {result.returncode}): {last}"
        raise InputError(msg)
