"""Which format a file has: its first bytes say so, and only of text its name."""

from __future__ import annotations

from pathlib import Path

from report_utils.errors import InputError
from report_utils.events.csv_table import open_csv
from report_utils.events.files import first_bytes
from report_utils.events.headers import read_tables
from report_utils.events.npz_table import open_npz
from report_utils.events.parquet_table import open_parquet
from report_utils.events.table import Table

_TEXT_NAMES = (".csv", ".tsv", ".txt", ".dat", ".ecsv")
_KNOWN = (
    "give FITS, Parquet, NPZ, or text with a name that ends in .csv or .ecsv (each but Parquet and NPZ also gzipped)"
)


def open_tables(path: Path, *, until: str | None = None) -> list[Table]:
    """Return the tables of a file, described but not read.

    Parameters
    ----------
    path : Path
    until : str, optional
        Stop at the FITS table of this name, which spares unpacking the rest of a gzipped file.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, or of no format that is read here.
    """
    magic, packed = first_bytes(path)
    if magic.startswith(b"SIMPLE"):
        return read_tables(path, until=until)
    if not packed and magic.startswith(b"PAR1"):
        return [open_parquet(path)]
    if not packed and magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return [open_npz(path)]
    if magic.startswith((b"PAR1", b"PK\x03\x04")):
        msg = f"{path}: is gzipped although its format packs by itself; unpack it"
        raise InputError(msg)
    if magic.startswith(b"\x89HDF"):
        msg = f"{path}: HDF5 is not read; write the columns as Parquet, CSV or NPZ"
        raise InputError(msg)
    if path.name.lower().removesuffix(".gz").endswith(_TEXT_NAMES):
        return [open_csv(path)]
    msg = f"{path}: this is not a FITS file or any other that is known ({magic!r}); {_KNOWN}"
    raise InputError(msg)
