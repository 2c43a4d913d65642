"""Digests of files, reading them packed or not, and what to say of one that cannot be read."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from report_utils.errors import InputError
from report_utils.files.input_files import demand_file

GZIP_MAGIC = b"\x1f\x8b"
DEFLATE_LIMIT = 1032
"""No deflate stream expands further (zlib's documentation): more cannot be in a packed file."""
MAX_UNPACKED = 4 << 30
"""[bytes] Of any packed file: more takes tens of seconds to unpack, and no list of few enough rows has it."""
_SMALL_UNPACKED = 64 << 20
_MAX_RATIO = 200
"""Numbers pack to a tenth at best; blank columns and images, which come along, to less."""
UNPACKING_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
_CHUNK = 16 << 20


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    demand_file(path)
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> InputError:
    """Return the message for a file that the operating system does not hand out."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: there is no such file; check the path")
    if isinstance(error, IsADirectoryError):
        return InputError(f"{path}: this is a folder; name the event file in it")
    reason = error.strerror or str(error) or type(error).__name__
    return InputError(f"{path}: cannot be read ({reason}); check the file and its permissions")


def is_gzipped(path: Path) -> bool:
    """Whether a file starts as gzip files do; its name is not asked."""
    with path.open("rb") as stream:
        return stream.read(2) == GZIP_MAGIC


@contextmanager
def open_maybe_gzipped(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked where it is gzipped."""
    try:
        if is_gzipped(path):
            with gzip.open(path, "rb") as stream:
                yield stream
        else:
            with path.open("rb", buffering=0) as stream:
                yield stream
    except OSError as error:
        raise unreadable(path, error) from None


def first_bytes(path: Path, n_bytes: int = 8) -> tuple[bytes, bool]:
    """Return a file's first bytes, unpacked where it is gzipped, and whether it is.

    Raises
    ------
    InputError
        If the file is missing, no file, too large, empty, or packed so that nothing can be read.
    """
    demand_file(path)
    try:
        with path.open("rb") as stream:
            magic = stream.read(n_bytes)
        if not magic.startswith(GZIP_MAGIC):
            if not magic:
                msg = f"{path}: the file is empty (0 bytes); copy or download it again"
                raise InputError(msg)
            return magic, False
        with gzip.open(path, "rb") as stream:
            return stream.read(n_bytes), True
    except UNPACKING_ERRORS as error:
        msg = f"{path}: its gzip stream is damaged ({error}); copy or download it again"
        raise InputError(msg) from None
    except OSError as error:
        raise unreadable(path, error) from None


def unpacked_limit(path: Path) -> int:
    """Return the bytes beyond which a packed file has no end in sight, for no event list packs so well."""
    return min(MAX_UNPACKED, _SMALL_UNPACKED + _MAX_RATIO * path.stat().st_size)


def check_sum(path: Path, stream: IO[bytes]) -> None:
    """Read a gzipped file to its end, where its checksum tells flipped bits from good ones.

    Raises
    ------
    InputError
        If the checksum does not fit, or the file has no end in sight.
    """
    if not isinstance(stream, gzip.GzipFile):
        return
    limit = unpacked_limit(path)
    try:
        while stream.read(_CHUNK):
            if stream.tell() > limit:
                raise too_large_unpacked(path)
    except (*UNPACKING_ERRORS, OSError) as error:
        msg = f"{path}: the gzip checksum does not fit ({error}); copy or download the file again"
        raise InputError(msg) from None


def too_large_unpacked(path: Path) -> InputError:
    """Return the message for a packed file with more in it than an event list can have."""
    limit = unpacked_limit(path) >> 20
    return InputError(
        f"{path}: unpacks to more than {limit} MB, as no event list does; unpack it and check what it holds"
    )
