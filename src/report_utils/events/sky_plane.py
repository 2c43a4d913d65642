"""The tangent plane of an event list: projecting RA and DEC onto it, placing sky pixels on it, and back to the sky.

The projection is gnomonic (Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.3: TAN), written in standard
coordinates about the tangent point: xi to the east, eta to the north.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.events.column_mapping import Layout
from report_utils.events.event_files import Table

ARCSEC_PER_RADIAN = np.degrees(1.0) * 3600.0
BLOCK = 1 << 17
"""Events projected at a time: the temporaries stay in the processor's cache."""
MAX_OFFSET = 20.0
"""[deg] A position further than this from its field's centre is damaged."""
NEAR = 5.0
"""[deg] A pointing closer to the events than this is the tangent point."""
_LARGEST_ANGLES = (720.0, 90.0)
_SAMPLE = 10_000


@dataclass(frozen=True)
class SkyFrame:
    """The tangent plane that x and y are measured on.

    Parameters
    ----------
    centre : (ra, dec) [deg]
        Where x = y = 0 touches the sky.
    signs : (+1 or -1, +1 or -1)
        Whether x grows eastwards (+1) or westwards (-1), and y northwards or southwards.
    """

    centre: tuple[float, float]
    signs: tuple[int, int] = (1, 1)

    def on_plane(self, ra: NDArray, dec: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Return x, y [arcsec] of positions on the sky [deg], and which of them the plane shows at all; (n,) each."""
        x, y, cosine = to_tangent_plane(np.asarray(ra, float), np.asarray(dec, float), self.centre)
        return self.signs[0] * x, self.signs[1] * y, cosine > 0


@dataclass(frozen=True)
class Positions:
    """Positions on the tangent plane.

    Parameters
    ----------
    x, y : (n_rows,) float32 or float64 [arcsec]
    frame : SkyFrame, or None if the header does not say where on the sky the pixels lie
    faults : dict
        Reason -> (n_rows,) bool: the rows whose position cannot be used; their x and y mean nothing.
    """

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    frame: SkyFrame | None
    faults: dict[str, NDArray[np.bool_]]


def place(first: NDArray, second: NDArray, layout: Layout, table: Table) -> Positions:
    """Put positions, (n_rows,) in units of ``layout.scale``, on the plane; the table's header has the pointing."""
    if layout.is_sky:
        first, second = (
            values if size == 1.0 else np.asarray(values, np.float64) * size
            for values, size in zip((first, second), layout.scale, strict=True)
        )
    faults = _faults(first, second, layout)
    dtype = np.result_type(layout.x.dtype, layout.y.dtype)
    if faults:
        bad = np.logical_or.reduce(list(faults.values()))
        if bad.all():
            return Positions(first.astype(dtype), second.astype(dtype), None, faults)
        # Rows that cannot be used must not move the centre of the others.
        good = int(np.argmin(bad))
        first, second = np.where(bad, first[good], first), np.where(bad, second[good], second)
    if layout.is_sky:
        frame = SkyFrame(_tangent_point(first, second, table))
        if table.value("XYPREC") == "float32":  # our own exporter's mark: rounded back to what it was written from
            dtype = np.dtype(np.float32)
        x, y, cosine = to_tangent_plane(first, second, frame.centre, dtype=dtype)
        far = cosine < np.cos(np.radians(MAX_OFFSET))
    else:
        frame = _frame_of_pixels(table, layout)
        with np.errstate(over="ignore"):
            x, y = (
                ((values - np.float64(axis.pixel or 0.0)) * np.float64(size)).astype(dtype, copy=False)
                for values, axis, size in zip((first, second), layout.axes, layout.scale, strict=True)
            )
        far = _far_from_middle(x) | _far_from_middle(y)
    if far.any():
        faults[f"column {layout.x.name!r} lies more than {MAX_OFFSET:.0f} deg from the field's centre"] = far
    return Positions(x, y, frame, faults)


def _faults(first: NDArray, second: NDArray, layout: Layout) -> dict[str, NDArray]:
    faults = {}
    what = "not an angle on the sky" if layout.is_sky else "not a position"
    for column, given, angle in zip((layout.x, layout.y), (first, second), _LARGEST_ANGLES, strict=True):
        limit = angle if layout.is_sky else np.finfo(np.float32).max
        if -limit <= given.min() and given.max() <= limit:  # false if any value is NaN
            continue
        finite = np.isfinite(given)
        with np.errstate(invalid="ignore"):
            found = {"not a finite number": ~finite, what: finite & (np.abs(given) > limit)}
        faults |= {f"column {column.name!r} is {reason}": rows for reason, rows in found.items() if rows.any()}
    return faults


def _tangent_point(ra: NDArray, dec: NDArray, table: Table) -> tuple[float, float]:
    """Return the pointing if it lies near the events, else the events' centre."""
    step = max(1, len(ra) // _SAMPLE)
    pointing = tuple(table.real(key) for key in ("RA_PNT", "DEC_PNT"))
    if None not in pointing:
        near = sky_centre(ra[::step], dec[::step])
        cosine = to_tangent_plane(np.array(pointing[:1]), np.array(pointing[1:]), near)[2]
        if cosine[0] > np.cos(np.radians(NEAR)):
            return pointing
    return sky_centre(ra, dec)


def _far_from_middle(column: NDArray) -> NDArray:
    limit = MAX_OFFSET * 3600.0
    if column.max() - column.min() <= limit:
        return np.zeros(len(column), bool)
    return np.abs(column - np.median(column)) > limit


def _frame_of_pixels(table: Table, layout: Layout) -> SkyFrame | None:
    """Return the plane of sky pixels, or None if the header does not tell it.

    That takes TCTYP of RA---TAN and DEC--TAN, the reference pixel TCRPX and its coordinate TCRVL, a TCDLT of the size
    that the pixels are read with (or XMM's keywords for these), and no rotation (FITS standard 4.0, section 8.2,
    table 22).
    """
    axes, (x, y) = layout.axes, (layout.x.number, layout.y.number)
    if any(None in (axis.pixel, axis.value, axis.step) for axis in axes):
        return None
    if tuple(axis.kind for axis in axes) != ("RA---TAN", "DEC--TAN"):
        return None
    mixed = [f"{word}{i}_{j}" for word in ("TPC", "TP", "TCD", "TC") for i, j in ((x, y), (y, x))]
    if any(table.real(keyword) for keyword in (f"TCROT{x}", f"TCROT{y}", *mixed)):
        return None
    steps = [axis.step for axis in axes]
    if not np.allclose(np.abs(steps) * 3600.0, layout.scale, rtol=0.01):
        return None
    return SkyFrame((axes[0].value, axes[1].value), (1 if steps[0] > 0 else -1, 1 if steps[1] > 0 else -1))


def sky_centre(ra: NDArray, dec: NDArray) -> tuple[float, float]:
    """Return the direction of the mean unit vector, which has no seam at RA 0 / 360.

    Parameters
    ----------
    ra, dec : (n_events,) float [deg]

    Returns
    -------
    ra, dec : float [deg]
        RA in [0, 360).
    """
    total = np.zeros(3)
    for start in range(0, len(ra), BLOCK):
        alpha = np.radians(ra[start : start + BLOCK], dtype=np.float64)
        delta = np.radians(dec[start : start + BLOCK], dtype=np.float64)
        cos_delta = np.cos(delta)
        total += (cos_delta @ np.cos(alpha), cos_delta @ np.sin(alpha), np.sin(delta).sum())
    x, y, z = total
    return float(np.degrees(np.arctan2(y, x)) % 360.0), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def to_tangent_plane(
    ra: NDArray, dec: NDArray, centre: tuple[float, float], *, dtype: type = np.float64
) -> tuple[NDArray, NDArray, NDArray]:
    """Project sky positions onto the plane that touches the sphere at ``centre``.

    Parameters
    ----------
    ra, dec : (n_events,) float [deg]
    centre : (ra, dec) [deg]
    dtype : float32 or float64
        Precision of the result; the arithmetic is float64.

    Returns
    -------
    xi, eta : (n_events,) dtype [arcsec]
        Eastwards and northwards.
    cosine : (n_events,) float32
        Cosine of the angle to the tangent point; a position has a projection only if this is positive.
    """
    xi, eta = np.empty(len(ra), dtype), np.empty(len(ra), dtype)
    cosine = np.empty(len(ra), np.float32)
    alpha0, delta0 = np.radians(centre)
    sin0, cos0 = np.sin(delta0), np.cos(delta0)
    for start in range(0, len(ra), BLOCK):
        part = slice(start, start + BLOCK)
        alpha = np.radians(ra[part], dtype=np.float64) - alpha0
        delta = np.radians(dec[part], dtype=np.float64)
        sin_delta, cos_delta = np.sin(delta), np.cos(delta)
        along = cos_delta * np.cos(alpha)
        towards = sin_delta * sin0 + along * cos0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = ARCSEC_PER_RADIAN / towards
            xi[part] = cos_delta * np.sin(alpha) * scale
            eta[part] = (sin_delta * cos0 - along * sin0) * scale
        cosine[part] = towards
    return xi, eta, cosine


def to_sky(xi: NDArray, eta: NDArray, centre: tuple[float, float]) -> tuple[NDArray, NDArray]:
    """Return RA, DEC [deg], RA in [0, 360), of places on the plane [arcsec]: the inverse of `to_tangent_plane`."""
    alpha0, delta0 = np.radians(centre)
    sin0, cos0 = np.sin(delta0), np.cos(delta0)
    east = np.asarray(xi, np.float64) / ARCSEC_PER_RADIAN
    north = np.asarray(eta, np.float64) / ARCSEC_PER_RADIAN
    forward = cos0 - north * sin0
    ra = np.degrees(alpha0 + np.arctan2(east, forward)) % 360.0
    dec = np.degrees(np.arctan2(sin0 + north * cos0, np.hypot(east, forward)))
    return ra, dec
