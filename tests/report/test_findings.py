"""The answer in sentences: what they say follows from the intervals, and what is not measured is left out."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from report_utils.report.claim_tests import Evidence, Runs
from report_utils.report.claims import CLAIMS
from report_utils.report.findings import TEMPERATURE, Findings
from report_utils.report.full_size import AT_FULL_SIZE, IN_THIS_BUILD
from report_utils.report.intervals import AGREES, DIFFERS, FAILS, HOLDS, UNDECIDED, Interval
from report_utils.report.reproduced_results import Judged
from report_utils.report.reproduction_status import SCATTER_RULE, TABLE, StatusEntry
from report_utils.report.seeds import SeedPredictions
from report_utils.report.studies import READINGS

LITTLE = "retained_lose_little"
BY_READING = {LITTLE: {READINGS["default"]: FAILS, READINGS["percentile-of-events"]: HOLDS}}


@pytest.fixture
def findings(report_like):
    """Networks with the printed scatters, and a study in which what one band does is known."""

    def make(study=(), scatters=None, by_reading=(), lacking=()):
        tested = {name: SeedPredictions.of(run) for name, run in report_like.items() if name not in lacking}
        verdicts = [HOLDS, FAILS, UNDECIDED]
        evidence = {one.name: Evidence(verdicts[i % 3]) for i, one in enumerate(CLAIMS)}
        judged = Judged(SimpleNamespace(observations=SimpleNamespace(settings=None)))
        judged.__dict__.update(
            everything=tested,
            results=tested,
            runs=Runs(tested, n_resamples=50),
            by_reading=dict(by_reading),
            full=None,
            here=evidence,
            evidence=evidence,
            status=[],
        )
        made = Findings(judged)
        made.__dict__.update(_outcomes=SimpleNamespace(), scatters=scatters or {})
        ratios = dict(study)
        made.__dict__["_studied"] = lambda above, below: ratios.get((above[0], below[0]))
        made.__dict__["_two_over_one"] = lambda variant: ratios.get(variant)
        return made

    return make


def told(gain, copy, one=0.4):
    """Ratios of the study: two bands over one, and a second band without a spectrum over the first alone."""
    return {
        "default": Interval(gain, gain - 0.05, gain + 0.05),
        "distance-known": Interval(0.8, 0.75, 0.85),
        "temperature-of-others": Interval(1.0, 0.95, 1.05),
        ("distance-known", "default"): Interval(one, one - 0.05, one + 0.05),
        ("thinned-copy", "default"): Interval(copy, copy - 0.05, copy + 0.05),
    }


def test_what_is_not_measured_is_left_out(findings):
    (bands, without) = findings().sentences
    assert "the lowest one the scatter of predicted masses falls by " in bands
    assert "The printed scatters fall by 46%." in bands
    assert "From two bands to four ours " in bands
    assert without.startswith("**AGN and core.** Without AGN ")
    assert "depends on what is counted" not in without
    assert findings(lacking=["multi_band_1", "agn_less_2", "retained_50"]).sentences == []


def test_the_front_page_has_the_beginning_of_each_finding_and_not_all_of_them(findings):
    made = findings(told(gain=0.5, copy=1.0))
    bands, distance, temperature, without = made.sentences
    first, second, third = made.in_short
    assert bands.startswith(first)
    assert distance == second
    assert temperature.startswith(third)
    assert without.startswith("**AGN and core.**")


def test_why_is_said_only_where_the_intervals_show_it(findings):
    measured = "The second band measures a temperature"
    text = " ".join(findings(told(gain=0.5, copy=1.0)).sentences)
    assert measured in text
    assert "all energies in one channel, falls by 60% (95% interval: 55 to 65%)" in text
    assert "Where the distance is unknown it falls by 50%" in text
    assert "two bands help less" not in text
    text = " ".join(findings(told(gain=0.98, copy=1.0, one=1.0)).sentences)
    assert "all energies in one channel, changes by 0% (95% interval: −5 to +5%)" in text
    assert measured not in text
    worse = told(gain=0.5, copy=1.0) | {"sigma-0.3": Interval(0.8, 0.75, 0.85)}
    assert "at fixed mass, two bands help less: with 30% it falls by 20%" in " ".join(findings(worse).sentences)


def test_printed_scatters_that_differ_are_named(findings):
    made = findings()
    verdicts = {"a": AGREES, "b": DIFFERS, "c": "not comparable", "d": UNDECIDED}
    rows = [
        StatusEntry(TABLE, f"Model {page}, 0-1: standard deviation", "", "0.1", "0.2", verdict, SCATTER_RULE, page)
        for page, verdict in verdicts.items()
    ]
    text = replace(rows[0], name="the best row, as the text has it: standard deviation", verdict=DIFFERS)
    made.judged.__dict__["status"] = [*rows, text]
    (said,) = (one for one in made.sentences if one.startswith("**Against the printed numbers.**"))
    assert "Of the printed scatters, 3 are measured here at the report's own size: 1 agrees, 1 differs and 1 " in said
    assert said.endswith("Model b, 0-1 keV has 0.2 dex, the report 0.1.")


def test_counts_stand_beside_the_network_and_the_temperature_where_it_is_known(findings):
    one, core = Interval(0.1, 0.09, 0.11), Interval(0.2, 0.19, 0.21)
    scatters = {"network": {"multi_band_2": one}, "counts": {"multi_band_2": one}, "core": {"multi_band_2": core}}
    scatters |= {"temperature": {}}
    said = " ".join(findings(scatters=scatters).sentences)
    assert "From the numbers of all pixels alone they have 0.100 [0.090, 0.110]." in said
    assert "true temperature" not in said
    assert "without the brightest pixels, have a scatter of 0.200 [0.190, 0.210] dex; the network has 0.100" in said
    said = " ".join(findings(scatters=scatters | {"temperature": {TEMPERATURE: one}}).sentences)
    assert "A straight line in the true temperature has 0.100 [0.090, 0.110] dex." in said


def test_every_claim_stands_once_and_one_that_turns_has_all_readings(findings):
    for by_reading in ({}, BY_READING):
        text = findings(by_reading=by_reading).verdicts
        assert all(text.count(f"- {claim.statement}") == 1 for claim in CLAIMS)
    head, _, last = text.partition("**Depends on how the report is read**")
    statement = next(claim.statement for claim in CLAIMS if claim.name == LITTLE)
    assert statement not in head
    assert (
        "it *fails* with percentiles of the occupied pixels (taken in this book); it *holds* with percentiles" in last
    )
    assert "depends on what is counted" in " ".join(findings(by_reading=BY_READING).sentences)


def test_full_size_is_quoted_where_it_was_run_with_this_build_where_it_differs(findings):
    made, full = findings(by_reading=BY_READING), findings(lacking=["agn_less_2"]).judged
    claims = {claim.name: claim for claim in CLAIMS}
    halved, split = claims["two_bands_halve"], claims["splitting_halves"]
    own = {name: replace(found, where=IN_THIS_BUILD) for name, found in made.judged.here.items()}
    at_full_size = {name: Evidence(HOLDS, where=AT_FULL_SIZE) for name in (halved.name, LITTLE)}
    made.judged.__dict__.update(full=full, evidence=own | at_full_size)
    bands, without = made.sentences
    assert f"{AT_FULL_SIZE}, from 0.12" in bands
    assert f"{IN_THIS_BUILD}. Without the brightest half" in without
    assert f"- {halved.statement} ({AT_FULL_SIZE}; {FAILS} {IN_THIS_BUILD})" in made.verdicts
    assert f"- {split.statement} ({IN_THIS_BUILD})" in made.verdicts
    assert f"It *{HOLDS}* {AT_FULL_SIZE}, with {READINGS['default']}." in made.verdicts
