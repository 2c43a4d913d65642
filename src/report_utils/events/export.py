"""Writing observations, simulated or archived, as FITS files with a catalogue: what ``ingest`` reads back."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from report_utils.errors import InputError
from report_utils.events.archive import Archive
from report_utils.events.catalogue import read_catalogue
from report_utils.events.eventlist import EventList
from report_utils.events.ingest_options import IngestOptions
from report_utils.events.sixte import content_digest, write_sixte, written_digest
from report_utils.files.disk import whole_file
from report_utils.files.input_files import unreadable

CATALOGUE = "catalogue.csv"
_COLUMNS = ("cluster_id", "log10_mass", "events", "events_agn_less", "group")

Pair = tuple[EventList, EventList | None]


def export_observations(
    observations: Iterable[EventList | Pair], folder: str | Path, *, agn_less: bool = True, gzipped: bool = False
) -> Path:
    """Write each observation as a SIXTE-layout FITS file, and a catalogue of them.

    A file that already holds the same events is not written again, and the catalogue names every finished
    file even when the run is stopped, so a second run continues with what is missing. Observations already in
    the folder's catalogue stay in it.

    Parameters
    ----------
    observations : iterable of EventList
        An :class:`~report_utils.events.archive.Archive`, or observations with a cluster_id and a mass, each alone
        or with its AGN-less list. An archive's observations may lack masses.
    folder : path
        It is made if it does not exist.
    agn_less : bool
        Whether to write ``<cluster_id>_agn_less.fits`` too: the list given or the archive's own, or the events
        not labelled AGN; observations with neither get none.
    gzipped : bool
        Whether to gzip the files: about a third of the size, but many times slower.

    Returns
    -------
    Path
        The catalogue.

    Raises
    ------
    InputError
        If an observation lacks name or mass, two share a name, the folder cannot be written, or it holds a catalogue
        or a file of an observation's name that no export has written.
    """
    folder = Path(folder)
    if folder.is_file():
        msg = f"{folder}: this is a file; choose a folder to export to"
        raise InputError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unreadable(folder, error) from None
    catalogue = folder / CATALOGUE
    rows = _listed(catalogue)
    listed = {row[name] for row in rows.values() for name in ("events", "events_agn_less")}
    done: set[str] = set()
    try:
        for events, other in _pairs(observations, agn_less=agn_less):
            if not (math.isfinite(events.log10_mass) or isinstance(observations, Archive)):
                msg = f"{folder}: {events.label} has no mass (log10_mass={events.log10_mass}); give it one"
                raise InputError(msg)
            name = _file_name(events, done, folder)
            row = {"cluster_id": events.cluster_id, "log10_mass": _mass_text(events.log10_mass)}
            row |= {"group": events.group, "events": _write(folder, name, events, listed, gzipped=gzipped)}
            if other is not None:
                row["events_agn_less"] = _write(folder, f"{name}_agn_less", other, listed, gzipped=gzipped)
            rows[events.cluster_id] = row
    finally:
        if rows:
            _write_catalogue(catalogue, rows)
    if not done:
        msg = f"{folder}: there are no observations to export; name at least one"
        raise InputError(msg)
    return catalogue


def _pairs(observations: Iterable[EventList | Pair], *, agn_less: bool) -> Iterator[Pair]:
    if isinstance(observations, Archive):
        for name in observations.ids:
            listed = agn_less and name in observations.agn_less
            yield observations.read(name), observations.read(name, "agn_less") if listed else None
        return
    for given in observations:
        events, other = given if isinstance(given, tuple) else (given, None)
        if other is None and events.source is not None:
            other = events.without_agn()
        yield events, other if agn_less else None


def _mass_text(log10_mass: float) -> str:
    return repr(float(log10_mass)) if math.isfinite(log10_mass) else ""


def _file_name(events: EventList, done: set[str], folder: Path) -> str:
    if not events.cluster_id:
        msg = f"{folder}: an observation has no name (cluster_id); give it one"
        raise InputError(msg)
    name = re.sub(r"[^A-Za-z0-9._+-]", "_", events.cluster_id)
    name = f"_{name[1:]}" if name.startswith(".") else name
    if name.lower() in done or f"{name.lower()}_agn_less" in done:
        msg = f"{folder}: {events.label} would be written to the file of another observation; rename one of them"
        raise InputError(msg)
    done.update((name.lower(), f"{name.lower()}_agn_less"))
    return name


def _write(folder: Path, name: str, events: EventList, listed: set[str], *, gzipped: bool) -> str:
    """Write a file that is missing or holds other events; a file that no export has written is left alone."""
    path = folder / f"{name}.fits{'.gz' if gzipped else ''}"
    written = written_digest(path) if path.exists() else None
    if path.exists() and written is None and path.name not in listed:
        msg = f"{path}: this file exists, but no export has written it; choose another folder, or move the file"
        raise InputError(msg)
    if written != content_digest(events):
        write_sixte(path, events, overwrite=True)
    return path.name


def _listed(catalogue: Path) -> dict[str, dict[str, str]]:
    """Return the rows of an earlier export into this folder.

    Raises
    ------
    InputError
        If there is a catalogue that no export has written.
    """
    if not catalogue.exists():
        return {}
    listed = {}
    for row in read_catalogue(catalogue, IngestOptions(without_masses=True), check_files=False):
        if not row.events.is_file():
            continue
        listed[row.cluster_id] = {
            "cluster_id": row.cluster_id,
            "log10_mass": _mass_text(row.log10_mass),
            "events": row.events.name,
            "events_agn_less": row.events_agn_less.name if row.events_agn_less else "",
            "group": row.group,
        }
    first_line = catalogue.read_text(encoding="utf-8").partition("\n")[0]
    if first_line != ",".join(_COLUMNS) or not any(
        written_digest(catalogue.parent / row["events"]) is not None for row in listed.values()
    ):
        msg = f"{catalogue}: this catalogue exists, but no export has written it; choose another folder"
        raise InputError(msg)
    return listed


def _write_catalogue(catalogue: Path, rows: dict[str, dict[str, str]]) -> None:
    with whole_file(catalogue) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.DictWriter(stream, _COLUMNS, restval="", lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows.values())
