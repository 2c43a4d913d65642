"""Energy bands: where they begin and end, and what they are called.

Bands adjoin, and each is closed on the right: with the edges (0, 2.5, 5) keV the first holds 0 <= E <= 2.5, the second
2.5 < E <= 5. Only a first edge of 0 is itself inside; a last edge of infinity leaves the last band open.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from report_utils.errors import InputError

BAND_EDGES_KEV = (0.0, 2.5, 5.0, 7.5, math.inf)
"""Edges of the report's four bands [keV] (section 3.1.2)."""

MOST_BANDS = 12
"""The largest number of bands in one image."""

_HIGHEST_KEV = 1e6


def checked_edges(edges_kev: Sequence[float], most_bands: int | None = None) -> tuple[float, ...]:
    """Return band edges as floats.

    Parameters
    ----------
    edges_kev : sequence of float
        Ascending, [keV]; the last may be infinite.
    most_bands : int, optional

    Raises
    ------
    InputError
        If they are not the edges of bands; the message begins with them.
    """
    edges = tuple(map(float, edges_kev))
    what = f"edges_kev = [{', '.join(map(_number, edges))}]"
    if len(edges) < 2:
        msg = f"{what}: a band has two edges; give at least two numbers [keV]"
    elif any(map(math.isnan, edges)):
        msg = f"{what}: no edge is NaN; give numbers [keV]"
    elif min(edges) < 0:
        msg = f"{what}: energies are not negative; write edges of 0 keV or more"
    elif any(high <= low for low, high in itertools.pairwise(edges)):
        msg = f"{what}: edges ascend, each above the one before it"
    elif max(edge for edge in edges if edge < math.inf) > _HIGHEST_KEV:
        msg = f"{what}: no photon has more than {_HIGHEST_KEV:g} keV; edges are in keV, and an open end is written inf"
    elif most_bands is not None and len(edges) - 1 > most_bands:
        msg = f"{what}: {len(edges) - 1} bands are more than {most_bands}, the most that an image can have"
    else:
        return edges
    raise InputError(msg)


def band_names(edges_kev: Sequence[float]) -> tuple[str, ...]:
    """Return the bands' names as Table 1 of the report writes them, such as ``("0-2.5", "2.5+")`` [keV]."""
    return tuple(
        f"{_number(low)}-{_number(high)}" if high < math.inf else f"{_number(low)}+"
        for low, high in itertools.pairwise(edges_kev)
    )


def band_titles(edges_kev: Sequence[float]) -> tuple[str, ...]:
    """Return the bands' names in words, such as ``("0-2.5 keV", "above 2.5 keV")``."""
    return tuple(
        f"{_number(low)}-{_number(high)} keV" if high < math.inf else f"above {_number(low)} keV"
        for low, high in itertools.pairwise(edges_kev)
    )


def _number(edge: float) -> str:
    """Write an edge in full, so that different edges look different."""
    return np.format_float_positional(edge, trim="-")
