"""Is the rendered book complete? Pages exist, say something and are light; figures and links lead somewhere."""

from __future__ import annotations

import gzip
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from report_utils.book.pages import book_pages

MINIMUM_CHARACTERS = 400
"""Text of the shortest page that is worth its name."""

LARGEST_PAGE = 1_500_000
"""A page's HTML with its own pictures and data [bytes]; what all pages share is not counted."""

LARGEST_FRONT_PAGE = 300_000
"""All that the front page loads, shared or not, compressed by gzip as a web server does [bytes]."""

_SHARED = "_static"
_SOURCES = {"img": "src", "script": "src", "link": "href", "a": "href", "source": "src", "iframe": "src"}
_LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload"}
_WITHOUT_TEXT_OF_THEIR_OWN = {"genindex.html", "py-modindex.html", "search.html", "index.html"}
"""Pages at the top that Sphinx makes, and the front door, which leads to the first page."""


class RenderedPage:
    """One page of the rendered book, read once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Return the page's elements."""
        return BeautifulSoup(self.path.read_text(encoding="utf-8"), "html.parser")

    @cached_property
    def ids(self) -> set[str]:
        """Return the places of the page that a link can lead to."""
        return {element["id"] for element in self.soup.select("[id]")}

    @cached_property
    def references(self) -> list[tuple[Tag, str]]:
        """Return the elements that refer to something, and its address."""
        elements = self.soup.find_all(list(_SOURCES))
        return [
            (element, element[_SOURCES[element.name]]) for element in elements if element.get(_SOURCES[element.name])
        ]

    @cached_property
    def files(self) -> list[Path]:
        """Return the page's HTML and all files that it loads, each once."""
        paths = {self.path.resolve()}
        for element, address in self.references:
            parts = urlsplit(address)
            if element.find_parent(class_="hover-text"):
                continue  # loaded when it is looked at
            if is_loaded(element) and not parts.scheme and not parts.netloc and parts.path:
                paths.add((self.path.parent / unquote(parts.path)).resolve())
        return sorted(path for path in paths if path.is_file())


def is_loaded(element: Tag) -> bool:
    """Tell whether a page is incomplete without what an element refers to."""
    return element.name not in {"a", "link"} or bool(_LOADED_LINKS & set(element.get("rel", ())))


def rendered_pages(folder: Path) -> list[Path]:
    """Return the pages of a rendered book, in order."""
    return [path for path in sorted(folder.rglob("*.html")) if not path.relative_to(folder).parts[0].startswith("_")]


class BookCheck:
    """The check of a rendered book, given the folder of its HTML."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._expected = [self.folder / "pages" / f"{page.slug}.html" for page in book_pages()]
        self._pages = {path: RenderedPage(path) for path in rendered_pages(self.folder)}

    def faults(self) -> list[str]:
        """Return what is wrong, one line for each fault."""
        faults = [f"{path}: the page is missing" for path in self._expected if path not in self._pages]
        if not (self.folder / "index.html").is_file():
            faults.append(f"{self.folder / 'index.html'}: the book has no front door")
        for page in list(self._pages.values()):
            found = [*self._text_faults(page), *self._weight_faults(page)]
            found += [self._reference_fault(page, element, address) for element, address in page.references]
            faults += [f"{page.path}: {fault}" for fault in found if fault]
        return faults

    def _text_faults(self, page: RenderedPage) -> list[str]:
        faults, articles = [], page.soup.select("article")
        if page.path.parent != self.folder or page.path.name not in _WITHOUT_TEXT_OF_THEIR_OWN:
            # get_text leaves out scripts and styles
            n_characters = len("".join(article.get_text() for article in articles).strip())
            if n_characters < MINIMUM_CHARACTERS:
                faults.append(f"only {n_characters} characters of text")
            if not page.soup.select_one('meta[name="description"][content]:not([content=""])'):
                faults.append("no description for search engines and link previews")
            if (n_headings := len(page.soup.select("article h1"))) != 1:
                faults.append(f"{n_headings} main headings instead of one")
        if n_bare := sum(not image.get("alt") for image in page.soup.select("article img")):
            faults.append(f"{n_bare} pictures without alternative text")
        return faults

    def _weight_faults(self, page: RenderedPage) -> list[str]:
        faults = []
        own = sum(file.stat().st_size for file in page.files if not file.is_relative_to(self.folder / _SHARED))
        if own > LARGEST_PAGE:
            faults.append(f"{own / 1e6:.2f} MB with its own pictures and data, more than {LARGEST_PAGE / 1e6:.1f} MB")
        if page.path == self._expected[0]:
            loaded = sum(len(gzip.compress(file.read_bytes(), 6, mtime=0)) for file in page.files)
            if loaded > LARGEST_FRONT_PAGE:
                faults.append(f"loads {loaded / 1000:.0f} kB compressed, more than {LARGEST_FRONT_PAGE / 1000:.0f} kB")
        return faults

    def _reference_fault(self, page: RenderedPage, element: Tag, address: str) -> str | None:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            # a page may link to the world, but must not load anything from it
            loads = is_loaded(element) and parts.scheme != "data"
            return f"loads {address} from elsewhere" if loads else None
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if target.is_dir():
            target = target / "index.html"
        if not target.is_file() or target.stat().st_size == 0:
            return f"{element.name} leads to {address}, which is missing or empty"
        if element.name == "a" and parts.fragment and target.suffix == ".html":
            place = unquote(parts.fragment)
            if place not in self._pages.setdefault(target, RenderedPage(target)).ids:
                return f"link leads to {address}, a place that page does not have"
        return None
