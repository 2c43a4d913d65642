"""Masking the positions of a point-source list, which gives an observation without its AGN."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.event_files import Column, Table, open_tables
from report_utils.events.eventlist import EventList
from report_utils.events.sky_plane import ARCSEC_PER_RADIAN

if TYPE_CHECKING:
    from report_utils.events.reading import Reading

MAX_RADIUS = 600.0
"""[arcsec] A larger circle is not a point source: its unit is not what it seems."""
_UNITS = {"arcsec": 1.0, "arcmin": 60.0, "deg": 3600.0}
_RADIUS = re.compile(r"radius(?:_(arcsec|arcmin|deg))?")


@dataclass(frozen=True)
class PointSourceList:
    """Circles on the sky.

    Parameters
    ----------
    path : Path
        The list that they come from.
    ra, dec : (n_sources,) float64 [deg]
    radius : (n_sources,) float64 [arcsec]
    """

    path: Path
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    radius: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of sources."""
        return len(self.ra)


def read_point_sources(path: str | Path) -> PointSourceList:
    """Read a list of point sources.

    Parameters
    ----------
    path : path
        FITS, CSV, Parquet or NPZ, with columns RA, DEC [deg] and RADIUS [arcsec]. The name of the radius can
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
    values = {name: rows.values[column.name].astype(np.float64) for name, column in (("ra", ra), ("dec", dec))}
    radii = rows.values[radius.name].astype(np.float64) * _UNITS[unit]
    for column, bad, what in (
        (ra, ~(np.abs(values["ra"]) <= 360), "not an angle on the sky"),
        (dec, ~(np.abs(values["dec"]) <= 90), "not an angle on the sky"),
        (
            radius,
            ~((radii > 0) & (radii <= MAX_RADIUS)),
            f"not the radius of a point source (above 0, up to {MAX_RADIUS:g} arcsec)",
        ),
    ):
        if bad.any():
            row = int(np.argmax(bad))
            value = rows.values[column.name][row]
            said = f"{value:g} {unit} is" if column is radius else f"{value:g} is"
            where = f"{path}: row {row + 1}: column {column.name!r}"
            msg = f"{where}: {said} {what}; correct it, or state the unit in the column's name"
            raise InputError(msg)
    return PointSourceList(path, values["ra"], values["dec"], radii)


def _radius_column(table: Table) -> tuple[Column, str]:
    found = []
    for column in table.columns:
        match = _RADIUS.fullmatch(re.sub(r"[^a-z]+", "_", column.name.lower()).strip("_"))
        if match:
            found.append((column.name, match[1]))
    if len(found) != 1:
        what = "no column RADIUS" if not found else f"several radii ({', '.join(name for name, _ in found)})"
        msg = (
            f"{table.path}: table {table.name}: there is {what}; it has {table.shown_names}; give one, RADIUS"
            " [arcsec], or RADIUS_ARCMIN or RADIUS_DEG"
        )
        raise InputError(msg)
    column = table.need(found[0][0])
    stated = table.unit_of(column).lower()
    return column, found[0][1] or (stated if stated in _UNITS else "arcsec")


def mask_point_sources(reading: Reading, sources: PointSourceList) -> tuple[EventList, int]:
    """Take out the events inside any of the circles.

    Parameters
    ----------
    reading : Reading
        An event list, and where on the sky it lies.
    sources : PointSourceList
        Those outside the field have no effect.

    Returns
    -------
    events : EventList
        The events outside every circle, in their order.
    n_masked : int

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
    x, y, visible = reading.frame.on_plane(sources.ra, sources.dec)
    inside = np.zeros(len(events), bool)
    if len(events):
        stretch = 1.0 + (np.hypot(np.abs(events.x).max(), np.abs(events.y).max()) / ARCSEC_PER_RADIAN) ** 2
        for number in np.flatnonzero(visible):
            centre = (x[number], y[number])
            near = _near(events, centre, 1.01 * stretch * sources.radius[number])
            inside[near] |= _separation(events.x[near], events.y[near], centre) <= sources.radius[number]
    return events.select(~inside), int(np.count_nonzero(inside))


def _near(events: EventList, centre: tuple[float, float], reach: float) -> NDArray[np.int_]:
    """Return the events in the square about a circle, taken as large as the plane shows it anywhere."""
    near = np.abs(events.x - centre[0]) <= reach
    near &= np.abs(events.y - centre[1]) <= reach
    return np.flatnonzero(near)


def _separation(x: NDArray, y: NDArray, centre: tuple[float, float]) -> NDArray[np.float64]:
    """Return the angle [arcsec] between places on the tangent plane, seen from the centre of the sphere.

    It is atan2(|a x b|, a . b) for the vectors a = (x, y, 1) and b to the two places in radians, which is accurate
    for small angles too.
    """
    ax, ay = np.asarray(x, np.float64) / ARCSEC_PER_RADIAN, np.asarray(y, np.float64) / ARCSEC_PER_RADIAN
    bx, by = centre[0] / ARCSEC_PER_RADIAN, centre[1] / ARCSEC_PER_RADIAN
    across = np.sqrt((ay - by) ** 2 + (bx - ax) ** 2 + (ax * by - ay * bx) ** 2)
    return np.arctan2(across, ax * bx + ay * by + 1.0) * ARCSEC_PER_RADIAN
