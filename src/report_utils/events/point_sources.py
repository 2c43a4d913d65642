"""Masking the positions of a point-source list, which gives an observation without its AGN."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.event_files import Column, Table, open_tables
from report_utils.events.eventlist import EventList
from report_utils.events.missions import degrees_of
from report_utils.events.positions import ARCSEC_PER_RADIAN

if TYPE_CHECKING:
    from report_utils.events.reading import Reading

MAX_RADIUS = 600.0
"""[arcsec] A larger circle is not a point source: its unit is not what it seems."""
_RADIUS_NAMES = {"radius": "", "radius_arcsec": "arcsec", "radius_arcmin": "arcmin", "radius_deg": "deg"}


@dataclass(frozen=True)
class PointSourceList:
    """Circles on the sky."""

    path: Path  # the list that they come from
    ra: NDArray[np.float64]  # (n_sources,) [deg]
    dec: NDArray[np.float64]  # (n_sources,) [deg]
    radius: NDArray[np.float64]  # (n_sources,) [arcsec]

    def __len__(self) -> int:
        """Return the number of sources."""
        return len(self.ra)


def read_point_sources(path: str | Path) -> PointSourceList:
    """Read a list of point sources.

    Parameters
    ----------
    path : path
        FITS, CSV, NPZ or Parquet, with columns RA, DEC [deg] and RADIUS [arcsec]. The name of the radius can
        state another unit (``RADIUS_ARCMIN``, ``RADIUS_DEG``), and so can its TUNIT in FITS.

    Raises
    ------
    InputError
        If a column is missing, or a value is not a position or not the radius of a point source.
    """
    path = Path(path)
    tables = open_tables(path)
    table = next((one for one in tables if {"ra", "dec"} <= one.names), tables[0])
    ra, dec = table.need("RA"), table.need("DEC")
    radius, unit = _radius_column(table)
    rows = table.read([ra, dec, radius])
    if rows.n_rows == 0:
        msg = f"{path}: table {table.name} has no rows, so no point sources; leave the list out"
        raise InputError(msg)
    found = [rows.values[column.name].astype(np.float64) for column in (ra, dec, radius)]
    found[2] = found[2] * (degrees_of(unit) * 3600.0)
    no_radius = f"not the radius of a point source (above 0, up to {MAX_RADIUS:g} arcsec)"
    for column, good, what in (
        (ra, np.abs(found[0]) <= 360, "not an angle on the sky"),
        (dec, np.abs(found[1]) <= 90, "not an angle on the sky"),
        (radius, (found[2] > 0) & (found[2] <= MAX_RADIUS), no_radius),
    ):
        if not good.all():
            row = int(np.argmin(good))
            said = f"{rows.values[column.name][row]:g}{f' {unit}' if column is radius else ''}"
            msg = (
                f"{path}: row {row + 1}: column {column.name!r}: {said} is {what}; correct it, or state the unit in the"
                " column's name"
            )
            raise InputError(msg)
    return PointSourceList(path, *found)


def _radius_column(table: Table) -> tuple[Column, str]:
    found = [column for column in table.columns if column.plain_name in _RADIUS_NAMES]
    if len(found) != 1:
        what = f"several radii ({', '.join(column.name for column in found)})" if found else "no column RADIUS"
        msg = (
            f"{table.path}: table {table.name}: there is {what}; it has {table.shown_names}; give one, RADIUS"
            " [arcsec], or RADIUS_ARCMIN or RADIUS_DEG"
        )
        raise InputError(msg)
    (column,) = found
    stated = table.unit_of(column)
    return column, _RADIUS_NAMES[column.plain_name] or (stated if stated and degrees_of(stated) else "arcsec")


def mask_point_sources(reading: Reading, sources: PointSourceList) -> tuple[EventList, int]:
    """Return the events outside every circle, in their order, and the number of those inside.

    Raises
    ------
    InputError
        If it is not known where on the sky the events lie.
    """
    events = reading.events
    if reading.frame is None:
        msg = (
            f"{reading.table.path}: the point sources of {sources.path} cannot be masked: the file does not say"
            " where on the sky its pixels lie (TCTYP, TCRVL, TCRPX, TCDLT); give an AGN-less list instead"
        )
        raise InputError(msg)
    if not len(events):
        return events, 0
    x, y, visible = reading.frame.on_plane(sources.ra, sources.dec)
    inside = np.zeros(len(events), bool)
    # The plane shows a circle at most this much larger than it is on the sky.
    stretch = 1.0 + (np.hypot(np.abs(events.x).max(), np.abs(events.y).max()) / ARCSEC_PER_RADIAN) ** 2
    for number in np.flatnonzero(visible):
        reach = 1.01 * stretch * sources.radius[number]
        near = np.flatnonzero((np.abs(events.x - x[number]) <= reach) & (np.abs(events.y - y[number]) <= reach))
        separation = _separation(events.x[near], events.y[near], (x[number], y[number]))
        inside[near] |= separation <= sources.radius[number]
    return events.select(~inside), int(np.count_nonzero(inside))


def _separation(x: NDArray, y: NDArray, centre: tuple[float, float]) -> NDArray[np.float64]:
    """Return the angle [arcsec] between places on the tangent plane, seen from the centre of the sphere.

    It is atan2(|a x b|, a . b) for the vectors a = (x, y, 1) and b to the two places in radians, which is accurate
    for small angles too.
    """
    ax, ay = np.asarray(x, np.float64) / ARCSEC_PER_RADIAN, np.asarray(y, np.float64) / ARCSEC_PER_RADIAN
    bx, by = centre[0] / ARCSEC_PER_RADIAN, centre[1] / ARCSEC_PER_RADIAN
    across = np.sqrt((ay - by) ** 2 + (bx - ax) ** 2 + (ax * by - ay * bx) ** 2)
    return np.arctan2(across, ax * bx + ay * by + 1.0) * ARCSEC_PER_RADIAN
