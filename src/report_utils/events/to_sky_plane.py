"""From a table's position columns to the tangent plane, with every row that has no place on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.events.column_mapping import Layout
from report_utils.events.projection import sky_centre, to_tangent_plane
from report_utils.events.sky_frame import SkyFrame, frame_of_pixels
from report_utils.events.table import Table

MAX_OFFSET = 20.0
"""[deg] A position further than this from its field's centre is damaged."""
NEAR = 5.0
"""[deg] A pointing closer to the events than this is the tangent point."""
_ANGLE_LIMITS = (720.0, 90.0)
_SAMPLE = 10_000


@dataclass(frozen=True)
class Positions:
    """Positions on the tangent plane.

    Parameters
    ----------
    x, y : (n_rows,) float32 or float64 [arcsec]
    frame : SkyFrame, or None where the header does not say where on the sky the pixels lie
    faults : dict
        Reason -> (n_rows,) bool: the rows whose position cannot be used; such rows of x and y mean nothing.
    """

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    frame: SkyFrame | None
    faults: dict[str, NDArray[np.bool_]]


def place(first: NDArray, second: NDArray, layout: Layout, table: Table) -> Positions:
    """Put positions on the tangent plane.

    Parameters
    ----------
    first, second : (n_rows,) float or int
        RA, DEC or pixels, in units of ``layout.scale``.
    layout : Layout
    table : FitsTable
        Whose header gives the pointing.

    Returns
    -------
    Positions
    """
    if layout.is_sky:
        first, second = (_degrees(values, size) for values, size in zip((first, second), layout.scale, strict=True))
    faults = _faults(first, second, layout)
    dtype = np.result_type(layout.x.dtype, layout.y.dtype)
    bad = np.logical_or.reduce(list(faults.values())) if faults else None
    if bad is not None:
        if bad.all():
            return Positions(first.astype(dtype), second.astype(dtype), None, faults)
        # Rows that cannot be used must not move the centre of the others.
        good = int(np.argmin(bad))
        first, second = np.where(bad, first[good], first), np.where(bad, second[good], second)
    if layout.is_sky:
        frame = SkyFrame(_tangent_point(first, second, table))
        x, y, cosine = to_tangent_plane(first, second, frame.centre, dtype=_precision(table, dtype))
        far = cosine < np.cos(np.radians(MAX_OFFSET))
    else:
        frame = frame_of_pixels(table, layout)
        x = _from_pixels(first, layout.reference[0], layout.scale[0], dtype)
        y = _from_pixels(second, layout.reference[1], layout.scale[1], dtype)
        far = _far_from_middle(x) | _far_from_middle(y)
    if far.any():
        faults[f"column {layout.x.name!r} lies more than {MAX_OFFSET:.0f} deg from the field's centre"] = far
    return Positions(x, y, frame, faults)


def _faults(first: NDArray, second: NDArray, layout: Layout) -> dict[str, NDArray]:
    faults = {}
    for column, given, angle in ((layout.x, first, _ANGLE_LIMITS[0]), (layout.y, second, _ANGLE_LIMITS[1])):
        limit = angle if layout.is_sky else np.finfo(np.float32).max
        if -limit <= given.min() and given.max() <= limit:  # false if any value is NaN
            continue
        finite = np.isfinite(given)
        with np.errstate(invalid="ignore"):
            outside = finite & (np.abs(given) > limit)
        what = "no angle on the sky" if layout.is_sky else "no position"
        found = {"not a finite number": ~finite, what: outside}
        faults |= {f"column {column.name!r} is {what}": rows for what, rows in found.items() if rows.any()}
    return faults


def _degrees(values: NDArray, size: float) -> NDArray:
    return values if size == 1.0 else np.asarray(values, np.float64) * size


def _far_from_middle(column: NDArray) -> NDArray:
    limit = MAX_OFFSET * 3600.0
    if column.max() - column.min() <= limit:
        return np.zeros(len(column), bool)
    return np.abs(column - np.median(column)) > limit


def _from_pixels(values: NDArray, reference: float, scale: float, dtype: np.dtype) -> NDArray:
    with np.errstate(over="ignore"):
        return ((values - np.float64(reference)) * np.float64(scale)).astype(dtype, copy=False)


def _precision(table: Table, dtype: np.dtype) -> np.dtype:
    """Positions that our own exporter wrote from float32 are rounded back to it."""
    return np.dtype(np.float32) if table.value("XYPREC") == "float32" else dtype


def _tangent_point(ra: NDArray, dec: NDArray, table: Table) -> tuple[float, float]:
    step = max(1, len(ra) // _SAMPLE)
    pointing = tuple(table.real(key) for key in ("RA_PNT", "DEC_PNT"))
    if None not in pointing:
        near = sky_centre(ra[::step], dec[::step])
        cosine = to_tangent_plane(np.array(pointing[:1]), np.array(pointing[1:]), near)[2]
        if cosine[0] > np.cos(np.radians(NEAR)):
            return pointing
    return sky_centre(ra, dec)
