"""What stands around a page's text: its description, what it offers to download, where it can run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from report_utils.book.pages import book_pages

QUESTION = "The question."
"""Every page begins with a paragraph that begins so."""

LONGEST_DESCRIPTION = 200
"""Characters that search engines and link previews show."""

TEXT_SOURCES = "_sources/notebooks"
"""Where the rendered book keeps the notebooks' text sources."""

_BINDER = {"github.com": "gh", "gitlab.com": "gl"}


def page_description(paragraphs: list[str]) -> str:
    """Say in one line what a page is about: the question that it answers.

    Parameters
    ----------
    paragraphs : list of str
        The page's own, as plain text.

    Returns
    -------
    str
        Whole sentences where there is room for one; empty if the page has no text.
    """
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
    target = quote(f"lab/tree/notebooks/{notebook}.py", safe="/")
    return f"https://mybinder.org/v2/{_BINDER[parts.netloc]}/{names}/{branch}?urlpath={target}"


def add_buttons(
    buttons: list[dict[str, Any]], pagename: str, root: str, repository: Mapping[str, str], pdf: str | None
) -> None:
    """Add to the theme's buttons above a page what only this book has: text sources, the PDF, and notebooks elsewhere.

    Parameters
    ----------
    buttons : list
        The theme's, changed in place: the page's source and printing, and the repository where there is one.
    pagename : str
    root : str
        Relative path from the page to the book's folder, with a slash at its end unless empty.
    repository : mapping
        ``url`` and ``branch``; what needs a repository is left out where the address is empty.
    pdf : str, optional
        The whole book as PDF, from the book's folder.
    """
    groups = {button["label"]: button["buttons"] for button in buttons if button["type"] == "group"}
    downloads, notebook = groups.get("download-buttons", []), notebook_of(pagename)
    if notebook:
        downloads.insert(1, _link(f"{root}{TEXT_SOURCES}/{notebook}.py", ".py", "Text source", "fas fa-file"))
    if pdf:
        downloads.append(_link(f"{root}{pdf}", "Book as PDF", "The whole book, to print", "fas fa-file-pdf"))
    url, branch = repository.get("url", "").rstrip("/"), repository.get("branch") or "main"
    if url and notebook:
        blob = f"{url}/blob/{branch}/notebooks/{notebook}.py"
        edit = _link(blob, "Edit", "This page's notebook in the repository", "fas fa-pencil")
        groups.get("source-buttons", buttons).append(edit)
        if address := binder_address(url, branch, notebook):
            buttons.append(_link(address, "Binder", "Open this page's notebook on Binder", "fas fa-rocket"))


def notebook_of(pagename: str) -> str | None:
    """Return the name of the notebook that makes a page, or None for a page that is not run."""
    return {f"pages/{page.slug}": page.notebook for page in book_pages()}.get(pagename)


def _link(url: str, text: str, tooltip: str, icon: str) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": text, "tooltip": tooltip, "icon": icon}
