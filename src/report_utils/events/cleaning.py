"""Cuts that a user may ask for; each is off by default, and what each leaves out is counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList
from report_utils.events.gti import good_times_filter
from report_utils.events.missions import need_grade_filter
from report_utils.events.rows import RowFilter
from report_utils.events.sky_frame import SkyFrame
from report_utils.events.table import Table

_CENTRE_SAMPLE = 1_000_000
_MAX_MOVES = 50
_AT_REST = 1e-4
"""Of the region's radius: a centre that moves less has come to rest."""


@dataclass(frozen=True)
class Cleaning:
    """Which events are left out although their values can be used; by default none.

    Parameters
    ----------
    energy_min, energy_max : float, optional [keV]
        Events outside are left out; the limits themselves are kept.
    good_grades : bool
        Keep only the grades or patterns that the mission recommends
        (:func:`~report_utils.events.missions.grade_filter`).
    gti : str
        "" for no filter, "file" for the file's own good time intervals, else the path of a FITS file with
        them.
    region_arcsec : float, optional
        Keep events at most this far from the centre of the region.
    region_centre : (ra, dec) [deg], optional
        Without it, the events' own centre (:func:`median_centre`).
    background_source_ids : tuple of int
        Values of SRC_ID that are particle background.
    drop_repeated : bool
        Leave out events that repeat an earlier one (:mod:`report_utils.events.repeats`).

    Raises
    ------
    InputError
        If a value means nothing.
    """

    energy_min: float | None = None
    energy_max: float | None = None
    good_grades: bool = False
    gti: str = ""
    region_arcsec: float | None = None
    region_centre: tuple[float, float] | None = None
    background_source_ids: tuple[int, ...] = ()
    drop_repeated: bool = False

    def __post_init__(self) -> None:
        for name in ("energy_min", "energy_max"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value >= 0):
                msg = f"{name}={value!r} is no energy; give keV, for example 0.5"
                raise InputError(msg)
        low, high = self.energy_min or 0.0, self.energy_max
        if high is not None and high <= low:
            msg = f"energy_min={low:g} and energy_max={high:g} [keV] leave no events; energy_max must be larger"
            raise InputError(msg)
        radius, centre = self.region_arcsec, self.region_centre
        if radius is not None and not 0 < radius < np.inf:
            msg = f"region_arcsec={radius!r} is no radius; give arcsec, for example 300"
            raise InputError(msg)
        if centre is not None and radius is None:
            msg = "region_centre is given without region_arcsec; give the region's radius [arcsec] as well"
            raise InputError(msg)
        if centre is not None and not (abs(centre[0]) <= 360 and abs(centre[1]) <= 90):
            msg = f"region_centre={centre!r} is no place on the sky; give RA, DEC [deg]"
            raise InputError(msg)
        if self.gti.endswith(("/", "/.")):
            msg = f"gti={self.gti!r} names a folder; name the FITS file in it"
            raise InputError(msg)
        object.__setattr__(self, "background_source_ids", tuple(self.background_source_ids))


def row_filters(cleaning: Cleaning, table: Table) -> list[RowFilter]:
    """Return the steps that look at single columns, in their order: source ids, grades, good times.

    Raises
    ------
    InputError
        If the table lacks what a step needs.
    """
    filters = []
    if cleaning.background_source_ids:
        filters.append(background_filter(table, cleaning.background_source_ids))
    if cleaning.good_grades:
        filters.append(need_grade_filter(table))
    if cleaning.gti:
        filters.append(good_times_filter(cleaning.gti, table))
    return filters


def background_filter(table: Table, source_ids: tuple[int, ...]) -> RowFilter:
    """Return the filter that leaves out the rows of some source ids."""
    column = table.need("SRC_ID")
    reason = f"{column.name} {', '.join(map(str, source_ids))}: background"
    return RowFilter(reason, (column,), lambda ids: ~np.isin(ids, source_ids))


def cut_energies(events: EventList, cleaning: Cleaning) -> tuple[EventList, dict[str, int]]:
    """Return the events within the limits of energy, and reason -> how many were left out."""
    dropped: dict[str, int] = {}
    if cleaning.energy_min is not None:
        keep = events.energy >= cleaning.energy_min
        events = _drop(events, keep, f"energy below {cleaning.energy_min:g} keV", dropped)
    if cleaning.energy_max is not None:
        keep = events.energy <= cleaning.energy_max
        events = _drop(events, keep, f"energy above {cleaning.energy_max:g} keV", dropped)
    return events, dropped


def cut_region(events: EventList, centre: tuple[float, float], radius: float) -> tuple[EventList, dict[str, int]]:
    """Return the events in a circle on the plane [arcsec], and reason -> how many were left out.

    The reason does not say where the centre is, so that it is the same for all clusters and can be added up.
    """
    dropped: dict[str, int] = {}
    keep = np.hypot(events.x - centre[0], events.y - centre[1]) <= radius
    return _drop(events, keep, f"further than {radius:g} arcsec from the region's centre", dropped), dropped


def _drop(events: EventList, keep: NDArray[np.bool_], reason: str, dropped: dict[str, int]) -> EventList:
    count = len(keep) - int(np.count_nonzero(keep))
    if count:
        dropped[reason] = count
        return events.select(keep)
    return events


def region_centre(events: EventList, cleaning: Cleaning, frame: SkyFrame | None, where: object) -> tuple[float, float]:
    """Return the centre of the region [arcsec], on the events' own plane.

    Parameters
    ----------
    events : EventList
    cleaning : Cleaning
        With a region.
    frame : SkyFrame, optional
        Needed for a region about a place on the sky.
    where : path or str
        What a message begins with.

    Raises
    ------
    InputError
        If the region's centre cannot be related to the events.
    """
    if cleaning.region_centre is None:
        return median_centre(events, cleaning.region_arcsec)
    ra, dec = cleaning.region_centre
    if frame is None:
        msg = (
            f"{where}: region_centre is RA {ra:g}, DEC {dec:g}, but the file does not say where on the sky its"
            " pixels lie (TCTYP, TCRVL, TCRPX, TCDLT); leave region_centre out to use the events' own centre"
        )
        raise InputError(msg)
    x, y, visible = frame.on_plane(np.array([ra]), np.array([dec]))
    if not visible[0]:
        msg = (
            f"{where}: region_centre RA {ra:g}, DEC {dec:g} lies on the other side of the sky than the events"
            f" (RA {frame.centre[0]:.4f}, DEC {frame.centre[1]:.4f}); give RA, DEC [deg] of the cluster"
        )
        raise InputError(msg)
    return float(x[0]), float(y[0])


def median_centre(events: EventList, radius: float) -> tuple[float, float]:
    """Return the centre of a cluster that stands out from a field with other sources in it.

    It starts at the median of x and of y, which no source with less than half of the events can carry away,
    and moves to the median of the events within ``radius`` until it stays. Of more than a million events,
    every n-th is enough for it.

    Parameters
    ----------
    events : EventList
    radius : float [arcsec]

    Returns
    -------
    x, y : float [arcsec]
    """
    step = -(-len(events) // _CENTRE_SAMPLE)
    x, y = events.x[::step], events.y[::step]
    centre = float(np.median(x)), float(np.median(y))
    for _ in range(_MAX_MOVES):
        near = np.hypot(x - centre[0], y - centre[1]) <= radius
        if not near.any():
            return centre
        last, centre = centre, (float(np.median(x[near])), float(np.median(y[near])))
        if np.hypot(centre[0] - last[0], centre[1] - last[1]) <= _AT_REST * radius:
            break
    return centre
