"""Sentences carry the numbers that they were given."""

import numpy as np
import pytest

from report_utils.profiles import load_profile
from report_utils.report.bootstrap import Interval
from report_utils.report.claims import FAILS, HOLDS, UNDECIDED, Evidence
from report_utils.report.words import (
    change,
    example_rows,
    is_reports_protocol,
    listing,
    provenance,
    thousands,
    verdict_counts,
)


@pytest.mark.parametrize(
    ("interval", "says"),
    [
        ((0.55, 0.5, 0.6), "falls by 45 % (95 % interval: 40 to 50 %)"),
        ((1.2, 1.1, 1.31), "rises by 20 % (95 % interval: 10 to 31 %)"),
        ((1.0, 0.9, 1.05), "may change either way (95 % interval: −10 to +5 %)"),
    ],
)
def test_a_change_and_its_interval(interval, says):
    assert change(Interval(*interval)) == says.replace(" %", "\u202f%")


def test_only_the_reports_protocol_is_comparable():
    paper, quick = load_profile("paper"), load_profile("quick")
    assert is_reports_protocol(paper, 3286)
    assert not is_reports_protocol(paper, 48)
    assert not is_reports_protocol(quick, 3286)
    assert "only trends" in provenance(quick, 1400)
    assert "1\u202f400 simulated" in provenance(quick, 1400)
    assert "own protocol" in provenance(paper, 3286)


def test_examples_span_the_masses_and_do_not_depend_on_the_sample_size():
    masses = np.random.default_rng(0).normal(14, 0.3, 1000)
    rows = example_rows(masses)
    assert list(masses[rows]) == sorted(masses[rows], reverse=True)
    assert masses[rows[0]] == masses[:48].max()
    assert masses[rows[-1]] == masses[:48].min()
    np.testing.assert_array_equal(rows, example_rows(masses[:48]))
    assert len(example_rows(masses[:3])) == 3


def test_counts_and_lists():
    evidence = {str(i): Evidence(verdict) for i, verdict in enumerate([HOLDS, HOLDS, FAILS, UNDECIDED])}
    assert verdict_counts(evidence) == "4 claims: 2 hold, 1 fail, 1 undecided at this size."
    assert (listing(["a"]), listing(["a", "b", "c"]), listing([])) == ("a", "a, b and c", "none")
    assert thousands(6558594) == "6\u202f558\u202f594"
