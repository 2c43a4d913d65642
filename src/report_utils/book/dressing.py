"""What stands around a page's text: description, buttons and downloads; and what of the theme is left out."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from report_utils.book.pages import NOTEBOOKS, TEXT_SOURCES, notebook_of
from report_utils.book.provenance import page_records

QUESTION = "The question."
"""Every page begins with a paragraph that begins so."""

LONGEST_DESCRIPTION = 200
"""Characters that search engines and link previews show."""

PDF, SUMMARY = "energy-bands-and-cluster-masses.pdf", "what-this-book-found.pdf"
_PRINTS = {PDF: ("Book as PDF", "The whole book, to print"), SUMMARY: ("Summary as PDF", "What it found, on one sheet")}
"""What ``make pdf`` prints, by file name: what a page calls it, and what it is."""

MATHJAX_SETTINGS = 'window.MathJax = {options: {processHtmlClass: "math"}};'
"""Sphinx marks equations so, and tells MathJax to leave the rest of a page alone."""

_BINDER = {"github.com": "gh", "gitlab.com": "gl"}

_TOGGLED = ('class="toggle', "dropdown admonition", "admonition dropdown")
_ONLY_WITH: dict[str, tuple[str, ...]] = {
    "thebe": (),
    "togglebutton": _TOGGLED,
    "togglehint": _TOGGLED,
    "toggleopen": _TOGGLED,
    "design-tabs": ("sd-tab-",),
    "sphinx-design": ('class="sd-', " sd-"),
    "mathjax": ('class="math',),
    "clipboard": ('class="highlight"',),
    "copybutton": ('class="highlight"',),
}
"""Scripts and style sheets, by a part of their name, and what a page must contain to load them."""

_OF_A_PAGE = re.compile(r"[0-9a-f]{64}\.")  # as myst-nb names the figures of notebooks
_NAMED_BY_DIGEST = re.compile(r"(\.[0-9a-f]{64}\.css)\?v=[0-9a-f]+")
_ICON_FONT = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")
_ICON_RULE = re.compile(r"(?<=[{}/])(?:\.fa-[\w-]+(?:::?(?:before|after))?,?)+\{[^{}]*\}")


def page_description(paragraphs: list[str]) -> str:
    """Say in one line what a page is about, the question that it answers, in whole sentences if one is short enough."""
    asked = [text for text in paragraphs if text.startswith(QUESTION)]
    text = " ".join((asked or paragraphs or [""])[0].removeprefix(QUESTION).split())
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    whole = re.match(rf".{{1,{LONGEST_DESCRIPTION - 1}}}[.?!](?= )", text)
    return whole[0] if whole else text[: LONGEST_DESCRIPTION - 1].rsplit(" ", 1)[0] + "…"


def binder_address(repository_url: str, branch: str, notebook: str) -> str | None:
    """Return where Binder opens a notebook's text source, or None for a host that it does not know by name."""
    parts = urlsplit(repository_url)
    names = parts.path.strip("/").removesuffix(".git")
    if parts.netloc not in _BINDER or names.count("/") < 1:
        return None
    names = names if _BINDER[parts.netloc] == "gh" else quote(names, safe="")
    target = quote(f"lab/tree/{NOTEBOOKS}/{notebook}.py", safe="/")
    return f"https://mybinder.org/v2/{_BINDER[parts.netloc]}/{names}/{branch}?urlpath={target}"


def add_buttons(
    buttons: list[dict[str, Any]], pagename: str, root: str, repository: Mapping[str, str], prints: Iterable[str] = ()
) -> None:
    """Add what only this book has to the theme's buttons above a page: text sources, PDFs, notebooks elsewhere.

    ``root`` leads from the page to the book's folder. What needs a repository (``url``, ``branch``) is left out where
    the address is empty.
    """
    groups = {button["label"]: button["buttons"] for button in buttons if button["type"] == "group"}
    downloads, notebook = groups.get("download-buttons", []), notebook_of(pagename)
    if notebook:
        downloads.insert(1, _link(f"{root}{TEXT_SOURCES}/{notebook}.py", ".py", "Text source", "fas fa-file"))
    downloads += [_link(f"{root}{name}", *_PRINTS[name], "fas fa-file-pdf") for name in prints]
    url, branch = repository.get("url", "").rstrip("/"), repository.get("branch") or "main"
    if url and notebook:
        blob = f"{url}/blob/{branch}/{NOTEBOOKS}/{notebook}.py"
        edit = _link(blob, "Edit", "This page's notebook in the repository", "fas fa-pencil")
        groups.get("source-buttons", buttons).append(edit)
        if address := binder_address(url, branch, notebook):
            buttons.append(_link(address, "Binder", "Open this page's notebook on Binder", "fas fa-rocket"))


