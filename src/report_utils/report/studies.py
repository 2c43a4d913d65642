"""Whether the verdicts survive other modelling choices, and several training seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from report_utils.report.claim_tests import MARGIN, Evidence, RatioTest, Runs
from report_utils.report.claims import CLAIMS, Claim, judge_claims, verdict_counts
from report_utils.report.intervals import UNDECIDED, below
from report_utils.report.leakage import compare_partitions, comparisons_markdown
from report_utils.report.second_band import PREDICTIONS, predictions_markdown, predictions_table
from report_utils.report.tables import measured_text, verdicts_markdown
from report_utils.report.wording import markdown_table
from report_utils.reproduction.results import Origin
from report_utils.reproduction.studies import Study, Variant
from report_utils.reproduction.study_results import Outcome

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
    """What one variant says on one claim, and what the study's default says; None where that has not been trained."""

    claim: Claim
    variant: Variant
    evidence: Evidence | None
    default: Evidence | None

    @property
    def turns(self) -> bool:
        """Whether the verdict differs from the default's."""
        return None not in (self.evidence, self.default) and self.evidence.verdict != self.default.verdict


def judge_study(study: Study, outcomes: Mapping[str, Outcome | None]) -> dict[str, list[Judgement]]:
    """Judge each claim of a study by each variant that concerns it: the verdicts by claim, the default's first."""
    judged: dict[str, list[Judgement]] = {}
    for name in study.default.claims:
        claim, default = STUDIED_CLAIMS[name], None
        judged[name] = []
        for variant in study.all_variants:
            if name not in variant.claims or variant.name not in outcomes:
                continue
            outcome = outcomes[variant.name]
            evidence = None if outcome is None else claim.judge(Runs(outcome.cross_validations, outcome.dynamics))
            if variant is study.default:
                default = evidence
            judged[name].append(Judgement(claim, variant, evidence, default))
    return judged


READINGS: Mapping[str, str] = {
    "default": "percentiles of the occupied pixels (taken in this book)",
    "percentile-of-events": "percentiles of the events (the report's words)",
    "percentile-of-all": "percentiles of all pixels",
    "percentile-ties-emptied": "percentiles whose ties are emptied too",
}
"""Ways to read what the report retains, by the variant of the study that trains them."""


def verdicts_by_reading(judged: Mapping[str, Sequence[Judgement]]) -> dict[str, dict[str, str]]:
    """Return the claims whose verdict depends on the reading, each with the verdict of every reading."""
    found = {}
    for name, of_claim in judged.items():
        read = [one for one in of_claim if one.variant.name in READINGS and one.evidence is not None]
        if any(one.turns for one in read):
            found[name] = {READINGS[one.variant.name]: one.evidence.verdict for one in read}
    return found


@dataclass(frozen=True)
class OverSeeds:
    """The verdict on every claim over several training seeds; runs of this machine have no ``origin``."""

    evidence: Mapping[str, Evidence]
    n_seeds: int
    origin: Origin | None

    @property
    def source(self) -> str:
        """Where the trainings come from."""
        return "runs of this machine" if self.origin is None else f"committed results: {self.origin}"


def judge_over_seeds(outcome: Outcome | None, cluster_names: Sequence[str] | None = None) -> OverSeeds | None:
    """Judge every claim by the runs of the study of seeds, clusters named; None where there are none."""
    if outcome is None:
        return None
    runs = Runs(outcome.cross_validations, outcome.dynamics, cluster_names=cluster_names)
    return OverSeeds(judge_claims(runs), outcome.n_seeds, outcome.origin)


def judgements_markdown(judgements: Sequence[Judgement], command: str) -> str:
    """Write one claim's judgements, the default first, as a table; ``command`` trains what is missing.

    A verdict that differs from the default's is bold.
    """
    rows = []
    for judgement in judgements:
        found = judgement.evidence
        if found is None:
            rows.append([judgement.variant.title, f"not trained: `{command}`", ""])
            continue
        verdict = f"**{found.verdict}**" if judgement.turns else found.verdict
        rows.append([judgement.variant.title, measured_text(found), verdict])
    return markdown_table(["Choice", "Measured [95% interval]", "Verdict"], rows, "lll")


