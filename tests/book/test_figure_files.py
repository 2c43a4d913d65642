"""Under each figure: a button to open it large, its picture, and its data, which lie in the rendered book."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.core import publish_doctree
from matplotlib.figure import Figure

from report_utils.book import figure_files
from report_utils.report.figures.data import data_bundle, figure_csv


def cell(name, *outputs):
    outputs = [{"output_type": "execute_result", "data": data} for data in outputs]
    outputs.append({"output_type": "stream", "text": "words"})
    return {"cell_type": "code", "metadata": {"mystnb": {"figure": {"name": name}}} if name else {}, "outputs": outputs}


@pytest.fixture
def project(tmp_path):
    """A project that has published the data of one figure."""
    figure_files.publish_data(tmp_path, {"fig-a": "# fig-a\nx\n1\n"})
    return tmp_path


def test_an_executed_notebook_is_split_into_what_is_shown_and_data():
    figure = Figure()
    figure.subplots().plot([1, 2], [3, 4])
    data = data_bundle(figure)
    svg = {"image/svg+xml": "<svg>"}
    cells = [cell("fig-a", svg | data), cell("fig-b", svg), cell("", data), {"cell_type": "markdown", "metadata": {}}]
    text, found = figure_files.split_data(json.dumps({"cells": cells}))
    assert found == {"fig-a": figure_csv(figure)}
    shown = [output.get("data") for one in json.loads(text)["cells"] for output in one.get("outputs", [])]
    assert shown == [svg, None, svg, None, {}, None]


def test_data_are_published_copied_and_those_of_earlier_pages_go(project):
    rendered = project / "_build" / "html"
    for name in ("fig-b", "fig-c"):
        figure_files.publish_data(project, {name: "x\n"})
        figure_files.copy_data(project, rendered)
        assert [path.name for path in (rendered / figure_files.DATA_FILES).iterdir()] == [f"{name}.csv"]


def tools(project, name, picture="../_images/one.svg"):
    """The line under a figure as elements."""
    tree = publish_doctree("")
    figure = nodes.figure("", names=[name])
    if picture:
        figure += nodes.image(uri=picture)
    tree += nodes.container("", figure, nb_element="cell_code", exec_count=3)
    figure_files.add_lines(tree, "pages/2-data", {}, project)
    (line,) = tree.findall(figure_files.FigureLines)
    writer = SimpleNamespace(body=[], builder=SimpleNamespace(current_docname="pages/2-data"))
    with pytest.raises(nodes.SkipNode):
        figure_files.visit_figure_lines(writer, line)
    assert writer.body.pop() == line["made"]
    return BeautifulSoup("".join(writer.body), "html.parser")


def test_a_figure_can_be_opened_and_downloaded_with_its_data(project):
    line = tools(project, "fig-a")
    assert line.button.get_text() == "Open large"
    picture, data = line.select("a")
    assert (picture["href"], picture["download"]) == ("../_images/one.svg", "fig-a.svg")
    assert data["href"] == "../_sources/figures/fig-a.csv"
    assert data.has_attr("download")


def test_only_what_there_is_is_offered(project):
    assert [link.get_text() for link in tools(project, "fig-b").select("a")] == ["Picture (SVG)"]
    assert [link.get_text() for link in tools(project, "fig-a", picture="").select("*")] != []
    assert not tools(project, "fig-a", picture="").button
    assert str(tools(project, "fig-b", picture="")) == ""
