"""Reading files that may be gzipped, with a bound on how much they unpack to."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from report_utils.errors import InputError
from report_utils.files.input_files import demand_file, unreadable

GZIP_MAGIC = b"\x1f\x8b"
DEFLATE_LIMIT = 1032
"""The largest ratio that deflate reaches (zlib's documentation); a packed file cannot hold more than this."""
MAX_UNPACKED = 4 << 30
"""[bytes] Limit for any packed file: more takes tens of seconds to unpack, and has more rows than are read."""
_SMALL_UNPACKED = 64 << 20
_MAX_RATIO = 200
"""Numbers pack to a tenth at best; blank columns and images beside them pack better."""
UNPACKING_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
_CHUNK = 16 << 20


def is_gzipped(path: Path) -> bool:
    """Whether a file starts with gzip's magic bytes, whatever its name."""
    with path.open("rb") as stream:
        return stream.read(2) == GZIP_MAGIC


@contextmanager
def open_maybe_gzipped(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading; a gzipped one is unpacked while it is read."""
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
    """Return a file's first bytes, unpacked if it is gzipped, and whether it is.

    Raises
    ------
    InputError
        If the file is missing, not a regular file, too large or empty, or its gzip stream is damaged.
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
    """Return the size [bytes] beyond which a packed file is refused: no event list packs so well."""
    return min(MAX_UNPACKED, _SMALL_UNPACKED + _MAX_RATIO * path.stat().st_size)


def verify_checksum(path: Path, stream: IO[bytes]) -> None:
    """Read a gzipped stream to its end, where Python compares the checksum; other streams are left alone.

    Raises
    ------
    InputError
        If the checksum differs, or the stream unpacks to more than the limit.
    """
    if not isinstance(stream, gzip.GzipFile):
        return
    limit = unpacked_limit(path)
    try:
        while stream.read(_CHUNK):
            if stream.tell() > limit:
                raise unpacks_too_large(path)
    except (*UNPACKING_ERRORS, OSError) as error:
        msg = f"{path}: the gzip checksum does not match ({error}); copy or download the file again"
        raise InputError(msg) from None


def unpacks_too_large(path: Path) -> InputError:
    """Return the message for a packed file that holds more than any event list."""
    limit = unpacked_limit(path) >> 20
    return InputError(
        f"{path}: unpacks to more than {limit} MB, larger than any event list; unpack it and check its contents"
    )
