"""Reading what a user names: checks of a file's kind, size and JSON, unpacking gzip within bounds, plain numbers.

A device or a pipe never ends, a few kilobytes can claim or unpack to gigabytes, and brackets can nest deeper than
Python parses. Each is refused in one line before it costs memory or time.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from report_utils.errors import InputError, printable

MAX_BYTES = 16 << 30
"""[bytes] Limit for any file: the longest event list that is read, at 800 bytes a row, is no larger."""
MAX_DEPTH = 30
"""Nesting of brackets in JSON; this package writes six levels."""
_KINDS = {
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}
_GZIP_MAGIC = b"\x1f\x8b"
DEFLATE_LIMIT = 1032
"""The largest ratio that deflate reaches (zlib's documentation); a packed file cannot hold more than this."""
MAX_UNPACKED = 4 << 30
"""[bytes] Limit for any packed file: more takes tens of seconds to unpack, and has more rows than are read."""
_SMALL_UNPACKED = 64 << 20
_MAX_RATIO = 200
"""Numbers pack to a tenth at best; blank columns and images beside them pack better."""
UNPACKING_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
_CHUNK = 16 << 20
_REAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_MAX_DIGITS = 100


def demand_file(path: Path, max_bytes: int = MAX_BYTES) -> int:
    """Return the size of a regular file [bytes]."""
    try:
        found = Path(path).stat()
    except ValueError as error:  # a NUL in the name
        msg = f"{str(path)!r}: no file can have this name ({error}); correct the path"
        raise InputError(msg) from None
    except OSError as error:
        raise unreadable(path, error) from None
    if stat.S_ISDIR(found.st_mode):
        msg = f"{path}: this is a folder; name the file in it"
        raise InputError(msg)
    if not stat.S_ISREG(found.st_mode):
        what = next((name for is_kind, name in _KINDS.items() if is_kind(found.st_mode)), "something else")
        msg = f"{path}: this is {what}, not a file; copy what it holds into a file and name that"
        raise InputError(msg)
    if found.st_size > max_bytes:
        msg = f"{path}: has {found.st_size} bytes, and no such file has more than {max_bytes}; check what it holds"
        raise InputError(msg)
    return found.st_size


def unreadable(path: Path, error: OSError) -> InputError:
    """Return the message for a file that the operating system does not let us read."""
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path}: there is no such file; check the path")
    reason = error.strerror or str(error) or type(error).__name__
    return InputError(f"{path}: cannot be read ({reason}); check the file and its permissions")


def damaged(path: Path, kind: str, error: Exception) -> InputError:
    """Return the message for a file of some kind whose bytes make a library raise an error."""
    reason = printable(" ".join(str(error).split()) or type(error).__name__, 160)
    return InputError(f"{path}: cannot be read as {kind} ({reason}); copy or download it again")


@contextmanager
def reading_as(kind: str, path: Path) -> Iterator[None]:
    """Refuse in one line a file whose damaged bytes make a library raise nearly anything."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise damaged(path, kind, error) from None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    demand_file(path)
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from None


def read_json(path: Path, max_bytes: int) -> Any:
    """Return the value in a JSON file."""
    demand_file(path, max_bytes)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        too_deep = _depth(value) > MAX_DEPTH
    except RecursionError:
        too_deep = True
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError as error:
        msg = f"{path}: this is not JSON in UTF-8 ({error}); copy or download it again"
        raise InputError(msg) from None
    if too_deep:
        msg = f"{path}: its brackets nest more than {MAX_DEPTH} deep, and no file written here does; get it again"
        raise InputError(msg)
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def files_below(folder: Path, ending: str, max_entries: int) -> Iterator[Path]:
    """Yield the files below a folder whose names have this ending, in order.

    Links to folders are not followed, and hidden folders are left out: what a killed process has left is in such.
    """
    n_seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        n_seen += len(folders) + len(names)
        if n_seen > max_entries:
            msg = f"{folder}: holds more than {max_entries} files and folders; name the folder that is meant in it"
            raise InputError(msg)
        yield from (Path(place, name) for name in sorted(names) if name.endswith(ending))


def first_bytes(path: Path, n_bytes: int = 8) -> tuple[bytes, bool]:
    """Return a file's first bytes, unpacked if it is gzipped, and whether it is."""
    if demand_file(path) == 0:
        msg = f"{path}: the file is empty (0 bytes); copy or download it again"
        raise InputError(msg)
    try:
        with open_maybe_gzipped(path) as stream:
            return stream.read(n_bytes), isinstance(stream, gzip.GzipFile)
    except UNPACKING_ERRORS as error:
        raise damaged(path, "gzip", error) from None


def is_gzipped(path: Path) -> bool:
    """Whether a file starts with gzip's magic bytes, whatever its name."""
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP_MAGIC


@contextmanager
def open_maybe_gzipped(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading; a gzipped one is unpacked while it is read."""
    try:
        with gzip.open(path, "rb") if is_gzipped(path) else path.open("rb", buffering=0) as stream:
            yield stream
    except gzip.BadGzipFile:  # an OSError too, but about what is in the file
        raise
    except OSError as error:
        raise unreadable(path, error) from None


def unpacked_limit(path: Path) -> int:
    """Return the size [bytes] beyond which a packed file is refused: no event list packs so well."""
    return min(MAX_UNPACKED, _SMALL_UNPACKED + _MAX_RATIO * path.stat().st_size)


def unpacks_too_large(path: Path) -> InputError:
    """Return the message for a packed file that holds more than any event list."""
    limit = unpacked_limit(path) >> 20
    return InputError(
        f"{path}: unpacks to more than {limit} MB, larger than any event list; unpack it and check its contents"
    )


def verify_checksum(path: Path, stream: IO[bytes]) -> None:
    """Read a gzipped stream to its end, where Python compares the checksum; other streams are left alone."""
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


def real(text: str) -> float | None:
    """Return the finite number that a text is, or None.

    ``float`` also accepts ``1_6e13`` (ten times 1.6e13), digits of other scripts, ``nan`` and ``inf``.
    """
    text = text.strip()
    value = float(text) if len(text) <= _MAX_DIGITS and _REAL.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """Return the whole number that a text is, or None."""
    text = text.strip()
    return int(text) if _WHOLE.fullmatch(text) else None
