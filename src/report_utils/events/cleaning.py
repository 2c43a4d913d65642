"""Rows and events that are left out, each counted for one reason: unusable and repeated ones, and cuts that were asked.

Every cut is off by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.event_files import RowFilter, Rows, Table
from report_utils.events.eventlist import EventList
from report_utils.events.gti import good_times_filter
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import grade_filter, mission
from report_utils.events.sky_plane import SkyFrame

_CENTRE_SAMPLE = 1_000_000
_MAX_MOVES = 50
_AT_REST = 1e-4
"""Fraction of the region's radius: a centre that moves less has come to rest."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def row_filters(options: IngestOptions, table: Table) -> list[RowFilter]:
    """Return the filters that single columns decide and a user asks for: source ids, grades, good times."""
    filters = []
    if options.background_source_ids:
        filters.append(background_filter(table, options.background_source_ids))
    if options.good_grades:
        found = grade_filter(table)
        if found is None:
            msg = (
                f"{table.path}: table {table.name}: good grades are asked for, but mission"
                f" {mission(table) or 'not given'} with columns {table.shown_names} has none that are known; leave"
                " good_grades (--good-grades) out"
            )
            raise InputError(msg)
        filters.append(found)
    if options.gti:
        filters.append(good_times_filter(options.gti, table))
    return filters


def background_filter(table: Table, source_ids: tuple[int, ...]) -> RowFilter:
    """Return the filter that leaves out the rows of some source ids."""
    column = table.need("SRC_ID")
    reason = f"{column.name} {', '.join(map(str, source_ids))}: background"
    return RowFilter(reason, (column,), lambda ids: ~np.isin(ids, source_ids))


@dataclass(frozen=True)
class Tally:
    """How many rows of a file were left out, by reason, in the order of the steps.

    A row counts for the first reason that applies, so that ``n_rows`` minus all of them is the number of events.
    """

    path: Path
    n_rows: int
    dropped: dict[str, int]

    def demand_some(self, n_left: int) -> None:
        """Refuse an observation of which no events are left."""
        if n_left == 0:
            reasons = ", ".join(f"{count}: {reason}" for reason, count in self.dropped.items())
            msg = (
                f"{self.path}: no events are left of {self.n_rows} rows ({reasons}); leave this observation out, or"
                " loosen what drops its events"
            )
            raise InputError(msg)

    def usable(
        self, faults: dict[str, NDArray], repeated: NDArray | None, *, drop_repeated: bool
    ) -> tuple[NDArray[np.bool_] | None, int]:
        """Return which rows are kept, (n,) bool or None for all, and how many of these repeat an earlier one."""
        reasons = dict(faults)
        if drop_repeated and repeated is not None:
            reasons["repeats an earlier event"] = repeated
        keep = None
        for reason, bad in reasons.items():
            keep = np.ones(len(bad), bool) if keep is None else keep
            if count := int(np.count_nonzero(bad & keep)):
                self.dropped[reason] = count
            keep &= ~bad
        if keep is not None:
            self.demand_some(np.count_nonzero(keep))
        if repeated is None:
            return keep, 0
        return keep, int(np.count_nonzero(repeated if keep is None else repeated & keep))

    def cut_energies(self, events: EventList, options: IngestOptions) -> EventList:
        """Return the events within the limits of energy."""
        if (low := options.energy_min) is not None:
            events = self._cut(events, events.energy >= low, f"energy below {low:g} keV")
        if (high := options.energy_max) is not None:
            events = self._cut(events, events.energy <= high, f"energy above {high:g} keV")
        return events

    def cut_region(self, events: EventList, centre: tuple[float, float], radius: float) -> EventList:
        """Return the events in a circle on the plane [arcsec].

        The reason does not give the centre, so that it is the same for all clusters and counts can be added up.
        """
        keep = np.hypot(events.x - centre[0], events.y - centre[1]) <= radius
        return self._cut(events, keep, f"further than {radius:g} arcsec from the region's centre")

    def _cut(self, events: EventList, keep: NDArray[np.bool_], reason: str) -> EventList:
        count = len(keep) - int(np.count_nonzero(keep))
        if count == 0:
            return events
        self.dropped[reason] = count
        self.demand_some(len(keep) - count)
        return events.select(keep)


def refusal(faults: dict[str, NDArray], rows: Rows, path: Path) -> InputError:
    """Return the message that names the first row that cannot be used."""
    reason, bad = min(faults.items(), key=lambda fault: int(np.argmax(fault[1])))
    more = f"{int(bad.sum())} such rows of {rows.n_rows}"
    return InputError(
        f"{path}: row {rows.number_of(int(np.argmax(bad)))}: {reason} ({more}); correct them, or leave them out and"
        " count them (drop_invalid=True, --drop-invalid)"
    )


def repeated_rows(columns: Sequence[NDArray]) -> NDArray[np.bool_] | None:
    """Return which rows of some columns, (n_rows,) each, repeat an earlier one, as where tiles of the sky overlap.

    Position and energy must be the same to the last bit, and so must the time if there is one: in whole pixels and
    channels, two photons can well agree in all but that. NaN equals nothing. None if no row does.
    """
    # Hashes of 64 bits find the few rows to compare: they sort in a tenth of the time and memory of the rows.
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        values = column + column.dtype.type(0)  # -0 is 0
        hashes ^= values.view(np.uint32 if values.itemsize == 4 else np.uint64)
        hashes *= _MIX
        hashes ^= hashes >> _SHIFT
    ordered = np.sort(hashes)
    several = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(several) == 0:
        return None
    rows = np.flatnonzero(np.isin(hashes, several))
    rows = rows[np.argsort(hashes[rows], kind="stable")]
    same = np.ones(len(rows) - 1, bool)
    for column in columns:
        values = column[rows]
        same &= values[1:] == values[:-1]
    found = np.zeros(len(hashes), bool)
    found[rows[1:][same]] = True
    return found if found.any() else None


def demand_extent(events: EventList, where: object) -> None:
    """Refuse an observation without events, or with all of them at one x or one y: it has no image."""
    if len(events) == 0:
        msg = f"{where}: there are no events; leave this observation out"
        raise InputError(msg)
    flat = [name for name in ("x", "y") if np.ptp(getattr(events, name)) == 0]
    if flat:
        place = "at one position" if len(flat) == 2 else f"at one {flat[0]}"
        msg = (
            f"{where}: column {flat[0]!r}: all {len(events)} events lie {place}, so no image can be made; check the"
            " position columns"
        )
        raise InputError(msg)


def region_centre(
    events: EventList, options: IngestOptions, frame: SkyFrame | None, where: object
) -> tuple[float, float]:
    """Return the centre (x, y) of the region that the options ask for [arcsec], on the events' own plane."""
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
    """Return the centre (x, y) [arcsec] of a cluster that stands out from a field with other sources in it.

    It starts at the median of x and of y, which no source with less than half of the events can carry away, and moves
    to the median of the events within ``radius`` [arcsec] until it comes to rest. Of more than a million events, only
    every n-th is used.
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
