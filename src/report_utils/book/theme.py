"""Parts of the theme that this book leaves out or corrects."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

_NEVER: tuple[str, ...] = ()
_ONLY_WITH: dict[str, tuple[str, ...]] = {
    "thebe": _NEVER,
    "togglebutton": ('class="toggle', "dropdown admonition", "admonition dropdown"),
    "togglehint": ('class="toggle', "dropdown admonition", "admonition dropdown"),
    "toggleopen": ('class="toggle', "dropdown admonition", "admonition dropdown"),
    "design-tabs": ("sd-tab-",),
    "sphinx-design": ('class="sd-', " sd-"),
    "mathjax": ('class="math',),
    "clipboard": ('class="highlight"',),
    "copybutton": ('class="highlight"',),
}
"""Scripts and style sheets, by a part of their name, and what a page must contain to load them."""

_UNUSED_FILES = (
    "scripts/fontawesome.js*",
    "scripts/*.map",
    "styles/*.map",
    "vendor/fontawesome/**/*",
    "locales/**/*",
    "images/logo_*",
    "sphinx-thebe.*",
    "*webpack-macros.html",
    "play-solid.svg",
)
"""Files that the theme and extensions put into ``_static`` and no page uses."""

_OF_A_PAGE = re.compile(r"[0-9a-f]{64}\.")  # as myst-nb names the figures of notebooks
_NAMED_BY_DIGEST = re.compile(r"(\.[0-9a-f]{64}\.css)\?v=[0-9a-f]+")
_ICON_FONT = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")
_ICON_RULE = re.compile(r"(?<=[{}/])(?:\.fa-[\w-]+(?:::?(?:before|after))?,?)+\{[^{}]*\}")


def needed(assets: Iterable[Any], body: str) -> list[Any]:
    """Return the scripts or style sheets that a page uses.

    Parameters
    ----------
    assets : iterable
        As Sphinx lists them for a page: file names, or objects with ``filename`` and ``attributes``.
    body : str
        The HTML of the page's text.
    """
    return [asset for asset in assets if _is_needed(_words(asset), body)]


def _words(asset: Any) -> str:
    return f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', '')}".lower()


def _is_needed(words: str, body: str) -> bool:
    conditions = [marks for part, marks in _ONLY_WITH.items() if part in words]
    return all(any(mark in body for mark in marks) for marks in conditions)


def repaired_body(body: str) -> str:
    """Return the HTML of a page's text without a role that its parts do not have.

    A bibliography calls itself a list and its entries something else, so that screen readers announce a list of none.
    """
    return body.replace('<div role="list" class="citation-list">', '<div class="citation-list">')


def named_toggles(toctree: str) -> str:
    """Return the side bar's HTML with a name for each button that unfolds pages; the theme gives them an icon only."""
    return toctree.replace("<summary>", '<summary aria-label="Pages below this one">')


def without_checksum(tag: str) -> str:
    """Return a style sheet's tag without a checksum where its name holds one.

    MyST-NB writes its sheet after the pages, so Sphinx finds it and adds a checksum from the second rendering on.
    """
    return _NAMED_BY_DIGEST.sub(r"\1", tag)


def without_icon_font(style: str) -> str:
    """Return the theme's style sheet without its icon font, a third of it; ``icons.css`` draws what is used."""
    return _ICON_RULE.sub("", _ICON_FONT.sub("", style))


def trim_pages(rendered: Path, documents: Container[str]) -> None:
    """Remove the pages that the book no longer has, such as that of a transform that was taken out.

    Parameters
    ----------
    rendered : Path
        The folder of the book's HTML.
    documents : container of str
        The names of the book's documents, such as ``"pages/3-3-results"``.
    """
    for folder, suffix in (("pages", ".html"), ("_sources/pages", ".ipynb")):
        for path in (rendered / folder).glob(f"*{suffix}"):
            if f"pages/{path.stem}" not in documents:
                path.unlink()


def trim_images(folder: Path, used: Iterable[str]) -> None:
    """Remove the pictures of earlier renderings, which are named by their digests.

    Parameters
    ----------
    folder : Path
        The book's ``_images`` folder.
    used : iterable of str
        The names that pages refer to; where there are none nothing was rendered, and nothing is removed.
    """
    if kept := set(used):
        for path in folder.glob("*"):
            if path.name not in kept and _OF_A_PAGE.match(path.name) and path.is_file():
                path.unlink()


def trim(static: Path) -> None:
    """Remove files that no page uses from a built book.

    Parameters
    ----------
    static : Path
        The book's ``_static`` folder.
    """
    for pattern in _UNUSED_FILES:
        for path in static.glob(pattern):
            if path.is_file():
                path.unlink()
    for folder in sorted(static.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    if sheet.is_file():
        text = sheet.read_text(encoding="utf-8")
        if (shorter := without_icon_font(text)) != text:
            sheet.write_text(shorter, encoding="utf-8")