def _link(url: str, text: str, tooltip: str, icon: str) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": text, "tooltip": tooltip, "icon": icon}


def pdf_path(source: Path) -> Path:
    """Return where ``make pdf`` keeps the printed book, given the book's source folder; the summary lies beside it."""
    return source.parent / "_build" / "pdf" / PDF


def pages_digests(source: Path) -> dict[str, str]:
    """Return the digests of the executed pages that a book shows."""
    return {slug: record["digest"] for slug, record in page_records(source / "pages").items()}


def offered_prints(source: Path) -> list[str]:
    """Return the names of the PDFs that are there, if they show the current pages."""
    path = pdf_path(source)
    stamp = path.with_suffix(".json")
    if not stamp.is_file() or json.loads(stamp.read_text(encoding="utf-8")) != pages_digests(source):
        return []
    return [name for name in _PRINTS if path.with_name(name).is_file()]


def with_offers(body: str, root: str, prints: Iterable[str]) -> str:
    """Return the front page's HTML with a line before its first section that leads to the PDFs, if there are any."""
    links = [f'<a href="{root}{name}">{_PRINTS[name][1].lower()} (PDF)</a>' for name in prints]
    line = f'<p class="offers">To keep or to share: {"; ".join(links)}.</p>\n' if links else ""
    return re.sub("<section(?!.*<h1)", lambda match: line + match[0], body, count=1, flags=re.DOTALL)


def add_downloads(source: Path, rendered: Path) -> None:
    """Copy the notebooks' text sources, and the PDFs that are up to date, from the book into its HTML."""
    folder = rendered / TEXT_SOURCES
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in sorted((source.parent / NOTEBOOKS).glob("*.py")):
        shutil.copyfile(path, folder / path.name)
    prints = offered_prints(source)
    for name in _PRINTS:
        (rendered / name).unlink(missing_ok=True)
        if name in prints:
            shutil.copyfile(pdf_path(source).with_name(name), rendered / name)


def needed(assets: Iterable[Any], body: str) -> list[Any]:
    """Return the scripts or style sheets, as Sphinx lists them, that a page with this HTML in its body uses."""

    def is_needed(asset: Any) -> bool:
        words = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', '')}".lower()
        conditions = [marks for part, marks in _ONLY_WITH.items() if part in words]
        return all(any(mark in body for mark in marks) for marks in conditions)

    return [asset for asset in assets if is_needed(asset)]


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


def shorten_style(static: Path) -> None:
    """Remove the icon font from the style sheet of a rendered book, given its ``_static`` folder."""
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    if sheet.is_file():
        text = sheet.read_text(encoding="utf-8")
        if (shorter := without_icon_font(text)) != text:
            sheet.write_text(shorter, encoding="utf-8")


def remove_old(rendered: Path, documents: Container[str], pictures: Iterable[str]) -> None:
    """Remove pages that are not among the book's documents any more, and pictures of old renderings.

    Where no page refers to a picture, nothing was rendered, and all of them stay.
    """
    for folder, suffix in (("pages", ".html"), ("_sources/pages", ".ipynb")):
        for path in (rendered / folder).glob(f"*{suffix}"):
            if f"pages/{path.stem}" not in documents:
                path.unlink()
    if used := set(pictures):
        for path in (rendered / "_images").glob("*"):
            if path.name not in used and _OF_A_PAGE.match(path.name) and path.is_file():
                path.unlink()
