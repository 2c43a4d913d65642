"""Under each figure stands the cell that made it, its parameters, and the runs it shows."""

from __future__ import annotations

import re

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from report_utils.book import figure_provenance
from report_utils.book.figure_provenance import MadeBy
from report_utils.runs.code_digest import digest

INPUTS = {
    "data": {"n_clusters": 48, "seed": 1},
    "page": {"slug": "3-3-multi-band-2", "parameters": {"transform": "multi_band_2"}},
    "profile": {"name": "smoke"},
    "runs": {
        "fit/smoke/multi_band_2/fold-0-seed-0": "fedcba9876543210",
        "fit/smoke/multi_band_2/fold-1-seed-0": "00ff" * 4,
    },
}


def a_page():
    """A page of two cells: one shows a figure, one words."""
    tree = publish_doctree("")
    for count, output in ((3, nodes.figure("", nodes.image(uri="x.svg"))), (4, nodes.paragraph("", "words"))):
        cell = nodes.container(nb_element="cell_code", exec_count=count)
        cell += nodes.container(classes=["cell_input"])
        cell += nodes.container("", output, classes=["cell_output"])
        tree += cell
    return tree


def test_a_figure_names_its_cell_parameters_and_runs():
    tree = a_page()
    figure_provenance.add_made_by(tree, "pages/3-3-multi-band-2", INPUTS)
    (line,) = tree.findall(MadeBy)
    assert isinstance(line.parent.children[line.parent.index(line) - 1], nodes.figure)
    text = line["html"]
    assert '<a href="#cell-3">Cell 3</a>' in text
    assert 'href="../_sources/notebooks/3-3-transform.py"' in text
    assert "<code>profile = &#x27;smoke&#x27;</code>, <code>transform = &#x27;multi_band_2&#x27;</code>" in text
    assert "fit/smoke/multi_band_2/fold-0-seed-0 fedcba987654</code>" in text
    assert 'href="../executions.html#made-3-3-multi-band-2"' in text
    assert f"Observations: <code>{digest(INPUTS['data'])[:12]}</code>" in text
    for tag in set(re.findall(r"<(\w+)", text)):
        assert text.count(f"<{tag}") == text.count(f"</{tag}>")


def test_the_cell_is_a_place_that_links_can_lead_to():
    tree = a_page()
    figure_provenance.add_made_by(tree, "pages/2-data", INPUTS)
    inputs = [node for node in tree.findall(nodes.container) if "cell_input" in node["classes"]]
    assert [node["ids"] for node in inputs] == [["cell-3"], ["cell-4"]]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [({}, "It shows no training."), ({f"fit/{i}": "0" * 64 for i in range(9)}, "The page shows 9 runs.")],
)
def test_pages_of_no_run_or_many(runs, expected):
    assert expected in figure_provenance.runs_words(INPUTS | {"runs": runs})


def test_the_line_is_no_text_of_the_page():
    tree = a_page()
    before = tree.astext()
    figure_provenance.add_made_by(tree, "pages/2-data", INPUTS)
    assert tree.astext().split() == before.split()
    with pytest.raises(nodes.SkipNode):
        figure_provenance.skip_made_by(None, None)
