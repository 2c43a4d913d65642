"""Whether the verdicts survive other modelling choices, and several training seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from report_utils.report.claim_tests import MARGIN, Evidence, RatioTest, Runs
from report_utils.report.claims import CLAIMS, Claim, judge_claims
from report_utils.report.intervals import below
from report_utils.reproduction.results import Origin
from report_utils.reproduction.studies import Study, Variant
from report_utils.reproduction.study_results import Outcome, seeds_of

_TWO_CUTS = ("retained_50", "retained_25")


def _studied_claims() -> dict[str, Claim]:
    claims = {claim.name: claim for claim in CLAIMS}
    # other readings of the percentile are trained at the two deepest cuts only, so the claim is judged at these
    claims["retained_lose_little"] = replace(
        claims["retained_lose_little"],
        statement="Emptying the brightest pixels, down to a half and a quarter of the occupied ones, costs little.",
        statistic="ratio of the scatters on the same clusters: 50 and 25% retained over the full four bands",
        needs=(*_TWO_CUTS, "multi_band_4"),
        test=RatioTest([(name, "multi_band_4") for name in _TWO_CUTS], below, MARGIN),
    )
    return claims


STUDIED_CLAIMS: Mapping[str, Claim] = _studied_claims()
"""The report's claims by name, as studies judge them."""


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
        """Tell whether the verdict differs from the default's."""
        return None not in (self.evidence, self.default) and self.evidence.verdict != self.default.verdict


def judge_outcome(outcome: Outcome, claim: Claim) -> Evidence:
    """Judge a claim by the runs of a variant, with every training seed there is."""
    return claim.judge(Runs(outcome.cross_validations, outcome.dynamics))


def judge_study(study: Study, outcomes: Mapping[str, Outcome | None]) -> dict[str, list[Judgement]]:
    """Judge each claim of a study by each variant that concerns it.

    Parameters
    ----------
    study : Study
    outcomes : mapping of variant name to Outcome or None
        As :func:`report_utils.reproduction.study_results.study_outcomes` returns them.

    Returns
    -------
    dict of claim name to list of Judgement, the default first
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


@dataclass(frozen=True)
class OverSeeds:
    """The verdict on every claim over several training seeds.

    Attributes
    ----------
    evidence : mapping of claim name to Evidence
    n_seeds : int
        The smallest number of seeds of a transform or a dynamics.
    origin : Origin or None
        Of committed results; None for runs of this machine.
    """

    evidence: Mapping[str, Evidence]
    n_seeds: int
    origin: Origin | None

    @property
    def source(self) -> str:
        """Say where the trainings come from."""
        return "runs of this machine" if self.origin is None else f"committed results: {self.origin}"

    def turned(self, once: Mapping[str, Evidence]) -> list[Claim]:
        """Return the claims whose verdict differs from that of a single training."""
        return [claim for claim in CLAIMS if once[claim.name].verdict != self.evidence[claim.name].verdict]


def judge_over_seeds(outcome: Outcome | None, cluster_names: Sequence[str] | None = None) -> OverSeeds | None:
    """Judge every claim by the runs of the study of seeds; None where there are none.

    Parameters
    ----------
    outcome : Outcome or None
    cluster_names : sequence of str, optional
        What each row of the catalogue is called.
    """
    if outcome is None:
        return None
    runs = Runs(outcome.cross_validations, outcome.dynamics, cluster_names=cluster_names)
    return OverSeeds(judge_claims(runs), min(seeds_of({"": outcome})), outcome.origin)
