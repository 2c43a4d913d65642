"""The image explorer: pick an observation and a transform, and see its channels (report, section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from report_utils.binning.counts import band_counts
from report_utils.binning.transforms import TRANSFORMS, Transform
from report_utils.errors import InputError
from report_utils.events import EventList
from report_utils.widgets import Widget, colour_table, packed

COLOUR_MAP = "viridis"

_SCRIPTS = (Path(__file__).with_suffix(".js"),)
_PLAIN = "<p>In a browser that runs scripts, observations and transforms can be picked here.</p>"


def image_explorer(
    observations: Sequence[EventList],
    agn_less: Sequence[EventList] | None = None,
    *,
    n_pixels: int = 128,
    transforms: Mapping[str, Transform] = TRANSFORMS,
) -> Widget:
    """Show observations under any transform, channel by channel, with the events of every pixel.

    The page holds the band counts, whole, in bands so narrow that every channel is a sum of some; its script makes
    the images of them as the transforms do.

    Parameters
    ----------
    observations : sequence of EventList
    agn_less : sequence of EventList, optional
        The same observations without AGN; without them, the AGN-less transforms are left out.
    n_pixels : int
        Pixels along each axis.
    transforms : mapping of str to Transform
        What to choose from.

    Returns
    -------
    Widget
        A notebook shows it; ``html()`` and ``save(path)`` put it elsewhere.

    Raises
    ------
    InputError
        If there is nothing to show, or the two lists have different lengths.
    """
    if agn_less is not None and len(agn_less) != len(observations):
        msg = f"image_explorer: {len(agn_less)} AGN-less observations given for {len(observations)} observations"
        raise InputError(msg)
    if not observations:
        msg = "image_explorer: there is no observation to show"
        raise InputError(msg)
    sources = {"observation": observations} | ({} if agn_less is None else {"agn_less": agn_less})
    offered = [each for each in transforms.values() if each.source in sources]
    if not offered:
        msg = "image_explorer: every transform needs AGN-less observations, and none are given"
        raise InputError(msg)
    edges_kev = sorted({edge for each in offered for edge in each.counted_edges_kev})
    data = {
        "pixels": n_pixels,
        "bands": len(edges_kev) - 1,
        "examples": [
            {
                "name": _name(events),
                "sources": {name: _cube(each[row], n_pixels, edges_kev) for name, each in sources.items()},
            }
            for row, events in enumerate(observations)
        ],
        "transforms": [_definition(each, edges_kev) for each in offered],
        "first": max(range(len(offered)), key=lambda number: offered[number].n_channels),
        "colours": colour_table(COLOUR_MAP),
    }
    title = f"{len(observations)} observations under {len(offered)} transforms"
    return Widget("image-explorer", title, data, _SCRIPTS, _PLAIN)


def _name(events: EventList) -> str:
    mass = "" if events.log10_mass != events.log10_mass else f"log M = {events.log10_mass:.2f}"
    return ", ".join(part for part in (mass, events.cluster_id) if part) or "observation"


def _cube(events: EventList, n_pixels: int, edges_kev: Sequence[float]) -> dict[str, Any]:
    """Return an observation's counts, band by band, and its box [arcsec]."""
    counts = band_counts(events, n_pixels, edges_kev)
    box = [float(end) for axis in (events.x, events.y) for end in (axis.min(), axis.max())]
    return {"counts": packed(counts.transpose(2, 0, 1)), "box": box}


def _definition(transform: Transform, edges_kev: Sequence[float]) -> dict[str, Any]:
    return {
        "name": transform.name,
        "title": transform.label,
        "channels": [f"{channel} keV" for channel in transform.channels],
        "bands": [list(summed) for summed in transform.bands(edges_kev)],
        "source": transform.source,
        "percentile": transform.retained_percentile,
    }
