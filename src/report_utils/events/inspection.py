"""What a file holds, how that was decided, and what an ingest would leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from report_utils.errors import InputError
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.events.cleaning import background_filter
from report_utils.events.event_files import RowFilter, Table
from report_utils.events.eventlist import EventList
from report_utils.events.gti import IN_FILE, good_times_filter, interval_tables
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import grade_filter, mission
from report_utils.events.reading import load_events

_IDS_SHOWN = 5
_AGN_OPTION = "--agn-source-ids ID,..."
_BACKGROUND_ID = -1
"""SIXTE's SRC_ID of what is not from a source."""


@dataclass(frozen=True)
class Inspection:
    """What :func:`inspect_events` found; ``str()`` of it is the text for a reader.

    Parameters
    ----------
    path : str
    table, layout, mission : str
        The table that was read, what it was recognised as, and whose it says it is.
    n_rows, n_events, n_repeated : int
        Rows in the file, those that can be used, and those that repeat an earlier one and are kept, before
        energies and region are cut.
    precision : tuple of str
        Of x, y and energy.
    reasons : tuple of str
        How positions and energies were decided.
    band_counts : (n_bands,) tuple of int [events]
        In the report's bands.
    energy_range : (min, max) [keV]
    extent : (x, y) [arcsec]
    centre : (ra, dec) [deg], or None where positions are pixels
    would_drop : dict
        Reason -> rows that are left out: those that no image can use, for which ``read_events`` refuses the
        file unless told to drop them, and those that the cleaning asked for leaves out.
    refused_for : tuple of str
        The reasons in ``would_drop`` for which an ingest refuses the file unless told to drop such rows.
    region_xy : (x, y) [arcsec], or None
        The centre of the region that was cut out.
    could_drop : dict
        Option -> what it would do, for the steps of cleaning and the way to an AGN-less list that this file has
        what they need for, and that were not asked for; each on its own.
    events : EventList
        What was read.
    """

    path: str
    table: str
    layout: str
    mission: str
    n_rows: int
    n_events: int
    n_repeated: int
    precision: tuple[str, str, str]
    reasons: tuple[str, ...]
    band_counts: tuple[int, ...]
    energy_range: tuple[float, float]
    extent: tuple[float, float]
    centre: tuple[float, float] | None
    would_drop: dict[str, int]
    refused_for: tuple[str, ...]
    region_xy: tuple[float, float] | None
    could_drop: dict[str, str]
    events: EventList = field(repr=False, compare=False)

    def __str__(self) -> str:
        """Return one fact a line."""
        bands = band_titles(BAND_EDGES_KEV)
        counts = ", ".join(f"{band} {count}" for band, count in zip(bands, self.band_counts, strict=True))
        lines = [
            f"{self.path}: {self.layout} (table {self.table}, mission {self.mission or 'not given'})",
            f"events: {self.n_events} usable of {self.n_rows} rows",
            *self.reasons,
            f"precision: x {self.precision[0]}, y {self.precision[1]}, energy {self.precision[2]}",
            f"bands: {counts}",
            f"energies: {self.energy_range[0]:.4g} to {self.energy_range[1]:.4g} keV",
            f"extent: {self.extent[0]:.1f} x {self.extent[1]:.1f} arcsec",
        ]
        if self.n_repeated:
            lines.append(
                f"repeated: {self.n_repeated} events have time, position and energy of an earlier one; they are kept"
                " (--drop-repeated leaves them out)"
            )
        if self.centre is not None:
            lines.append(f"tangent point: RA {self.centre[0]:.6f}, DEC {self.centre[1]:.6f} deg")
        if self.region_xy is not None:
            lines.append(f"region's centre: x {self.region_xy[0]:.1f}, y {self.region_xy[1]:.1f} arcsec")
        for reason, count in self.would_drop.items():
            how = "; an ingest refuses the file for them unless --drop-invalid is given"
            lines.append(f"would drop: {count} rows, {reason}{how if reason in self.refused_for else ''}")
        if not self.would_drop:
            lines.append("would drop: nothing")
        return "\n".join([*lines, *(f"{option}: {what}" for option, what in self.could_drop.items())])


def inspect_events(path: str | Path, options: IngestOptions | None = None) -> Inspection:
    """Say what an event file holds, as :func:`~report_utils.events.reading.read_events` would read it.

    Parameters
    ----------
    path : path
    options : IngestOptions, optional
        What the user states about columns and units, and what is left out besides rows that cannot be used.

    Returns
    -------
    Inspection

    Raises
    ------
    InputError
        If the file cannot be read even when rows that cannot be used are dropped.
    """
    options = (options or IngestOptions()).with_changes(drop_invalid=True)
    reading = load_events(path, options)
    events = reading.events
    return Inspection(
        path=str(path),
        table=reading.table.name,
        layout=reading.layout.name,
        mission=mission(reading.table),
        n_rows=reading.n_rows,
        n_events=len(events),
        n_repeated=reading.n_repeated,
        precision=(events.x.dtype.name, events.y.dtype.name, events.energy.dtype.name),
        reasons=reading.layout.reasons,
        band_counts=_band_counts(events.energy),
        energy_range=(float(events.energy.min()), float(events.energy.max())),
        extent=(float(np.ptp(events.x)), float(np.ptp(events.y))),
        centre=reading.centre,
        would_drop=reading.dropped,
        refused_for=reading.invalid,
        region_xy=reading.region_xy,
        could_drop=_could_drop(reading.table, options) | _source_ids(reading.table),
        events=events,
    )


def _band_counts(energy: np.ndarray) -> tuple[int, ...]:
    at_most = [int(np.count_nonzero(energy <= edge)) for edge in BAND_EDGES_KEV[1:-1]]
    return tuple(np.diff([0, *at_most, len(energy)]).tolist())


def _could_drop(table: Table, options: IngestOptions) -> dict[str, str]:
    offered: list[tuple[bool, str, Callable[[], RowFilter | None]]] = [
        (options.good_grades, "--good-grades", lambda: grade_filter(table)),
        (bool(options.gti), f"--gti {IN_FILE}", lambda: _own_good_times(table)),
        (
            bool(options.background_source_ids),
            f"--background-source-ids {_BACKGROUND_ID}",
            lambda: background_filter(table, (_BACKGROUND_ID,)) if table.find("SRC_ID") else None,
        ),
    ]
    found = {}
    for is_asked, option, make in offered:
        if is_asked:
            continue
        try:
            step = make()
            if step is not None:
                count = table.read((), [step]).dropped.get(step.reason, 0)
                found[option] = f"would drop {count} rows ({step.reason})"
        except InputError as error:
            found[option] = f"cannot be used: {error}"
    return found


def _source_ids(table: Table) -> dict[str, str]:
    """Return what there is to know before the ids that are AGN can be named: which there are, and how often."""
    column = table.find("SRC_ID")
    if column is None:
        return {}
    try:
        values, counts = np.unique(table.read([column]).values[column.name], return_counts=True)
    except InputError as error:
        return {_AGN_OPTION: f"cannot be used: {error}"}
    most = np.argsort(-counts, kind="stable")[:_IDS_SHOWN]
    shown = ", ".join(f"{values[n]:.0f} in {counts[n]}" for n in most) + (", ..." if len(values) > len(most) else "")
    what = f"{column.name} has {len(values)} value{'s' * (len(values) > 1)} ({shown} rows)"
    return {_AGN_OPTION: f"{what}; which are AGN only you can say"}


def _own_good_times(table: Table) -> RowFilter | None:
    return good_times_filter(IN_FILE, table) if interval_tables(table.path) else None
