"""What stands around a page's text: its description and preview, what it offers to download, where it can run."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from report_utils.book.pages import book_pages

QUESTION = "The question."
"""Every page begins with a paragraph that begins so."""

LONGEST_DESCRIPTION = 200
"""Characters that search engines and link previews show."""

PREVIEW_IMAGE = "_static/preview.png"
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


def preview_tags(title: str, description: str, book: str, pagename: str, base_url: str) -> str:
    """Return the tags that search engines and link previews read.

    Parameters
    ----------
    title, description, book : str
        Of the page, and the book's title.
    pagename : str
        The page's path without suffix.
    base_url : str
        Where the book is published; without it a preview has no picture, since that takes a whole address.
    """
    tags = {
        "og:type": "article",
        "og:site_name": book,
        "og:title": title,
        "og:description": description,
        "twitter:card": "summary_large_image",
    }
    if base_url:
        base = base_url.rstrip("/")
        tags |= {
            "og:url": f"{base}/{pagename}.html",
            "og:image": f"{base}/{PREVIEW_IMAGE}",
            "og:image:width": "1200",
            "og:image:height": "630",
            "og:image:alt": "A galaxy cluster's X-ray photons in four energy bands",
        }
    described = f'<meta name="description" content="{html.escape(description)}" />\n' if description else ""
    return described + "".join(
        f'<meta property="{name}" content="{html.escape(value)}" />\n' for name, value in tags.items() if value
    )


def binder_address(repository_url: str, branch: str, notebook: str) -> str | None:
    """Return where Binder opens a notebook's text source, or None for a host that it does not know by name."""
    parts = urlsplit(repository_url)
    names = parts.path.strip("/").removesuffix(".git")
    if parts.netloc not in _BINDER or names.count("/") < 1:
        return None
    names = names if _BINDER[parts.netloc] == "gh" else quote(names, safe="")
    target = quote(f"lab/tree/notebooks/{notebook}.py", safe="/")
    return f"https://mybinder.org/v2/{_BINDER[parts.netloc]}/{names}/{branch}?urlpath={target}"


def header_buttons(
    pagename: str, source: str, root: str, repository: Mapping[str, str], pdf: str | None
) -> list[dict[str, Any]]:
    """Return the buttons above a page: what of it can be downloaded, where it can run, where its source lives.

    Parameters
    ----------
    pagename : str
    source : str
        The page's own source below ``_sources``; an executed notebook for the pages that are run.
    root : str
        Relative path from the page to the book's folder, with a slash at its end unless empty.
    repository : mapping
        ``url`` and ``branch``; what needs a repository is left out where the address is empty.
    pdf : str, optional
        The whole book as PDF, from the book's folder.
    """
    notebook = notebook_of(pagename)
    downloads = []
    if notebook:
        downloads.append(_link(f"{root}_sources/{source}", ".ipynb", "Executed notebook", "fas fa-code"))
        downloads.append(_link(f"{root}{TEXT_SOURCES}/{notebook}.py", ".py", "Text source", "fas fa-file"))
    elif source:
        downloads.append(_link(f"{root}_sources/{source}", Path(source).suffix, "Source of this page", "fas fa-file"))
    if pdf:
        downloads.append(_link(f"{root}{pdf}", "Book as PDF", "The whole book, to print", "fas fa-file-pdf"))
    downloads.append(
        {
            "type": "javascript",
            "javascript": "window.print()",
            "text": "Print",
            "tooltip": "Print this page",
            "icon": "fas fa-print",
            "label": "print-button",
        }
    )
    buttons = [_group("Download this page", "fas fa-download", downloads, "download-buttons")]
    if url := repository.get("url", "").rstrip("/"):
        branch = repository.get("branch") or "main"
        address = binder_address(url, branch, notebook) if notebook else None
        if address:
            launch = [_link(address, "Binder", "Open this page's notebook on Binder", "fas fa-rocket")]
            buttons.append(_group("Run this page", "fas fa-rocket", launch, "launch-buttons"))
        places = [_link(url, "Repository", "Source repository", "fas fa-code-branch")]
        if notebook:
            blob = f"{url}/blob/{branch}/notebooks/{notebook}.py"
            places.append(_link(blob, "Edit", "This page's notebook in the repository", "fas fa-pencil"))
        places.append(_link(f"{url}/issues", "Issues", "Report a fault", "fas fa-lightbulb"))
        buttons.append(_group("Source repository", "fas fa-code-branch", places, "repository-buttons"))
    return buttons


def notebook_of(pagename: str) -> str | None:
    """Return the name of the notebook that makes a page, or None for a page that is not run."""
    return {f"pages/{page.slug}": page.notebook for page in book_pages()}.get(pagename)


def _link(url: str, text: str, tooltip: str, icon: str) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": text, "tooltip": tooltip, "icon": icon}


def _group(tooltip: str, icon: str, buttons: list[dict[str, Any]], label: str) -> dict[str, Any]:
    return {"type": "group", "tooltip": tooltip, "icon": icon, "buttons": buttons, "label": label}
