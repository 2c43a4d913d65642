"""Writing an event list in the layout of SIXTE's imaging event files, so that other tools can read it.

The positions are put on the sky about a pointing; RA and DEC are doubles, which keeps them to 1e-9 arcsec.
What an :class:`~report_utils.events.eventlist.EventList` does not know (time, frame, detector pixels' sharing
of the signal) is written as SIXTE would for single-pixel events at time 0, and the header says so.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from report_utils.errors import InputError
from report_utils.events.eventlist import EventList, Source
from report_utils.events.missions import SKY_PIXELS
from report_utils.events.sky_plane import to_sky
from report_utils.files.disk import whole_file

SOURCE_IDS = {Source.GAS: 1, Source.AGN: 2, Source.BACKGROUND: -1}
"""SRC_ID of each label in the files written here (-1 is SIXTE's own); 0 where an event list has no labels."""
AGN_SOURCE_IDS = (SOURCE_IDS[Source.AGN],)
"""The ``agn_source_ids`` of :func:`~report_utils.events.reading.read_events` for files written here."""
POINTING = (180.0, 0.0)
"""(RA, DEC) [deg]; far from the seam at RA 0, where doubles would lose digits."""
_CHANNEL_KEV = 0.0146
_BLOCK = 1 << 17
_FITS_BLOCK = 2880


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
        Labels become SRC_ID as in :data:`SOURCE_IDS`; the header's SRCGAS, SRCAGN, SRCBKG and SRCLABEL say
        so.
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


def content_digest(events: EventList) -> str:
    """Return the SHA-256 of the events' columns: names, precisions and values, nothing of mass or name."""
    digest = hashlib.sha256()
    for name, column in events.columns().items():
        digest.update(f"{name}:{column.dtype.str}:{len(column)};".encode())
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


def written_digest(path: Path) -> str | None:
    """Return the content digest that a file written here carries, or None for any other file."""
    from report_utils.events.fits_tables import read_fits_tables

    try:
        value = read_fits_tables(path, until="EVENTS")[0].value("EVTSHA")
    except InputError:
        return None
    return str(value) if value else None


def _row_type(events: EventList) -> np.dtype:
    signal = ">f8" if events.energy.dtype == np.float64 else ">f4"
    return np.dtype(
        [
            ("TIME", ">f8"), ("FRAME", ">i4"), ("PHA", ">i4"), ("PI", ">i4"), ("SIGNAL", signal),
            ("RAWX", ">i2"), ("RAWY", ">i2"), ("RA", ">f8"), ("DEC", ">f8"),
            ("PH_ID", ">i4", 2), ("SRC_ID", ">i4", 2), ("TYPE", ">i2"), ("NPIXELS", ">i2"), ("PILEUP", ">i2"),
            ("SIGNALS", ">f4", 9), ("PHAS", ">i2", 9),
        ]
    )  # fmt: skip


def _write(stream: IO[bytes], events: EventList, pointing: tuple[float, float]) -> None:
    row_type = _row_type(events)
    for header in _headers(events, row_type, pointing):
        stream.write(header)
    for block in _rows(events, row_type, pointing):
        stream.write(block.tobytes())
    stream.write(bytes(-(len(events) * row_type.itemsize) % _FITS_BLOCK))


def _rows(events: EventList, row_type: np.dtype, pointing: tuple[float, float]) -> Iterator[np.ndarray]:
    ids = np.zeros(len(Source), np.int32)
    for source, number in SOURCE_IDS.items():
        ids[source] = number
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
        yield rows


def _headers(events: EventList, row_type: np.dtype, pointing: tuple[float, float]) -> Iterator[bytes]:
    from astropy.io import fits

    primary = fits.PrimaryHDU().header
    primary["CREATOR"] = "report_utils"
    yield primary.tostring().encode("ascii")
    header = fits.Header()
    cards = [
        ("XTENSION", "BINTABLE"), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", row_type.itemsize),
        ("NAXIS2", len(events)), ("PCOUNT", 0), ("GCOUNT", 1), ("TFIELDS", len(row_type.names)),
    ]  # fmt: skip
    units = {"TIME": "s", "SIGNAL": "keV", "SIGNALS": "keV", "RA": "deg", "DEC": "deg"}
    letters = {"f8": "D", "f4": "E", "i4": "J", "i2": "I"}
    for number, name in enumerate(row_type.names, start=1):
        column = row_type[name]
        count = int(np.prod(column.shape, dtype=int))
        cards.append((f"TTYPE{number}", name))
        cards.append((f"TFORM{number}", f"{count}{letters[column.base.str[1:]]}"))
        if name in units:
            cards.append((f"TUNIT{number}", units[name]))
    labelled = events.source is not None
    cards += [
        ("EXTNAME", "EVENTS"),
        ("TELESCOP", "SIXTE"), ("INSTRUME", "NONE", "no instrument: written from an event list"),
        ("CREATOR", "report_utils"),
        ("OBJECT", events.cluster_id.encode("ascii", "replace").decode()[:68]),
        ("RADECSYS", "FK5"), ("EQUINOX", 2000.0),
        ("RA_PNT", float(pointing[0]), "[deg] x = 0"), ("DEC_PNT", float(pointing[1]), "[deg] y = 0"),
        ("PA_PNT", 0.0, "[deg]"),
        ("XYPREC", np.result_type(events.x, events.y).name, "precision of x and y before projection"),
        ("SRCLABEL", labelled, "SRC_ID holds the labels below"),
        ("SRCGAS", SOURCE_IDS[Source.GAS], "SRC_ID of gas"),
        ("SRCAGN", SOURCE_IDS[Source.AGN], "SRC_ID of AGN"),
        ("SRCBKG", SOURCE_IDS[Source.BACKGROUND], "SRC_ID of background"),
        ("EVTSHA", content_digest(events)),
        ("COMMENT", "TIME and FRAME are 0, PHA and PI are channels of 14.6 eV, all events"),
        ("COMMENT", "are single-pixel: the event list that this was written from knows no more."),
    ]  # fmt: skip
    for card in cards:
        header.append(card, end=True)
    yield header.tostring().encode("ascii")
