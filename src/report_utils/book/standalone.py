"""An executed notebook as a single HTML file that loads nothing else."""

from __future__ import annotations

import base64
import copy
import html
import mimetypes
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat

from report_utils.profiles import project_root

MATHJAX_SETTINGS = 'window.MathJax = {options: {processHtmlClass: "math"}};'
"""Sphinx marks equations so, and tells MathJax to leave the rest of a page alone."""

_BIBLIOGRAPHY = "## References\n\n```{bibliography}\n:filter: docname in docnames\n```"
_STYLES = ("pygments.css", "mystnb.*.css")
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}
</style>
{script}
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def standalone_html(notebook: nbformat.NotebookNode, name: str) -> str:
    """Return an executed notebook as HTML with pictures, styles and, where it has equations, MathJax inside.

    Parameters
    ----------
    notebook : NotebookNode
    name : str
        What the page is called where it has no title.
    """
    book = project_root() / "book"
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        if any("{cite" in cell.source for cell in notebook.cells):
            notebook = copy.deepcopy(notebook)
            notebook.cells.append(nbformat.v4.new_markdown_cell(_BIBLIOGRAPHY, id="references"))
        source = Path(folder) / "source"
        source.mkdir()
        (source / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        (source / "references.bib").write_bytes((book / "references.bib").read_bytes())
        rendered = _render(source, Path(folder) / "html", name)
        return _in_one_file(rendered / f"{name}.html", book / "_assets")


def _render(source: Path, target: Path, name: str) -> Path:
    """Render one notebook with Sphinx's plainest theme."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    settings: dict[str, Any] = {
        "root_doc": name,
        "extensions": ["myst_nb", "sphinx.ext.mathjax", "sphinxcontrib.bibtex"],
        "myst_enable_extensions": ["amsmath", "colon_fence", "deflist", "dollarmath"],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "bibtex_bibfiles": ["references.bib"],
        "bibtex_reference_style": "author_year",
        "html_theme": "basic",
        "nb_code_prompt_show": "Show code",
        "nb_code_prompt_hide": "Hide code",
        # links to the book's other pages lead nowhere here, and equations of theirs keep their names
        "suppress_warnings": ["myst", "ref", "bibtex", "mystnb"],
    }
    with patch_docutils(str(source)), docutils_namespace():  # the user's docutils.conf is left aside
        app = Sphinx(
            str(source), None, str(target), str(target / ".doctrees"), "html",
            confoverrides=settings, status=None, warning=None, freshenv=True,
        )  # fmt: skip
        app.build()
    return target


def _in_one_file(path: Path, assets: Path) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    body = soup.select_one("div.body")
    for link in body.select("a.headerlink"):
        link.decompose()
    for image in body.select("img[src]"):
        if urlsplit(image["src"]).scheme != "data":
            image["src"] = data_address(path.parent / unquote(image["src"]))
    for link in body.select("a[href]"):
        if ".ipynb" in link["href"] or link["href"].endswith(".md"):
            link.unwrap()  # a page of the book that is not here
    styles = [sheet for pattern in _STYLES for sheet in sorted((path.parent / "_static").glob(pattern))]
    script = ""
    if body.select_one(".math"):
        mathjax = (assets / "mathjax" / "tex-svg.js").read_text(encoding="utf-8")
        script = f"<script>{MATHJAX_SETTINGS}</script>\n<script>{mathjax}</script>"
    return _PAGE.format(
        title=html.escape(soup.title.get_text().partition(" — ")[0]),
        style="\n".join(sheet.read_text(encoding="utf-8") for sheet in [*styles, assets / "plain.css"]),
        script=script,
        body=body.decode_contents(),
    )


def data_address(path: Path) -> str:
    """Return a data URL with a file's content."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
