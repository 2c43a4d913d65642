"""Claims under other choices and over several seeds: every change of a verdict is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.report.judging import judge_claims
from tests.report.markdown import cells

from report_utils.report.claim_tests import Runs
from report_utils.report.claims import CLAIMS
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED
from report_utils.report.studies import (
    READINGS,
    STUDIED_CLAIMS,
    judge_over_seeds,
    judge_study,
    judgements_markdown,
    over_seeds_summary,
    over_seeds_text,
    study_summary,
    study_text,
    verdicts_by_reading,
)
from report_utils.report.tables import verdicts_markdown
from report_utils.reproduction.results import Origin
from report_utils.reproduction.studies import SEEDS, SENSITIVITY
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


def test_a_studied_claim_is_judged_as_in_the_list(report_like):
    """The two cuts that are trained under other readings have the list's ratio, limit and verdict."""
    listed = {claim.name: claim for claim in CLAIMS}
    for name in SENSITIVITY.default.claims:
        assert STUDIED_CLAIMS[name].limits
        if name != "retained_lose_little":
            assert STUDIED_CLAIMS[name] is listed[name]
    whole = listed["retained_lose_little"].judge(Runs(report_like))
    reduced = STUDIED_CLAIMS["retained_lose_little"].judge(Runs(report_like))
    ratios = {part.label: part.measured.value for part in whole.parts}
    assert [part.label for part in reduced.parts] == ["50% retained over all pixels", "25% retained over all pixels"]
    for part in reduced.parts:
        assert part.measured.value == pytest.approx(ratios[part.label])


def test_a_stand_in_is_judged_in_the_place_of_its_transform(outcomes):
    variant = outcomes["percentile-of-events"].variant
    assert variant.trained == ("multi_band_4", "retained_50_of_events", "retained_25_of_events")
    found = by_variant(judge_study(SENSITIVITY, outcomes)["retained_lose_little"])["percentile-of-events"].evidence
    residuals = {name: run[0].residuals for name, run in outcomes["percentile-of-events"].cross_validations.items()}
    expected = residuals["retained_50"].std() / residuals["multi_band_4"].std()
    assert found.parts[0].measured.value == pytest.approx(expected)


def test_turns_and_gaps_are_said(judged):
    text = study_summary(judged, "the command")
    # further bands in the dynamics are undecided everywhere: these were trained once
    assert "Of 12 verdicts, 3 reversed, 2 changed between decided and undecided." in text
    changed = {row[0]: row[1:] for row in cells(text)[1:]}
    assert len(changed) == 5
    statement = judged["two_bands_halve"][0].claim.statement
    assert changed[f"with particle background: {statement}"] == [HOLDS, f"**{FAILS}**"]
    assert "Not trained yet: percentile of all pixels, empty ones included. `the command` trains them." in text
    table = judgements_markdown(judged["retained_lose_little"], "the command")
    assert ["percentile of all pixels, empty ones included", "not trained: `the command`", ""] in cells(table)
    table = judgements_markdown(judged["two_bands_halve"], "the command")
    assert "**fails**" in [row[-1] for row in cells(table)]


def test_a_terminal_names_the_origin_of_committed_results_once(outcomes):
    text = study_text(SENSITIVITY, outcomes)
    assert text.startswith(
        "Committed results, with AGN of the field: commit 0123456789ab, tensorflow, 2026-11-22; changed"
    )
    assert text.count("0123456789ab") == 1


def test_a_verdict_that_turns_with_the_reading_has_all_readings(outcomes, made_up):
    """With all pixels as here little is lost; with ties emptied, much. The choice of the simulation is no reading."""
    name = "percentile-ties-emptied"
    assert verdicts_by_reading(judge_study(SENSITIVITY, outcomes)) == {}
    fits = outcomes[name].cross_validations | {f"retained_{p}": (made_up(f"retained_{p}", 0.2),) for p in (50, 25)}
    changed = judge_study(SENSITIVITY, outcomes | {name: replace(outcomes[name], cross_validations=fits)})
    assert verdicts_by_reading(changed) == {
        "retained_lose_little": {
            READINGS["default"]: HOLDS,
            READINGS["percentile-of-events"]: HOLDS,
            READINGS[name]: FAILS,
        }
    }


def test_a_network_that_did_not_train_is_named(outcomes):
    """Its claim has no verdict, and the summary says why."""
    run = outcomes["field-agn"].cross_validations["multi_band_2"][0]
    dead = replace(run, predictions=np.full_like(run.predictions, run.truth.mean()))
    fits = outcomes["field-agn"].cross_validations | {"multi_band_2": (dead,)}
    judged = judge_study(SENSITIVITY, outcomes | {"field-agn": replace(outcomes["field-agn"], cross_validations=fits)})
    found = by_variant(judged["two_bands_halve"])["field-agn"].evidence
    assert (found.trained, found.verdict) == (False, UNDECIDED)
    assert "with AGN of the field: did not train: multi_band_2 (fold 0: " in study_summary(judged, "the command")


