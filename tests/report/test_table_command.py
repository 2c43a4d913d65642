"""``report-utils table``: Table 1 unless everything is asked for, on the terminal or in a file."""

import csv
import json

import pytest

from report_utils.report import reproduced_results as judged
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.reproduction_status import CLAIM, StatusEntry
from report_utils.report.tables import table_one


@pytest.fixture
def run(run, monkeypatch, report_like, runs_folder):
    class MadeUp:
        def __init__(self, reproduction):
            self.reproduction = reproduction
            self.table = table_one(report_like, n_resamples=50)
            self.status = [StatusEntry(CLAIM, "Two bands halve it.", "abstract", "0.540", "0.476 [0.4, 0.5]", "holds")]

    monkeypatch.setattr(judged, "Judged", MadeUp)

    return lambda *arguments: run("table", "--profile", "smoke", *arguments)


def test_table_one_is_what_is_printed(run):
    status, out, _ = run()
    assert status == 0
    assert out.startswith("profile smoke: ")
    assert out.count("Retained") == 6
    assert "Two bands" not in out


@pytest.mark.parametrize("option", ["--status", "--all"])
def test_everything_is_printed_where_it_is_asked_for(run, option):
    status, out, _ = run(option)
    assert status == 0
    assert "holds" in out
    assert "Two bands halve it." in out
    assert "Retained" not in out


def test_files_for_machines(run, tmp_path):
    assert run("--csv", tmp_path / "table.csv", "--json", tmp_path / "table.json")[0] == 0
    with (tmp_path / "table.csv").open(encoding="utf-8") as file:
        assert [line["transform"] for line in csv.DictReader(file)] == list(PUBLISHED.rows)
    assert len(json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))["rows"]) == 16
    status, out, _ = run("--status", "--json", tmp_path / "status.json")
    assert status == 0
    assert out == f"{tmp_path / 'status.json'}: written\n"
    assert json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))["entries"][0]["verdict"] == "holds"


def test_a_file_that_cannot_be_written_is_named(run, tmp_path):
    status, _, err = run("--csv", tmp_path / "absent" / "table.csv")
    assert status == 2
    assert str(tmp_path / "absent" / "table.csv") in err
    assert len(err.strip().splitlines()) == 1
