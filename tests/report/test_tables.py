"""Ours beside the printed, and nothing printed that the report does not print."""

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from tests.report.judging import judge_claims
from tests.report.markdown import cells

from report_utils.report.claims import CLAIMS
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.tables import (
    evidence_markdown,
    shape_markdown,
    table_one,
    table_one_csv,
    table_one_json,
    table_one_markdown,
    table_one_text,
    verdicts_markdown,
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
    text = table_one_markdown({"here": table_one(report_like, n_resamples=50)}, links={"single_band": "page.md"})
    header, *rows = cells(text)
    assert len(rows) == 16
    assert {len(row) for row in rows} == {len(header)}
    found = {(model, channels): row for model, channels, *row in rows}
    assert ("[Single Band](page.md)", "0+") in found
    assert found["25% Retained", "0-2.5, ..., 7.5+"].count("not run") == 2
    assert found["AGN-less", "0-2.5"].count("not printed") == 2
    assert found["Multi-Band", "0-2.5, ..., 7.5+"][0] == "**.05818**"
    assert found["99% Retained", "0-2.5, ..., 7.5+"][2] == "**.00013**"
    assert found["Multi-Band", "0-2.5"][2] == "−.00173"


def untrained(run):
    """The same run, whose first fold always predicts the mean mass: a dead network."""
    predictions = run.predictions.copy()
    predictions[run.fold == 0] = run.truth.mean()
    return replace(run, predictions=predictions)


def test_a_network_that_did_not_train_has_no_numbers(report_like):
    """Nor has any claim that needs it; the others are judged."""
    results = report_like | {"single_band": untrained(report_like["single_band"])}
    table = table_one(results, n_resamples=50)
    assert np.isnan(table.loc["single_band", "scatter"])
    assert table.loc["single_band", "untrained"].startswith("fold 0: its predictions spread")
    assert (table["untrained"].drop("single_band") == "").all()
    row = next(row for row in cells(table_one_markdown({"here": table})) if row[:2] == ["Single Band", "0+"])
    assert row.count("not trained") == 2
    assert shape_markdown({"here": table}).count("not trained") == 4
    found = judge_claims(results, n_resamples=50)
    assert found["two_bands_halve"].verdict == judge_claims(report_like, n_resamples=50)["two_bands_halve"].verdict
    assert found["splitting_halves"].parts == ()
    assert "did not train: single_band (fold 0: its predictions spread" in found["splitting_halves"].note
    assert 'inputs = "standardised"' in found["splitting_halves"].note


def test_where_no_network_trained_the_table_has_its_columns_and_no_numbers(report_like):
    table = table_one({name: untrained(run) for name, run in report_like.items()}, n_resamples=50)
    assert list(table) == list(table_one(report_like, n_resamples=50))
    assert table[["bias", "scatter", "slope", "r_squared", "n_seeds"]].isna().all(axis=None)
    assert table_one_markdown({"here": table}).count("not trained") == 2 * len(report_like)
    said = table_one_text(table).splitlines()
    assert sum("did not train: fold 0" in line for line in said) == len(report_like)
    assert said[-1].startswith("What to try: ")


def test_one_dead_training_seed_of_several_is_enough(report_like):
    run = report_like["single_band"]
    table = table_one({"single_band": [run, untrained(run)]}, n_resamples=50)
    assert table.loc["single_band", "untrained"].startswith("fold 0, training seed 1: its predictions spread")


def test_printed_columns_are_the_reports_characters_and_two_are_bold(report_like):
    rows = cells(table_one_markdown({"here": table_one(report_like, n_resamples=50)}))[1:]
    for shown, row in zip(rows, PUBLISHED.rows.values(), strict=True):
        for cell, value in ((shown[2], row.scatter), (shown[4], row.bias)):
            said = cell.strip("*").replace("−", "-")
            assert (said == "not printed") if value is None else (float(said) == value and len(said.split(".")[1]) == 5)
    # of ours none: two scatters are alike, and every bias lies in the interval of the smallest
    assert [sum("**" in row[column] for row in rows) for column in (2, 3, 4, 5)] == [1, 0, 1, 0]


def test_an_interval_does_not_break(report_like):
    scatter = cells(table_one_markdown({"here": table_one(report_like, n_resamples=50)}))[1][3]
    assert re.fullmatch(r"0\.\d{4} \[0\.\d{4},\u00a00\.\d{4}\]", scatter)


def test_seeds_are_counted_where_there_are_several(report_like, made_up):
    assert "Seeds" not in table_one_markdown({"here": table_one(report_like, n_resamples=50)})
    report_like["multi_band_2"] = [made_up("multi_band_2", 0.06, seed=seed) for seed in range(3)]
    del report_like["multi_band_3"]
    table = table_one(report_like, n_resamples=50)
    assert table.loc["multi_band_2", "n_seeds"] == 3
    assert table.loc["multi_band_2", "scatter"] == pytest.approx(
        np.std([run.residuals for run in report_like["multi_band_2"]])
    )
    seeds = [row[-1] for row in cells(table_one_markdown({"here": table}))]
    assert (seeds[0], seeds[3], seeds[4], seeds[5]) == ("Seeds", "3", "", "1")


def test_the_shape_of_the_errors(table, report_like):
    text = shape_markdown({"here": table})
    line = cells(text)[1]
    run = report_like["single_band"]
    assert line[2].split()[0].replace("−", "-") == f"{np.polyfit(run.truth, run.residuals[:, 0], 1)[0]:+.4f}"
    assert float(line[3]) == pytest.approx(run.residuals.std(), rel=0.1)
    assert line[4].endswith("%")
    assert shape_markdown({"here": table_one({})}).count("not run") == 64


def test_machines_read_the_table(table):
    rows = json.loads(table_one_json(table, "quick"))
    assert rows["profile"] == "quick"
    assert rows["rows"][0]["transform"] == "single_band"
    assert rows["rows"][0]["scatter"] == pytest.approx(table.loc["single_band", "scatter"])
    assert rows["rows"][-1]["printed_scatter"] is None
    lines = list(csv.DictReader(io.StringIO(table_one_csv(table))))
    assert float(lines[2]["bias_low"]) == pytest.approx(table["bias_low"].iloc[2])
    assert "0.11253" in table_one_text(table)


def test_nothing_run_is_no_error():
    text = table_one_markdown({"here": table_one({})})
    assert text.count("not run") == 32


def test_a_row_alone_is_not_the_best(report_like):
    alone = table_one({"agn_less_1": report_like["agn_less_1"]}, n_resamples=50).loc[["agn_less_1"]]
    text = table_one_markdown({"here": alone})
    assert "**" not in text
    assert "not printed" in text


def test_claims_as_tables(report_like):
    evidence = judge_claims(report_like, n_resamples=200)
    summary = verdicts_markdown({"Here": evidence})
    assert summary.count("\n") == len(CLAIMS) + 1
    assert cells(summary)[1:] == [[one.statement, one.where, evidence[one.name].verdict] for one in CLAIMS]
    assert cells(evidence_markdown(evidence["two_bands_halve"]))[1][:2] == ["2 bands over 0-2.5 keV", "0.540"]
    assert "printed" not in evidence_markdown(evidence["agn_less_equal"])
    assert "Not run in this profile" in evidence_markdown(evidence["alike_dynamics"])


def test_several_sources_stand_side_by_side(report_like, made_up):
    """Each has its own best row, and a verdict that differs from the first source's is bold."""
    other = report_like | {"multi_band_3": made_up("multi_band_3", 0.02), "multi_band_2": made_up("multi_band_2", 0.11)}
    sources = {"here": table_one(report_like, n_resamples=50), "elsewhere": table_one(other, n_resamples=50)}
    header, *rows = cells(table_one_markdown(sources))
    assert header[2:6] == ["Std dev, printed", "Std dev, here", "Std dev, elsewhere", "Bias, printed"]
    best = {title: [row[:2] for row in rows if row[place].startswith("**")] for place, title in enumerate(header)}
    assert best["Std dev, elsewhere"] == [["Multi-Band", "0-2.5, ..., 5-7.5"]] != best["Std dev, here"]
    judged = {"here": judge_claims(report_like, n_resamples=50), "elsewhere": judge_claims(other, n_resamples=50)}
    shown = {row[0]: row[2:] for row in cells(verdicts_markdown(judged))[1:]}
    halve = next(claim.statement for claim in CLAIMS if claim.name == "two_bands_halve")
    assert shown[halve] == ["holds", "**fails**"]
