"""Writing files that are either whole or not there, and one clear line if the disk refuses them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError

RUNS_VARIABLE = "REPORT_RUNS"
"""Environment variable that names the folder of runs; by default ``.runs`` in the project."""

TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<host>[0-9a-f]{4})?[0-9a-f]{8}\.(?P<process>\d+)\.tmp")
"""The names that :func:`whole_file` yields; those of earlier versions name no machine."""


def host_token() -> str:
    """Return four letters that distinguish this machine from others that share a folder."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:4]


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside ``path``; on success the file written there takes its place at once.

    The file is flushed to disk before it gets its name, and the name after that. After a crash or an error ``path``
    is what it was before; the temporary name matches :data:`TEMPORARY`. Processes on two machines that share a folder
    may have the same number, so the name also holds the machine and random letters.
    """
    temporary = path.with_name(f".{path.name}.{host_token()}{secrets.token_hex(4)}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
        flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file that is either whole or as it was before; make its folder if it is missing."""
    with clear_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write plain values as JSON, as :func:`write_text` writes text."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, default=dict) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write arrays to an ``.npz`` file, as :func:`write_text` writes text."""
    with clear_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)


def empty_array(path: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    """Write an ``.npy`` file of zeros, which takes no room on disk until rows are written to it."""
    with clear_disk_errors(path), whole_file(path) as temporary, temporary.open("wb") as file:
        description = np.lib.format.dtype_to_descr(np.dtype(dtype))
        np.lib.format.write_array_header_1_0(file, {"descr": description, "fortran_order": False, "shape": shape})
        file.truncate(file.tell() + math.prod(shape) * np.dtype(dtype).itemsize)


def write_row(path: Path, row: int, values: NDArray) -> None:
    """Write one row of the array in an ``.npy`` file, which stays on disk.

    A full disk is an error here, whereas a process whose mapped file outgrows the disk is killed.
    """
    with clear_disk_errors(path), path.open("rb+") as file:
        np.lib.format.read_magic(file)
        _, _, dtype = np.lib.format.read_array_header_1_0(file)
        data = np.ascontiguousarray(values, dtype=dtype).tobytes()
        file.seek(row * len(data), os.SEEK_CUR)
        file.write(data)


def flush_file(path: Path) -> None:
    """Return when what was written to a file is on disk."""
    with clear_disk_errors(path), path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, if the system can do that."""
    with contextlib.suppress(PermissionError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def require_room(folder: Path, n_bytes: int, what: str) -> None:
    """Refuse to begin work whose files, ``what`` in the message, may outgrow the disk of a folder.

    A process whose mapped file outgrows the disk is killed. The folder need not exist.
    """
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if free < n_bytes:
        msg = (
            f"{folder}: {what} need {n_bytes / 1e9:.2f} GB while they are made, and {free / 1e9:.2f} GB are free; free "
            f"space or choose another folder with {RUNS_VARIABLE}"
        )
        raise InputError(msg)


@contextlib.contextmanager
def clear_disk_errors(path: Path, option: str = RUNS_VARIABLE) -> Iterator[None]:
    """Turn an error of the operating system into one line: the path, the reason, and what option to change."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or f"the disk took only a part ({error})"  # NumPy says no more
        msg = f"{path}: cannot write here: {reason}; free space or choose another folder with {option}"
        raise InputError(msg) from error
