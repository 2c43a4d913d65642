"""Studies as Markdown for a page and as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from report_utils.report.claims import NOT_TRAINED, UNDECIDED, Evidence
from report_utils.report.intervals import Interval
from report_utils.report.leakage import Comparison, MatesClass, compare_partitions
from report_utils.report.sensitivity import Judgement, judge_study
from report_utils.report.sentences import change
from report_utils.report.tables import markdown_table

if TYPE_CHECKING:
    from report_utils.reproduction.studies import Study
    from report_utils.reproduction.study_results import Outcome

TOO_FEW = "too few halos"


def interval_text(interval: Interval | None, spec: str = ".4f") -> str:
    """Write a value with its interval, which does not break inside."""
    if interval is None:
        return TOO_FEW
    low, high = (f"{end:{spec}}".replace("-", "−") for end in (interval.low, interval.high))
    return f"{interval.value:{spec}}".replace("-", "−") + f" [{low},\u00a0{high}]"


def measured_text(found: Evidence) -> str:
    """Write what was measured of a claim, and what is to be said of it."""
    measured = [f"{part.label}: {interval_text(part.measured, '.3f')}" for part in found.parts]
    return "; ".join([*measured, *([found.note] if found.note else [])])


def judgements_markdown(judgements: Sequence[Judgement], command: str) -> str:
    """Write one claim's judgements as a table, those that turn in bold.

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
    return markdown_table(["Done otherwise", "Measured [95% interval]", "Verdict"], rows, "lll")


def study_summary(judged: Mapping[str, Sequence[Judgement]], command: str) -> str:
    """Say which verdicts turn against the default, and what has not been trained.

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
    if not measured:
        text = "At this size there is nothing that could be judged."
    else:
        n_reversed = sum(UNDECIDED not in (one.evidence.verdict, one.default.verdict) for one in turning)
        n_others = len(turning) - n_reversed
        text = (
            f"Of {len(measured)} verdicts under other assumptions {n_reversed or 'none'} "
            f"{'reverses' if n_reversed < 2 else 'reverse'} that of the book, and {n_others or 'none'} "
            f"{'differs' if n_others < 2 else 'differ'} in being decided at all"
        )
        text += ":" if turning else "."
    for one in turning:
        text += (
            f"\n- {one.variant.title}: *{one.claim.statement[:-1]}*: by default {one.default.verdict}, and so "
            f"**{one.evidence.verdict}**."
        )
    for one in others:
        if one.evidence is not None and one.evidence.note.startswith(NOT_TRAINED):
            text += f"\n\n{one.variant.title}: {one.evidence.note}."
    if missing:
        text += f"\n\nNot trained yet: {'; '.join(missing)}. `{command}` trains them."
    return text


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
        blocks.append(f"Folds that are {' and '.join(missing)} have not been trained: `{command}` trains them.")
    if compared:
        first = next(iter(compared.values()))
        sizes = (
            f"Scatters in dex, of the same {first.n_clusters} clusters of {first.n_halos} halos, which random and "
            "grouped folds both test."
        )
        blocks += [partitions_markdown(compared), sizes]
    if classes:
        blocks += [
            (
                "Within the random folds, the test clusters by how many observations of their own halo were trained "
                "on. These are different clusters in each row, so their scatters may differ for other reasons:"
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
        return "No two of these observations are known to show the same halo, so nothing is known that could leak."
    text = f"The {n_clusters} observations show {n_halos} halos. "
    if not compared:
        return f"{text}What that does to the scatter is not known before both kinds of folds are trained: `{command}`."
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
            verdict = "not trained" if found is None else found.verdict + (" (turns)" if judgement.turns else "")
            lines.append(f"  {judgement.variant.name:<26}{verdict}  {judgement.origin}".rstrip())
            lines += [f"    {part.label}: {part.measured:.3f}" for part in (found.parts if found else ())]
        lines.append("")
    if study.name == "halos" and all(outcomes.values()):
        partitions = (outcomes[name].cross_validations for name in ("random", "grouped"))
        for label, one in compare_partitions(*partitions).items():
            seen, unseen, ratio = (interval_text(i) for i in (one.seen, one.unseen, one.ratio))
            found = f"halo in training {seen}, not in training {unseen} dex, ratio {ratio}" if one.ratio else TOO_FEW
            lines.append(f"{label}: {one.n_clusters} clusters with and without their halo in training: {found}")
        lines.append("")
    return "\n".join(lines)
