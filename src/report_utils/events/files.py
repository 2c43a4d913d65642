"""Files that are either whole or not there, and their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from report_utils.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside ``path``; on success the file written there takes its place at once.

    After a crash or an error ``path`` is what it was before; the name starts with a dot and ends with
    ``.tmp``.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
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
