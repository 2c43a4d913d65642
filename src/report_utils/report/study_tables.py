"""What the studies show, as Markdown for a page and as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from report_utils.report.claim_tests import Evidence
from report_utils.report.claims import CLAIMS
from report_utils.report.intervals import UNDECIDED, Interval
from report_utils.report.leakage import Comparison, MatesClass, compare_partitions
from report_utils.report.second_band import PREDICTIONS, predictions_table
from report_utils.report.sentences import change, verdict_counts
from report_utils.report.studies import Judgement, OverSeeds, judge_study
from report_utils.report.tables import markdown_table

if TYPE_CHECKING:
    from report_utils.reproduction.studies import Study
    from report_utils.reproduction.study_results import Outcome

TOO_FEW = "too few halos"


def interval_text(interval: Interval | None, spec: str = ".4f") -> str:
    """Write a value with its interval, which does not break inside."""
    if interval is None:
        return TOO_FEW
    return f"{interval:{spec}}".replace(", ", ",\u00a0")


def measured_text(found: Evidence) -> str:
    """Write what was measured of a claim, and what else there is to say of it."""
    measured = [f"{part.label}: {interval_text(part.measured, '.3f')}" for part in found.parts]
    return "; ".join([*measured, *([found.note] if found.note else [])])


def judgements_markdown(judgements: Sequence[Judgement], command: str) -> str:
    """Write one claim's judgements as a table; a verdict that differs from the default's is bold.

    Parameters
    ----------
    judgements : sequence of Judgement
        Of one claim, the default first.
    command : str
        Trains what is missing.
    """
    rows = []
    for judgement in judgements:
        found = judgement.evidence
        if found is None:
            rows.append([judgement.variant.title, f"not trained: `{command}`", ""])
            continue
        verdict = f"**{found.verdict}**" if judgement.turns else found.verdict
        title = judgement.variant.title + (f" (committed results: {judgement.origin})" if judgement.origin else "")
        rows.append([title, measured_text(found), verdict])
    return markdown_table(["Choice", "Measured [95% interval]", "Verdict"], rows, "lll")


def _turns(pairs: Iterable[tuple[Evidence, Evidence]]) -> str:
    """Count the verdicts that are reversed, and those that change between decided and undecided."""
    undecided = [UNDECIDED in (before.verdict, after.verdict) for before, after in pairs]
    n_reversed, n_others = undecided.count(False), undecided.count(True)
    return (
        f"{n_reversed or 'none'} {'is' if n_reversed < 2 else 'are'} reversed and {n_others or 'none'} "
        f"{'changes' if n_others < 2 else 'change'} between decided and undecided"
    )


def study_summary(judged: Mapping[str, Sequence[Judgement]], command: str) -> str:
    """Say which verdicts differ from the default's, and what has not been trained.

    Parameters
    ----------
    judged : mapping of claim name to its judgements, the default first
    command : str
        Trains what is missing.
    """
    others = [one for of_claim in judged.values() for one in of_claim[1:]]
    measured = [one for one in others if one.evidence is not None and one.evidence.parts]
    turning = [one for one in measured if one.turns]
    missing = list(dict.fromkeys(one.variant.title for one in others if one.evidence is None))
    text = "At this size nothing can be judged."
    if measured:
        counts = _turns((one.default, one.evidence) for one in turning)
        text = f"Of {len(measured)} verdicts under other choices {counts}{':' if turning else '.'}"
    for one in turning:
        text += (
            f"\n- {one.variant.title}: *{one.claim.statement[:-1]}*: by default {one.default.verdict}, here "
            f"**{one.evidence.verdict}**."
        )
    for one in others:
        if one.evidence is not None and not one.evidence.trained:
            text += f"\n\n{one.variant.title}: {one.evidence.note}."
    if missing:
        text += f"\n\nNot trained yet: {'; '.join(missing)}. `{command}` trains them."
    return text


def over_seeds_summary(once: Mapping[str, Evidence], over: OverSeeds | None, command: str) -> str:
    """Say how the claims fare over several training seeds, and which verdicts change.

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
        return f"{text} Every verdict is the same as in this build."
    lines = [
        f"- *{claim.statement[:-1]}*: in this build {once[claim.name].verdict}, over the seeds "
        f"**{over.evidence[claim.name].verdict}**."
        for claim in turned
    ]
    counts = _turns((once[claim.name], over.evidence[claim.name]) for claim in turned)
    return f"{text} Of this build's verdicts {counts}:\n" + "\n".join(lines)


def over_seeds_markdown(once: Mapping[str, Evidence], over: OverSeeds) -> str:
    """Write the verdicts of this build and over the seeds as a table; those that differ are bold."""
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


