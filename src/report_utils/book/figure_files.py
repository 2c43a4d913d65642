"""What a page offers with each figure: a large view, and its picture and data as files."""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes

from report_utils.book.provenance import MadeBy
from report_utils.files.disk import write_text
from report_utils.widgets import FIGURE_DATA, unpacked_text

DATA_FILES = "_sources/figures"
"""Where the rendered book keeps the data of figures, a CSV file for each."""
FIGURES_FOLDER = Path("_build") / "figures"
"""Where they are published before; executed notebooks keep them, those that the book shows are lighter without."""


class FigureTools(nodes.General, nodes.Element):
    """The line of buttons and links under a figure; it is not part of the page's text."""


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


def add_tools(doctree: nodes.document, root: Path) -> None:
    """Put the line under each figure of a page, before what says how it was made; ``root`` is the project's folder."""
    for line in list(doctree.findall(MadeBy)):
        place = line.parent.index(line)
        figure = line.parent[place - 1]
        name = next(iter(figure["names"]), "figure")
        line.parent.insert(place, FigureTools(name=name, has_data=(root / FIGURES_FOLDER / f"{name}.csv").is_file()))


def visit_figure_tools(self: Any, node: FigureTools) -> None:
    """Write the line in HTML."""
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
    raise nodes.SkipNode
