"""Ours beside the printed, and nothing printed that the report does not print."""

import numpy as np
import pytest

from report_utils.report.claim_list import CLAIMS, judge_claims
from report_utils.report.published import PUBLISHED
from report_utils.report.tables import (
    claims_summary_markdown,
    claims_table,
    evidence_markdown,
    table_one,
    table_one_markdown,
)


@pytest.fixture
def table(report_like):
    return table_one(report_like, n_resamples=200)


def test_rows_are_the_reports_in_its_order(table):
    assert list(table.index) == list(PUBLISHED.rows)
    assert table.loc["multi_band_2", "printed_scatter"] == 0.06345
    assert np.isnan(table.loc["agn_less_2", "printed_scatter"])


def test_our_numbers_are_the_residuals(table, report_like):
    for name, run in report_like.items():
        assert table.loc[name, "scatter"] == pytest.approx(run.residuals.std())
        assert table.loc[name, "bias"] == pytest.approx(run.residuals.mean())
        assert table.loc[name, "scatter_low"] < table.loc[name, "scatter"] < table.loc[name, "scatter_high"]
    assert set(table["n_groups"]) == {120}


def test_markdown_says_what_is_missing(report_like):
    del report_like["retained_25"]
    text = table_one_markdown(table_one(report_like, n_resamples=50), links={"single_band": "page.md"})
    lines = text.splitlines()
    assert len(lines) == 18
    assert len({line.count("|") for line in lines}) == 1
    by_model = {line.split("|")[1].strip() + line.split("|")[2]: line for line in lines}
    assert "[Single Band](page.md)" in text
    assert by_model["25% Retained 0-2.5, ..., 7.5+ "].count("not run") == 2
    assert by_model["AGN-less 0-2.5 "].count("not printed") == 2
    assert "| **.05818** |" in by_model["Multi-Band 0-2.5, ..., 7.5+ "]
    assert "| **.00013** |" in by_model["99% Retained 0-2.5, ..., 7.5+ "]
    assert "| −.00173 |" in by_model["Multi-Band 0-2.5 "]


def test_printed_columns_are_the_reports_characters_and_two_are_bold(report_like):
    cells = [line.split("|") for line in table_one_markdown(table_one(report_like, n_resamples=50)).splitlines()[2:]]
    for line, row in zip(cells, PUBLISHED.rows.values(), strict=True):
        for cell, value in ((line[3], row.bias), (line[5], row.scatter)):
            said = cell.strip(" *").replace("−", "-")
            assert (said == "not printed") if value is None else (float(said) == value and len(said.split(".")[1]) == 5)
    for column in (3, 4, 5, 6):
        assert sum("**" in line[column] for line in cells) == 1


def test_an_interval_does_not_break(report_like):
    line = table_one_markdown(table_one(report_like, n_resamples=50)).splitlines()[2]
    value, interval = line.split("|")[6].split()[0], line.split("[")[-1].split("]")[0]
    assert len(value) == 6
    assert " " not in interval


def test_nothing_run_is_no_error():
    text = table_one_markdown(table_one({}))
    assert text.count("not run") == 32


def test_a_row_alone_is_not_the_best(report_like):
    alone = table_one({"agn_less_1": report_like["agn_less_1"]}, n_resamples=50).loc[["agn_less_1"]]
    text = table_one_markdown(alone)
    assert "**" not in text
    assert "not printed" in text


def test_claims_as_tables(report_like):
    evidence = judge_claims(report_like, n_resamples=200)
    frame = claims_table(evidence)
    assert set(frame["claim"]) == {claim.name for claim in CLAIMS}
    assert (frame["claim"] == "agn_less_equal").sum() == 4
    assert frame.loc[frame["claim"] == "alike_dynamics", "value"].isna().all()
    summary = claims_summary_markdown(evidence)
    assert summary.count("\n") == len(CLAIMS) + 1
    assert "**holds**" in summary
    assert "multi_band_2 / multi_band_1" in evidence_markdown(evidence["two_bands_halve"])
    assert "Not run in this profile" in evidence_markdown(evidence["alike_dynamics"])
