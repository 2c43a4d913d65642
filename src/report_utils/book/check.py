"""Does the rendered book say something? Every page is there, has text, and its figures and links lead somewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from report_utils.book.pages import PAGES

MINIMUM_CHARACTERS = 400
"""Text of the shortest page worth the name."""

_SOURCES = {"img": "src", "script": "src", "link": "href", "a": "href", "source": "src", "iframe": "src"}


class _Page(HTMLParser):
    """Collects a page's text and what it refers to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.references: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self.text: list[str] = []
        self.images_without_text = 0
        self._article_depth = 0
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.add(str(values["id"]))
        if tag in _SOURCES and values.get(_SOURCES[tag]):
            self.references.append((tag, str(values[_SOURCES[tag]])))
        self._article_depth += tag == "article"
        self._silent += tag in {"script", "style"}
        if tag == "img" and self._article_depth:
            self.images_without_text += not values.get("alt")

    def handle_endtag(self, tag: str) -> None:
        self._article_depth -= tag == "article"
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if self._article_depth and not self._silent:
            self.text.append(data)


def check_book(folder: Path) -> list[str]:
    """Return what is wrong with a rendered book, one line for each fault.

    Parameters
    ----------
    folder : Path
        The folder of the HTML, such as ``_build/html``.
    """
    faults = []
    parsed: dict[Path, _Page] = {}
    for page in PAGES:
        path = folder / "pages" / f"{page.slug}.html"
        if not path.is_file():
            faults.append(f"{path}: the page is missing")
            continue
        parsed[path] = _parse(path)
        n_characters = len("".join(parsed[path].text).strip())
        if n_characters < MINIMUM_CHARACTERS:
            faults.append(f"{path}: only {n_characters} characters of text")
        if parsed[path].images_without_text:
            faults.append(f"{path}: {parsed[path].images_without_text} pictures without alternative text")
    if not (folder / "index.html").is_file():
        faults.append(f"{folder / 'index.html'}: the book has no front door")
    for path, page in list(parsed.items()):
        for tag, reference in page.references:
            fault = _reference_fault(path, tag, reference, parsed)
            if fault:
                faults.append(f"{path}: {fault}")
    return faults


def _parse(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _reference_fault(path: Path, tag: str, reference: str, parsed: dict[Path, _Page]) -> str | None:
    parts = urlsplit(reference)
    if parts.scheme or parts.netloc:
        # a page may link to the world, but must not load anything from it
        loads = tag in {"img", "script", "source", "iframe"} and parts.scheme != "data"
        return f"loads {reference} from elsewhere" if loads else None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file() or target.stat().st_size == 0:
        return f"{tag} leads to {reference}, which is missing or empty"
    if tag == "a" and parts.fragment and target.suffix == ".html":
        if target not in parsed:
            parsed[target] = _parse(target)
        if unquote(parts.fragment) not in parsed[target].ids:
            return f"link leads to {reference}, a place that page does not have"
    return None
