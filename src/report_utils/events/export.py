"""Writing observations, simulated or archived, as FITS files with a catalogue: what ``ingest`` reads back.

The files have the layout of SIXTE's imaging event files, so that other tools can read them. The positions are put on
the sky about a pointing; RA and DEC are doubles, which keeps them to 1e-9 arcsec. What an
:class:`~report_utils.events.eventlist.EventList` does not know (time, frame, detector pixels' sharing of the signal) is
written as SIXTE would for single-pixel events at time 0, and the header says so.
"""

from __future__ import annotations

import csv
import gzip
import math
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from report_utils.errors import InputError
from report_utils.events.archive import Archive
from report_utils.events.event_files import open_tables
from report_utils.events.eventlist import EventList, Source, content_digest
from report_utils.events.missions import SKY_PIXELS
from report_utils.events.positions import to_sky
from report_utils.files.disk import whole_file
from report_utils.files.input_files import demand_file, reading_as, unreadable

CATALOGUE = "catalogue.csv"
_COLUMNS = ("cluster_id", "log10_mass", "events", "events_agn_less", "group")
SOURCE_IDS = {Source.GAS: 1, Source.AGN: 2, Source.BACKGROUND: -1}
"""SRC_ID of each label in the files written here (-1 is SIXTE's own); 0 where an event list has no labels."""
AGN_SOURCE_IDS = (SOURCE_IDS[Source.AGN],)
"""The ``agn_source_ids`` of :func:`~report_utils.events.reading.read_events` for files written here."""
POINTING = (180.0, 0.0)
"""(RA, DEC) [deg]; far from the seam at RA 0, where doubles would lose digits."""
_CHANNEL_KEV = 0.0146
_BLOCK = 1 << 17
_FITS_BLOCK = 2880

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
    rows = _earlier_rows(catalogue)
    own = {row[name] for row in rows.values() for name in ("events", "events_agn_less")}
    done: set[str] = set()
    try:
        for events, other in _pairs(observations, agn_less=agn_less):
            if not (math.isfinite(events.log10_mass) or isinstance(observations, Archive)):
                msg = f"{folder}: {events.label} has no mass (log10_mass={events.log10_mass}); give it one"
                raise InputError(msg)
            name = _file_name(events, done, folder)
            mass = repr(float(events.log10_mass)) if math.isfinite(events.log10_mass) else ""
            row = {"cluster_id": events.cluster_id, "log10_mass": mass, "group": events.group}
            row["events"] = _write_missing(folder, name, events, own, gzipped=gzipped)
            if other is not None:
                row["events_agn_less"] = _write_missing(folder, f"{name}_agn_less", other, own, gzipped=gzipped)
            rows[events.cluster_id] = row
    finally:
        if rows:
            with whole_file(catalogue) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
                lines = csv.DictWriter(stream, _COLUMNS, restval="", lineterminator="\n")
                lines.writeheader()
                lines.writerows(rows.values())
    if not done:
        msg = f"{folder}: there are no observations to export; name at least one"
        raise InputError(msg)
    return catalogue


def _pairs(observations: Iterable[EventList | Pair], *, agn_less: bool) -> Iterator[Pair]:
    if isinstance(observations, Archive):
        for name in observations.ids:
            has_other = agn_less and name in observations.agn_less
            yield observations.read(name), observations.read(name, "agn_less") if has_other else None
        return
    for given in observations:
        events, other = given if isinstance(given, tuple) else (given, None)
        if other is None and events.source is not None:
            other = events.without_agn()
        yield events, other if agn_less else None


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


def _write_missing(folder: Path, name: str, events: EventList, own: set[str], *, gzipped: bool) -> str:
    """Write a file that is missing or holds other events; a file that no export has written is left alone."""
    path = folder / f"{name}.fits{'.gz' if gzipped else ''}"
    written = written_digest(path) if path.exists() else None
    if path.exists() and written is None and path.name not in own:
        msg = f"{path}: this file exists, but no export has written it; choose another folder, or move the file"
        raise InputError(msg)
    if written != content_digest(events):
        write_sixte(path, events, overwrite=True)
    return path.name


