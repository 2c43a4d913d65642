"""The verdicts of this build's trainings beside those over several training seeds, its own or committed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from report_utils.report.claim_list import CLAIMS, judge_claims
from report_utils.report.claims import UNDECIDED, Claim, Evidence, Runs
from report_utils.report.sentences import verdict_counts
from report_utils.report.study_tables import measured_text
from report_utils.report.tables import markdown_table
from report_utils.reproduction.results import Origin
from report_utils.reproduction.study_results import Outcome, seeds_of


@dataclass(frozen=True)
class OverSeeds:
    """The verdict on every claim over several training seeds.

    Attributes
    ----------
    evidence : mapping of claim name to Evidence
    n_seeds : int
        The fewest of a transform or a dynamics.
    origin : Origin or None
        Of committed results; None for runs of the runs folder.
    """

    evidence: Mapping[str, Evidence]
    n_seeds: int
    origin: Origin | None

    @property
    def source(self) -> str:
        """Say where the trainings come from."""
        return "runs of this machine" if self.origin is None else f"committed results: {self.origin}"

    def turned(self, once: Mapping[str, Evidence]) -> list[Claim]:
        """Return the claims that other evidence judges otherwise."""
        return [claim for claim in CLAIMS if once[claim.name].verdict != self.evidence[claim.name].verdict]


def judge_over_seeds(outcome: Outcome | None, cluster_names: Sequence[str] | None = None) -> OverSeeds | None:
    """Judge every claim by the runs of :data:`report_utils.reproduction.studies.SEEDS`, or return None without any.

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


def over_seeds_summary(once: Mapping[str, Evidence], over: OverSeeds | None, command: str) -> str:
    """Say what several training seeds say of the claims, and which verdicts they turn.

    Parameters
    ----------
    once : mapping of claim name to Evidence
        Of this build.
    over : OverSeeds or None
    command : str
        Trains what is missing.
    """
    if over is None:
        return (
            f"No claim has been judged over several trainings yet: `{command}` trains every network with three seeds."
        )
    text = f"Over {over.n_seeds} training seeds of every network ({over.source}): {verdict_counts(over.evidence)}"
    turned = over.turned(once)
    if not turned:
        return f"{text} Not one verdict is another than this build's."
    n_reversed = sum(UNDECIDED not in (once[c.name].verdict, over.evidence[c.name].verdict) for c in turned)
    lines = [
        f"- *{claim.statement[:-1]}*: in this build {once[claim.name].verdict}, over the seeds "
        f"**{over.evidence[claim.name].verdict}**."
        for claim in turned
    ]
    return (
        f"{text} Against this build {n_reversed or 'none'} {'is' if n_reversed < 2 else 'are'} reversed and "
        f"{(len(turned) - n_reversed) or 'none'} decided otherwise:\n" + "\n".join(lines)
    )


def over_seeds_markdown(once: Mapping[str, Evidence], over: OverSeeds) -> str:
    """Write the verdicts of this build and over the seeds as a table, those that turn in bold."""
    rows, turned = [], over.turned(once)
    for claim in CLAIMS:
        found = over.evidence[claim.name]
        verdict = f"**{found.verdict}**" if claim in turned else found.verdict
        rows.append([claim.statement, once[claim.name].verdict, verdict, measured_text(found)])
    return markdown_table(["Claim", "This build", f"{over.n_seeds} seeds", "Measured [95% interval]"], rows, "llll")


def over_seeds_text(over: OverSeeds) -> str:
    """Write the verdicts over the seeds for a terminal."""
    lines = [f"over {over.n_seeds} training seeds ({over.source})", verdict_counts(over.evidence), ""]
    for claim in CLAIMS:
        found = over.evidence[claim.name]
        lines += [claim.statement, f"  {found.verdict}{f'; {found.note}' if found.note else ''}"]
        lines += [f"    {part.label}: {part.measured:.3f}, {part.verdict}" for part in found.parts]
    return "\n".join([*lines, ""])
