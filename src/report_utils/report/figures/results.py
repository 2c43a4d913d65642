"""What a trained transform looks like: learning curves, residuals, predictions, and Figure 9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from report_utils.report.by_mass import mass_bins
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED, grid, new_figure
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.seeds import CrossValidated, SeedPredictions

TRUE_MASS = r"true $\log_{10} M_{500c}\ [M_\odot]$"
PREDICTED_MASS = r"predicted $\log_{10} M_{500c}\ [M_\odot]$"
RESIDUAL = "prediction − truth [dex]"
_FEW_LINES = 4
_ERROR_TICKS = (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 2, 5, 10, 20)


Result = CrossValidated | Sequence[CrossValidated] | SeedPredictions
"""A cross-validation, or those of several training seeds: all that they predict is drawn."""


def learning_curves(histories: Sequence[Mapping[int, Mapping[str, list[float]]]]) -> Figure:
    """Draw the root mean square error of each training after each epoch, in training and on its test clusters.

    Parameters
    ----------
    histories : for each training seed a mapping of fold to ``{"loss": [...], "val_loss": [...]}`` [dex^2]
    """
    figure = new_figure(7.0, 3.4)
    ax = figure.subplots()
    names = {"loss": ("training", OURS, "-"), "val_loss": ("test", PRINTED, "--")}
    trainings = [curves for history in histories for curves in history.values()]
    one_line = "one line a fold" if len(histories) == 1 else "one line a fold and seed"
    look = {"alpha": 0.85} if len(trainings) <= _FEW_LINES else {"alpha": 0.6, "lw": 0.8}
    for number, curves in enumerate(trainings):
        for key, (name, colour, line) in names.items():
            if key in curves:
                error = np.sqrt(curves[key])
                label = f"{name}, {one_line}" if number == 0 else None
                ax.plot(np.arange(1, len(error) + 1), error, line, color=colour, label=label, **look)
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ticks = [value for value in _ERROR_TICKS if low <= value <= high]
    ax.set_yticks(ticks, [f"{value:g}" for value in ticks])
    ax.minorticks_off()
    ax.set_xlabel("epoch")
    ax.set_ylabel("root mean square error [dex]")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    return figure


def draw_residuals(ax: Axes, residuals: NDArray, limit: float) -> None:
    """Draw the histogram of residuals, those beyond ``limit`` in the outermost bars.

    Parameters
    ----------
    ax : matplotlib axes
    residuals : (..., n_clusters, n_views) [dex]
    limit : float [dex]
    """
    edges = np.linspace(-limit, limit, 41)
    heights, _ = np.histogram(np.clip(residuals, -limit, limit), bins=edges)
    ax.stairs(100 * heights / residuals.size, edges, fill=True, color=OURS)
    ax.axvline(0, color="black", lw=0.8)
    ax.set_xlim(-limit, limit)


def draw_predictions(ax: Axes, truth: NDArray, predictions: NDArray, limits: tuple[float, float]) -> None:
    """Draw every view's prediction against the truth, with the line of perfect accuracy.

    Parameters
    ----------
    ax : matplotlib axes
    truth : (n_clusters,) [log10 solar masses]
    predictions : (..., n_clusters, n_views) [log10 solar masses]
    limits : (low, high) [log10 solar masses]
    """
    masses = np.broadcast_to(truth[:, None], predictions.shape).ravel()
    crowd = np.clip(len(truth) * predictions.shape[-1] / 4000, 0, 1)  # seeds cover each other: panels look alike
    style = {"ms": 6 - 4 * crowd, "alpha": 0.8 - 0.5 * crowd}
    ax.plot(masses, predictions.ravel(), ".", mew=0, color=OURS, rasterized=True, **style)
    ax.plot(limits, limits, color="black", lw=0.8)
    ax.set_xlim(limits)
    ax.set_ylim(limits)


def nothing_trained() -> Figure:
    """Return a figure that says that there is no network to draw."""
    figure = new_figure(8.0, 1.0)
    figure.text(0.5, 0.5, "no network trained, so there is nothing to draw", ha="center", va="center")
    return figure


def residual_limit(results: Mapping[str, SeedPredictions]) -> float:
    """Return a half-width [dex] that shows all but one residual in a hundred of the widest transform."""
    widest = max(np.quantile(np.abs(result.residuals), 0.99) for result in results.values())
    return float(max(0.1, np.ceil(widest * 20) / 20))


def mass_limits(results: Mapping[str, SeedPredictions]) -> tuple[float, float]:
    """Return the range [log10 solar masses] that all true masses lie in, with a margin of 0.15 dex."""
    low = min(result.truth.min() for result in results.values())
    high = max(result.truth.max() for result in results.values())
    return float(low - 0.15), float(high + 0.15)


def residuals_and_predictions(result: Result) -> Figure:
    """Draw the residual histogram and truth against prediction of one transform, of all its training seeds."""
    drawn = SeedPredictions.of(result)
    figure, axes = grid(1, 2, height=3.8)
    draw_residuals(axes[0, 0], drawn.residuals, residual_limit({"": drawn}))
    axes[0, 0].set_xlabel(RESIDUAL)
    axes[0, 0].set_ylabel("share of test views [%]")
    draw_predictions(axes[0, 1], drawn.truth, drawn.predictions, mass_limits({"": drawn}))
    axes[0, 1].set_xlabel(TRUE_MASS)
    axes[0, 1].set_ylabel(PREDICTED_MASS)
    axes[0, 1].set_aspect("equal")
    return figure


def figure_nine(results: Mapping[str, Result], *, n_columns: int = 4) -> Figure:
    """Draw Figure 9: for each transform a residual histogram above its predictions, all on the same axes.

    Parameters
    ----------
    results : mapping of transform name to CrossValidation, or to those of several training seeds
        Drawn in the report's order, row by row; the thresholded single band, which the report's figure lacks,
        last.
    n_columns : int
    """
    drawn = {name: SeedPredictions.of(results[name]) for name in PUBLISHED.rows if name in results}
    if not drawn:
        return nothing_trained()
    names = list(drawn)
    n_rows = -(-len(names) // n_columns)
    figure = new_figure(8.6, 4.1 * n_rows)
    axes = figure.subplots(2 * n_rows, n_columns, squeeze=False, sharex=False, sharey=False)
    limit, masses = residual_limit(drawn), mass_limits(drawn)
    histograms = []
    for number, name in enumerate(names):
        row, column = divmod(number, n_columns)
        above, below = axes[2 * row, column], axes[2 * row + 1, column]
        result, printed = drawn[name], PUBLISHED.rows[name]
        draw_residuals(above, result.residuals, limit)
        draw_predictions(below, result.truth, result.predictions, masses)
        above.set_title(f"{printed.model}\n{printed.channels} keV", fontsize="small")
        above.text(
            0.97,
            0.95,
            f"σ = {result.residuals.std():.3f}",
            transform=above.transAxes,
            ha="right",
            va="top",
            fontsize="small",
        )
        histograms.append(above)
        last = number + n_columns >= len(names)
        if column == 0:
            above.set_ylabel("test views [%]", fontsize="small")
            below.set_ylabel(PREDICTED_MASS, fontsize="small")
        for axis in (above.xaxis, above.yaxis, below.xaxis, below.yaxis):
            axis.set_major_locator(MaxNLocator(4))
        above.tick_params(labelleft=column == 0, labelbottom=last)
        below.tick_params(labelleft=column == 0, labelbottom=last)
        if last:
            above.set_xlabel(RESIDUAL, fontsize="small")
            below.set_xlabel(TRUE_MASS, fontsize="small")
    highest = max(ax.get_ylim()[1] for ax in histograms)
    for ax in histograms:
        ax.set_ylim(0, highest)
    for ax in axes.flat:
        ax.tick_params(labelsize="x-small")
        if not ax.has_data():
            ax.set_axis_off()
    return figure


def scatter_by_mass(results: Mapping[str, Result], *, n_bins: int = 5) -> Figure:
    """Draw bias and scatter in bins of true mass with equally many clusters, with intervals, one line a transform.

    Parameters
    ----------
    results : mapping of label to CrossValidation, or to those of several training seeds
    n_bins : int
    """
    if not results:
        return nothing_trained()
    figure, axes = grid(1, 2, height=3.4)
    shifts = 0.008 * (np.arange(len(results)) - (len(results) - 1) / 2)  # else intervals cover each other
    for (name, result), marker, shift in zip(results.items(), "osD^v", shifts, strict=False):
        bins = mass_bins(SeedPredictions.of(result), n_bins)
        centres = [part.log10_mass + shift for part in bins]
        for ax, measured in zip(axes[0], ([b.bias for b in bins], [b.scatter for b in bins]), strict=True):
            values = [interval.value for interval in measured]
            reach = np.abs([[interval.low, interval.high] for interval in measured] - np.array(values)[:, None]).T
            ax.errorbar(centres, values, yerr=reach, marker=marker, capsize=2, elinewidth=0.8, label=name)
    axes[0, 0].axhline(0, color=NEUTRAL, lw=0.8)
    axes[0, 0].set_ylabel("bias [dex]")
    axes[0, 1].set_ylabel("scatter [dex]")
    axes[0, 1].set_ylim(bottom=0)
    for ax in axes.flat:
        ax.set_xlabel(TRUE_MASS)
    axes[0, 1].legend(fontsize="small")
    return figure
