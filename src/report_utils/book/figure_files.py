"""The lines under a figure: a large view, its picture and data as files, and how it was made."""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes

from report_utils.book.provenance import Inputs, figure_line
from report_utils.files.disk import write_text
from report_utils.widgets import FIGURE_DATA, unpacked_text

DATA_FILES = "_sources/figures"
"""Where the rendered book keeps the data of figures, a CSV file for each."""
FIGURES_FOLDER = Path("_build") / "figures"
"""Where they are published before; executed notebooks keep them, those that the book shows are lighter without."""


class FigureLines(nodes.General, nodes.Element):
    """The lines under a figure; they are not part of the page's text, so a search does not find them."""


def split_data(text: str) -> tuple[str, dict[str, str]]:
    """Return an executed notebook without the data of its figures, and these as CSV, by the figure's name."""
    notebook, found = json.loads(text), {}
    for cell in notebook["cells"]:
        name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
        for output in cell.get("outputs", []):
            data = output.get("data", {}).pop(FIGURE_DATA, None)
            if name and data is not None:
                found[name] = unpacked_text("".join(data))
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n", found


def publish_data(root: Path, data: Mapping[str, str]) -> None:
    """Put the data of the figures of all pages where a rendering finds them; those of earlier pages go."""
    folder = root / FIGURES_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.csv"):
        if path.stem not in data:
            path.unlink()
    for name, text in data.items():
        write_text(folder / f"{name}.csv", text)


def copy_data(root: Path, rendered: Path) -> None:
    """Copy the published data of figures into the rendered book."""
    shutil.rmtree(rendered / DATA_FILES, ignore_errors=True)
    shutil.copytree(root / FIGURES_FOLDER, rendered / DATA_FILES)


def add_lines(doctree: nodes.document, docname: str, inputs: Inputs, root: Path) -> None:
    """Give the cells of a page anchors, and put the lines under its figures; ``root`` is the project's folder."""
    for cell in doctree.findall(nodes.container):
        number = cell.get("exec_count")
        if cell.get("nb_element") != "cell_code" or not number:
            continue
        for part in cell.children:
            if "cell_input" in part.get("classes", []):
                # a place inside the folded code: following a link to it opens the fold
                part["ids"].append(f"cell-{number}")
        for figure in list(cell.findall(nodes.figure)):
            name = next(iter(figure["names"]), "figure")
            has_data = (root / FIGURES_FOLDER / f"{name}.csv").is_file()
            lines = FigureLines(name=name, has_data=has_data, made=figure_line(docname, number, inputs))
            figure.parent.insert(figure.parent.index(figure) + 1, lines)


def visit_figure_lines(self: Any, node: FigureLines) -> None:
    """Write the lines in HTML."""
    figure = node.parent[node.parent.index(node) - 1]
    picture, name = figure.next_node(nodes.image), html.escape(node["name"])
    parts = []
    if picture is not None:
        source = html.escape(picture["uri"])  # by now its address in the book
        kind = Path(source).suffix.removeprefix(".")
        parts.append('<button type="button" class="open-large pst-js-only">Open large</button>')
        parts.append(f'<a href="{source}" download="{name}.{kind}">Picture ({kind.upper()})</a>')
    if node["has_data"]:
        root = "../" * self.builder.current_docname.count("/")
        parts.append(f'<a href="{root}{DATA_FILES}/{name}.csv" download>Data (CSV)</a>')
    if parts:
        self.body.append(f'<p class="figure-tools">{" ".join(parts)}</p>\n')
    self.body.append(node["made"])
    raise nodes.SkipNode
