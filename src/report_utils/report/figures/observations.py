"""Figures 1 to 5 and 8: the observations and their images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from report_utils.binning import TRANSFORMS, eight_views
from report_utils.binning.transforms import retained_pixels
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.report.figures.style import (
    NEUTRAL,
    ONE_EVENT,
    OURS,
    PRINTED,
    grid,
    new_figure,
    show_image,
    small_colour_bar,
    without_ticks,
)
from report_utils.report.printed_numbers import PUBLISHED

BANDS = band_titles(BAND_EDGES_KEV)
COLOUR_BAR = r"$\log_{10}(1 + \mathrm{events})$ in a pixel"
VIEW_NAMES = (
    "as observed", "turned 90°", "turned 180°", "turned 270°",
    "mirrored", "mirrored, turned 90°", "mirrored, turned 180°", "mirrored, turned 270°",
)  # fmt: skip

Extent = tuple[float, float, float, float]


def events_histogram(n_events: ArrayLike, *, limit: int = PUBLISHED.data.histogram_limit.value) -> Figure:
    """Draw Figure 1: how many events an observation has, for those with fewer than ``limit``.

    Parameters
    ----------
    n_events : (n_observations,) [events]
    limit : int [events]
    """
    n_events = np.asarray(n_events)
    figure = new_figure(7.0, 3.4)
    ax = figure.subplots()
    ax.hist(n_events[n_events < limit], bins=np.linspace(0, limit, 51), color=OURS)
    ax.set_xlabel("events in an observation")
    ax.set_ylabel("observations")
    ax.set_xlim(0, limit)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", "\u202f"))
    return figure


def mass_histogram(log10_mass: ArrayLike) -> Figure:
    """Draw Figure 2: the masses, with the range in which the report finds most of its own.

    Parameters
    ----------
    log10_mass : (n_observations,) [log10 solar masses]
    """
    masses = np.asarray(log10_mass)
    figure = new_figure(7.0, 3.4)
    ax = figure.subplots()
    low, high = PUBLISHED.data.bulk_log10_mass.value
    ax.axvspan(low, high, color=PRINTED, alpha=0.18, lw=0, label="most clusters of the report")
    step = 0.05
    edges = np.arange(np.floor(masses.min() / step), np.ceil(masses.max() / step) + 1.5) * step
    ax.hist(masses, bins=edges, color=OURS, label="this reproduction")
    ax.set_xlabel(r"$\log_{10} M_{500c}\ [M_\odot]$")
    ax.set_ylabel("observations")
    ax.legend()
    return figure


def events_by_mass(log10_mass: ArrayLike, n_events: ArrayLike) -> Figure:
    """Draw every observation's number of events against its mass, with the report's fewest and most.

    Parameters
    ----------
    log10_mass : (n_observations,) [log10 solar masses]
    n_events : (n_observations,) [events]
    """
    figure = new_figure(7.0, 3.6)
    ax = figure.subplots()
    ax.plot(
        log10_mass,
        n_events,
        ".",
        ms=3 if len(n_events) > 500 else 6,
        color=OURS,
        alpha=0.5,
        mew=0,
        rasterized=True,
        label="this reproduction",
    )
    data = PUBLISHED.data
    for value in (data.fewest_events.value, data.most_events.value):
        ax.axhline(value, color=PRINTED, ls="--", label="the report's fewest and most" if value < 10**5 else None)
    ax.set_yscale("log")
    ax.set_xlabel(r"$\log_{10} M_{500c}\ [M_\odot]$")
    ax.set_ylabel("events in an observation")
    figure.legend(loc="outside upper right", ncols=2, fontsize="small")
    return figure


def event_map(x: ArrayLike, y: ArrayLike, energy: ArrayLike) -> Figure:
    """Draw the events of one observation where they arrived, and how many there are at each energy.

    Parameters
    ----------
    x, y : (n_events,) [arcsec]
    energy : (n_events,) [keV]
    """
    x, y, energy = (np.asarray(column) for column in (x, y, energy))
    figure, axes = grid(1, 2, height=3.6)
    ax = axes[0, 0]
    points = ax.scatter(x, y, c=np.log10(energy), s=2, lw=0, cmap="viridis", rasterized=True)
    ax.set_aspect("equal")
    ax.set_xlabel("x [arcsec]")
    ax.set_ylabel("y [arcsec]")
    bar = figure.colorbar(points, ax=ax, ticks=np.log10([0.5, 1, 2, 5]))
    bar.set_ticklabels(["0.5", "1", "2", "5"])
    bar.set_label("energy [keV]")
    ax = axes[0, 1]
    ax.hist(energy, bins=np.geomspace(max(energy.min(), 0.1), energy.max() * 1.001, 60), color=OURS)
    for edge in BAND_EDGES_KEV[1:-1]:
        ax.axvline(edge, color=NEUTRAL, ls="--", lw=1)
    ax.set_xscale("log")
    ax.set_xticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    ax.minorticks_off()
    ax.set_xlabel("energy [keV]; dashed: where bands end")
    ax.set_ylabel("events")
    return figure


def single_band_images(
    counts: Sequence[NDArray], titles: Sequence[str], extents: Sequence[Extent] | None = None
) -> Figure:
    """Draw Figure 3: six observations in a single band, each with its own colour scale.

    Parameters
    ----------
    counts : six (n_pixels, n_pixels, 4) [events]
    titles : six str
    extents : six (left, right, bottom, top), optional [arcsec]
    """
    n_rows = -(-len(counts) // 3)
    figure, axes = grid(n_rows, 3, height=2.75 * n_rows)
    for number, ax in enumerate(axes.flat):
        if number >= len(counts):
            ax.set_axis_off()
            continue
        image = TRANSFORMS["single_band"](counts[number])[..., 0]
        ax.set_box_aspect(1)
        drawn = show_image(ax, image, extent=None if extents is None else extents[number])
        ax.set_title(titles[number], fontsize="small")
        ax.tick_params(labelsize="x-small")
        small_colour_bar(figure, drawn, ax)
    unit = "pixel" if extents is None else "arcsec"
    figure.supxlabel(f"x [{unit}]", fontsize="small")
    figure.supylabel(f"y [{unit}]", fontsize="small")
    figure.suptitle(COLOUR_BAR, fontsize="small", x=0.99, ha="right")
    return figure


def colour_limits(counts: NDArray) -> tuple[tuple[float, float], ...]:
    """Return the colour scale of each band of Figure 4's row for one observation [log10(1 + events)].

    Parameters
    ----------
    counts : (n_pixels, n_pixels, 4) [events]
    """
    return tuple(
        (0.0, max(ONE_EVENT, float(np.log10(1 + counts[..., band].max())))) for band in range(counts.shape[-1])
    )


def band_images(counts: Sequence[NDArray], titles: Sequence[str]) -> Figure:
    """Draw Figure 4: each observation's four bands in a row, every panel with its own colour bar.

    Parameters
    ----------
    counts : sequence of (n_pixels, n_pixels, 4) [events]
    titles : sequence of str
        What is written at the left of each row.
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


