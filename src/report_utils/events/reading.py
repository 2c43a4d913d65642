"""Reading one event list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.cleaning import cut_energies, cut_region, region_centre, row_filters
from report_utils.events.column_mapping import Layout, choose_table, decide_layout, settle_unit
from report_utils.events.event_checks import check_usable, demand_some, energy_faults, left_out, refusal
from report_utils.events.eventlist import EventList, Source
from report_utils.events.formats import open_tables
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.joined_table import JoinedTable
from report_utils.events.missions import convention_filters
from report_utils.events.repeats import repeated_rows, time_column
from report_utils.events.rows import RowFilter, Rows
from report_utils.events.sky_frame import SkyFrame
from report_utils.events.table import Column, Table
from report_utils.events.to_sky_plane import place

_SAMPLE = 100_000


@dataclass(frozen=True)
class Reading:
    """An event list with what reading it found.

    Parameters
    ----------
    events : EventList
    table : Table
        The table that was read.
    layout : Layout
    n_rows : int
        Rows in the file.
    dropped : dict
        Reason -> number of rows that were left out, in the order of the steps; a row counts for the first
        reason that applies, so that ``n_rows`` less all of them is the number of events.
    frame : SkyFrame, or None where it cannot be said where on the sky the events lie
    region_xy : (x, y) [arcsec], or None
        The centre of the region that was cut out, if one was.
    invalid : tuple of str
        The reasons in ``dropped`` that no one asked for: those of rows that cannot be used.
    n_repeated : int
        Usable rows that repeat an earlier one and are kept (:mod:`report_utils.events.repeats`).
    """

    events: EventList
    table: Table
    layout: Layout
    n_rows: int
    dropped: dict[str, int] = field(default_factory=dict)
    frame: SkyFrame | None = None
    region_xy: tuple[float, float] | None = None
    invalid: tuple[str, ...] = ()
    n_repeated: int = 0

    @property
    def centre(self) -> tuple[float, float] | None:
        """The tangent point, (RA, DEC) [deg], where x = y = 0."""
        return None if self.frame is None else self.frame.centre


def read_events(
    path: str | Path, *, cluster_id: str = "", log10_mass: float = float("nan"), group: str = "", **options: Any
) -> EventList:
    """Read an event list: of an X-ray telescope, of SIXTE, a SIXTE, SIMPUT or PHOX photon list, or any table.

    Column names and the mission decide what is position and energy (:mod:`report_utils.events.column_mapping`).
    Nothing valid is dropped unless asked for, and the file's own precision is kept.

    Parameters
    ----------
    path : path
        FITS, Parquet, NPZ or CSV; FITS and CSV may be gzipped.
    cluster_id, log10_mass, group
        Handed on to the event list.
    **options
        Fields of :class:`~report_utils.events.ingest_options.IngestOptions`, for example ``energy_unit="eV"``. Events
        are labelled only if ``agn_source_ids`` says which values of SRC_ID are AGN: these as AGN, -1 as background,
        the rest as gas. SRC_ID alone does not say what is an AGN.

    Returns
    -------
    EventList
        x, y [arcsec], on the file's own axes: from sky pixels relative to the reference pixel; from RA and
        DEC on the plane that touches the sky at the pointing (RA_PNT, DEC_PNT), or at the events' centre
        where the file gives no pointing near them; energy [keV].

    Raises
    ------
    InputError
        If the file cannot be read rightly; the message names file, row (from 1) and column.
    """
    columns = load_events(path, IngestOptions(**options)).events.columns()
    return EventList(**columns, cluster_id=cluster_id, log10_mass=log10_mass, group=group)


def load_events(
    path: str | Path,
    options: IngestOptions = IngestOptions(),  # noqa: B008 (frozen)
    *,
    region_xy: tuple[float, float] | None = None,
) -> Reading:
    """Read an event list as :func:`read_events` does, and say what was found and dropped.

    The steps, in their order: background source ids, grades, good time intervals, what a mission writes beside its
    events (eROSITA's secondary pixels, XMM's events without position); rows that cannot be used; repeated ones;
    energies; region, about ``region_xy`` [arcsec] instead of the events' own centre where that is given.
    """
    path = Path(path)
    found = choose_table(open_tables(path, until="EVENTS" if options.table is None else None), options)
    found.demand_unpacked()
    layout = decide_layout(found, options)
    wanted = [layout.x, layout.y, layout.energy, *([found.need("SRC_ID")] if options.agn_source_ids else [])]
    if len(set(wanted)) < len(wanted):
        msg = f"{path}: one column cannot serve twice; name different columns for x, y and energy"
        raise InputError(msg)
    for column in wanted[:3]:
        if column.dtype is not None and not column.is_scalar:
            msg = (
                f"{path}: column {column.name!r} has the format {column.form!r}, several values an event; name another"
            )
            raise InputError(msg)
    convention = convention_filters(found, *wanted[:3])
    rows, repeated = _read_rows(found, wanted, [*row_filters(options, found), *convention], options)
    if rows.n_rows == 0:
        msg = f"{path}: table {found.name} has no rows, so no events; leave this observation out"
        raise InputError(msg)
    dropped = dict(rows.dropped)
    demand_some(len(rows.values[layout.x.name]), rows.n_rows, dropped, path)
    layout, events, frame, faults = _usable_events(found, layout, rows, wanted[3:], options)
    events, n_repeated = left_out(events, faults, repeated, dropped, drop_repeated=options.drop_repeated)
    demand_some(len(events), rows.n_rows, dropped, path)
    events, cut = cut_energies(events, options)
    dropped |= cut
    demand_some(len(events), rows.n_rows, dropped, path)
    if options.region_arcsec is not None:
        region_xy = region_xy or region_centre(events, options, frame, path)
        events, cut = cut_region(events, region_xy, options.region_arcsec)
        dropped |= cut
        demand_some(len(events), rows.n_rows, dropped, path)
    check_usable(events, path)
    return Reading(events, found, layout, rows.n_rows, dropped, frame, region_xy, tuple(faults), n_repeated)


def _read_rows(
    table: Table, wanted: list[Column], filters: list[RowFilter], options: IngestOptions
) -> tuple[Rows, NDArray[np.bool_] | None]:
    """Return the rows, and which of them repeat an earlier one: None where none does, or times cannot tell."""
    try:
        alike = list(dict.fromkeys([*wanted[:3], *time_column(table)]))
        rows = table.read(dict.fromkeys([*wanted, *alike]), filters)
    except InputError as error:
        if "time" not in table.columns:
            raise
        rows = table.read(wanted, filters)
        if options.drop_repeated:
            msg = f"{error}; without times it cannot be told which events repeat (drop_repeated, --drop-repeated)"
            raise InputError(msg) from None
        return rows, None
    return rows, repeated_rows([rows.values[column.name] for column in alike]) if rows.n_rows else None


def _demand_one_unit(table: JoinedTable, layout: Layout) -> None:
    """Refuse joined tables of which some are taken for keV and some for eV, where nothing but custom says so."""
    name, units = layout.energy.name, {}
    for part in table.parts:
        values = part.read([part.need(name)]).values[part.need(name).name]
        units.setdefault(settle_unit(layout, _median(values), table.path).energy_unit, part.number)
    if len(units) > 1:
        said = " and ".join(f"{unit} (number {number})" for unit, number in units.items())
        msg = (
            f"{table.path}: column {name!r}: nothing states its unit, and by their values the tables are in {said};"
            " read one of them (--table NUMBER), or correct TUNIT"
        )
        raise InputError(msg)


def _usable_events(
    table: Table,
    layout: Layout,
    rows: Rows,
    source: list[Column],
    options: IngestOptions,
) -> tuple[Layout, EventList, SkyFrame | None, dict[str, NDArray]]:
    """Return all rows as events, and for each reason that some cannot be used, which."""
    values = rows.values
    energy_values = values.pop(layout.energy.name)
    if isinstance(table, JoinedTable) and layout.energies.by == "custom":
        _demand_one_unit(table, layout)
    layout = settle_unit(layout, _median(energy_values), table.path)
    energy, faults = layout.energies.in_kev(energy_values), layout.energies.faults(energy_values)
    del energy_values
    labels = _labels(values.pop(source[0].name), options.agn_source_ids) if source else None
    positions = place(values.pop(layout.x.name), values.pop(layout.y.name), layout, table)
    faults |= {**energy_faults(energy, layout), **positions.faults}
    if faults and not options.drop_invalid:
        raise refusal(faults, rows, table.path)
    events = EventList(positions.x, positions.y, energy, labels)
    return layout, events, positions.frame, faults


def _median(values: NDArray) -> float:
    """Return the median of the values that can be energies, of evenly spaced rows in a long list."""
    sample = values[:: max(1, len(values) // _SAMPLE)]
    sample = sample[np.isfinite(sample) & (sample >= 0)]
    return float(np.median(sample)) if len(sample) else float("nan")


def _labels(source_ids: NDArray, agn_source_ids: Collection[int]) -> NDArray[np.int8]:
    labels = np.full(len(source_ids), Source.GAS, np.int8)
    labels[source_ids == -1] = Source.BACKGROUND
    labels[np.isin(source_ids, list(agn_source_ids))] = Source.AGN
    return labels
