"""Reading one event list: :func:`load_events` takes these steps, in this order.

============================================================  =========================================================
open the file, whatever its format, and choose the table      :mod:`~report_utils.events.event_files`; then
                                                              ``fits_tables``, ``csv_table``, ``parquet_table`` or
                                                              ``npz_table`` describes the table and yields its rows
decide which columns are position and energy, in which units  :mod:`~report_utils.events.column_mapping`,
                                                              :mod:`~report_utils.events.energies`; facts about missions
                                                              and units in ``missions``
read these columns, without rows that are not wanted          :meth:`~report_utils.events.event_files.Table.read`
convert energies to keV                                       :class:`~report_utils.events.energies.Energies`
project positions onto the tangent plane, in arcsec           :mod:`~report_utils.events.sky_plane`
make the event list                                           :class:`~report_utils.events.eventlist.EventList`
leave out unusable and unwanted events                        :mod:`~report_utils.events.cleaning`
============================================================  =========================================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.cleaning import Tally, demand_extent, refusal, region_centre, repeated_rows, row_filters
from report_utils.events.column_mapping import Layout, decide_layout
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
        Reason -> number of rows left out, in the order of the steps; a row counts for the first reason that applies.
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
    dropped: dict[str, int]
    frame: SkyFrame | None
    region_xy: tuple[float, float] | None
    invalid: tuple[str, ...]
    n_repeated: int

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
    table = choose_table(open_tables(path), options.table)
    table.demand_whole()
    layout = decide_layout(table, options)

    # Some rows are left out while they are read: background ids, grades, bad times, rows that are no events.
    source_id = table.need("SRC_ID") if options.agn_source_ids else None
    rows, repeated = _read_rows(table, layout, source_id, options)
    tally = Tally(path, rows.n_rows, dict(rows.dropped))
    tally.demand_some(len(rows.values[layout.x.name]))

    # From the file's numbers to keV and arcsec.
    if isinstance(table, JoinedTable) and layout.energies.by == "custom":
        demand_one_unit(table, layout.energies)
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
    del stored
    positions = place(rows.values.pop(layout.x.name), rows.values.pop(layout.y.name), layout, table)

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


def _read_rows(
    table: Table, layout: Layout, source_id: Column | None, options: IngestOptions
) -> tuple[Rows, NDArray[np.bool_] | None]:
    """Return the rows, and which of them repeat an earlier one: None if none does, or their times cannot be read."""
    event = [layout.x, layout.y, layout.energies.column]
    wanted = event if source_id is None else [*event, source_id]
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
