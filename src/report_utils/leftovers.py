"""What lies in a folder of runs, who is using it, and taking things out of it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from report_utils.disk import clear_disk_errors
from report_utils.integrity import MANIFEST, read_manifest
from report_utils.store import KEY_FILE, PARTIAL, Store

Kind = Literal["run", "partial work", "set aside", "temporary", "page"]

EXECUTED_PAGES = "pages"
"""The folder of the executed pages, beside those of the runs."""

GRID = "grid"
"""The folder of the workflows that compute profiles as separate jobs (:mod:`report_utils.grid`)."""

_IN_USE = "in-use"
_LOCKS = "locks"
_REMOVING = ".removing-"
_RUN_NAME = re.compile(r".+-[0-9a-f]{16}")
_counter = itertools.count()


@dataclass(frozen=True)
class Entry:
    """One thing in a folder of runs.

    Parameters
    ----------
    path : Path
    kind : str
    result : Path
        The run's folder or the page that it is or was to become: who makes that holds a lock.
    about : dict
        The manifest of a run, the key of partial work; empty where there is none that can be read.
    """

    path: Path
    kind: Kind
    result: Path
    about: dict[str, Any] = field(default_factory=dict)

    def size(self) -> int:
        """Return how much disk it takes [bytes]."""
        files = [self.path] if self.path.is_file() else [path for path in self.path.rglob("*") if path.is_file()]
        total = 0
        for file in files:
            with contextlib.suppress(OSError):  # gone meanwhile
                total += file.stat().st_size
        return total


def entries(store: Store) -> list[Entry]:
    """Return everything that lies in a folder of runs, apart from its locks, workflows and log."""
    return sorted(_entries(store.root, store), key=lambda entry: entry.path) if store.root.is_dir() else []


def _entries(folder: Path, store: Store) -> Iterator[Entry]:
    for path in folder.iterdir():
        if path.is_symlink() or (folder == store.root and path.name in {_LOCKS, _IN_USE, GRID}):
            continue
        if path.is_dir():
            entry = _folder_entry(path)
            if entry is None:
                yield from _entries(path, store)
            else:
                yield entry
        elif EXECUTED_PAGES in path.relative_to(store.root).parts:
            if path.suffix == ".tmp":
                yield Entry(path, "temporary", path.with_name(path.name[1:].rsplit(".", 3)[0]))
            elif path.suffix == ".ipynb":
                yield Entry(path, "page", path)


def _folder_entry(path: Path) -> Entry | None:
    """Return what a folder is, or None where it only holds others."""
    name = path.name
    if name.startswith(_REMOVING):
        return Entry(path, "temporary", path)
    if name.startswith("."):
        return Entry(path, "temporary", path.with_name(name[1:].rsplit(".", 1)[0]))
    if ".damaged-" in name:
        return Entry(path, "set aside", path.with_name(name.split(".damaged-")[0]))
    if name.endswith(PARTIAL):
        return Entry(path, "partial work", path.with_name(name.removesuffix(PARTIAL)), _read(path / KEY_FILE))
    if (path / MANIFEST).is_file():
        with contextlib.suppress(OSError, ValueError):
            return Entry(path, "run", path, read_manifest(path))
        return Entry(path, "run", path)
    return Entry(path, "run", path) if _RUN_NAME.fullmatch(name) else None


def _read(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) and {"name", "digest", "inputs"} <= about.keys() else {}


@contextlib.contextmanager
def in_use(store: Store, profile: str) -> Iterator[None]:
    """Let nobody remove runs of a profile's file while this process makes or needs them.

    It ends with the process, however that ends; of another machine that shares the folder it is not known whether it
    has ended. Where nothing can be written, nothing can be removed either.
    """
    path = store.root / _IN_USE / f"{platform.node()}-{os.getpid()}-{next(_counter)}.lock"
    lock = FileLock(path)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=5)
        path.write_text(profile, encoding="utf-8")
    try:
        yield
    finally:
        if lock.is_locked:
            path.unlink(missing_ok=True)
            lock.release()


def profiles_in_use(store: Store) -> set[str]:
    """Return the files of the profiles that living processes work on, or processes of other machines."""
    found = set()
    for path in (store.root / _IN_USE).glob("*.lock"):
        if _held(path):
            with contextlib.suppress(OSError):
                found.add(path.read_text(encoding="utf-8"))
    return found


def _held(path: Path) -> bool:
    if path.parent.name == _IN_USE and not path.name.startswith(f"{platform.node()}-"):
        return True  # a lock may not reach over a network
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def remove(store: Store, entry: Entry) -> bool:
    """Remove an entry, unless a living process holds its lock; return whether it is gone.

    It gets another name first: an interruption leaves nothing that looks like a run.
    """
    with clear_disk_errors(entry.path):
        path = store.lock_path(entry.result)
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        try:
            with contextlib.suppress(FileNotFoundError):
                if entry.path.is_dir():
                    aside = entry.path.with_name(f"{_REMOVING}{entry.path.name}-{os.getpid()}")
                    shutil.rmtree(entry.path.rename(aside))
                else:
                    entry.path.unlink()
        finally:
            lock.release()
    return True


def unused_locks(store: Store) -> list[Path]:
    """Return the lock files that no living process holds."""
    files = [*(store.root / _LOCKS).glob("*.lock"), *(store.root / _IN_USE).glob("*.lock")]
    return sorted(path for path in files if not _held(path))


def remove_lock(path: Path) -> None:
    """Remove a lock file, unless it has been taken meanwhile; who waits for it then makes it anew."""
    lock = FileLock(path)
    with contextlib.suppress(Timeout):
        lock.acquire(timeout=0)
        path.unlink(missing_ok=True)
        lock.release()


def abandoned(folder: Path, pattern: str) -> list[Path]:
    """Return the files and folders of processes that have ended.

    Parameters
    ----------
    folder : Path
    pattern : str
        A regular expression for the whole name, whose first group is the process' number.
    """
    matched = ((path, re.fullmatch(pattern, path.name)) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(path for path, match in matched if match and not _alive(int(match[1])))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
