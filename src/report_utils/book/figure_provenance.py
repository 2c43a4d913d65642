"""A line under each figure says how it was made: by which cell, with which parameters, from which runs."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from docutils import nodes

from report_utils.book.executions import trained_runs
from report_utils.book.page_header import TEXT_SOURCES, notebook_of
from report_utils.runs.code_digest import digest

MOST_RUNS_NAMED = 4
"""A page that shows more runs gives their number, and a link to the list."""

_DIGEST_LENGTH = 12


class MadeBy(nodes.General, nodes.Element):
    """The line under a figure; it is not part of the page's text, so a search does not find it."""


def visit_made_by(self: Any, node: MadeBy) -> None:
    """Write the line in HTML."""
    self.body.append(node["html"])
    raise nodes.SkipNode


def skip_made_by(self: Any, node: MadeBy) -> None:  # noqa: ARG001 - Sphinx calls it so
    """Leave the line out of everything that is not HTML."""
    raise nodes.SkipNode


def add_made_by(doctree: nodes.document, docname: str, inputs: Mapping[str, Any], root: str = "../") -> None:
    """Give the cells of a page anchors, and say under each figure which cell made it and from what.

    Parameters
    ----------
    doctree : docutils document
        Changed in place.
    docname : str
    inputs : mapping
        What the page was made from, as its executed notebook records it.
    root : str
        Relative path from the page to the book's folder.
    """
    for cell in _cells(doctree):
        number = cell.get("exec_count")
        for part in cell.children:
            if "cell_input" in part.get("classes", []):
                # a place inside the folded code: following a link to it opens the fold
                part["ids"].append(f"cell-{number}")
        for figure in list(cell.findall(nodes.figure)):
            place = figure.parent.index(figure)
            figure.parent.insert(place + 1, MadeBy(html=line_html(docname, number, inputs, root)))


def _cells(doctree: nodes.document) -> list[nodes.Element]:
    return [
        node
        for node in doctree.findall(nodes.container)
        if node.get("nb_element") == "cell_code" and node.get("exec_count")
    ]


def line_html(docname: str, cell: int, inputs: Mapping[str, Any], root: str) -> str:
    """Return the folded line under a figure."""
    notebook = notebook_of(docname)
    page, profile = inputs.get("page", {}), inputs.get("profile", {})
    values = {"profile": profile.get("name", "?"), **page.get("parameters", {})}
    settings = ", ".join(f"<code>{html.escape(f'{name} = {value!r}')}</code>" for name, value in values.items())
    row = f"{root}executions.html#made-{docname.rpartition('/')[2]}"
    return (
        '<details class="made-by"><summary>How this figure was made</summary><p>'
        f'<a href="#cell-{cell}">Cell {cell}</a> of '
        f'<a href="{root}{TEXT_SOURCES}/{notebook}.py">{notebook}.py</a>, run with {settings}. '
        f'{runs_words(inputs)} <a href="{row}">When, how long, with which versions</a>.</p></details>\n'
    )


def runs_words(inputs: Mapping[str, Any]) -> str:
    """Name the data and runs that a page shows, with the first letters of their digests."""
    data = digest(inputs.get("data", {}))[:_DIGEST_LENGTH]
    runs = trained_runs(inputs)
    observations = f"Observations: <code>{data}</code>."
    if not runs:
        return f"{observations} It shows no training."
    if len(runs) > MOST_RUNS_NAMED:
        return f"{observations} The page shows {len(runs)} runs."
    named = ", ".join(f"<code>{html.escape(f'{name} {key[:_DIGEST_LENGTH]}')}</code>" for name, key in runs.items())
    return f"{observations} Runs of the page: {named}."
