"""The book as PDF (``make pdf``): its pages as one document without code, and what it found on one sheet.

Both are HTML that Chromium prints.
"""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

from report_utils.book.dressing import MATHJAX_SETTINGS, pages_digests, pdf_path
from report_utils.book.pages import full_contents
from report_utils.errors import InputError

CHROMIUM_VARIABLE = "REPORT_CHROMIUM"
"""Environment variable that names the browser to print with, if it is not found."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MOST_SECONDS = 900
_NOT_PRINTED = (
    "script", "style", "a.headerlink", ".hover-text", ".figure-tools", ".offers", "details.made-by", "details.hide",
    "button", "#jb-print-docs-body", ".prev-next-footer", ".ru-controls",
)  # fmt: skip
_SCREEN_ONLY = ("executions", "changelog", "api/")
"""Pages, by how their names begin, that are for looking up beside the code."""
_UNKNOWN = "000"
_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
{styles}
<script>{settings}</script>
<script src="{mathjax}"></script>
</head>
{body}
</html>
"""
_BOOK = """<body>
<header class="cover"><p class="book-title">{title}</p><p>{author}</p></header>
<nav class="contents"><h1>Contents</h1><ul>{contents}</ul></nav>
{sections}
</body>"""
_SHEET = """<body class="sheet" style="font-size: {size}pt">
{article}
<footer>{foot}</footer>
</body>"""
_STYLES = ("plain.css", "print.css")

WAYS = "where-to-go"
"""The section of the front page that leads into the book; the sheet leaves it out."""

_SIZES = (9.5, 9, 8.5, 8, 7.5, 7, 6.5)
"""Of the sheet's letters [points]: the largest with which all fits is used."""


def find_chromium() -> str:
    """Return the browser that prints; without one the error says what to install."""
    wanted = os.environ.get(CHROMIUM_VARIABLE)
    for name in (wanted,) if wanted else _NAMES:
        if path := shutil.which(name):
            return path
    msg = f"Chromium is needed to print and was not found; install it, or name it in {CHROMIUM_VARIABLE}"
    raise InputError(msg)


def make_pdf(root: Path) -> Path:
    """Print the rendered book of the project in a folder and return the PDF's place."""
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


def pages_of_places(pdf: Path) -> dict[str, int]:
    """Return the paper page, from 1, on which each named place of a PDF stands."""
    reader = PdfReader(pdf)
    places = ((name, reader.get_destination_page_number(place)) for name, place in reader.named_destinations.items())
    return {name.removeprefix("/"): number + 1 for name, number in places if number is not None}


class Chapter(NamedTuple):
    """A page of the book as the table of contents has it."""

    name: str
    """Its path without suffix, such as ``pages/index``."""
    depth: int
    """1 for a page, 2 for one below it."""
    part: str = ""
    """The caption of its part; empty before the first."""


def chapters_of(contents: dict[str, Any]) -> list[Chapter]:
    """Return the pages of a table of contents in reading order, without those that only a screen needs."""
    chapters = [Chapter(contents["root"], 1)]

    def collect(entries: list[dict[str, Any]], depth: int, part: str) -> None:
        for entry in entries:
            if not entry["file"].startswith(_SCREEN_ONLY):
                chapters.append(Chapter(entry["file"], depth, part))
            collect(entry.get("sections", []), depth + 1, part)

    for part in contents.get("parts", []):
        collect(part.get("chapters", []), 1, part.get("caption", ""))
    return chapters


