"""Predictions for observations that no network was trained on."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from report_utils.report.figures.results import PREDICTED_MASS, TRUE_MASS
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED, new_figure


def predicted_masses(truth: ArrayLike, predicted: ArrayLike, scatter: ArrayLike, doubtful: ArrayLike) -> Figure:
    """Draw predicted against true masses, with the scatter to expect of each.

    Parameters
    ----------
    truth, predicted : (n,) [log10 solar masses]
    scatter : (n,) [dex]
    doubtful : (n,) bool
        Observations unlike those of the training.
    """
    truth, predicted, scatter = (np.asarray(column, float) for column in (truth, predicted, scatter))
    doubtful = np.asarray(doubtful, bool)
    figure = new_figure(5.0, 4.2)
    ax = figure.subplots()
    for chosen, colour, marker, label in (
        (~doubtful, OURS, "o", "observations like the training"),
        (doubtful, PRINTED, "s", "unlike the training"),
    ):
        if chosen.any():
            ax.errorbar(
                truth[chosen],
                predicted[chosen],
                scatter[chosen],
                fmt=marker,
                ms=4,
                color=colour,
                elinewidth=1,
                label=label,
            )
    ends = [min(truth.min(), predicted.min()) - 0.05, max(truth.max(), predicted.max()) + 0.05]
    ax.plot(ends, ends, color=NEUTRAL, lw=1, label="perfect accuracy")
    ax.set_xlabel(TRUE_MASS)
    ax.set_ylabel(PREDICTED_MASS)
    ax.legend(loc="lower right", fontsize="small")
    return figure
