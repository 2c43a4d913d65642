"""Texts carry the numbers that they were given."""

import re

import pytest
from tests.report.markdown import cells

from report_utils.report.claim_tests import Evidence
from report_utils.report.claims import verdict_counts
from report_utils.report.intervals import AGREES, DIFFERS, FAILS, HOLDS, UNDECIDED, Interval
from report_utils.report.wording import change, counted, interval_text, listing, markdown_table, thousands, trainings


@pytest.mark.parametrize(
    ("interval", "says"),
    [
        ((0.55, 0.5, 0.6), "falls by 45% (95% interval: 40 to 50%)"),
        ((1.2, 1.1, 1.31), "rises by 20% (95% interval: 10 to 31%)"),
        ((0.997, 0.994, 0.999), "falls by 0.3% (95% interval: 0.1 to 0.6%)"),
        ((1.0, 0.9, 1.05), "changes by 0% (95% interval: −10 to +5%)"),
    ],
)
def test_a_change_and_its_interval(interval, says):
    assert change(Interval(*interval)) == says


def test_an_interval_does_not_break_and_too_few_halos_have_none():
    assert interval_text(Interval(-0.5, -1, 0), ".1f") == "−0.5 [−1.0,\u00a00.0]"
    assert interval_text(None) == "too few halos"


def test_trainings_are_counted():
    assert [trainings(seeds) for seeds in ([1], [2, 2], [3, 1], [])] == ["1", "2", "1 to 3", "1"]


def test_verdicts_are_counted_in_their_order():
    assert counted([UNDECIDED, HOLDS, FAILS, HOLDS]) == ["2 hold", "1 fails", "1 undecided at this size"]
    assert counted([DIFFERS, DIFFERS, AGREES], (AGREES, DIFFERS)) == ["1 agrees", "2 differ"]
    evidence = {str(i): Evidence(verdict) for i, verdict in enumerate([HOLDS, HOLDS, FAILS, UNDECIDED])}
    assert verdict_counts(evidence) == "The report's 4 claims: 2 hold, 1 fails, 1 undecided at this size."


def test_lists_and_thousands():
    assert (listing(["a"]), listing(["a", "b", "c"]), listing([])) == ("a", "a, b and c", "none")
    assert thousands(6558594) == "6\u202f558\u202f594"


def test_a_markdown_table_aligns_its_columns_and_takes_any_cell():
    table = markdown_table(["what", "how many"], [["a | b", "−1"], ["", "20"]], "lr")
    assert cells(table) == [["what", "how many"], ["a \\| b", "−1"], ["", "20"]]
    assert re.fullmatch(r"\|:-+\|-+:\|", table.splitlines()[1])
    assert cells(markdown_table(["what", "how many"], [], "lr")) == [["what", "how many"]]