def _earlier_rows(catalogue: Path) -> dict[str, dict[str, str]]:
    """Return the rows of an earlier export into this folder whose files are there.

    A catalogue that no export has written is refused, and one that has been damaged since.
    """
    if not catalogue.exists():
        return {}
    demand_file(catalogue)
    rows: dict[str, dict[str, str]] = {}
    with reading_as("UTF-8 CSV", catalogue), catalogue.open(encoding="utf-8", newline="") as stream:
        is_own = next(stream, "").rstrip() == ",".join(_COLUMNS)
        reader = csv.DictReader(stream if is_own else (), _COLUMNS, strict=True)
        for row in reader:
            if not _is_exported(row) or row["cluster_id"] in rows:
                msg = f"{catalogue}, line {reader.line_num + 1}: no export writes such a row; correct it"
                raise InputError(msg)
            rows[row["cluster_id"]] = row
    there = {
        name: row
        for name, row in rows.items()
        if os.path.isfile(catalogue.parent / row["events"])  # noqa: PTH113 - Path's raises where a name is too long
    }
    if not any(written_digest(catalogue.parent / row["events"]) is not None for row in there.values()):
        msg = f"{catalogue}: this catalogue exists, but no export has written it; choose another folder"
        raise InputError(msg)
    return there


def _is_exported(row: dict[str | None, str | None]) -> bool:
    """Tell whether a row has a printable value for each column and a mass or none."""
    if None in row or not all(value is not None and value.isprintable() for value in row.values()):
        return False
    try:
        return row["log10_mass"] == "" or math.isfinite(float(row["log10_mass"]))
    except ValueError:
        return False


