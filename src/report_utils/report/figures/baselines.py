"""How much of the mass a few counts give, beside what the network gives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from report_utils.report.baselines import Weighed
from report_utils.report.count_statistics import BASELINES
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED, new_figure
from report_utils.report.intervals import Interval

_LOOKS = {"linear": (PRINTED, "s", "none"), "trees": (AGN_LESS, "^", None)}


def baseline_scatter(weighed: Weighed, labels: Mapping[str, str]) -> Figure:
    """Draw the scatter of each baseline against the channels it sees, a panel for each kind of statistic.

    Parameters
    ----------
    weighed : Weighed
    labels : mapping of transform to tick label, in the order of the axis
    """
    figure = new_figure(8.0, 5.2)
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    places = np.arange(len(labels))
    for ax, (name, baseline) in zip(axes.flat, BASELINES.items(), strict=True):
        ax.axhline(weighed.mean.value, color=NEUTRAL, lw=0.9, ls=":", label="the mean mass for all")
        for (regression, (colour, marker, face)), shift in zip(_LOOKS.items(), (-0.12, 0.12), strict=True):
            keys = {i: (transform, name, regression) for i, transform in enumerate(labels)}
            found = {i: weighed.baselines[key] for i, key in keys.items() if key in weighed.baselines}
            at = np.array(list(found), dtype=float) + shift
            label = f"{regression} regression" if regression == "linear" else "boosted trees"
            _draw(ax, at, list(found.values()), color=colour, marker=marker, markerfacecolor=face, label=label)
        networks = [weighed.networks[transform] for transform in labels]
        _draw(ax, places, networks, color=OURS, marker="o", markerfacecolor=None, label="network")
        ax.set_title(baseline.title)
        ax.set_xticks(places, list(labels.values()))
    axes[0, 0].set_ylim(bottom=0)
    figure.supxlabel("energy bands that are seen (0+: all photons as one band)", fontsize="medium")
    figure.supylabel("scatter of the predicted mass [dex]", fontsize="medium")
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper right", ncols=4, fontsize="small")
    return figure


def _draw(ax, places, intervals: list[Interval], *, color: str, marker: str, markerfacecolor, label: str) -> None:
    values = np.array([one.value for one in intervals])
    reach = np.abs(np.array([[one.low, one.high] for one in intervals]).reshape(-1, 2).T - values)
    ax.errorbar(
        places, values, yerr=reach, fmt=marker, color=color, markerfacecolor=markerfacecolor or color, capsize=2.5,
        ms=5, lw=1.2, label=label,
    )  # fmt: skip
