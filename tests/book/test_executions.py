"""The executions page says of every page what made it, in tables that can be read."""

from __future__ import annotations

import json
import re

import pytest

from report_utils.book import executions
from report_utils.book.execute import METADATA
from report_utils.book.pages import book_pages

PAGES = book_pages()


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
    assert list(executions.page_records(tmp_path)) == ["2-data"]


def test_every_page_has_a_row_with_its_place_time_and_source():
    records = {page.slug: record(page.slug) for page in PAGES}
    lines = executions.pages_table(records)
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
    assert "`smoke`, `transform = multi_band_2`" in "\n".join(executions.pages_table({"3-3-multi-band-2": made}))


@pytest.mark.parametrize("other", [{"numpy": "2"}, {"numpy": "1", "scipy": "3"}])
def test_versions_have_a_column_for_each_set(other):
    same = executions.versions_table({"a": record(versions={"numpy": "1"}), "b": record(versions={"numpy": "1"})})
    assert cells(same[0]) == ["package", "all pages"]
    assert cells(same[2]) == ["numpy", "1"]
    differ = executions.versions_table({"a": record(versions={"numpy": "1"}), "b": record(versions=other)})
    assert cells(differ[0]) == ["package", "a", "b"]
    assert cells(differ[2]) == ["numpy", "1", other["numpy"]]


def test_runs_are_listed_once_with_the_pages_that_show_them():
    runs = {"fit/smoke/x/fold-0": "ab" * 32}
    lines = executions.runs_table({slug: record(slug, runs=runs) for slug in ("a", "b", "c", "d", "e")})
    (row,) = [cells(line) for line in lines[2:]]
    assert row[:2] == ["fit/smoke/x/fold-0", "`abababababab`"]
    assert row[2].endswith("[c](pages/c.ipynb) and 2 more")
    assert executions.runs_table({"a": record()}) == ["No page shows a run."]