def write_sixte(
    path: str | Path,
    events: EventList,
    *,
    overwrite: bool = False,
    pointing: tuple[float, float] = POINTING,
) -> None:
    """Write an event list as a SIXTE-layout FITS file, gzipped if the name ends in ``.gz``.

    The file appears only when it is whole. 120 bytes an event, 124 where energies are float64.

    Parameters
    ----------
    path : path
    events : EventList
        Labels become SRC_ID as in :data:`SOURCE_IDS`; the header's SRCGAS, SRCAGN, SRCBKG and SRCLABEL say so.
    overwrite : bool
        Whether an existing file may be replaced.
    pointing : (ra, dec) [deg]
        Where x = y = 0 lies; x grows with RA.

    Raises
    ------
    InputError
        If the file exists and may not be replaced, its folder does not exist, or a value has no place on the
        sky.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        msg = f"{path}: the file exists; choose another name, or set overwrite"
        raise InputError(msg)
    if not path.parent.is_dir():
        msg = f"{path}: its folder does not exist; make it first"
        raise InputError(msg)
    for name, column in events.columns().items():
        bad = ~np.isfinite(column)
        if bad.any():
            msg = (
                f"{path}: row {int(np.argmax(bad)) + 1}: column {name!r} is not a finite number"
                f" ({int(bad.sum())} such rows); remove them before writing"
            )
            raise InputError(msg)
    try:
        with whole_file(path) as temporary, temporary.open("wb") as stream:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", compresslevel=4, fileobj=stream, mtime=0) as packed:
                    _write(packed, events, pointing)
            else:
                _write(stream, events, pointing)
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror or error}); check the folder and the space left"
        raise InputError(msg) from None


def written_digest(path: Path) -> str | None:
    """Return the content digest that a file written here carries, or None for any other file."""
    try:
        value = open_tables(path)[0].value("EVTSHA")
    except InputError:
        return None
    return str(value) if value else None


def _write(stream: IO[bytes], events: EventList, pointing: tuple[float, float]) -> None:
    """Write headers that astropy makes, then the rows block by block: a list may not fit into memory twice."""
    from astropy.io import fits

    row_type = np.dtype(
        [
            ("TIME", ">f8"), ("FRAME", ">i4"), ("PHA", ">i4"), ("PI", ">i4"),
            ("SIGNAL", ">f8" if events.energy.dtype == np.float64 else ">f4"),
            ("RAWX", ">i2"), ("RAWY", ">i2"), ("RA", ">f8"), ("DEC", ">f8"),
            ("PH_ID", ">i4", 2), ("SRC_ID", ">i4", 2), ("TYPE", ">i2"), ("NPIXELS", ">i2"), ("PILEUP", ">i2"),
            ("SIGNALS", ">f4", 9), ("PHAS", ">i2", 9),
        ]
    )  # fmt: skip
    table = fits.BinTableHDU(np.zeros(0, row_type), name="EVENTS")
    for name, unit in {"TIME": "s", "SIGNAL": "keV", "SIGNALS": "keV", "RA": "deg", "DEC": "deg"}.items():
        table.header[f"TUNIT{row_type.names.index(name) + 1}"] = unit
    table.header["NAXIS2"] = len(events)
    cards = [
        ("TELESCOP", "SIXTE"), ("INSTRUME", "NONE", "no instrument: written from an event list"),
        ("CREATOR", "report_utils"),
        ("OBJECT", events.cluster_id.encode("ascii", "replace").decode()[:68]),
        ("RADECSYS", "FK5"), ("EQUINOX", 2000.0),
        ("RA_PNT", float(pointing[0]), "[deg] x = 0"), ("DEC_PNT", float(pointing[1]), "[deg] y = 0"),
        ("PA_PNT", 0.0, "[deg]"),
        ("XYPREC", np.result_type(events.x, events.y).name, "precision of x and y before projection"),
        ("SRCLABEL", events.source is not None, "SRC_ID holds the labels below"),
        ("SRCGAS", SOURCE_IDS[Source.GAS], "SRC_ID of gas"),
        ("SRCAGN", SOURCE_IDS[Source.AGN], "SRC_ID of AGN"),
        ("SRCBKG", SOURCE_IDS[Source.BACKGROUND], "SRC_ID of background"),
        ("EVTSHA", content_digest(events)),
        ("COMMENT", "TIME and FRAME are 0, PHA and PI are channels of 14.6 eV, all events"),
        ("COMMENT", "are single-pixel: the event list that this was written from knows no more."),
    ]  # fmt: skip
    for card in cards:
        table.header.append(card, end=True)
    stream.write(fits.PrimaryHDU().header.tostring().encode("ascii"))
    stream.write(table.header.tostring().encode("ascii"))
    ids = np.array([SOURCE_IDS[source] for source in Source], np.int32)
    for start in range(0, len(events), _BLOCK):
        part = slice(start, start + _BLOCK)
        energy = events.energy[part]
        rows = np.zeros(len(energy), row_type)
        channel = np.clip(np.floor(energy / _CHANNEL_KEV) + 1, 1, 1024).astype(np.int16)
        rows["PHA"] = rows["PI"] = channel
        rows["SIGNAL"] = energy
        rows["SIGNALS"][:, 4], rows["PHAS"][:, 4] = energy, channel
        for name, column in (("RAWX", events.x), ("RAWY", events.y)):
            rows[name] = np.clip(np.rint(column[part] / SKY_PIXELS["chandra"]), -32768, 32767)
        rows["RA"], rows["DEC"] = to_sky(events.x[part], events.y[part], pointing)
        rows["PH_ID"][:, 0] = np.arange(start + 1, start + 1 + len(energy))
        if events.source is not None:
            rows["SRC_ID"][:, 0] = ids[events.source[part]]
        rows["NPIXELS"] = 1
        stream.write(rows.tobytes())
    stream.write(bytes(-(len(events) * row_type.itemsize) % _FITS_BLOCK))
