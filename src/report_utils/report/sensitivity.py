"""Whether the report's claims would be judged otherwise, had something been done or simulated otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from report_utils.report.claim_list import CLAIMS
from report_utils.report.claim_tests import RatioTest
from report_utils.report.claims import MARGIN, NEARLY_HALF, Claim, Evidence, Runs
from report_utils.report.intervals import below
from report_utils.reproduction.studies import Study, Variant
from report_utils.reproduction.study_results import Outcome

_TWO_CUTS = ("retained_50", "retained_25")


def _studied_claims() -> dict[str, Claim]:
    claims = {claim.name: claim for claim in CLAIMS}
    # every other reading of the percentile is trained at the two deepest cuts, so the claim is judged at these
    claims["retained_lose_little"] = replace(
        claims["retained_lose_little"],
        statement="Emptying the brightest pixels, down to a half and a quarter of the occupied ones, costs little.",
        statistic="ratio of the scatters on the same clusters: 50 and 25% retained over the full four bands",
        needs=(*_TWO_CUTS, "multi_band_4"),
        test=RatioTest([(name, "multi_band_4") for name in _TWO_CUTS], below, MARGIN),
    )
    return claims


STUDIED_CLAIMS: Mapping[str, Claim] = _studied_claims()
"""The report's claims by name, with the statistic and the threshold of the list of claims."""

LIMITS: Mapping[str, tuple[float, ...]] = {
    "two_bands_halve": (NEARLY_HALF,),
    "splitting_halves": (NEARLY_HALF,),
    "retained_lose_little": (MARGIN,),
    "dynamics_second_band": (NEARLY_HALF,),
    "dynamics_further_bands": (1 / MARGIN, MARGIN),
}
"""Where the verdict on a studied claim turns, for a figure."""


@dataclass(frozen=True)
class Judgement:
    """What one variant says on one claim.

    Attributes
    ----------
    claim : Claim
    variant : Variant
    evidence : Evidence or None
        None where the variant has not been trained.
    default : Evidence or None
        What the study's default says.
    origin : str
        Where committed results come from; empty for runs of this machine.
    """

    claim: Claim
    variant: Variant
    evidence: Evidence | None
    default: Evidence | None
    origin: str = ""

    @property
    def turns(self) -> bool:
        """Tell whether the verdict is another than the default's."""
        return None not in (self.evidence, self.default) and self.evidence.verdict != self.default.verdict


def judge_outcome(outcome: Outcome, claim: Claim) -> Evidence:
    """Judge a claim by the runs of a variant, with every training seed there is."""
    return claim.judge(Runs(outcome.cross_validations, outcome.dynamics))


def judge_study(study: Study, outcomes: Mapping[str, Outcome | None]) -> dict[str, list[Judgement]]:
    """Judge each claim of a study by each variant that concerns it, the default first.

    Parameters
    ----------
    study : Study
    outcomes : mapping of variant name to Outcome or None
        As :func:`report_utils.reproduction.study_results.study_outcomes` returns them.

    Returns
    -------
    dict of claim name to list of Judgement
    """
    judged: dict[str, list[Judgement]] = {}
    for name in study.default.claims:
        claim, default = STUDIED_CLAIMS[name], None
        judged[name] = []
        for variant in study.all_variants:
            if name not in variant.claims or variant.name not in outcomes:
                continue
            outcome = outcomes[variant.name]
            evidence = None if outcome is None else judge_outcome(outcome, claim)
            if variant is study.default:
                default = evidence
            origin = "" if outcome is None or outcome.origin is None else str(outcome.origin)
            judged[name].append(Judgement(claim, variant, evidence, default, origin))
    return judged


def turned(judged: Mapping[str, list[Judgement]]) -> list[Judgement]:
    """Return the judgements whose verdict is another than the default's."""
    return [judgement for of_claim in judged.values() for judgement in of_claim if judgement.turns]
