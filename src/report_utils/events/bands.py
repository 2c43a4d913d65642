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
    """Return the edges of bands as floats.

    Parameters
    ----------
    edges_kev : sequence of float
        Ascending from 0 or more [keV]; the last may be infinite.
    most_bands : int, optional

    Raises
    ------
    InputError
        If they are not edges of bands.
    """
    edges = tuple(map(float, edges_kev))
    if len(edges) < 2:
        msg = f"{_listed(edges)}: a band has two edges; give at least two numbers [keV]"
        raise InputError(msg)
    if any(map(math.isnan, edges)):
        msg = f"{_listed(edges)}: no edge is NaN; give numbers [keV]"
        raise InputError(msg)
    if min(edges) < 0:
        msg = f"{_listed(edges)}: energies are not negative; write edges of 0 keV or more"
        raise InputError(msg)
    if any(high <= low for low, high in itertools.pairwise(edges)):
        msg = f"{_listed(edges)}: edges ascend, each above the one before it"
        raise InputError(msg)
    if any(_HIGHEST_KEV < edge < math.inf for edge in edges):
        msg = f"{_listed(edges)}: no photon has more than {_HIGHEST_KEV:g} keV; edges are in keV, an open end is inf"
        raise InputError(msg)
    if most_bands is not None and len(edges) - 1 > most_bands:
        msg = f"{_listed(edges)}: {len(edges) - 1} bands are more than {most_bands}, the most that an image can have"
        raise InputError(msg)
    return edges


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


def _listed(edges: tuple[float, ...]) -> str:
    return f"edges_kev = [{', '.join(map(_number, edges))}]"


def _number(edge: float) -> str:
    """Write an edge in full, so that different edges look different."""
    return np.format_float_positional(edge, trim="-")
