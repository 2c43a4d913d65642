"""What the book found, on one sheet (``make pdf``): the front page without its ways into the book."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from report_utils.book.dressing import MATHJAX_SETTINGS
from report_utils.book.pdf import article_of, print_document, redirect
from report_utils.errors import InputError

WAYS = "where-to-go"
"""The section of the front page that leads into the book."""

_SIZES = (9.5, 9, 8.5, 8, 7.5, 7, 6.5)
"""Of the letters [points]: the largest with which all fits on one sheet is used."""
_SHEET = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>What this book found</title>
{styles}
<script>{settings}</script>
<script src="{mathjax}"></script>
</head>
<body class="sheet" style="font-size: {size}pt">
{body}
<footer>{foot}</footer>
</body>
</html>
"""


def summary_html(folder: Path, citation: Mapping[str, Any], size: float) -> str:
    """Return the sheet as HTML.

    Parameters
    ----------
    folder : Path
        Of the rendered book's HTML.
    citation : mapping
        As :func:`report_utils.book.metadata.read_citation` returns it.
    size : float
        Of the letters [points].
    """
    path = folder / "pages" / "index.html"
    article = article_of(path)
    redirect(article, path, [], folder)
    article.find("h1").string = "What this book found"
    for part in article.select(f"#{WAYS} > h2, #{WAYS} > ul"):
        part.decompose()  # what was found stands behind them
    static = (folder / "_static").resolve()
    return _SHEET.format(
        styles="\n".join(
            f'<link rel="stylesheet" href="{(static / name).as_uri()}">' for name in ("plain.css", "print.css")
        ),
        settings=MATHJAX_SETTINGS,
        mathjax=(static / "mathjax" / "tex-svg.js").as_uri(),
        size=size,
        body=article.decode_contents(),
        foot=html.escape(f"{citation['title']}, version {citation['version']}"),
    )


def print_summary(folder: Path, target: Path, citation: Mapping[str, Any]) -> None:
    """Print the sheet.

    Raises
    ------
    InputError
        If the front page is too long for one sheet.
    """
    document = target.with_suffix(".html")
    for size in _SIZES:
        document.write_text(summary_html(folder, citation, size), encoding="utf-8")
        print_document(document, target)
        if len(PdfReader(target).pages) == 1:
            return
    msg = f"{document}: does not fit on one sheet with letters of {_SIZES[-1]} points; shorten the front page"
    raise InputError(msg)
