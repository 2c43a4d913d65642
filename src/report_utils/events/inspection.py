"""What a file holds, how that was decided, and what an ingest would leave out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from report_utils.events.layouts import mission
from report_utils.events.reading import Reading, load_events
from report_utils.events.request import Request
from report_utils.events.table import FitsTable

BAND_EDGES = (2.5, 5.0, 7.5)
"""[keV] The report's four bands, each closed on the right."""
_CHANDRA_GRADES = (0, 2, 3, 4, 6)
_EROSITA_PATTERNS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Inspection:
    """What :func:`inspect_events` found; ``str()`` of it is the text for a reader.

    Parameters
    ----------
    path : str
    table, layout, mission : str
        The table that was read, what it was recognised as, and whose it says it is.
    n_rows, n_events : int
        Rows in the file, and those that can be used.
    precision : tuple of str
        Of x, y and energy.
    reasons : tuple of str
        How positions and energies were decided.
    band_counts : (4,) tuple of int [events]
        At most 2.5, 5, 7.5 keV, and above.
    energy_range : (min, max) [keV]
    extent : (x, y) [arcsec]
    centre : (ra, dec) [deg], or None where positions are pixels
    would_drop : dict
        Reason -> rows that no image can use; ``read_events`` refuses the file for them unless told to drop
        them.
    doubtful : dict
        Reason -> rows that the mission does not recommend; kept unless the user cuts them.
    """

    path: str
    table: str
    layout: str
    mission: str
    n_rows: int
    n_events: int
    precision: tuple[str, str, str]
    reasons: tuple[str, ...]
    band_counts: tuple[int, ...]
    energy_range: tuple[float, float]
    extent: tuple[float, float]
    centre: tuple[float, float] | None
    would_drop: dict[str, int]
    doubtful: dict[str, int]

    def __str__(self) -> str:
        """Return one fact a line."""
        bands = ("<= 2.5", "2.5-5", "5-7.5", "> 7.5")
        counts = ", ".join(f"{band} keV {count}" for band, count in zip(bands, self.band_counts, strict=True))
        lines = [
            f"{self.path}: {self.layout} (table {self.table}, mission {self.mission or 'not given'})",
            f"events: {self.n_events} usable of {self.n_rows} rows",
            *self.reasons,
            f"precision: x {self.precision[0]}, y {self.precision[1]}, energy {self.precision[2]}",
            f"bands: {counts}",
            f"energies: {self.energy_range[0]:.4g} to {self.energy_range[1]:.4g} keV",
            f"extent: {self.extent[0]:.1f} x {self.extent[1]:.1f} arcsec",
        ]
        if self.centre is not None:
            lines.append(f"tangent point: RA {self.centre[0]:.6f}, DEC {self.centre[1]:.6f} deg")
        lines += [f"would drop: {count} rows, {reason}" for reason, count in self.would_drop.items()]
        lines += [f"kept, but look: {count} rows, {reason}" for reason, count in self.doubtful.items()]
        return "\n".join(lines if self.would_drop else [*lines, "would drop: nothing"])


def inspect_events(path: str | Path, *, request: Request | None = None) -> Inspection:
    """Say what an event file holds, as :func:`~report_utils.events.reading.read_events` would read it.

    Parameters
    ----------
    path : path
    request : Request, optional
        What the user states about columns and units.

    Returns
    -------
    Inspection

    Raises
    ------
    InputError
        If the file cannot be read even when rows that cannot be used are dropped.
    """
    reading = load_events(path, request=request or Request(), invalid="drop")
    events = reading.events
    return Inspection(
        path=str(path),
        table=reading.table.name,
        layout=reading.layout.name,
        mission=mission(reading.table),
        n_rows=reading.n_rows,
        n_events=len(events),
        precision=(events.x.dtype.name, events.y.dtype.name, events.energy.dtype.name),
        reasons=reading.layout.reasons,
        band_counts=_band_counts(events.energy),
        energy_range=(float(events.energy.min()), float(events.energy.max())),
        extent=(float(np.ptp(events.x)), float(np.ptp(events.y))),
        centre=reading.centre,
        would_drop=reading.dropped,
        doubtful=_doubtful(reading),
    )


def _band_counts(energy: np.ndarray) -> tuple[int, ...]:
    at_most = [int(np.count_nonzero(energy <= edge)) for edge in BAND_EDGES]
    return tuple(np.diff([0, *at_most, len(energy)]).tolist())


def _doubtful(reading: Reading) -> dict[str, int]:
    table = reading.table
    found = {}
    for column, valid in _valid_values(table):
        if (known := table.find(column)) is None or not known.is_number:
            continue
        values = table.read([known])[known.name]
        count = int(np.count_nonzero(~np.isin(values, valid)))
        if count:
            found[f"{known.name} other than {', '.join(map(str, valid))}"] = count
    return found


def _valid_values(table: FitsTable) -> list[tuple[str, tuple[int, ...]]]:
    """Return what the missions recommend: Chandra's standard grades, eROSITA's patterns."""
    return {"chandra": [("grade", _CHANDRA_GRADES)], "erosita": [("pat_typ", _EROSITA_PATTERNS)]}.get(
        mission(table), []
    )
