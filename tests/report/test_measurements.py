"""Results of benchmarks: kept, read again, and compared by ratios with a tolerance from the spread of the rounds."""

import json

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.report.measurements import (
    MOST_KEPT,
    BenchmarkResult,
    Measurement,
    Quantity,
    add_result,
    compare,
    previous_of,
    read_all,
    read_results,
)


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
    assert calm.is_loss
    assert calm.worse_by == pytest.approx(4.0 / 3.2)
    (noisy,) = compare(result(measurement([2.0, 3.2, 6.0])), result(before))
    assert not noisy.is_loss
    (better,) = compare(result(measurement([4.9, 5.0, 5.1])), result(before))
    assert not better.is_loss
    (slower,) = compare(result(measurement([4.9, 5.0, 5.1], better="less")), result(before))
    assert slower.is_loss


def test_seconds_alone_and_single_rounds_are_not_compared_but_memory_is():
    alone = {"ratio": None, "peers": {}, "better": "less"}
    for unit, compared in (("s", 0), ("%", 0), ("MB", 1)):
        one, other = (
            measurement([1.0]).model_copy(update=alone | {"unit": unit, "ours": Quantity.of([value])})
            for value in (100.0, 200.0)
        )
        changes = compare(result(other), result(one))
        assert [change.is_loss for change in changes] == [True] * compared
    assert compare(result(measurement([2.0])), result(measurement([4.0]))) == []


def test_only_what_both_have_is_compared():
    assert compare(result(measurement([1.0] * 3, name="a")), result(measurement([1.0] * 3, name="b"))) == []


def test_results_are_kept_in_order_and_the_oldest_forgotten(tmp_path):
    for day in range(1, MOST_KEPT + 3):
        path = add_result(result(measurement([day]), date=f"2026-01-0{day}"), tmp_path)
    kept = read_results(path)
    assert [one.date for one in kept] == [f"2026-01-0{day}" for day in range(3, MOST_KEPT + 3)]
    assert read_all(tmp_path) == {"bench_one": kept}
    assert json.loads(path.read_text())[0]["measurements"][0].keys() >= {"name", "unit", "ours", "peers", "ratio"}
    assert read_results(tmp_path / "bench_none.json") == []


def test_whether_a_goal_holds_stands_in_the_file(tmp_path):
    path = add_result(result(measurement([2.0], goal=3.0)), tmp_path)
    assert json.loads(path.read_text())[0]["measurements"][0]["holds"] is False


def test_the_previous_result_is_of_the_same_processor():
    results = [result(processor=p, date=d) for p, d in (("one", "1"), ("two", "2"), ("one", "3"))]
    assert previous_of(results).date == "1"
    assert previous_of(results[:2]) is None


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "bench_one.json").write_text('[{"benchmark": "bench_one"}]')
    with pytest.raises(InputError, match="no results of a benchmark"):
        read_all(tmp_path)
