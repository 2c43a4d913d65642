"""Images of observations, and what remains of them when bright pixels are emptied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from report_utils.binning import TRANSFORMS
from report_utils.binning.transforms import retained_pixels
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.report.figures.style import (
    ONE_EVENT,
    grid,
    show_image,
    small_colour_bar,
    without_ticks,
)

BANDS = band_titles(BAND_EDGES_KEV)
COLOUR_BAR = r"$\log_{10}(1 + \mathrm{events})$ in a pixel"


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
    """Draw Figure 4: each observation's four bands in a row, every panel with its own colour bar.

    Parameters
    ----------
    counts : sequence of (n_pixels, n_pixels, 4) [events]
    titles : sequence of str
        Of each row, at its left.
    """
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


def median_remaining(counts: NDArray, percentage: int) -> tuple[float, float]:
    """Return the medians of :func:`remaining` over observations ``(n_observations, n_pixels, n_pixels, 4)``."""
    shares = np.median([remaining(cube, percentage) for cube in counts], axis=0)
    return float(shares[0]), float(shares[1])


def seen_difference(image: NDArray, baseline: NDArray) -> NDArray[np.float64]:
    """Return one image less another, each with its channels summed.

    Parameters
    ----------
    image, baseline : (n_pixels, n_pixels, n_channels) [log10(1 + events)]
        Of the same observation; their numbers of channels may differ.

    Returns
    -------
    (n_pixels, n_pixels) [log10(1 + events)]
    """
    first, second = (np.log10(1 + (10.0 ** one.astype(float) - 1).sum(axis=-1)) for one in (image, baseline))
    return first - second


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
