"""The page Performance without results, with some, and with a loss."""

import json
import re

import pytest
from tests.conftest import ROOT
from tests.made_up_runs import PROFILE
from tests.report.test_measurements import measurement, result

from report_utils.book.build import page_record
from report_utils.book.pages import PAGES
from report_utils.errors import InputError
from report_utils.report import performance as page
from report_utils.report.figures.performance import goals_chart, growth_curves, step_shares, time_against_size
from report_utils.report.measurements import Quantity, add_result, keep_table, read_all
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.store import Store


def test_without_results_it_says_what_measures_them(tmp_path):
    results = read_all(tmp_path)
    assert "make bench" in page.machine_text(results)
    assert "make bench" in page.goals_markdown(page.newest(results))
    assert "make bench" in page.summary(results)
    assert "python -m benchmarks.quick_trade" in page.kept_table("quick_trade", tmp_path)
    for figure in (goals_chart([]), growth_curves([]), step_shares({"a": {}}), time_against_size([], "events")):
        figure.canvas.draw()


def test_a_loss_and_a_goal_that_does_not_hold_are_said(tmp_path):
    add_result(result(measurement([4.0] * 3, goal=3.0), date="2026-01-01"), tmp_path)
    add_result(result(measurement([2.0] * 3, goal=3.0), date="2026-01-02"), tmp_path)
    results = read_all(tmp_path)
    assert "**loss**" in page.changes_markdown(results)
    assert "**does not hold**" in page.goals_markdown(page.newest(results))
    assert page.summary(results).startswith("0 of 1 goals hold")
    assert "`c0ffee`, 2026-01-02" not in page.machine_text(results)
    assert "2026-01-02, at `c0ffee`" in page.machine_text(results)
    goals_chart(page.newest(results)).canvas.draw()


def test_shares_come_the_largest_first(tmp_path):
    steps = [
        measurement([1.0], name=f"ingest/step/{name}").model_copy(update={"ours": Quantity.of([share])})
        for name, share in (("write", 20), ("read", 80))
    ]
    add_result(result(*steps), tmp_path)
    assert page.shares_of(read_all(tmp_path), "ingest/step") == {"read": 80, "write": 20}


def test_a_kept_table_names_its_origin(tmp_path):
    kept = {"columns": ["part", "scatter"], "rows": [["two bands", "0.08 ± 0.01"]], "provenance": "measured at c0ffee"}
    (tmp_path / "quick_trade.json").write_text(json.dumps(kept))
    table = page.kept_table("quick_trade", tmp_path)
    assert table.endswith("measured at c0ffee")
    rule = table.splitlines()[1]
    assert [cell.strip().endswith(":") for cell in rule.strip("|").split("|")] == [False, True]
    (tmp_path / "quick_trade.json").write_text("[]")
    with pytest.raises(InputError, match="no kept table"):
        page.kept_table("quick_trade", tmp_path)


def test_every_table_that_the_page_shows_is_kept():
    shown = re.findall(r'kept_table\("(\w+)"\)', (ROOT / "notebooks" / "performance.py").read_text(encoding="utf-8"))
    assert len(shown) == 6
    for name in shown:
        assert "Not measured" not in page.kept_table(name)


def test_the_page_is_stale_when_a_result_changes(tmp_path):
    (tmp_path / "tiny.toml").write_text(PROFILE)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "performance.py").write_text("# %%\n")
    reproduction = Reproduction(tmp_path / "tiny.toml", Store(tmp_path / "runs"))
    (performance,) = [one for one in PAGES if one.slug == "performance"]
    records = [page_record(performance, reproduction, tmp_path)]
    for ratio in (1.0, 2.0):
        add_result(result(measurement([ratio])), tmp_path / "benchmarks" / "results")
        records.append(page_record(performance, reproduction, tmp_path))
    assert len({record["digest"] for record in records}) == 3
    assert {record["inputs"]["code"] == records[0]["inputs"]["code"] for record in records} == {True}


def test_a_table_that_is_kept_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr("report_utils.report.measurements.results_of_benchmarks", lambda: tmp_path)
    keep_table("new", ["part", "time [s]"], [["pages", "1.5"]], "measured at c0ffee", more=[1])
    table = "| part | time [s] |\n| :--- | ---: |\n| pages | 1.5 |"
    assert page.kept_table("new", tmp_path) == f"{table}\n\nmeasured at c0ffee"
