"""Cuts that a user may ask for: each is off by default, and counts the events that it leaves out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.event_files import RowFilter, Table
from report_utils.events.eventlist import EventList
from report_utils.events.gti import good_times_filter
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import need_grade_filter
from report_utils.events.sky_plane import SkyFrame

_CENTRE_SAMPLE = 1_000_000
_MAX_MOVES = 50
_AT_REST = 1e-4
"""Fraction of the region's radius: a centre that moves less has come to rest."""


def row_filters(options: IngestOptions, table: Table) -> list[RowFilter]:
    """Return the filters that single columns decide, in their order: source ids, grades, good times.

    Raises
    ------
    InputError
        If the table lacks what a filter needs.
    """
    filters = []
    if options.background_source_ids:
        filters.append(background_filter(table, options.background_source_ids))
    if options.good_grades:
        filters.append(need_grade_filter(table))
    if options.gti:
        filters.append(good_times_filter(options.gti, table))
    return filters


def background_filter(table: Table, source_ids: tuple[int, ...]) -> RowFilter:
    """Return the filter that leaves out the rows of some source ids."""
    column = table.need("SRC_ID")
    reason = f"{column.name} {', '.join(map(str, source_ids))}: background"
    return RowFilter(reason, (column,), lambda ids: ~np.isin(ids, source_ids))


def cut_energies(events: EventList, options: IngestOptions) -> tuple[EventList, dict[str, int]]:
    """Return the events within the limits of energy, and reason -> how many were left out."""
    dropped: dict[str, int] = {}
    if options.energy_min is not None:
        keep = events.energy >= options.energy_min
        events = _drop(events, keep, f"energy below {options.energy_min:g} keV", dropped)
    if options.energy_max is not None:
        keep = events.energy <= options.energy_max
        events = _drop(events, keep, f"energy above {options.energy_max:g} keV", dropped)
    return events, dropped


def cut_region(events: EventList, centre: tuple[float, float], radius: float) -> tuple[EventList, dict[str, int]]:
    """Return the events in a circle on the plane [arcsec], and reason -> how many were left out.

    The reason does not give the centre, so that it is the same for all clusters and counts can be added up.
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


def region_centre(
    events: EventList, options: IngestOptions, frame: SkyFrame | None, where: object
) -> tuple[float, float]:
    """Return the centre of the region [arcsec], on the events' own plane.

    Parameters
    ----------
    events : EventList
    options : IngestOptions
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
    if options.region_centre is None:
        return median_centre(events, options.region_arcsec)
    ra, dec = options.region_centre
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

    It starts at the median of x and of y, which no source with less than half of the events can carry away, and moves
    to the median of the events within ``radius`` until it comes to rest. Of more than a million events, only every
    n-th is used.

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