def test_a_profile_too_small_for_verdicts_says_so(outcomes, small):
    cut = {
        name: one and Outcome(one.variant, None, {k: (small[k],) for k in one.cross_validations}, {}, None)
        for name, one in outcomes.items()
    }
    judged = judge_study(SENSITIVITY, cut)
    assert study_summary(judged, "the command").startswith("At this size nothing can be judged.")
    assert "too few halos" in judgements_markdown(judged["two_bands_halve"], "the command")


def test_the_terminal_shows_the_same(outcomes):
    text = study_text(SENSITIVITY, outcomes)
    verdicts = {row[0]: row[-1] for row in cells(text) if "2 bands over 0-2.5 keV: 0.9" in row[1]}
    assert verdicts["with particle background"] == f"**{FAILS}**"
    assert "not trained: `report-utils study sensitivity`" in text
    for of_claim in judge_study(SENSITIVITY, outcomes).values():
        assert of_claim[0].claim.statement in text


def over_seeds(fits, dynamics, origin=ORIGIN):
    return Outcome(SEEDS.default, None, fits, dynamics, origin)


@pytest.fixture
def over(report_like, made_up, made_up_dynamics):
    """Three seeds of every row, of which the second of two bands alone is no better than one band."""
    fits = {name: (run,) * 3 for name, run in report_like.items()}
    fits["multi_band_2"] = tuple(made_up("multi_band_2", s, shared=0.8) for s in (0.117, 0.117, 0.117))
    kinds = {"multi_band_4": (1, 2, 3), "agn_less_4": (4, 5, 6)}
    scatters = [0.12, 0.065, 0.063, 0.062]
    dynamics = {
        name: tuple(made_up_dynamics(name, scatters, seed=seed) for seed in seeds) for name, seeds in kinds.items()
    }
    return judge_over_seeds(over_seeds(fits, dynamics))


@pytest.fixture
def once(report_like, made_up_dynamics):
    dynamics = {name: made_up_dynamics(name, [0.12, 0.065, 0.063, 0.062]) for name in ("multi_band_4", "agn_less_4")}
    return judge_claims(report_like, dynamics)


def test_every_claim_is_judged_with_all_seeds(over):
    assert list(over.evidence) == [claim.name for claim in CLAIMS]
    assert over.n_seeds == 3
    assert {part.measured.n_seeds for found in over.evidence.values() for part in found.parts} == {3}
    assert over.evidence["alike_dynamics"].verdict == HOLDS


def test_turns_are_said(once, over):
    assert (once["two_bands_halve"].verdict, over.evidence["two_bands_halve"].verdict) == (HOLDS, FAILS)
    assert once["alike_dynamics"].verdict == UNDECIDED
    text = over_seeds_summary(once, over, "the command")
    assert text.startswith("Over 3 training seeds of every network: ")
    statements = {claim.name: claim.statement for claim in CLAIMS}
    changed = {row[0]: row[1:] for row in cells(text)[1:]}
    assert changed[statements["two_bands_halve"]] == [HOLDS, f"**{FAILS}**"]
    assert changed[statements["alike_dynamics"]] == [UNDECIDED, f"**{HOLDS}**"]
    n_open = sum(UNDECIDED in (before, after.strip("*")) for before, after in changed.values())
    assert f"Of 13 verdicts, {len(changed) - n_open} reversed, {n_open} changed" in text
    table = verdicts_markdown({"This build": once, "3 seeds": over.evidence}, measured=True).splitlines()
    assert len(table) == 2 + len(CLAIMS)
    assert sum("**" in line for line in table) == len(changed)


def test_the_same_verdicts_turn_nothing(over):
    assert over_seeds_summary(over.evidence, over, "").endswith(
        "Of 13 verdicts, 0 reversed, 0 changed between decided and undecided."
    )
    assert "**" not in verdicts_markdown({"This build": over.evidence, "3 seeds": over.evidence}, measured=True)


def test_nothing_is_made_up_where_nothing_was_trained(once):
    assert judge_over_seeds(None) is None
    assert "`the command` trains every network with three" in over_seeds_summary(once, None, "the command")


def test_a_terminal_reads_the_same(over):
    text = over_seeds_text(over)
    assert text.startswith("Over 3 training seeds (committed results: commit 0123456789ab")
    shown = {row[0]: row[2] for row in cells(text)[1:]}
    assert shown == {claim.statement: over.evidence[claim.name].verdict for claim in CLAIMS}
    assert "0-2.5 keV without AGN over 0-2.5 keV: " in text
