"""How fast things are: time against size, goals, and where time goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED, new_figure
from report_utils.report.measurements import Measurement

_OTHERS = (PRINTED, AGN_LESS, "#cc78bc", "#ca9161", "#56b4e9", NEUTRAL)
_MARKERS = "sD^vPX"


def _nothing(figure: Figure) -> Figure:
    figure.text(0.5, 0.5, "not measured yet", ha="center")
    return figure


def time_against_size(measurements: Sequence[Measurement], x_label: str) -> Figure:
    """Draw our time and that of the others against size; the size ends the measurements' names."""
    figure = new_figure(8.0, 4.2)
    if not measurements:
        return _nothing(figure)
    ax = figure.subplots()
    sizes = [float(one.name.rpartition("/")[2]) for one in measurements]
    ax.plot(sizes, [one.ours.median for one in measurements], "o-", color=OURS, label="this project", lw=2.2)
    peers = list(dict.fromkeys(name for one in measurements for name in one.peers))
    for number, peer in enumerate(peers):
        points = [(s, m.peers[peer].median) for s, m in zip(sizes, measurements, strict=True) if peer in m.peers]
        look = {"color": _OTHERS[number % len(_OTHERS)], "marker": _MARKERS[number % len(_MARKERS)]}
        ax.plot(*zip(*points, strict=True), label=peer, **look, ms=5, lw=1.2)
    ax.set(xscale="log", yscale="log", xlabel=x_label, ylabel=f"time [{measurements[0].unit}]")
    figure.legend(loc="outside right upper", fontsize="small")
    return figure


def growth_curves(measurements: Sequence[Measurement]) -> Figure:
    """Draw time against size, a panel each, on logarithmic axes, with the fitted power and the goal's."""
    figure = new_figure(8.0, 2.8 * max(1, -(-len(measurements) // 3)))
    if not measurements:
        return _nothing(figure)
    axes = figure.subplots(-(-len(measurements) // 3), min(3, len(measurements)), squeeze=False).ravel()
    for ax, one in zip(axes, measurements, strict=False):
        x, y = np.array(one.points).T
        middle = np.exp(np.log(x).mean()), np.exp(np.log(y).mean())
        ax.plot(x, middle[1] * (x / middle[0]) ** one.ours.median, color=OURS, lw=1.2)
        ax.plot(x, y[-1] * (x / x[-1]), color=NEUTRAL, ls="--", lw=1)
        ax.plot(x, y, "o", color=OURS, ms=5)
        ax.set(xscale="log", yscale="log", xlabel=one.points_are[0], ylabel=f"{one.points_are[1]}")
        exponent = f"exponent {one.ours.median:.2f} [{one.ours.low:.2f}, {one.ours.high:.2f}]"
        ax.set_title(f"{one.title.partition(' (')[0]}\n{exponent}", fontsize="small")
        if x.max() < 1e5:  # powers of ten need no words of ours
            ax.set_xticks(x, [f"{v:g}" for v in x], fontsize="x-small")
        ax.minorticks_off()
    for ax in axes[len(measurements) :]:
        ax.remove()
    return figure


def goals_chart(measurements: Sequence[Measurement]) -> Figure:
    """Draw by what factor each goal is met or missed, with the quartiles of the rounds."""
    chosen = [one for one in measurements if one.goal]
    figure = new_figure(8.0, 0.9 + 0.3 * len(chosen))
    if not chosen:
        return _nothing(figure)
    ax = figure.subplots()
    for place, one in enumerate(chosen):
        values = np.array([one.value.low, one.value.median, one.value.high]).clip(1e-3) / one.goal
        values = values if one.better == "more" else 1 / values
        colour, marker = (OURS, "o") if one.holds else (PRINTED, "X")
        ax.plot([values.min(), values.max()], [place, place], color=colour)
        ax.plot(values[1], place, marker, color=colour)
    ax.set_yticks(range(len(chosen)), [one.title for one in chosen], fontsize="x-small")
    ax.set_ylim(len(chosen) - 0.5, -0.5)
    ax.set_xscale("log")
    ax.axvline(1, color="black", lw=0.8)
    low, high = ax.get_xlim()
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlabel("times as good as the goal asks; right of the line it holds")
    return figure


def step_shares(steps: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the shares [%] of the steps of several things as bars, a panel each.

    Parameters
    ----------
    steps : mapping of title to the shares by step
    """
    steps = {title: shares for title, shares in steps.items() if shares}
    figure = new_figure(8.0, 0.7 + sum(0.45 + 0.22 * len(shares) for shares in steps.values()))
    if not steps:
        return _nothing(figure)
    axes = figure.subplots(
        len(steps), 1, sharex=True, height_ratios=[len(s) + 0.5 for s in steps.values()], squeeze=False
    )[:, 0]
    for ax, (title, shares) in zip(axes, steps.items(), strict=True):
        bars = ax.barh(range(len(shares)), list(shares.values()), color=OURS, height=0.65)
        ax.bar_label(bars, [f"{share:.0f}" for share in shares.values()], padding=3, fontsize="x-small")
        ax.set_yticks(range(len(shares)), list(shares), fontsize="small")
        ax.set_ylim(len(shares) - 0.4, -0.6)
        ax.set_title(title, fontsize="small")
    axes[-1].set_xlabel("share of the time [%]")
    return figure
