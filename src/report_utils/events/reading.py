"""Reading one event list: :func:`load_events` takes these steps, in this order.

============================================================  =========================================================
open the file, whatever its format, and choose the table      :mod:`~report_utils.events.event_files`; then
                                                              ``fits_tables``, ``csv_table`` or ``columnar_tables``
                                                              describes the table and yields its rows
decide which columns are position and energy, in which units  :mod:`~report_utils.events.positions`,
                                                              :mod:`~report_utils.events.energies`; facts about missions
                                                              and units in ``missions``
read these columns, without rows that are not wanted          :meth:`~report_utils.events.event_files.Table.read`
convert energies to keV                                       :class:`~report_utils.events.energies.Energies`
project positions onto the tangent plane, in arcsec           :func:`~report_utils.events.positions.place`
leave out unusable events                                     :class:`Tally`
make the event list                                           :class:`~report_utils.events.eventlist.EventList`
leave out unwanted events                                     :class:`Tally`
============================================================  =========================================================

A row or an event that is left out counts for one reason. Every cut is off by default.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.energies import Energies, decide_energies
from report_utils.events.event_files import Column, JoinedTable, Rows, Table, choose_table, open_tables
from report_utils.events.eventlist import EventList, Source
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import row_filters, table_kind
from report_utils.events.positions import PositionColumns, SkyFrame, decide_positions, place

_CENTRE_SAMPLE = 1_000_000
_MAX_MOVES = 50
_AT_REST = 1e-4
"""Fraction of the region's radius: a centre that moves less has come to rest."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True)
class Layout:
    """How a table is read."""

    kind: str  # what the table was recognised as
    positions: PositionColumns
    energies: Energies

    @property
    def name(self) -> str:
        """What the table was recognised as, for messages and for the archive's index, where a guess shows too."""
        energies = self.energies
        return self.kind + (f" ({energies.column.name} taken for {energies.unit})" if energies.is_guess else "")

    @property
    def reasons(self) -> tuple[str, str]:
        """How position and energy were decided."""
        return self.positions.why, str(self.energies)

    @property
    def event(self) -> tuple[Column, Column, Column]:
        """The columns of x, y and energy."""
        return self.positions.x, self.positions.y, self.energies.column


@dataclass(frozen=True)
class Reading:
    """An event list, and what reading it found."""

    events: EventList
    table: Table  # that was read
    layout: Layout  # how its columns were read
    n_rows: int  # in the file
    dropped: dict[str, int]  # reason -> rows left out; a row counts for the first step that leaves it out
    frame: SkyFrame | None  # None if the file does not say where on the sky the events lie
    region_xy: tuple[float, float] | None  # the centre of the region that was cut out [arcsec]
    invalid: tuple[str, ...]  # the reasons in ``dropped`` that were not asked for: rows that cannot be used
    n_repeated: int  # usable rows that repeat an earlier one and are kept

    @property
    def centre(self) -> tuple[float, float] | None:
        """The tangent point, (RA, DEC) [deg], where x = y = 0."""
        return None if self.frame is None else self.frame.centre


def read_events(
    path: str | Path, *, cluster_id: str = "", log10_mass: float = math.nan, group: str = "", **options: Any
) -> EventList:
    """Read an event list of an X-ray telescope or of SIXTE, a SIXTE, SIMPUT or PHOX photon list, or any table.

    Column names and the mission decide which columns are position and energy (:mod:`report_utils.events.positions`,
    :mod:`report_utils.events.energies`). No valid event is dropped unless that is asked for, and the file's own
    precision is kept.

    Parameters
    ----------
    path : path
        FITS, Parquet, NPZ or CSV; FITS and CSV may be gzipped.
    cluster_id, log10_mass, group
        Of the event list that is returned.
    **options
        Fields of :class:`~report_utils.events.ingest_options.IngestOptions`, for example ``energy_unit="eV"``. Events
        are labelled only if ``agn_source_ids`` says which values of SRC_ID are AGN: these as AGN, -1 as background,
        the rest as gas. SRC_ID alone does not tell what is an AGN.

    Returns
    -------
    EventList
        x, y [arcsec] on the file's own axes: sky pixels are taken relative to the reference pixel; RA and DEC are
        projected onto the plane that touches the sky at the pointing (RA_PNT, DEC_PNT), or at the events' centre if
        the file gives no pointing near them. Energy [keV].

    Raises
    ------
    InputError
        If the file cannot be read correctly; the message names file, row (from 1) and column.
    """
    about = {"cluster_id": cluster_id, "log10_mass": log10_mass, "group": group}
    return load_events(path, IngestOptions(**options), **about).events


