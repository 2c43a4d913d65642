"""The book says how it was made: below each title, under each figure, and in tables on the executions page."""

from __future__ import annotations

import json
import re

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from report_utils.book import figure_files, provenance
from report_utils.book.kept_pages import NO_READS, Today
from report_utils.book.pages import Page, book_pages
from report_utils.book.provenance import provenance_line, with_line
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.code_digest import digest
from report_utils.runs.ownership import METADATA
from report_utils.runs.store import Store
from tests.profile_files import write_profile

PAGES = book_pages()
PAGE = Page("index", "index")
DATA = {"data/tiny": "d"}
FITS = {f"fit/tiny/single_band/fold-{fold}-seed-0": "d" for fold in range(2)}
MORE = {"fit/tiny/single_band/fold-0-seed-1": "d"}


@pytest.fixture
def reproduction(tmp_path):
    return Reproduction(write_profile(tmp_path / "tiny.toml"), Store(tmp_path / "runs"))


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (DATA, "20 simulated observations of 16 × 16 pixels, seed 5, no trained network on this page."),
        (DATA | FITS, "16 pixels, 2 of 10 folds, seed 5, 1 training seed; runs of this build."),
        (DATA | FITS | MORE, "2 training seeds; runs of this build."),
        (DATA | dict.fromkeys(FITS), "no trained network on this page."),  # asked for, and not there
    ],
)
def test_the_line_says_what_the_page_read(reproduction, runs, said):
    inputs = Today(reproduction).inputs(PAGE) | {"runs": runs}
    line = provenance_line(inputs, reproduction)
    assert line.startswith("*Profile `tiny`: ")
    assert said in line
    assert line.endswith("[How these numbers are made](../how-these-numbers-are-made.md).*")


def test_provenance_line_is_inserted_below_the_title(reproduction):
    inputs = Today(reproduction).inputs(PAGE, {**NO_READS, "runs": {}})
    cell = {"cell_type": "markdown", "source": ["# A title\n", "\n", "Text."]}
    text = json.dumps({"cells": [cell], "metadata": {METADATA: {"inputs": inputs}}})
    source = "".join(json.loads(with_line(text, reproduction))["cells"][0]["source"])
    assert source.startswith("# A title\n\n*Profile `tiny`")
    assert source.endswith(".*\n\nText.")


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


def test_a_figure_names_its_cell_parameters_and_runs(tmp_path):
    tree = a_page()
    figure_files.add_lines(tree, "pages/3-3-multi-band-2", INPUTS, tmp_path)
    (line,) = tree.findall(figure_files.FigureLines)
    assert isinstance(line.parent.children[line.parent.index(line) - 1], nodes.figure)
    text = line["made"]
    assert '<a href="#cell-3">Cell 3</a>' in text
    assert 'href="../_sources/notebooks/3-3-transform.py"' in text
    assert "<code>profile = &#x27;smoke&#x27;</code>, <code>transform = &#x27;multi_band_2&#x27;</code>" in text
    assert "fit/smoke/multi_band_2/fold-0-seed-0 fedcba987654</code>" in text
    assert 'href="../executions.html#made-3-3-multi-band-2"' in text
    assert f"Observations: <code>{digest(INPUTS['data'])[:12]}</code>" in text
    for tag in set(re.findall(r"<(\w+)", text)):
        assert text.count(f"<{tag}") == text.count(f"</{tag}>")


def test_cells_are_link_targets(tmp_path):
    tree = a_page()
    figure_files.add_lines(tree, "pages/2-data", INPUTS, tmp_path)
    inputs = [node for node in tree.findall(nodes.container) if "cell_input" in node["classes"]]
    assert [node["ids"] for node in inputs] == [["cell-3"], ["cell-4"]]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [({}, "It shows no training."), ({f"fit/{i}": "0" * 64 for i in range(9)}, "The page shows 9 runs.")],
)
def test_wording_for_pages_with_no_runs_or_many(runs, expected):
    assert expected in provenance.runs_words(INPUTS | {"runs": runs})


def test_provenance_line_is_not_page_text(tmp_path):
    tree = a_page()
    before = tree.astext()
    figure_files.add_lines(tree, "pages/2-data", INPUTS, tmp_path)
    assert tree.astext().split() == before.split()


def record(slug="2-data", versions=None, runs=None, seconds=1.25):
    inputs = {"page": {"slug": slug, "parameters": {}}, "profile": {"name": "smoke"}, "runs": runs or {}}
    return {
        "digest": "d",
        "inputs": inputs,
        "at": "2024-05-01 10:00:00",
        "seconds": seconds,
        "versions": versions or {},
    }


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_records_come_from_the_executed_notebooks(tmp_path):
    (tmp_path / "2-data.ipynb").write_text(json.dumps({"metadata": {METADATA: record()}}))
    (tmp_path / "index.ipynb").write_text(json.dumps({"metadata": {}}))
    (tmp_path / "of-old.ipynb").write_text(json.dumps({"metadata": {METADATA: record()}}))
    assert list(provenance.page_records(tmp_path)) == ["2-data"]


def test_every_page_has_a_row_with_its_place_time_and_source():
    records = {page.slug: record(page.slug) for page in PAGES}
    lines = provenance.pages_table(records)
    rows = [cells(line) for line in lines if line.startswith("| <span")]
    assert len(rows) == len(PAGES)
    for row, page in zip(rows, PAGES, strict=True):
        assert row[0] == f'<span id="made-{page.slug}"></span>[](pages/{page.slug}.ipynb)'
        assert f'href="_sources/notebooks/{page.notebook}.py"' in row[1]
        assert row[2] == "`smoke`"
        assert re.sub("<[^>]*>", "", row[3]) == "2024-05-01 10:00:00"
        assert row[4:] == ["1.2", "0"]
    assert lines[0].startswith(f"{len(PAGES)} of {len(PAGES)} pages were run, in {1.25 * len(PAGES):.0f} s")


def test_parameters_are_named():
    made = record("3-3-multi-band-2")
    made["inputs"]["page"]["parameters"] = {"transform": "multi_band_2"}
    assert "`smoke`, `transform = multi_band_2`" in "\n".join(provenance.pages_table({"3-3-multi-band-2": made}))


@pytest.mark.parametrize("other", [{"numpy": "2"}, {"numpy": "1", "scipy": "3"}])
def test_versions_have_a_column_for_each_set(other):
    same = provenance.versions_table({"a": record(versions={"numpy": "1"}), "b": record(versions={"numpy": "1"})})
    assert cells(same[0]) == ["package", "all pages"]
    assert cells(same[2]) == ["numpy", "1"]
    differ = provenance.versions_table({"a": record(versions={"numpy": "1"}), "b": record(versions=other)})
    assert cells(differ[0]) == ["package", "a", "b"]
    assert cells(differ[2]) == ["numpy", "1", other["numpy"]]


def test_runs_are_listed_once_with_the_pages_that_show_them():
    runs = {"fit/smoke/x/fold-0": "ab" * 32}
    lines = provenance.runs_table({slug: record(slug, runs=runs) for slug in ("a", "b", "c", "d", "e")})
    (row,) = [cells(line) for line in lines[2:]]
    assert row[:2] == ["fit/smoke/x/fold-0", "`abababababab`"]
    assert row[2].endswith("[c](pages/c.ipynb) and 2 more")
    assert provenance.runs_table({"a": record()}) == ["No page shows a run."]
