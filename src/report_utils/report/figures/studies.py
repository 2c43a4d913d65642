"""What studies show: claims judged under other assumptions, and scatters of two partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED, new_figure
from report_utils.report.intervals import FAILS, HOLDS
from report_utils.report.leakage import Comparison, MatesClass
from report_utils.report.studies import Judgement

_LOOKS = {HOLDS: (OURS, "o"), FAILS: (PRINTED, "X")}
_RATIO_TICKS = (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 5)


def sensitivity_forest(judged: Mapping[str, Sequence[Judgement]]) -> Figure:
    """Draw each claim's measured ratios under each assumption, with intervals and the claim's limits.

    Parameters
    ----------
    judged : mapping of claim name to its judgements, the default first
    """
    rows = {
        name: [(one, part) for one in of_claim if one.evidence is not None for part in one.evidence.parts]
        for name, of_claim in judged.items()
    }
    rows = {name: parts for name, parts in rows.items() if parts}
    heights = [max(len(parts), 1) for parts in rows.values()]
    figure = new_figure(8.0, 0.8 + 0.27 * sum(heights) + 0.45 * len(heights))
    if not rows:
        figure.text(0.5, 0.5, "nothing could be measured at this size", ha="center")
        return figure
    axes = figure.subplots(len(rows), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    seen: set[str] = set()
    for ax, (name, parts) in zip(axes, rows.items(), strict=True):
        for place, (_, part) in enumerate(parts):
            colour, marker = _LOOKS.get(part.verdict, (NEUTRAL, "D"))
            label = None if part.verdict in seen else part.verdict
            seen.add(part.verdict)
            ax.plot([part.measured.low, part.measured.high], [place, place], color=colour)
            ax.plot(part.measured.value, place, marker, color=colour, label=label, ls="none")
        names = [_row_label(judgement, part.label) for judgement, part in parts]
        ax.set_yticks(range(len(parts)), names, fontsize="x-small" if len(parts) > 5 else "small")
        for tick, (judgement, _) in zip(ax.get_yticklabels(), parts, strict=True):
            tick.set_fontweight("bold" if judgement.turns else "normal")
        ax.set_ylim(len(parts) - 0.5, -0.5)
        ax.set_title(name.replace("_", " "), fontsize="small")
        ax.axvline(1, color="black", lw=0.8)
        for limit in parts[0][0].claim.limits:
            ax.axvline(limit, color=NEUTRAL, lw=0.9, ls="--")
    axes[-1].set_xscale("log")
    low, high = axes[-1].get_xlim()
    ticks = [tick for tick in _RATIO_TICKS if low <= tick <= high]
    axes[-1].set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes[-1].minorticks_off()
    axes[-1].set_xlabel("ratio of scatters, with its 95% interval; dashed: where the verdict turns", fontsize="medium")
    figure.legend(loc="outside upper right", ncols=3, fontsize="small")
    return figure


def _row_label(judgement: Judgement, part: str) -> str:
    variant = judgement.variant
    short = (
        variant.name.replace("-", " ").replace("agn", "AGN")
        if variant.overrides or variant.stand_ins
        else variant.title
    )
    several = judgement.evidence is not None and len(judgement.evidence.parts) > 1
    return f"{short}: {part}" if several else short


def partitions(compared: Mapping[str, Comparison], classes: Mapping[str, Sequence[MatesClass]]) -> Figure:
    """Draw scatters with and without the halo in training, and those of random folds by halo mates in training.

    Parameters
    ----------
    compared : mapping of label to Comparison
    classes : mapping of label to the classes of halo mates, the same for all
    """
    figure = new_figure(8.0, 3.6)
    left, right = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(compared))
    for kind, colour, marker, shift in (("seen", OURS, "o", -0.08), ("unseen", PRINTED, "s", 0.08)):
        found = {i: getattr(one, kind) for i, one in enumerate(compared.values()) if getattr(one, kind) is not None}
        label = "halo in training" if kind == "seen" else "halo not in training"
        _points(left, np.array(list(found)) + shift, list(found.values()), colour, marker, label)
    if not compared:
        left.text(0.5, 0.5, "grouped folds are not trained", ha="center", transform=left.transAxes)
    left.set_xticks(places, list(compared))
    left.set_xlabel("what the network sees")
    left.set_ylabel("scatter of the predicted mass [dex]")
    if compared:
        left.legend(fontsize="small")
    looks = zip(classes.items(), (NEUTRAL, OURS, AGN_LESS), "^oD", (-0.12, 0, 0.12), strict=False)
    for (label, of_network), colour, marker, shift in looks:
        found = {i: one.scatter for i, one in enumerate(of_network) if one.scatter is not None}
        _points(right, np.array(list(found)) + shift, list(found.values()), colour, marker, label)
    of_first = next(iter(classes.values()), ())
    right.set_xticks(range(len(of_first)), [one.label for one in of_first])
    right.set_xlim(-0.5, max(len(of_first), 1) - 0.5)
    right.set_xlabel("observations of the same halo in training")
    if classes:
        right.legend(fontsize="small", title="random folds", title_fontsize="small")
    left.set_ylim(bottom=0)
    return figure


def _points(ax, places, intervals, colour: str, marker: str, label: str) -> None:
    values = np.array([one.value for one in intervals])
    reach = np.abs(np.array([[one.low, one.high] for one in intervals]).reshape(-1, 2).T - values)
    ax.errorbar(places, values, yerr=reach, fmt=marker, color=colour, capsize=3, label=label)