def load_events(
    path: str | Path,
    options: IngestOptions = IngestOptions(),  # noqa: B008 (frozen)
    *,
    region_xy: tuple[float, float] | None = None,
    **about: Any,
) -> Reading:
    """Read an event list as :func:`read_events` does, and report what was found and dropped.

    ``region_xy`` is the centre [arcsec] of the region to cut out, in place of the events' own; ``about`` is cluster_id,
    log10_mass and group of the event list.
    """
    path = Path(path)
    table = choose_table(open_tables(path), options.table)
    layout = decide_layout(table, options)

    # Some rows are left out while they are read: background ids, grades, bad times, rows that are no events.
    source_id = table.need("SRC_ID") if options.agn_source_ids else None
    rows, repeated = _read_rows(table, layout, source_id, options)
    tally = Tally(path, rows.n_rows, dict(rows.dropped))
    tally.demand_some(len(rows.values[layout.energies.column.name]))

    # From the file's numbers to keV and arcsec.
    if isinstance(table, JoinedTable) and layout.energies.by == "custom":
        _demand_one_unit(table, layout.energies)
    labels = None
    if source_id is not None:
        ids = rows.values[source_id.name]
        labels = np.full(len(ids), Source.GAS, np.int8)
        labels[ids == -1] = Source.BACKGROUND
        labels[np.isin(ids, list(options.agn_source_ids))] = Source.AGN
    stored = rows.values.pop(layout.energies.column.name)
    layout = replace(layout, energies=layout.energies.settled(stored, path))
    energy = layout.energies.in_kev(stored)
    faults = layout.energies.faults(stored, energy)
    del stored  # what is popped here leaves memory at once
    columns = layout.positions
    positions = place(rows.values.pop(columns.x.name), rows.values.pop(columns.y.name), columns, table)

    # Rows that cannot be used are refused or left out, and so are repeated ones.
    faults |= positions.faults
    if faults and not options.drop_invalid:
        raise refusal(faults, rows, path)
    keep, n_repeated = tally.usable(faults, repeated, drop_repeated=options.drop_repeated)
    events = EventList(positions.x, positions.y, energy, labels, **about)
    if keep is not None:
        events = events.select(keep)

    # Cuts that were asked for.
    events = tally.cut_energies(events, options)
    if options.region_arcsec is not None:
        region_xy = region_xy or region_centre(events, options, positions.frame, path)
        events = tally.cut_region(events, region_xy, options.region_arcsec)
    demand_extent(events, path)
    return Reading(
        events, table, layout, tally.n_rows, tally.dropped, positions.frame, region_xy, tuple(faults), n_repeated
    )


def _demand_one_unit(table: JoinedTable, energies: Energies) -> None:
    """Refuse tables of which some seem to be in keV and some in eV, if custom alone decides the unit."""
    name, units = energies.column.name, {}
    for part in table.parts:
        column = part.need(name)
        unit = energies.settled(part.read([column]).values[column.name], table.path).unit
        units.setdefault(unit, part.number)
    if len(units) > 1:
        said = " and ".join(f"{unit} (number {number})" for unit, number in units.items())
        msg = (
            f"{table.path}: column {name!r}: nothing states its unit, and by their values the tables are in {said};"
            " read one of them (--table NUMBER), or correct TUNIT"
        )
        raise InputError(msg)


def decide_layout(table: Table, options: IngestOptions) -> Layout:
    """Decide which columns are position and energy, and their units."""
    layout = Layout(table_kind(table), decide_positions(table, options), decide_energies(table, options))
    if len(set(layout.event)) < 3:
        msg = f"{table.path}: one column cannot serve twice; name different columns for x, y and energy"
        raise InputError(msg)
    for column in layout.event:
        if column.dtype is not None and column.n_values != 1:
            msg = (
                f"{table.path}: column {column.name!r} has the format {column.form!r}, several values an event; name"
                " another"
            )
            raise InputError(msg)
    return layout


def _read_rows(
    table: Table, layout: Layout, source_id: Column | None, options: IngestOptions
) -> tuple[Rows, NDArray[np.bool_] | None]:
    """Return the rows, and which of them repeat an earlier one: None if none does, or their times cannot be read."""
    wanted = [*layout.event, *([] if source_id is None else [source_id])]
    filters = row_filters(table, layout.event, options)
    try:
        time = table.find("time")
        compared = list(dict.fromkeys([*layout.event, *([] if time is None else [time])]))
        rows = table.read(dict.fromkeys([*wanted, *compared]), filters)
        repeated = repeated_rows([rows.values[column.name] for column in compared]) if rows.n_rows else None
    except InputError as error:
        if "time" not in table.names:
            raise
        rows, repeated = table.read(wanted, filters), None
        if options.drop_repeated:
            msg = f"{error}; without times it cannot be told which events repeat (drop_repeated, --drop-repeated)"
            raise InputError(msg) from None
    if rows.n_rows == 0:
        msg = f"{table.path}: table {table.name} has no rows, so no events; leave this observation out"
        raise InputError(msg)
    return rows, repeated


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
