"""Residuals and predictions of trained networks, as several pages draw them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from report_utils.report.figures.style import OURS, new_figure
from report_utils.report.seeds import SeedPredictions

TRUE_MASS = r"true $\log_{10} M_{500c}\ [M_\odot]$"
PREDICTED_MASS = r"predicted $\log_{10} M_{500c}\ [M_\odot]$"
RESIDUAL = "prediction − truth [dex]"


def draw_residuals(ax: Axes, residuals: NDArray, limit: float) -> None:
    """Draw the histogram of residuals [dex]; the outermost bars hold those beyond ``limit``."""
    edges = np.linspace(-limit, limit, 41)
    heights, _ = np.histogram(np.clip(residuals, -limit, limit), bins=edges)
    ax.stairs(100 * heights / residuals.size, edges, fill=True, color=OURS)
    ax.axvline(0, color="black", lw=0.8)
    ax.set_xlim(-limit, limit)


def draw_predictions(ax: Axes, truth: NDArray, predictions: NDArray, limits: tuple[float, float]) -> None:
    """Draw every view's prediction (..., n_clusters, n_views) against the truth, with the line of perfect accuracy."""
    masses = np.broadcast_to(truth[:, None], predictions.shape).ravel()
    crowd = np.clip(len(truth) * predictions.shape[-1] / 4000, 0, 1)  # seeds cover each other, and panels look alike
    style = {"ms": 6 - 4 * crowd, "alpha": 0.8 - 0.5 * crowd}
    ax.plot(masses, predictions.ravel(), ".", mew=0, color=OURS, rasterized=True, **style)
    ax.plot(limits, limits, color="black", lw=0.8)
    ax.set_xlim(limits)
    ax.set_ylim(limits)


def nothing_trained() -> Figure:
    """Return a figure that says that no network is there to be drawn."""
    figure = new_figure(8.0, 1.0)
    figure.text(0.5, 0.5, "no network trained, so there is nothing to draw", ha="center", va="center")
    return figure


def residual_limit(results: Iterable[SeedPredictions]) -> float:
    """Return a half-width [dex] that shows 99% of the residuals of the widest transform."""
    widest = max(np.quantile(np.abs(result.residuals), 0.99) for result in results)
    return float(max(0.1, np.ceil(widest * 20) / 20))


def mass_limits(results: Iterable[SeedPredictions]) -> tuple[float, float]:
    """Return the range [log10 solar masses] of all true masses, with a margin of 0.15 dex."""
    results = list(results)
    low = min(result.truth.min() for result in results)
    high = max(result.truth.max() for result in results)
    return float(low - 0.15), float(high + 0.15)
