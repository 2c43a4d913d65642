"""NumPy archives (``.npz``), read within limits: what a member claims is checked before memory is allocated."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from report_utils.errors import InputError
from report_utils.files.input_files import MAX_BYTES, demand_file

_MAX_HEADER = 1 << 16
"""[bytes] NumPy has a lower limit, but checks it only once the header is in memory."""
_MAX_MEMBERS = 1000
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_END_BYTES = 22
_MAX_COMMENT = 1 << 16


def open_arrays(path: Path, max_bytes: int = MAX_BYTES) -> zipfile.ZipFile:
    """Open an archive of arrays whose directory and members stay within limits.

    Parameters
    ----------
    path : Path
    max_bytes : int
        Limit for all members together, unpacked.

    Raises
    ------
    InputError
        If it is not a regular file, or has too many or too large members.
    OSError, ValueError, zipfile.BadZipFile, ...
        If it is damaged; zipfile raises nearly anything.
    """
    demand_file(path)
    _demand_short_directory(path)
    archive = zipfile.ZipFile(path)
    members = archive.infolist()
    n_bytes = sum(member.file_size for member in members)
    packing = {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if n_bytes > max_bytes or packing:
        archive.close()
        what = "are compressed in a way that NumPy does not use" if packing else f"unpack to {n_bytes} bytes"
        msg = f"{path}: its arrays {what}; write it again with numpy.savez, or with fewer values"
        raise InputError(msg)
    return archive


def _demand_short_directory(path: Path) -> None:
    """Refuse an archive of too many files before zipfile reads all their names."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _END_BYTES - _MAX_COMMENT))
        end = stream.read()
    place = end.rfind(_END)
    if place < 0 or len(end) - place < _END_BYTES:
        msg = "it has no end; it is cut off"
        raise EOFError(msg)
    n_members = int.from_bytes(end[place + 10 : place + 12], "little")
    n_bytes = int.from_bytes(end[place + 12 : place + 16], "little")
    if n_members > _MAX_MEMBERS or n_bytes > _MAX_MEMBERS << 10 or end[place - 20 : place - 16] == _END_64:
        msg = f"{path}: holds {n_members} arrays or more than 4 GB; write it as Parquet"
        raise InputError(msg)


def read_array_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype, bool]:
    """Return shape, type and whether the order is Fortran's, of a ``.npy`` stream; leave it at its values.

    Raises
    ------
    ValueError, TypeError, SyntaxError
        If it is not an array, or has a version for other things than numbers and text.
    """
    version = np.lib.format.read_magic(stream)
    if version not in {(1, 0), (2, 0)}:
        msg = f"its version {version} is for structured arrays"
        raise ValueError(msg)
    width = 2 if version == (1, 0) else 4
    length = stream.read(width)
    n_bytes = int.from_bytes(length, "little")
    if n_bytes > _MAX_HEADER:
        msg = f"its header claims {n_bytes} bytes"
        raise ValueError(msg)
    head = stream.read(n_bytes)
    if len(length) < width or len(head) < n_bytes:
        msg = "its header is cut off"
        raise ValueError(msg)
    read = np.lib.format.read_array_header_1_0 if width == 2 else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        shape, fortran, dtype = read(io.BytesIO(length + head))
    return shape, dtype, fortran