def retained_images(counts: NDArray, percentages: Sequence[int] = PUBLISHED.data.retained_percentages.value) -> Figure:
    """Draw Figure 5: the lowest two bands with the brightest pixels emptied, on Figure 4's colour scale.

    The title of each column says how many occupied pixels and how many events remain.

    Parameters
    ----------
    counts : (n_pixels, n_pixels, 4) [events]
    percentages : sequence of int
    """
    limits = colour_limits(counts)
    n_columns = 3
    n_rows = 2 * (-(-len(percentages) // n_columns))
    figure, axes = grid(n_rows, n_columns, height=2.6 * n_rows + 1.2)
    drawn = [None, None]
    for number, percentage in enumerate(percentages):
        image = TRANSFORMS[f"retained_{percentage}"](counts)
        pixels, events = remaining(counts, percentage)
        top = 2 * (number // n_columns)
        for band in (0, 1):
            ax = axes[top + band, number % n_columns]
            drawn[band] = show_image(ax, image[..., band], limits=limits[band])
            without_ticks(ax)
            if number % n_columns == 0:
                ax.set_ylabel(BANDS[band], fontsize="small")
        title = f"{percentage}% retained\n{pixels:.0%} of pixels, {events:.0%} of events"
        axes[top, number % n_columns].set_title(title, fontsize="small")
    for band in (1, 0):  # the layout puts each further bar above the last
        bar = figure.colorbar(drawn[band], ax=axes, location="bottom", aspect=60, fraction=0.015)
        bar.ax.tick_params(labelsize="small")
        bar.set_label(f"{BANDS[band]}: {COLOUR_BAR}", fontsize="small")
    return figure


def remaining(counts: NDArray, percentage: int) -> tuple[float, float]:
    """Return the shares of occupied pixels and of events that a percentile cut leaves.

    Parameters
    ----------
    counts : (n_pixels, n_pixels, 4) [events]
    percentage : int
    """
    total = counts.sum(axis=-1, dtype=np.int64)
    kept = retained_pixels(counts, percentage) & (total > 0)
    return float(kept.sum() / np.count_nonzero(total)), float(total[kept].sum() / total.sum())


def median_remaining(counts: NDArray, percentage: int) -> tuple[float, float]:
    """Return the medians over observations of what :func:`remaining` gives for each.

    Parameters
    ----------
    counts : (n_observations, n_pixels, n_pixels, 4) [events]
    percentage : int
    """
    shares = np.median([remaining(cube, percentage) for cube in counts], axis=0)
    return float(shares[0]), float(shares[1])


def symmetry_views(image: NDArray) -> Figure:
    """Draw Figure 8: an image and its seven symmetries.

    Parameters
    ----------
    image : (n_pixels, n_pixels) [log10(1 + events)]
    """
    figure, axes = grid(2, 4, height=4.5)
    limits = (0.0, float(image.max()))
    for view, ax in enumerate(axes.flat):
        drawn = show_image(ax, eight_views(image[..., None])[view, ..., 0], limits=limits)
        ax.set_title(VIEW_NAMES[view], fontsize="small")
        without_ticks(ax)
    figure.colorbar(drawn, ax=axes, label=COLOUR_BAR, fraction=0.03)
    return figure


def transform_images(images: Sequence[NDArray], titles: Sequence[str], channels: Sequence[str]) -> Figure:
    """Draw what a network is shown: some observations under one transform, a row for each.

    Parameters
    ----------
    images : sequence of (n_pixels, n_pixels, n_channels) [log10(1 + events)]
    titles : sequence of str
        For each observation.
    channels : sequence of str
        The bands [keV].
    """
    turned = len(channels) == 1
    shape = (1, len(images)) if turned else (len(images), len(channels))
    figure, axes = grid(*shape, width=2.1 * shape[1] + 0.6, height=1.85 * shape[0] + 0.3)
    for number, image in enumerate(images):
        for channel, name in enumerate(channels):
            ax = axes[channel, number] if turned else axes[number, channel]
            drawn = show_image(ax, image[..., channel])
            without_ticks(ax)
            small_colour_bar(figure, drawn, ax)
            if turned:
                ax.set_title(titles[number], fontsize="small")
            elif number == 0:
                ax.set_title(f"{name} keV", fontsize="small")
        if not turned:
            axes[number, 0].set_ylabel(titles[number], fontsize="small")
    figure.supxlabel(COLOUR_BAR, fontsize="small")
    return figure
