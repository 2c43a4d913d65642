"""The whole book as one HTML document for printing: pages in order, internal links, no code."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

from report_utils.book.standalone import MATHJAX_SETTINGS

_NOT_PRINTED = (
    "script", "style", "a.headerlink", ".hover-text", "details.made-by", "details.hide", "button",
    "#jb-print-docs-body", ".prev-next-footer", ".ru-controls",
)  # fmt: skip
_UNKNOWN = "000"


@dataclass(frozen=True)
class Chapter:
    """A page of the book as the table of contents has it.

    Parameters
    ----------
    name : str
        Its path without suffix, such as ``pages/index``.
    depth : int
        1 for a page, 2 for one below it.
    part : str
        The caption of its part; empty before the first.
    """

    name: str
    depth: int
    part: str = ""


def chapters_of(contents: dict[str, Any]) -> list[Chapter]:
    """Return the book's pages in reading order.

    Parameters
    ----------
    contents : dict
        What ``_toc.yml`` holds.
    """
    chapters = [Chapter(contents["root"], 1)]

    def collect(entries: list[dict[str, Any]], depth: int, part: str) -> None:
        for entry in entries:
            chapters.append(Chapter(entry["file"], depth, part))
            collect(entry.get("sections", []), depth + 1, part)

    for part in contents.get("parts", []):
        collect(part.get("chapters", []), 1, part.get("caption", ""))
    return chapters


def printable_html(
    folder: Path, chapters: list[Chapter], title: str, author: str, numbers: Mapping[str, int] | None = None
) -> str:
    """Return a rendered book as one document, with a title page and a table of contents whose entries lead to pages.

    Parameters
    ----------
    folder : Path
        Of the book's HTML; pictures and styles are named by their places in it.
    chapters : list of Chapter
    title, author : str
    numbers : mapping, optional
        The paper page on which each place of the document stands; as wide as that where it is not known yet.
    """
    sections, contents, part = [], [], ""
    for chapter in chapters:
        path = folder / f"{chapter.name}.html"
        article = _article(path)
        heading = article.find("h1")
        for element in article.select("[id]"):
            element["id"] = _place(chapter.name, element["id"])
        _redirect(article, path, chapters, folder)
        if chapter.part != part:
            part = chapter.part
            contents.append(f'<li class="part">{html.escape(part)}</li>')
        words = heading.get_text(" ", strip=True) if heading else chapter.name
        place = _place(chapter.name)
        number = (numbers or {}).get(place, _UNKNOWN)
        contents.append(
            f'<li class="depth-{chapter.depth}"><a href="#{place}">{html.escape(words)}</a><span>{number}</span></li>'
        )
        sections.append(f'<section class="chapter" id="{place}">\n{article.decode_contents()}\n</section>')
    static = (folder / "_static").resolve()
    sheets = [*sorted(static.glob("mystnb.*.css")), static / "pygments.css", static / "plain.css", static / "print.css"]
    styles = "\n".join(f'<link rel="stylesheet" href="{sheet.as_uri()}">' for sheet in sheets)
    mathjax = f'<script src="{(static / "mathjax" / "tex-svg.js").as_uri()}"></script>'
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f"{styles}\n<script>{MATHJAX_SETTINGS}</script>\n{mathjax}\n</head>\n<body>\n"
        f'<header class="cover"><p class="book-title">{html.escape(title)}</p><p>{html.escape(author)}</p></header>\n'
        f'<nav class="contents"><h1>Contents</h1><ul>{"".join(contents)}</ul></nav>\n'
        + "\n".join(sections)
        + "\n</body>\n</html>\n"
    )


def _article(path: Path) -> Tag:
    """Return a page's text without elements for the screen only."""
    article = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article.bd-article")
    for selector in _NOT_PRINTED:
        for element in article.select(selector):
            element.decompose()
    for element in article.select("noscript"):
        element.unwrap()
    for element in article.select("[aria-describedby]"):
        del element["aria-describedby"]
    return article


def _place(name: str, identifier: str = "") -> str:
    """Return the place of a page, or of something on it, in the one document."""
    return f"{name.replace('/', '-')}--{identifier}" if identifier else name.replace("/", "-")


def _redirect(article: Tag, path: Path, chapters: list[Chapter], folder: Path) -> None:
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


def pages_of_places(pdf: Path) -> dict[str, int]:
    """Return the paper page, from 1, on which each named place of a PDF stands."""
    reader = PdfReader(pdf)
    places = ((name, reader.get_destination_page_number(place)) for name, place in reader.named_destinations.items())
    return {name.removeprefix("/"): number + 1 for name, number in places if number is not None}
