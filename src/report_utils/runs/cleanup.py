"""Which processes use a folder of runs, and removing from it what belongs to this project."""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from report_utils.files.disk import clear_disk_errors
from report_utils.runs.ownership import IN_USE, LOCKS, REMOVING, OwnedEntry, is_own_lock, mark_runs
from report_utils.runs.store import Store

_counter = itertools.count()


@contextlib.contextmanager
def in_use(store: Store, profile: str) -> Iterator[None]:
    """Protect the runs of a profile from removal while this process makes or needs them.

    The protection ends with the process, even if it is killed. A process on another machine that shares the folder
    counts as running, because nothing here can tell. If the folder cannot be written, nothing can be removed either.
    ``profile`` is the profile's file, as in :attr:`RunKey.profile`.
    """
    path = store.root / IN_USE / f"{platform.node()}-{os.getpid()}-{next(_counter)}.lock"
    lock = FileLock(path)
    mark_runs(store.root)
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
    """Return the files of the profiles that running processes work on, here or on other machines."""
    found = set()
    for path in _own_locks(store, IN_USE):
        if _held(path):
            with contextlib.suppress(OSError):
                found.add(path.read_text(encoding="utf-8"))
    return found


def _held(path: Path) -> bool:
    if path.parent.name == IN_USE and not path.name.startswith(f"{platform.node()}-"):
        return True  # locks may not work across a network
    with contextlib.suppress(Timeout), FileLock(path, timeout=0):
        return False
    return True


def remove(store: Store, entry: OwnedEntry) -> bool:
    """Remove an entry, unless a running process holds its lock; return whether it is gone.

    A folder is renamed first, so that an interrupted removal leaves nothing that looks like a run.
    """
    with clear_disk_errors(entry.path):
        path = store.lock_path(entry.result)
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(Timeout), FileLock(path, timeout=0):
            with contextlib.suppress(FileNotFoundError):
                if entry.path.is_dir():
                    aside = entry.path.with_name(f"{REMOVING}{entry.path.name}-{os.getpid()}")
                    shutil.rmtree(entry.path.rename(aside))
                else:
                    entry.path.unlink()
            return True
    return False


def unused_locks(store: Store) -> list[Path]:
    """Return the lock files that no running process holds."""
    files = [*_own_locks(store, LOCKS), *_own_locks(store, IN_USE)]
    return sorted(path for path in files if not _held(path))


def _own_locks(store: Store, folder: str) -> list[Path]:
    if (store.root / folder).is_symlink():
        return []
    return [path for path in (store.root / folder).glob("*.lock") if is_own_lock(path)]


def remove_lock(path: Path) -> None:
    """Remove a lock file, unless a process has taken it since; a process that waits for it creates it again."""
    with contextlib.suppress(Timeout), FileLock(path, timeout=0):
        path.unlink(missing_ok=True)


def abandoned(folder: Path, pattern: str) -> list[Path]:
    """Return the files and folders that belong to processes that have ended.

    ``pattern`` is a regular expression for the whole name; its first group is the process ID.
    """
    matched = ((path, re.fullmatch(pattern, path.name)) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(path for path, match in matched if match and not _alive(int(match[1])))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
