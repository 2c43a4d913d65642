"""The headline figure, and the claims at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from report_utils.binning import TRANSFORMS
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.report.claim_tests import Evidence
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED, new_figure
from report_utils.report.intervals import FAILS, HOLDS
from report_utils.report.printed_numbers import table_row

if TYPE_CHECKING:
    import pandas as pd

    from report_utils.dynamics import DynamicsComparison

_BANDS = (1, 2, 3, 4)


def scatter_by_bands(table: pd.DataFrame) -> Figure:
    """Draw the scatter against the number of bands, ours with intervals beside the printed.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :func:`report_utils.report.tables.table_one`.
    """
    figure = new_figure(7.0, 4.0)
    ax = figure.subplots()
    printed = np.array([table_row(TRANSFORMS[f"multi_band_{k}"]).scatter for k in _BANDS], dtype=float)
    ax.plot(_BANDS, printed, "s--", color=PRINTED, label="printed in the report")
    for kind, label, colour, marker, shift in (
        ("multi_band", "this reproduction", OURS, "o", -0.04),
        ("agn_less", "this reproduction, without AGN", AGN_LESS, "^", 0.04),
    ):
        rows = table.reindex([f"{kind}_{k}" for k in _BANDS])
        if "scatter" not in rows or rows["scatter"].isna().all():
            continue
        values = rows["scatter"].to_numpy(float)
        reach = np.abs(rows[["scatter_low", "scatter_high"]].to_numpy(float).T - values)
        place = np.array(_BANDS) + shift
        ax.errorbar(place, values, yerr=reach, fmt=f"{marker}-", color=colour, capsize=3, label=label)
    first, *further = band_titles(BAND_EDGES_KEV)
    ax.set_xticks(_BANDS, [f"1\n{first}", *(f"{k}\n+ {band}" for k, band in enumerate(further, start=2))])
    ax.set_xlabel("energy bands that the network sees")
    ax.set_ylabel("scatter of the predicted mass [dex]")
    ax.set_ylim(bottom=0)
    figure.legend(loc="outside upper left", ncols=3, fontsize="small")
    return figure


def claims_forest(evidence: Mapping[str, Evidence]) -> Figure:
    """Draw every measured ratio with its interval, and what the printed scatters give for it.

    Marks and colours tell the verdicts apart.

    Parameters
    ----------
    evidence : mapping of claim name to Evidence
    """
    parts = [(name, part) for name, found in evidence.items() for part in found.parts]
    figure = new_figure(8.0, 0.9 + 0.27 * max(len(parts), 1))
    ax = figure.subplots()
    looks = {HOLDS: (OURS, "o"), FAILS: (PRINTED, "X")}
    seen = set()
    for place, (_, part) in enumerate(parts):
        colour, marker = looks.get(part.verdict, (NEUTRAL, "D"))
        label = None if part.verdict in seen else part.verdict
        seen.add(part.verdict)
        measured = part.measured
        ax.plot([measured.low, measured.high], [place, place], color=colour)
        ax.plot(measured.value, place, marker, color=colour, label=label, ls="none")
    printed = [(part.printed, place) for place, (_, part) in enumerate(parts) if part.printed is not None]
    if printed:
        ax.plot(*zip(*printed, strict=True), "|", color="black", ms=9, label="from the printed numbers", ls="none")
    ax.axvline(1, color="black", lw=0.8)
    ax.set_yticks(range(len(parts)), [part.label for _, part in parts], fontsize="small")
    ax.set_ylim(max(len(parts), 1) - 0.5, -0.5)
    ax.set_xlabel("ratio, with its 95% interval; 1: no difference")
    if not parts:
        ax.text(1.02, 0, "nothing could be measured at this size", va="center")
        ax.set_xlim(0.5, 2)
    else:
        ax.set_xscale("log")
        ticks = [t for t in (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3) if ax.get_xlim()[0] <= t <= ax.get_xlim()[1]]
        ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
        ax.minorticks_off()
        figure.legend(loc="outside upper right", ncols=4, fontsize="small")
    return figure


def dynamics_likeness(comparison: DynamicsComparison, labels: tuple[str, str]) -> Figure:
    """Draw two dynamics' scatters epoch by epoch, and how far apart their predictions are.

    Parameters
    ----------
    comparison : DynamicsComparison
    labels : (str, str)
    """
    figure = new_figure(8.0, 3.6)
    ax, right = figure.subplots(1, 2)
    epochs = np.arange(1, len(comparison.phase) + 1)
    for number, (label, colour, line) in enumerate(zip(labels, (OURS, AGN_LESS), ("-", "--"), strict=True)):
        ax.plot(epochs, comparison.scatter[:, number], line, color=colour, label=label)
    ax.plot(epochs, comparison.rms_difference, ":", color="black", label="difference of the two (rms)")
    ax.set_ylabel("scatter, difference [dex]")
    ax.set_ylim(bottom=0)
    figure.legend(loc="outside upper left", ncols=3, fontsize="small")
    right.plot(epochs, comparison.rank_correlation, color=OURS)
    right.set_ylabel("rank correlation")
    lowest = right.get_ylim()[0]
    right.set_ylim(lowest, 1 + 0.03 * (1 - lowest))  # 1 is the highest there can be
    for panel in (ax, right):
        panel.set_xlabel("epochs trained; lines: a band is added")
        panel.xaxis.get_major_locator().set_params(integer=True)
        for boundary in np.flatnonzero(np.diff(comparison.phase)) + 1.5:
            panel.axvline(boundary, color=NEUTRAL, lw=0.8)
    return figure
