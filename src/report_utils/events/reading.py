"""Reading one event list: :func:`load_events` takes these steps, in this order.

============================================================  =========================================================
open the file, whatever its format, and choose the table      :mod:`~report_utils.events.event_files`; then
                                                              ``fits_tables``, ``csv_table``, ``parquet_table`` or
                                                              ``npz_table`` describes the table and yields its rows
decide which columns are position and energy, in which units  :mod:`~report_utils.events.column_mapping`,
                                                              :mod:`~report_utils.events.energies`; facts about missions
                                                              and units in ``missions`` and ``units``
read these columns, without rows that are not wanted          :meth:`~report_utils.events.event_files.Table.read`
convert energies to keV                                       :class:`~report_utils.events.energies.Energies`
project positions onto the tangent plane, in arcsec           :mod:`~report_utils.events.sky_plane`
refuse, or leave out, unusable and repeated rows              :mod:`~report_utils.events.event_checks`
make the event list                                           :class:`~report_utils.events.eventlist.EventList`
leave out what a user does not want                           :mod:`~report_utils.events.cleaning`
============================================================  =========================================================
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.cleaning import cut_energies, cut_region, region_centre, row_filters
from report_utils.events.column_mapping import Layout, decide_layout
from report_utils.events.energies import settle
from report_utils.events.event_checks import (
    demand_extent,
    demand_some,
    refusal,
    repeated_rows,
    rows_to_keep,
)
from report_utils.events.event_files import Column, Rows, Table, choose_table, open_tables
from report_utils.events.eventlist import EventList, Source
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.joined_table import JoinedTable, demand_one_unit
from report_utils.events.missions import convention_filters
from report_utils.events.sky_plane import SkyFrame, place


@dataclass(frozen=True)
class Reading:
    """An event list, and what reading it found.

    Parameters
    ----------
    events : EventList
    table : Table
        The table that was read.
    layout : Layout
        How its columns were read.
    n_rows : int
        Rows in the file.
    dropped : dict
        Reason -> number of rows left out, in the order of the steps. A row counts for the first reason that applies,
        so that ``n_rows`` minus all of them is the number of events.
    frame : SkyFrame, or None if the file does not say where on the sky the events lie
    region_xy : (x, y) [arcsec], or None
        The centre of the region that was cut out.
    invalid : tuple of str
        The reasons in ``dropped`` that were not asked for: rows that cannot be used.
    n_repeated : int
        Usable rows that repeat an earlier one and are kept.
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
    path: str | Path, *, cluster_id: str = "", log10_mass: float = math.nan, group: str = "", **options: Any
) -> EventList:
    """Read an event list of an X-ray telescope or of SIXTE, a SIXTE, SIMPUT or PHOX photon list, or any table.

    Column names and the mission decide which columns are position and energy
    (:mod:`report_utils.events.column_mapping`). No valid event is dropped unless that is asked for, and the file's own
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

    Parameters
    ----------
    path : path
    options : IngestOptions, optional
    region_xy : (x, y) [arcsec], optional
        The centre of the region to cut out, in place of the events' own.
    **about
        cluster_id, log10_mass and group of the event list.
    """
    path = Path(path)
    table = choose_table(open_tables(path, until="EVENTS" if options.table is None else None), options.table)
    table.demand_whole()
    layout = decide_layout(table, options)
    source_id = table.need("SRC_ID") if options.agn_source_ids else None

    # Some rows are left out while they are read: background ids, grades, bad times, rows that are no events.
    rows, repeated = _read_rows(table, layout, source_id, options)
    n_rows, dropped = rows.n_rows, dict(rows.dropped)
    demand_some(len(rows.values[layout.x.name]), n_rows, dropped, path)

    # From the file's numbers to keV and arcsec.
    if isinstance(table, JoinedTable) and layout.energies.by == "custom":
        demand_one_unit(table, layout.energies)
    labels = None if source_id is None else _labels(rows.values.pop(source_id.name), options.agn_source_ids)
    stored = rows.values.pop(layout.energy.name)
    layout = replace(layout, energies=settle(layout.energies, stored, path))
    energy = layout.energies.in_kev(stored)
    faults = layout.energies.faults(stored, energy)
    del stored
    positions = place(rows.values.pop(layout.x.name), rows.values.pop(layout.y.name), layout, table)

    # Rows that cannot be used are refused or left out, and so are repeated ones.
    faults |= positions.faults
    if faults and not options.drop_invalid:
        raise refusal(faults, rows, path)
    keep, n_repeated = rows_to_keep(faults, repeated, dropped, drop_repeated=options.drop_repeated)
    columns = {"x": positions.x, "y": positions.y, "energy": energy, "source": labels}
    if keep is not None:
        columns = {name: values if values is None else values[keep] for name, values in columns.items()}
    events = EventList(**columns, **about)
    demand_some(len(events), n_rows, dropped, path)

    # Cuts that were asked for.
    events, cut = cut_energies(events, options)
    dropped |= cut
    demand_some(len(events), n_rows, dropped, path)
    if options.region_arcsec is not None:
        region_xy = region_xy or region_centre(events, options, positions.frame, path)
        events, cut = cut_region(events, region_xy, options.region_arcsec)
        dropped |= cut
        demand_some(len(events), n_rows, dropped, path)
    demand_extent(events, path)
    return Reading(events, table, layout, n_rows, dropped, positions.frame, region_xy, tuple(faults), n_repeated)


def _read_rows(
    table: Table, layout: Layout, source_id: Column | None, options: IngestOptions
) -> tuple[Rows, NDArray[np.bool_] | None]:
    """Return the rows, and which of them repeat an earlier one: None if none does, or their times cannot be read."""
    event = [layout.x, layout.y, layout.energy]
    wanted = event if source_id is None else [*event, source_id]
    if len(set(wanted)) < len(wanted):
        msg = f"{table.path}: one column cannot serve twice; name different columns for x, y and energy"
        raise InputError(msg)
    for column in event:
        if column.dtype is not None and column.n_values != 1:
            msg = (
                f"{table.path}: column {column.name!r} has the format {column.form!r}, several values an event; name"
                " another"
            )
            raise InputError(msg)
    filters = [*row_filters(options, table), *convention_filters(table, *event)]
    try:
        time = table.find("time")
        compared = event if time is None else list(dict.fromkeys([*event, time]))
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


def _labels(source_ids: NDArray, agn_source_ids: Collection[int]) -> NDArray[np.int8]:
    labels = np.full(len(source_ids), Source.GAS, np.int8)
    labels[source_ids == -1] = Source.BACKGROUND
    labels[np.isin(source_ids, list(agn_source_ids))] = Source.AGN
    return labels
