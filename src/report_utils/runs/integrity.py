"""Does a stored run still match its manifest? Every file is digested; large ones only when their state has changed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from report_utils.errors import InputError
from report_utils.files.disk import write_json
from report_utils.runs.code_digest import file_digest

MANIFEST = "manifest.json"
CHECKED = "checked.json"
"""Records, beside a run's files, the state in which the large ones last matched the manifest."""

LARGE_BYTES = 64 * 2**20
"""Larger files are digested again only when their state (inode, size, times) differs from the recorded one."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a run's manifest.

    Raises
    ------
    OSError, ValueError
        If it is missing or not a manifest.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except RecursionError:
        manifest = None
    files = manifest.get("files") if isinstance(manifest, dict) else None
    entries = files.values() if isinstance(files, dict) else [None]
    whole = all(isinstance(entry, dict) and {"bytes", "sha256"} <= entry.keys() for entry in entries)
    if not whole or not {"name", "digest", "inputs"} <= manifest.keys():
        msg = "it is not a manifest"
        raise ValueError(msg)
    return manifest


def fault_of(folder: Path, digest: str, *, thorough: bool = False) -> str | None:
    """Say what is wrong with a stored run, or None.

    Parameters
    ----------
    folder : Path
    digest : str
        The digest that the run's key must have.
    thorough : bool
        Digest large files too, whatever state is recorded. Only this finds damage done by the disk itself.

    Raises
    ------
    InputError
        If files exist but the system cannot read them. That does not make the run wrong.
    """
    try:
        manifest = read_manifest(folder)
        if manifest["digest"] != digest:
            return "its manifest belongs to another run"
        return _file_fault(folder, manifest["files"], thorough=thorough)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        return f"{Path(error.filename or folder).name} is missing"
    except (ValueError, RecursionError) as error:
        return f"its manifest cannot be read ({type(error).__name__})"
    except OSError as error:
        msg = f"{folder}: cannot be read ({error.strerror or error}); check the disk and the permissions"
        raise InputError(msg) from error


def _file_fault(folder: Path, files: dict[str, Any], *, thorough: bool) -> str | None:
    remembered = {} if thorough else _remembered(folder)
    states: dict[str, list[int]] = {}
    for name, expected in files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != expected["bytes"]:
            return f"{name} is missing or has another size"
        large = expected["bytes"] > LARGE_BYTES
        if large:
            states[name] = _state(path)
            if remembered.get(name) == states[name]:
                continue
        if file_digest(path) != expected["sha256"]:
            return f"{name} has changed since it was written"
    if states and states != remembered:
        with contextlib.suppress(InputError):  # a folder that cannot be written is checked in full every time
            write_json(folder / CHECKED, states)
    return None


def _state(path: Path) -> list[int]:
    """Return what changes when a file is written, replaced or copied."""
    found = path.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _remembered(folder: Path) -> dict[str, Any]:
    try:
        states = json.loads((folder / CHECKED).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return states if isinstance(states, dict) else {}
