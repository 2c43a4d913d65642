"""Claims under other assumptions: the same statistic and threshold, and every turn of a verdict is said."""

from __future__ import annotations

import numpy as np
import pytest

from report_utils.report.claim_list import CLAIMS
from report_utils.report.claims import FAILS, HOLDS, UNDECIDED, Runs
from report_utils.report.figures.studies import sensitivity_forest
from report_utils.report.sensitivity import LIMITS, STUDIED_CLAIMS, judge_outcome, judge_study
from report_utils.report.study_tables import judgements_markdown, study_summary, study_text
from report_utils.reproduction.results import Origin
from report_utils.reproduction.studies import SENSITIVITY
from report_utils.reproduction.study_results import Outcome

ORIGIN = Origin(("0123456789ab",), ("tensorflow",), "2026-11-22", "2026-11-22", ("code cnn.model changed",))


@pytest.fixture
def outcomes(made_up, made_up_dynamics):
    """By default as the report has it; with background the gain is gone, with AGN of the field it is in doubt."""
    two_bands = {"default": 0.0635, "temperature-0.15": 0.07, "particle-background": 0.115, "field-agn": 0.088}
    noise = {"default": 0.06, "noise-0.02": 0.06, "noise-0.10": 0.115}

    def outcome(variant):
        scatters = dict.fromkeys(variant.transforms, 0.117) | {"multi_band_4": 0.06}
        scatters |= {"multi_band_2": two_bands.get(variant.name, 0.06), "retained_50": 0.062, "retained_25": 0.064}
        fits = {name: (made_up(name, scatters[name], shared=0.8),) for name in variant.transforms}
        second = noise.get(variant.name)
        dynamics = {name: (made_up_dynamics(name, (0.117, second, 0.06, 0.06)),) for name in variant.dynamics}
        origin = ORIGIN if variant.name == "field-agn" else None
        return Outcome(variant, None, fits, dynamics, origin)

    found = {variant.name: outcome(variant) for variant in SENSITIVITY.all_variants}
    return found | {"percentile-of-all": None}


@pytest.fixture
def judged(outcomes):
    return judge_study(SENSITIVITY, outcomes)


def by_variant(judgements):
    return {one.variant.name: one for one in judgements}


def test_verdicts_are_those_of_the_scatters(judged):
    halved = by_variant(judged["two_bands_halve"])
    assert list(halved) == ["default", "temperature-0.15", "particle-background", "field-agn"]
    verdicts = {name: one.evidence.verdict for name, one in halved.items()}
    assert verdicts == {
        "default": HOLDS, "temperature-0.15": HOLDS, "particle-background": FAILS, "field-agn": UNDECIDED,
    }  # fmt: skip
    assert {name for name, one in halved.items() if one.turns} == {"particle-background", "field-agn"}
    second = by_variant(judged["dynamics_second_band"])
    assert (second["default"].evidence.verdict, second["noise-0.02"].evidence.verdict) == (HOLDS, HOLDS)
    assert second["noise-0.10"].evidence.verdict == FAILS
    assert halved["field-agn"].origin == str(ORIGIN)


def test_a_studied_claim_is_judged_as_in_the_list(report_like):
    """The two cuts that are trained under other readings have the list's ratio, limit and verdict."""
    listed = {claim.name: claim for claim in CLAIMS}
    for name in LIMITS:
        if name != "retained_lose_little":
            assert STUDIED_CLAIMS[name] is listed[name]
    whole = listed["retained_lose_little"].judge(Runs(report_like))
    reduced = STUDIED_CLAIMS["retained_lose_little"].judge(Runs(report_like))
    ratios = {part.label: part.measured.value for part in whole.parts}
    assert [part.label for part in reduced.parts] == ["retained_50 / multi_band_4", "retained_25 / multi_band_4"]
    for part in reduced.parts:
        assert part.measured.value == pytest.approx(ratios[part.label])


def test_a_stand_in_is_judged_in_the_place_of_its_transform(outcomes):
    variant = outcomes["percentile-of-events"].variant
    assert variant.trained == ("multi_band_4", "retained_50_of_events", "retained_25_of_events")
    found = judge_outcome(outcomes["percentile-of-events"], STUDIED_CLAIMS["retained_lose_little"])
    residuals = {name: run[0].residuals for name, run in outcomes["percentile-of-events"].cross_validations.items()}
    expected = residuals["retained_50"].std() / residuals["multi_band_4"].std()
    assert found.parts[0].measured.value == pytest.approx(expected)


def test_turns_and_gaps_are_said(judged):
    text = study_summary(judged, "the command")
    # further bands in the dynamics are undecided everywhere: these were trained once
    assert "Of 12 verdicts under other assumptions 3 reverse that of the book, and 2 differ" in text
    assert "- with particle background: *Giving the network a second band" in text
    assert "by default holds, and so **fails**" in text
    assert "Not trained yet: percentile of all pixels, empty ones included. `the command` trains them." in text
    table = judgements_markdown(judged["retained_lose_little"], "the command")
    assert "| percentile of all pixels, empty ones included | not trained: `the command` |  |" in table
    table = judgements_markdown(judged["two_bands_halve"], "the command")
    assert "| **fails** |" in table
    assert (
        "committed results: commit 0123456789ab, tensorflow, 2026-11-22; changed since: code cnn.model changed" in table
    )


def test_a_profile_too_small_for_verdicts_says_so(outcomes, small):
    cut = {
        name: one and Outcome(one.variant, None, {k: (small[k],) for k in one.cross_validations}, {}, None)
        for name, one in outcomes.items()
    }
    judged = judge_study(SENSITIVITY, cut)
    assert study_summary(judged, "the command").startswith("At this size there is nothing that could be judged.")
    assert "too few halos" in judgements_markdown(judged["two_bands_halve"], "the command")
    assert "nothing could be measured" in sensitivity_forest(judged).texts[0].get_text()


def test_the_terminal_shows_the_same(outcomes):
    text = study_text(SENSITIVITY, outcomes)
    assert "particle-background       fails (turns)" in text
    assert "percentile-of-all         not trained" in text
    assert "multi_band_2 / multi_band_1: 0.5" in text


def test_the_figure_has_a_row_for_every_measured_part(judged):
    figure = sensitivity_forest(judged)
    n_parts = [sum(len(one.evidence.parts) for one in of_claim if one.evidence) for of_claim in judged.values()]
    assert [len(ax.get_yticklabels()) for ax in figure.axes] == n_parts
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["as in the book", "temperature 0.15", "particle background", "field AGN"]
    bold = [label.get_text() for label in figure.axes[0].get_yticklabels() if label.get_fontweight() == "bold"]
    assert bold == ["particle background", "field AGN"]
    first = judged["two_bands_halve"][0].evidence.parts[0].measured
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xdata(), [first.low, first.high])