def printable_html(
    folder: Path, chapters: list[Chapter], title: str, author: str, numbers: Mapping[str, int] | None = None
) -> str:
    """Return a rendered book as one document, with a title page and a table of contents whose entries lead to pages.

    ``numbers`` holds the paper page of each place; where it is not known yet, something as wide stands there.
    """
    sections, contents, part = [], [], ""
    for chapter in chapters:
        path = folder / f"{chapter.name}.html"
        article = article_of(path)
        heading = article.find("h1")
        for element in article.select("[id]"):
            element["id"] = _place(chapter.name, element["id"])
        redirect(article, path, chapters, folder)
        if chapter.part != part:
            part = chapter.part
            contents.append(f'<li class="part">{html.escape(part)}</li>')
        words = heading.get_text(" ", strip=True) if heading else chapter.name
        place = _place(chapter.name)
        number = (numbers or {}).get(place, _UNKNOWN)
        contents.append(
            f'<li class="depth-{chapter.depth}"><a href="#{place}">{html.escape(words)}</a><span>{number}</span></li>'
        )
        head = f'<section class="chapter depth-{chapter.depth}" id="{place}">'
        sections.append(f"{head}\n{article.decode_contents()}\n</section>")
    words = {"title": html.escape(title), "author": html.escape(author), "contents": "".join(contents)}
    body = _BOOK.format(**words, sections="\n".join(sections))
    return _document(folder, title, ("mystnb.*.css", "pygments.css", *_STYLES), body)


def _document(folder: Path, title: str, sheets: Iterable[str], body: str) -> str:
    static = (folder / "_static").resolve()
    files = [file for pattern in sheets for file in sorted(static.glob(pattern))]
    return _DOCUMENT.format(
        title=html.escape(title),
        styles="\n".join(f'<link rel="stylesheet" href="{file.as_uri()}">' for file in files),
        settings=MATHJAX_SETTINGS,
        mathjax=(static / "mathjax" / "tex-svg.js").as_uri(),
        body=body,
    )


def article_of(path: Path) -> Tag:
    """Return a page's text without elements for the screen only."""
    article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article.bd-article")
    for element in article.select(", ".join(_NOT_PRINTED)):
        element.decompose()
    for element in article.select("noscript"):
        element.unwrap()
    for element in article.select("[aria-describedby]"):
        del element["aria-describedby"]
    return article


def _place(name: str, identifier: str = "") -> str:
    """Return the place of a page, or of something on it, in the one document."""
    return f"{name.replace('/', '-')}--{identifier}" if identifier else name.replace("/", "-")


def redirect(article: Tag, path: Path, chapters: list[Chapter], folder: Path) -> None:
    """Make a page's links lead to places of the one document, and its pictures to their files."""
    names = {(folder / f"{chapter.name}.html").resolve(): chapter.name for chapter in chapters}
    for image in article.select("img[src]"):
        if not urlsplit(image["src"]).scheme:
            image["src"] = (path.parent / unquote(image["src"])).resolve().as_uri()
        image["loading"] = "eager"
    for link in article.select("a[href]"):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
        if target in names:
            link["href"] = f"#{_place(names[target], unquote(parts.fragment))}"
        else:
            link.unwrap()  # a file beside the book, which is not printed


def summary_html(folder: Path, citation: Mapping[str, Any], size: float) -> str:
    """Return the sheet, the front page without its ways into the book, in letters of a size [points]."""
    path = folder / "pages" / "index.html"
    article = article_of(path)
    redirect(article, path, [], folder)
    article.find("h1").string = "What this book found"
    for part in article.select(f"#{WAYS} > h2, #{WAYS} > ul"):
        part.decompose()  # what was found stands behind them
    foot = html.escape(f"{citation['title']}, version {citation['version']}")
    body = _SHEET.format(size=size, article=article.decode_contents(), foot=foot)
    return _document(folder, "What this book found", _STYLES, body)


def print_summary(folder: Path, target: Path, citation: Mapping[str, Any]) -> None:
    """Print the sheet of a rendered book; a front page that is too long for one is an InputError."""
    document = target.with_suffix(".html")
    for size in _SIZES:
        document.write_text(summary_html(folder, citation, size), encoding="utf-8")
        print_document(document, target)
        if len(PdfReader(target).pages) == 1:
            return
    msg = f"{document}: does not fit on one sheet with letters of {_SIZES[-1]} points; shorten the front page"
    raise InputError(msg)
