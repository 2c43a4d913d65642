"""What a file holds, how that was decided, and what an ingest would leave out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from report_utils.errors import InputError
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.events.event_files import Table
from report_utils.events.gti import IN_FILE, good_times_filter, interval_tables
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.missions import background_filter, grade_filter
from report_utils.events.reading import Reading, load_events

_IDS_SHOWN = 5
_AGN_OPTION = "--agn-source-ids ID,..."
_BACKGROUND_ID = -1
"""SIXTE's SRC_ID of what is not from a source."""


@dataclass(frozen=True)
class Inspection(Reading):
    """What :func:`inspect_events` found: an event list as it was read; ``str()`` of it is the text for a reader.

    ``could_drop`` says, by option, what each cut that was not asked for would do by itself, and the way to an AGN-less
    list, where this file has the columns for it.
    """

    could_drop: dict[str, str]

    @property
    def band_counts(self) -> tuple[int, ...]:
        """Events in each of the report's bands."""
        energy = self.events.energy
        at_most = [int(np.count_nonzero(energy <= edge)) for edge in BAND_EDGES_KEV[1:-1]]
        return tuple(np.diff([0, *at_most, len(energy)]).tolist())

    def __str__(self) -> str:
        """Return one fact a line."""
        x, y, energy = self.events.x, self.events.y, self.events.energy
        bands = zip(band_titles(BAND_EDGES_KEV), self.band_counts, strict=True)
        whose = self.table.mission or "not given"
        lines = [
            f"{self.table.path}: {self.layout.name} (table {self.table.name}, mission {whose})",
            f"events: {len(self.events)} usable of {self.n_rows} rows",
            *self.layout.reasons,
            f"precision: x {x.dtype.name}, y {y.dtype.name}, energy {energy.dtype.name}",
            f"bands: {', '.join(f'{band} {count}' for band, count in bands)}",
            f"energies: {energy.min():.4g} to {energy.max():.4g} keV",
            f"extent: {np.ptp(x):.1f} x {np.ptp(y):.1f} arcsec",
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
        for reason, count in self.dropped.items():
            refused = "; an ingest refuses the file for them unless --drop-invalid is given"
            lines.append(f"would drop: {count} rows, {reason}{refused if reason in self.invalid else ''}")
        if not self.dropped:
            lines.append("would drop: nothing")
        return "\n".join([*lines, *(f"{option}: {what}" for option, what in self.could_drop.items())])


def inspect_events(path: str | Path, options: IngestOptions | None = None) -> Inspection:
    """Say what an event file holds, as :func:`~report_utils.events.reading.read_events` would read it.

    Parameters
    ----------
    path : path
    options : IngestOptions, optional
        What is stated about columns and units, and what is left out besides rows that cannot be used.

    Raises
    ------
    InputError
        If the file cannot be read even when rows that cannot be used are dropped.
    """
    options = (options or IngestOptions()).with_changes(drop_invalid=True)
    reading = load_events(path, options)
    return Inspection(**vars(reading), could_drop=_could_drop(reading.table, options))


def _could_drop(table: Table, options: IngestOptions) -> dict[str, str]:
    found = {}
    has_ids = "src_id" in table.names
    offered = [] if options.good_grades else [("--good-grades", lambda: grade_filter(table))]
    if not options.gti and interval_tables(table.path):
        offered.append((f"--gti {IN_FILE}", lambda: good_times_filter(IN_FILE, table)))
    if has_ids and not options.background_source_ids:
        background = (_BACKGROUND_ID,)
        offered.append((f"--background-source-ids {_BACKGROUND_ID}", lambda: background_filter(table, background)))
    for option, make in offered:
        try:
            if (cut := make()) is not None:
                count = table.read((), [cut]).dropped.get(cut.reason, 0)
                found[option] = f"would drop {count} rows ({cut.reason})"
        except InputError as error:
            found[option] = f"cannot be used: {error}"
    if has_ids:
        try:
            found[_AGN_OPTION] = _source_ids(table)
        except InputError as error:
            found[_AGN_OPTION] = f"cannot be used: {error}"
    return found


def _source_ids(table: Table) -> str:
    """Say which source ids there are, and how often, so that the user can say which are AGN."""
    column = table.need("SRC_ID")
    values, counts = np.unique(table.read([column]).values[column.name], return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_IDS_SHOWN]
    shown = ", ".join(f"{values[n]:.0f} in {counts[n]}" for n in most) + (", ..." if len(values) > len(most) else "")
    what = f"{column.name} has {len(values)} value{'s' * (len(values) > 1)} ({shown} rows)"
    return f"{what}; which are AGN only you can say"
