"""What several pages draw alike: images of observations, residuals, dynamics. Other figures stand in notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from report_utils.binning import TRANSFORMS, get_transform
from report_utils.binning.transforms import retained_pixels
from report_utils.dynamics import Recording, dynamics_viewer
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.report.figures.style import (
    ONE_EVENT,
    OURS,
    grid,
    show_image,
    small_colour_bar,
    svg_text,
    use_book_style,
    without_ticks,
)
from report_utils.report.seeds import SeedPredictions
from report_utils.reproduction.one_profile import Reproduction
from report_utils.widgets import Widget

__all__ = ["svg_text", "use_book_style"]

BANDS = band_titles(BAND_EDGES_KEV)
COLOUR_BAR = r"$\log_{10}(1 + \mathrm{events})$ in a pixel"
TRUE_MASS = r"true $\log_{10} M_{500c}\ [M_\odot]$"
PREDICTED_MASS = r"predicted $\log_{10} M_{500c}\ [M_\odot]$"
RESIDUAL = "prediction − truth [dex]"


def example_rows(log10_mass: ArrayLike, n_examples: int = 6, *, among: int = 48) -> NDArray[np.intp]:
    """Return rows of the catalogue that span the masses, the heaviest first.

    They are taken from the first ``among``, so that all profiles of one simulation show the same clusters.
    """
    order = np.argsort(np.asarray(log10_mass)[:among], kind="stable")[::-1]
    places = np.linspace(0, len(order) - 1, min(n_examples, len(order)))
    return order[np.round(places).astype(int)]


def colour_limits(counts: NDArray) -> tuple[tuple[float, float], ...]:
    """Return the colour scales of an observation's bands ``(n_pixels, n_pixels, 4)`` [log10(1 + events)]."""
    return tuple((0.0, max(ONE_EVENT, float(np.log10(1 + highest)))) for highest in counts.max(axis=(0, 1)))


def band_images(counts: Sequence[NDArray], titles: Sequence[str]) -> Figure:
    """Draw Figure 4: the four bands of each observation in a row, every panel with its own colour bar."""
    figure, axes = grid(len(counts), 4, height=1.75 * len(counts) + 0.3)
    for row, cube in enumerate(counts):
        image, limits = TRANSFORMS["multi_band_4"](cube), colour_limits(cube)
        for band, ax in enumerate(axes[row]):
            drawn = show_image(ax, image[..., band], limits=limits[band])
            without_ticks(ax)
            small_colour_bar(figure, drawn, ax)
            if row == 0:
                ax.set_title(BANDS[band], fontsize="small")
        axes[row, 0].set_ylabel(titles[row], fontsize="small")
    figure.supxlabel(COLOUR_BAR, fontsize="small")
    return figure


def remaining(counts: NDArray, percentage: int) -> tuple[float, float]:
    """Return the shares of occupied pixels and of events that a cut leaves of ``(n_pixels, n_pixels, 4)`` counts."""
    total = counts.sum(axis=-1, dtype=np.int64)
    kept = retained_pixels(counts, percentage) & (total > 0)
    return float(kept.sum() / np.count_nonzero(total)), float(total[kept].sum() / total.sum())


def transform_images(
    images: Sequence[NDArray],
    titles: Sequence[str],
    channels: Sequence[str],
    differences: Sequence[NDArray] = (),
) -> Figure:
    """Draw what a network sees: observations under one transform, a row for each, or a column if it has one channel.

    Images are ``(n_pixels, n_pixels, n_channels)`` [log10(1 + events)]. Any ``differences`` (n_pixels, n_pixels) are
    drawn after the channels of each, on one scale: blue where events are missing, red where there are more.
    """
    turned, n_columns = len(channels) == 1, len(channels) + bool(differences)
    shape = (n_columns, len(images)) if turned else (len(images), n_columns)
    figure, axes = grid(*shape, width=min(2.1 * shape[1] + 0.6, 9.2), height=1.85 * shape[0] + 0.3)
    axes = axes.T if turned else axes
    limit = max([ONE_EVENT, *(float(np.abs(one).max()) for one in differences)])
    for number, image in enumerate(images):
        panels = [show_image(ax, image[..., channel]) for channel, ax in enumerate(axes[number, : len(channels)])]
        if differences:
            drawn = show_image(axes[number, -1], differences[number], limits=(-limit, limit))
            drawn.set_cmap("RdBu_r")
            panels.append(drawn)
        for drawn in panels:
            without_ticks(drawn.axes)
            small_colour_bar(figure, drawn, drawn.axes)
    names = [*(f"{name} keV" for name in channels), *(["difference"] if differences else [])]
    for ax, name in zip(axes[0], names, strict=True):
        ax.set_ylabel(name, fontsize="small") if turned else ax.set_title(name, fontsize="small")
    for ax, title in zip(axes[:, 0], titles, strict=True):
        ax.set_title(title, fontsize="small") if turned else ax.set_ylabel(title, fontsize="small")
    figure.supxlabel(COLOUR_BAR, fontsize="small")
    return figure


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
    figure = Figure(figsize=(8.0, 1.0), layout="constrained")
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


def cluster_viewer(
    reproduction: Reproduction | None, *dynamics: Recording, figure: Figure | None = None, where: str = ""
) -> Widget:
    """Return the viewer of dynamics; ``figure`` is plain.

    It has the names of a reproduction's clusters and the images that the networks saw. Where None is given, as for
    committed results, whose observations are not here, a cluster is called by its row. ``where`` they are from, such as
    ``"at full size"``, tells two viewers on a page apart.
    """
    first = dynamics[0]
    transforms = [get_transform(each.name) for each in dynamics]
    labels, images = [f"cluster {row}" for row in first.item], []
    if reproduction is not None:
        labels = [str(name) for name in reproduction.catalogue["cluster_id"].to_numpy()[first.item]]
        # row 0 of an image has the lowest y and is drawn at the bottom
        images = [
            np.flip(each(reproduction.counts(each.source, each.counted_edges_kev)[first.item]), axis=1)
            for each in transforms
        ]
    return dynamics_viewer(
        *dynamics,
        titles=[f"{transform.title}, {where}" if where else transform.title for transform in transforms],
        labels=labels,
        item="cluster",
        quantity="log₁₀ M₅₀₀ [M☉]",
        unit="dex",
        images=images,
        channels=[f"{channel} keV" for channel in transforms[0].channels],
        figure=figure,
    )
