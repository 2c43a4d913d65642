"""Verdicts over several training seeds: whose they are, and which of this build's they turn."""

from __future__ import annotations

import pytest

from report_utils.report.claim_list import CLAIMS, judge_claims
from report_utils.report.claims import FAILS, HOLDS, UNDECIDED
from report_utils.report.seed_robustness import (
    judge_over_seeds,
    over_seeds_markdown,
    over_seeds_summary,
    over_seeds_text,
)
from report_utils.reproduction.results import Origin
from report_utils.reproduction.studies import SEEDS
from report_utils.reproduction.study_results import Outcome

ORIGIN = Origin(("0123456789ab",), ("tensorflow",), "2026-11-22", "2026-11-22")


def outcome(fits, dynamics, origin=ORIGIN):
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
    return judge_over_seeds(outcome(fits, dynamics))


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
    assert text.startswith("Over 3 training seeds of every network (committed results: commit 0123456789ab")
    assert (
        "- *Giving the network a second band beside the lowest one nearly halves the scatter*: in this build holds"
        in text
    )
    assert "- *With and without AGN the network learns in the same way*: in this build undecided at this size" in text
    turned = over.turned(once)
    reversed_ = [c for c in turned if UNDECIDED not in (once[c.name].verdict, over.evidence[c.name].verdict)]
    assert f"{len(reversed_)} are reversed and {len(turned) - len(reversed_)} decided otherwise" in text
    table = over_seeds_markdown(once, over).splitlines()
    assert len(table) == 2 + len(CLAIMS)
    assert sum("**" in line for line in table) == len(turned)


def test_the_same_verdicts_turn_nothing(over):
    assert over.turned(over.evidence) == []
    assert over_seeds_summary(over.evidence, over, "").endswith("Not one verdict is another than this build's.")
    assert "**" not in over_seeds_markdown(over.evidence, over)


def test_nothing_is_made_up_where_nothing_was_trained(once):
    assert judge_over_seeds(None) is None
    assert "`the command` trains every network with three seeds" in over_seeds_summary(once, None, "the command")


def test_a_terminal_reads_the_same(over):
    text = over_seeds_text(over)
    assert text.startswith("over 3 training seeds (committed results: commit 0123456789ab")
    for claim in CLAIMS:
        assert f"{claim.statement}\n  {over.evidence[claim.name].verdict}" in text
    assert "agn_less_1 / multi_band_1: " in text