def leakage_blocks(
    compared: Mapping[str, Comparison],
    classes: Mapping[str, Sequence[MatesClass]],
    outcomes: Mapping[str, Outcome | None],
    command: str,
) -> list[str]:
    """Write the comparison of two partitions, and of halo mates within one, as paragraphs and tables.

    Parameters
    ----------
    compared : mapping of transform to Comparison
    classes : mapping of transform to the classes of halo mates
    outcomes : mapping of variant name to Outcome or None
    command : str
        Trains what is missing.
    """
    blocks = [
        f"{outcome.variant.title}: from committed results, {outcome.origin}."
        for outcome in outcomes.values()
        if outcome is not None and outcome.origin is not None
    ]
    missing = [name for name, outcome in outcomes.items() if outcome is None]
    if missing:
        blocks.append(f"Networks with {' and '.join(missing)} folds have not been trained: `{command}` trains them.")
    if compared:
        first = next(iter(compared.values()))
        sizes = (
            f"Scatters in dex of the {first.n_clusters} clusters, of {first.n_halos} halos, that random and grouped "
            "folds both test."
        )
        blocks += [partitions_markdown(compared), sizes]
    if classes:
        blocks += [
            (
                "Within the random folds, the test clusters by how many observations of their own halo were in "
                "training. Each row has other clusters, so the scatters may also differ for other reasons:"
            ),
            mates_markdown(classes),
        ]
    return blocks


def leakage_text(compared: Mapping[str, Comparison], groups: ArrayLike, command: str) -> str:
    """Say whether networks are worse on halos that they have not seen.

    Parameters
    ----------
    compared : mapping of transform to Comparison
    groups : (n_clusters,)
        The halo of each observation.
    command : str
        Trains what is missing.
    """
    n_clusters, n_halos = len(np.asarray(groups)), len(np.unique(np.asarray(groups)))
    if n_halos == n_clusters:
        return "No two of these observations are known to show the same halo, so no leak is known."
    text = f"The {n_clusters} observations show {n_halos} halos. "
    if not compared:
        return f"{text}The effect on the scatter is known once both kinds of folds are trained: `{command}`."
    lines = [
        f"{label}: {TOO_FEW} for an interval"
        if one.ratio is None
        else f"{label}: without its halo in training the scatter of the same clusters {change(one.ratio)}"
        for label, one in compared.items()
    ]
    return f"{text}\n\n" + "\n".join(f"- {line}." for line in lines)


def partitions_markdown(compared: Mapping[str, Comparison]) -> str:
    """Write the scatters of the same clusters with and without their halo in training [dex].

    Parameters
    ----------
    compared : mapping of label to Comparison
    """
    rows = [
        [
            label,
            interval_text(one.seen),
            interval_text(one.unseen),
            interval_text(one.difference, "+.4f"),
            interval_text(one.ratio, ".3f"),
        ]
        for label, one in compared.items()
    ]
    header = ["Network", "Halo in training", "Halo not in training", "Difference", "Ratio"]
    return markdown_table(header, rows, "lrrrr")


def mates_markdown(classes: Mapping[str, Sequence[MatesClass]]) -> str:
    """Write the scatters by number of halo mates in training, a column for each network.

    Parameters
    ----------
    classes : mapping of label to the classes, the same for all
    """
    first = next(iter(classes.values()))
    rows = [
        [
            one.label,
            f"{one.n_clusters}",
            f"{one.n_halos}",
            *(interval_text(of_network[place].scatter) for of_network in classes.values()),
        ]
        for place, one in enumerate(first)
    ]
    header = ["Of its halo in training", "Clusters", "Halos", *(f"Scatter, {label}" for label in classes)]
    return markdown_table(header, rows, "rrr" + "r" * len(classes))


def study_text(study: Study, outcomes: Mapping[str, Outcome | None]) -> str:
    """Write what a study shows as plain text.

    Parameters
    ----------
    study : Study
    outcomes : mapping of variant name to Outcome or None
    """
    lines = []
    for of_claim in judge_study(study, outcomes).values():
        claim = of_claim[0].claim
        lines += [claim.statement, f"  measured: {claim.statistic}; holds when: {claim.threshold}"]
        for judgement in of_claim:
            found = judgement.evidence
            verdict = "not trained" if found is None else found.verdict + (" (differs)" if judgement.turns else "")
            lines.append(f"  {judgement.variant.name:<26}{verdict}  {judgement.origin}".rstrip())
            lines += [f"    {part.label}: {part.measured:.3f}" for part in (found.parts if found else ())]
        lines.append("")
    if study.name == "why":
        for one, measured, verdict in predictions_table(PREDICTIONS, outcomes):
            found = "" if measured is None else f"measured {measured:.3f}, "
            lines.append(f"{one.label}: predicted {one.low:.2f} to {one.high:.2f}, {found}{verdict}")
        lines.append("")
    if study.name == "halos" and all(outcomes.values()):
        partitions = (outcomes[name].cross_validations for name in ("random", "grouped"))
        for label, one in compare_partitions(*partitions).items():
            seen, unseen, ratio = (interval_text(i) for i in (one.seen, one.unseen, one.ratio))
            found = f"halo in training {seen}, not in training {unseen} dex, ratio {ratio}" if one.ratio else TOO_FEW
            lines.append(f"{label}: {one.n_clusters} clusters with and without their halo in training: {found}")
        lines.append("")
    return "\n".join(lines)
