"""Energy bands: where they begin and end, and what they are called.

Bands adjoin, and each is closed on the right: with the edges (0, 2.5, 5) keV the first holds 0 <= E <= 2.5, the second
2.5 < E <= 5. Only a first edge of 0 is itself inside; a last edge of infinity leaves the last band open.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

BAND_EDGES_KEV = (0.0, 2.5, 5.0, 7.5, math.inf)
"""Edges of the report's four bands [keV] (section 3.1.2)."""

MOST_BANDS = 12
"""The largest number of bands in one image."""

_HIGHEST_KEV = 1e6


def fault_of_edges(edges_kev: Sequence[float], most_bands: int | None = None) -> str:
    """Say why numbers are not the edges of bands, or nothing.

    Parameters
    ----------
    edges_kev : sequence of float
        They have to ascend from 0 or more [keV]; the last may be infinite.
    most_bands : int, optional
    """
    fault = _fault(tuple(map(float, edges_kev)), most_bands)
    return f"edges_kev = [{', '.join(map(_number, edges_kev))}]: {fault}" if fault else ""


def _fault(edges: tuple[float, ...], most_bands: int | None) -> str:
    if len(edges) < 2:
        return "a band has two edges; give at least two numbers [keV]"
    if any(map(math.isnan, edges)):
        return "no edge is NaN; give numbers [keV]"
    if min(edges) < 0:
        return "energies are not negative; write edges of 0 keV or more"
    if any(high <= low for low, high in itertools.pairwise(edges)):
        return "edges ascend, each above the one before it"
    if any(_HIGHEST_KEV < edge < math.inf for edge in edges):
        return f"no photon has more than {_HIGHEST_KEV:g} keV; edges are in keV, and an open end is written inf"
    if most_bands is not None and len(edges) - 1 > most_bands:
        return f"{len(edges) - 1} bands are more than {most_bands}, the most that an image can have"
    return ""


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