def _turned(compared: Iterable[tuple[str, Evidence, Evidence]], header: Sequence[str]) -> str:
    """Count the verdicts that differ, and list them, from labelled evidence before and after."""
    compared = [(label, before.verdict, after.verdict) for label, before, after in compared]
    turned = [(label, before, f"**{after}**") for label, before, after in compared if before != after]
    n_open = sum(before != after and UNDECIDED in (before, after) for _, before, after in compared)
    n_reversed = len(turned) - n_open
    counts = f"Of {len(compared)} verdicts, {n_reversed} reversed, {n_open} changed between decided and undecided."
    return f"{counts}\n\n{markdown_table(header, turned, 'lll')}" if turned else counts


def study_summary(judged: Mapping[str, Sequence[Judgement]], command: str) -> str:
    """List the verdicts that differ from the default's, what did not train, and what ``command`` still has to train."""
    others = [one for of_claim in judged.values() for one in of_claim[1:]]
    measured = [one for one in others if one.evidence is not None and one.evidence.parts]
    compared = [(f"{one.variant.title}: {one.claim.statement}", one.default, one.evidence) for one in measured]
    said = [_turned(compared, ["Changed", "By default", "Here"]) if measured else "At this size nothing can be judged."]
    said += [
        f"{one.variant.title}: {one.evidence.note}."
        for one in others
        if one.evidence is not None and not one.evidence.trained
    ]
    missing = dict.fromkeys(one.variant.title for one in others if one.evidence is None)
    if missing:
        said.append(f"Not trained yet: {'; '.join(missing)}. `{command}` trains them.")
    return "\n\n".join(said)


def over_seeds_summary(once: Mapping[str, Evidence], over: OverSeeds | None, command: str) -> str:
    """Count the verdicts over several training seeds, and list those that differ from this build's, ``once``."""
    if over is None:
        return f"Not judged over several trainings yet: `{command}` trains every network with three seeds."
    compared = [(claim.statement, once[claim.name], over.evidence[claim.name]) for claim in CLAIMS]
    return (
        f"Over {over.n_seeds} training seeds of every network: {verdict_counts(over.evidence)} "
        f"{_turned(compared, ['Claim', 'This build', f'{over.n_seeds} seeds'])}"
    )


def over_seeds_text(over: OverSeeds) -> str:
    """Write the verdicts over the seeds for a terminal."""
    table = verdicts_markdown({f"{over.n_seeds} seeds": over.evidence}, measured=True)
    return f"Over {over.n_seeds} training seeds ({over.source}): {verdict_counts(over.evidence)}\n\n{table}\n"


def origins_of(outcomes: Mapping[str, Outcome | None]) -> list[tuple[str, str]]:
    """Return the variants that share an origin of committed results, by their titles, and that origin."""
    sharing: dict[str, list[str]] = {}
    for outcome in outcomes.values():
        if outcome is not None and outcome.origin is not None:
            sharing.setdefault(str(outcome.origin), []).append(outcome.variant.title)
    return [("; ".join(titles), origin) for origin, titles in sharing.items()]


def study_text(study: Study, outcomes: Mapping[str, Outcome | None]) -> str:
    """Write what a study shows for a terminal."""
    blocks = [f"Committed results, {titles}: {origin}." for titles, origin in origins_of(outcomes)]
    for of_claim in judge_study(study, outcomes).values():
        claim = of_claim[0].claim
        blocks += [
            f"{claim.statement}\nMeasured: {claim.statistic}; holds when: {claim.threshold}.",
            judgements_markdown(of_claim, f"report-utils study {study.name}"),
        ]
    if study.name == "why":
        blocks.append(predictions_markdown(predictions_table(PREDICTIONS, outcomes)))
    if study.name == "halos" and all(outcomes.values()):
        blocks.append(
            comparisons_markdown(compare_partitions(*(outcomes[n].cross_validations for n in ("random", "grouped"))))
        )
    return "\n\n".join([*blocks, ""])
