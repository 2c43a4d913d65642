"""Reading a rendered page: its text, its places, and what it refers to and loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

_SOURCES = {"img": "src", "script": "src", "link": "href", "a": "href", "source": "src", "iframe": "src"}
_LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload"}


@dataclass(frozen=True)
class Reference:
    """Something that a page refers to.

    Parameters
    ----------
    tag : str
        The element that does.
    address : str
    is_loaded : bool
        Whether the page is not whole without it.
    """

    tag: str
    address: str
    is_loaded: bool


@dataclass
class PageMarkup(HTMLParser):
    """A page's text and what it refers to."""

    references: list[Reference] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)
    images_without_text: int = 0
    description: str = ""
    title: str = ""
    n_main_headings: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: dict[str, int] = dict.fromkeys(("article", "script", "style", "title"), 0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        values = {name: value or "" for name, value in attrs}
        if values.get("id"):
            self.ids.add(values["id"])
        if tag in _SOURCES and values.get(_SOURCES[tag]):
            loaded = tag not in {"a", "link"} or bool(_LOADED_LINKS & set(values.get("rel", "").split()))
            self.references.append(Reference(tag, values[_SOURCES[tag]], loaded))
        if tag in self._open:
            self._open[tag] += 1
        if tag == "img" and self._open["article"]:
            self.images_without_text += not values.get("alt")
        if tag == "h1" and self._open["article"]:
            self.n_main_headings += 1
        if tag == "meta" and values.get("name") == "description":
            self.description = values.get("content", "")

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if tag in self._open:
            self._open[tag] -= 1

    def handle_data(self, data: str) -> None:
        """Collect the words of the text, and of the page's title."""
        if self._open["article"] and not (self._open["script"] or self._open["style"]):
            self.text.append(data)
        if self._open["title"]:
            self.title += data


def read_markup(path: Path) -> PageMarkup:
    """Return what a rendered page says and refers to."""
    page = PageMarkup()
    page.feed(path.read_text(encoding="utf-8"))
    return page
