"""Run one page with other parameters and leave the book as it is (``report-utils page``)."""

from __future__ import annotations

import copy
import mimetypes
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
from pydantic import TypeAdapter, ValidationError

from report_utils.binning import TRANSFORMS
from report_utils.book.dressing import MATHJAX_SETTINGS
from report_utils.book.execute import read_template, run_page, template_parameters
from report_utils.book.kept_pages import profile_argument
from report_utils.book.pages import Page, book_pages
from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors
from report_utils.profiles import Profile, project_root
from report_utils.widgets import data_address, whole_page
from report_utils.workers.worker_pool import Task, run_tasks

PROFILE = "profile"
"""A parameter of nearly every notebook; commands have an option for it."""

_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}
_BIBLIOGRAPHY = "## References\n\n```{bibliography}\n:filter: docname in docnames\n```"
_STYLES = ("pygments.css", "mystnb.*.css")


def assignments(pairs: Iterable[str], defaults: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return parameters from ``key=value`` words, with the types of the defaults that the page's notebook declares.

    What the page does not have or cannot take is an InputError that lists what it can.
    """
    known = [key for key in defaults if key != PROFILE]
    values: dict[str, Any] = {}
    for pair in pairs:
        key, is_pair, text = pair.partition("=")
        msg = ""
        if not is_pair:
            msg = f"parameter {pair!r} of page {name}: write it as key=value"
        elif key == PROFILE:
            msg = f"parameter {pair!r} of page {name}: name the profile with --profile {text}"
        elif key not in known:
            msg = f"page {name} has no parameter {key!r}; it has {', '.join(known) or 'none but the profile'}"
        elif defaults[key] in TRANSFORMS and text not in TRANSFORMS:
            msg = f"parameter {pair}: unknown transform; choose one of {', '.join(TRANSFORMS)}"
        if msg:
            raise InputError(msg)
        values[key] = _value(pair, text, defaults[key])
    return values


def _value(pair: str, text: str, default: Any) -> Any:
    if type(default) not in _KINDS:
        return text
    try:
        return TypeAdapter(type(default)).validate_strings(text)
    except ValidationError:
        msg = f"parameter {pair}: give {_KINDS[type(default)]}, like the default {default}"
        raise InputError(msg) from None


def page_with(name: str, pairs: Iterable[str]) -> Page:
    """Return a page, named by itself or by its notebook, with other parameters (``key=value``).

    Where one of the book's pages has these values, its other values come with them.
    """
    candidates = [page for page in book_pages() if name in (page.slug, page.notebook)]
    if not candidates:
        names = dict.fromkeys([*(page.notebook for page in book_pages()), *(page.slug for page in book_pages())])
        msg = f"unknown page {name!r}; choose one of {', '.join(names)}"
        raise InputError(msg)
    notebook = candidates[0].notebook
    defaults = template_parameters(read_template(candidates[0].notebook_path()))
    given = assignments(pairs, defaults, name)
    if not given:
        # a notebook's own defaults are one of its pages
        fitting = [page for page in candidates if page.parameters.items() <= defaults.items()]
        return (fitting or candidates)[0]
    for page in book_pages():
        if page.notebook == notebook and given.items() <= page.parameters.items():
            return page
    return _changed(candidates[0], defaults | candidates[0].parameters | given)


def _changed(page: Page, values: dict[str, Any]) -> Page:
    """Return a page that the book does not have."""
    values = {key: value for key, value in values.items() if key != PROFILE and value is not None}
    names = tuple(dict.fromkeys(value for value in values.values() if value in TRANSFORMS))
    return replace(
        page,
        slug="-".join([page.notebook, *(str(value).replace("_", "-") for value in values.values())]),
        title=", ".join(TRANSFORMS[name].label for name in names) or page.title,
        parameters=values,
    )


def default_target(page: Page, profile: Profile) -> Path:
    """Return where a tried page is written by default."""
    return project_root() / "_build" / "tried" / profile.name / f"{page.slug}.html"


def run_tried(page: Page, profile: Profile) -> nbformat.NotebookNode:
    """Run a page for a profile; runs that it needs and that are missing are trained."""
    arguments = {"page": page, "template": page.notebook_path(), "profile": profile_argument(profile)}
    executed, _ = run_tasks([Task(f"page {page.slug}", run_page, arguments, 1.0)], f"Page {page.slug}")[0]
    return executed


def write_tried(notebook: nbformat.NotebookNode, page: Page, target: Path) -> None:
    """Write a page that was run, as a notebook or as one HTML file that needs no other."""
    text = nbformat.writes(notebook) if target.suffix == ".ipynb" else standalone_html(notebook, page.slug)
    with clear_disk_errors(target, "--out"):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def standalone_html(notebook: nbformat.NotebookNode, name: str) -> str:
    """Return an executed notebook as HTML with pictures, styles and, where it has equations, MathJax inside."""
    book = project_root() / "book"
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        if any("{cite" in cell.source for cell in notebook.cells):
            notebook = copy.deepcopy(notebook)
            notebook.cells.append(nbformat.v4.new_markdown_cell(_BIBLIOGRAPHY, id="references"))
        source, target = Path(folder) / "source", Path(folder) / "html"
        source.mkdir()
        (source / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        (source / "references.bib").write_bytes((book / "references.bib").read_bytes())
        _render(source, target, name)
        return _in_one_file(target / f"{name}.html", book / "_assets")


def _render(source: Path, target: Path, name: str) -> None:
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


def _in_one_file(path: Path, assets: Path) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    body = soup.select_one("div.body")
    for link in body.select("a.headerlink"):
        link.decompose()
    for image in body.select("img[src]"):
        if urlsplit(image["src"]).scheme != "data":
            file = path.parent / unquote(image["src"])
            image["src"] = data_address(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "image/png")
    for link in body.select("a[href]"):
        if ".ipynb" in link["href"] or link["href"].endswith(".md"):
            link.unwrap()  # a page of the book that is not here
    sheets = [sheet for pattern in _STYLES for sheet in sorted((path.parent / "_static").glob(pattern))]
    styles = "\n".join(sheet.read_text(encoding="utf-8") for sheet in [*sheets, assets / "plain.css"])
    head = f"<style>\n{styles}\n</style>"
    if body.select_one(".math"):
        mathjax = (assets / "mathjax" / "tex-svg.js").read_text(encoding="utf-8")
        head += f"\n<script>{MATHJAX_SETTINGS}</script>\n<script>{mathjax}</script>"
    return whole_page(soup.title.get_text().partition(" — ")[0], body.decode_contents(), head)
