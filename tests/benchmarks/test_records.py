"""Results of benchmarks: kept, read again, and compared by ratios with a tolerance from the spread of the rounds."""

import json

import numpy as np
import pytest
from benchmarks.records import (
    MOST_KEPT,
    RESULTS,
    BenchmarkResult,
    Measurement,
    Quantity,
    add_result,
    compare,
    keep_table,
    read_results,
)

from report_utils.errors import InputError


def measurement(ratios, *, better="more", goal=None, name="binning/1000"):
    peers = {"peer": Quantity.of([10.0])}
    return Measurement(
        name=name,
        title="one",
        unit="ms",
        ours=Quantity.of([2.0]),
        peers=peers,
        ratio=Quantity.of(ratios),
        better=better,
        goal=goal,
    )


def result(*measurements, processor="one", date="2026-01-01"):
    return BenchmarkResult(
        benchmark="bench_one",
        date=date,
        commit="c0ffee",
        uncommitted=False,
        processor=processor,
        n_cores=2,
        load=(0.1, 0.2),
        seconds=1.0,
        versions={"python": "3.11"},
        measurements=list(measurements),
    )


def test_quantity_is_median_and_quartiles():
    quantity = Quantity.of([1, 2, 3, 4, 100])
    assert (quantity.low, quantity.median, quantity.high, quantity.n) == (2, 3, 4, 5)


def test_the_error_of_a_median_is_that_of_normal_rounds():
    """The median of n normal numbers scatters by 1.2533 sigma / sqrt(n)."""
    rounds = np.exp(np.random.default_rng(0).normal(0, 0.05, (2000, 25)))
    scatter = np.log(np.median(rounds, axis=1)).std()
    assert np.median([Quantity.of(one).log_error for one in rounds]) == pytest.approx(scatter, rel=0.1)


@pytest.mark.parametrize(
    ("better", "goal", "holds"), [("more", 3, True), ("more", 5, False), ("less", 5, True), ("more", None, None)]
)
def test_goals(better, goal, holds):
    assert measurement([3.9, 4.0, 4.1], better=better, goal=goal).holds is holds


def test_a_loss_is_more_than_the_rounds_scatter():
    before = measurement([3.9, 4.0, 4.1])
    (calm,) = compare(result(measurement([3.1, 3.2, 3.3])), result(before))
    assert calm.verdict == "loss"
    assert calm.worse_by == pytest.approx(4.0 / 3.2)
    (noisy,) = compare(result(measurement([2.0, 3.2, 6.0])), result(before))
    assert noisy.verdict == "same"
    (better,) = compare(result(measurement([4.9, 5.0, 5.1])), result(before))
    assert better.verdict == "gain"
    (slower,) = compare(result(measurement([4.9, 5.0, 5.1], better="less")), result(before))
    assert slower.verdict == "loss"


def test_seconds_alone_and_single_rounds_are_not_compared_but_memory_is():
    alone = {"ratio": None, "peers": {}, "better": "less"}
    for unit, compared in (("s", 0), ("%", 0), ("MB", 1)):
        one, other = (
            measurement([1.0]).model_copy(update=alone | {"unit": unit, "ours": Quantity.of([value])})
            for value in (100.0, 200.0)
        )
        changes = compare(result(other), result(one))
        assert [change.verdict for change in changes] == ["loss"] * compared
    assert compare(result(measurement([2.0])), result(measurement([4.0]))) == []


def test_only_what_both_have_is_compared():
    assert compare(result(measurement([1.0] * 3, name="a")), result(measurement([1.0] * 3, name="b"))) == []


def test_results_are_kept_in_order_and_the_oldest_forgotten(tmp_path):
    for day in range(1, MOST_KEPT + 3):
        path = add_result(result(measurement([day]), date=f"2026-01-0{day}"), tmp_path)
    kept = read_results(path)
    assert [one.date for one in kept] == [f"2026-01-0{day}" for day in range(3, MOST_KEPT + 3)]
    assert read_results(tmp_path / "bench_none.json") == []


def test_the_file_holds_every_field(tmp_path):
    """A reader needs no defaults: what is absent is null or empty."""
    path = add_result(result(measurement([2.0], goal=3.0)), tmp_path)
    (kept,) = json.loads(path.read_text())
    (one,) = kept["measurements"]
    derived = {"value", "holds"}
    assert one.keys() == Measurement.model_fields.keys() | derived
    assert kept.keys() == BenchmarkResult.model_fields.keys()
    assert (one["holds"], one["value"]["median"], one["points"]) == (False, 2.0, [])
    assert (kept["compared_with"], kept["changes"]) == (None, [])


def test_the_committed_results_are_as_they_would_be_kept_today(tmp_path):
    paths = sorted(RESULTS.glob("bench_*.json"))
    assert len(paths) == 12
    for path in paths:
        for one in read_results(path):
            again = add_result(one, tmp_path)
        assert json.loads(again.read_text()) == json.loads(path.read_text())


def test_a_result_is_compared_with_the_last_one_of_the_same_processor():
    earlier = [
        result(measurement([ratio] * 3), processor=processor, date=date)
        for ratio, processor, date in ((8.0, "one", "1"), (4.0, "one", "2"), (9.0, "two", "3"))
    ]
    compared = result(measurement([2.0] * 3), processor="one", date="4").beside(earlier)
    assert compared.compared_with == "2"
    assert [(change.before, change.after, change.verdict) for change in compared.changes] == [(4.0, 2.0, "loss")]
    alone = result(measurement([2.0] * 3), processor="three").beside(earlier)
    assert (alone.compared_with, alone.changes) == (None, [])


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "bench_one.json"
    path.write_text('[{"benchmark": "bench_one"}]')
    with pytest.raises(InputError, match="no results of a benchmark"):
        read_results(path)


def test_a_table_is_kept_with_where_it_comes_from(tmp_path):
    path = keep_table("new", ["part", "time [s]"], [["pages", "1.5"]], "measured at c0ffee", tmp_path, trials=[1])
    assert json.loads(path.read_text()) == {
        "columns": ["part", "time [s]"],
        "rows": [["pages", "1.5"]],
        "provenance": "measured at c0ffee",
        "trials": [1],
    }
