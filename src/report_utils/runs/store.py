"""Finished runs on disk. A run counts as finished only if its manifest exists and its files match it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import BaseFileLock, FileLock, Timeout
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.files.disk import RUNS_VARIABLE, clear_disk_errors, flush_file, flush_folder, write_json
from report_utils.profiles import project_root
from report_utils.runs.code_digest import digest, file_digest
from report_utils.runs.manifests import MANIFEST, fault_of, machine, read_manifest, source, versions
from report_utils.runs.ownership import KEY_FILE, LOCKS, PARTIAL, SITTING_FILE, mark_runs
from report_utils.runs.reads import note_run


@dataclass(frozen=True)
class RunKey:
    """The name of a run and everything that decides its numbers."""

    name: str
    """A readable path such as ``"fit/quick/multi_band_2/fold-0-seed-0"``."""
    inputs: Mapping[str, Any]
    """Everything that the result depends on, as plain values."""
    profile: str = ""
    """The file of the profile that the run is made for. It does not enter the digest."""

    @cached_property
    def digest(self) -> str:
        """Return the digest of the inputs."""
        return digest(self.inputs)

    def described(self) -> dict[str, Any]:
        """Return the key as plain values."""
        return {"name": self.name, "digest": self.digest, "profile": self.profile, "inputs": self.inputs}


@dataclass(frozen=True)
class Run:
    """A finished run: a folder whose files match its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def digest(self) -> str:
        """Return the digest of the run's inputs."""
        return self.manifest["digest"]

    @property
    def has_weights(self) -> bool:
        """Tell whether this is a fit that is stored with the weights of its network."""
        return any(name.startswith("weight_") for name in self.manifest["files"])

    def array(self, name: str, *, mapped: bool = False) -> NDArray:
        """Return a stored array; with ``mapped`` it stays on disk and only the parts that are used are read."""
        return np.load(self.folder / f"{name}.npy", mmap_mode="r" if mapped else None, allow_pickle=False)

    def facts(self) -> dict[str, Any]:
        """Return the plain values that the run recorded beside its arrays."""
        return json.loads((self.folder / "facts.json").read_text(encoding="utf-8"))


def runs_folder() -> Path:
    """Return the folder of the runs, which need not exist yet; a file in its place is refused."""
    folder = Path(os.environ.get(RUNS_VARIABLE) or project_root() / ".runs").resolve()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        msg = f"{folder}: cannot be a folder, because {there} is a file; set {RUNS_VARIABLE} to another folder"
        raise InputError(msg)
    return folder


class Store:
    """The finished runs below a folder, by default :func:`runs_folder`, found by key."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = Path(root) if root is not None else runs_folder()

    def folder(self, key: RunKey) -> Path:
        """Return the folder of the run with this key, whether or not it exists yet."""
        return self.root / f"{key.name}-{key.digest[:16]}"

    def working_folder(self, key: RunKey) -> Path:
        """Return a folder for the unfinished work of a run, such as checkpoints; :meth:`save` removes it.

        Each call begins a sitting. :meth:`save` adds the time of earlier sittings, each up to its last checkpoint.
        """
        folder = partial_folder(self.folder(key))
        mark_runs(self.root)
        with clear_disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / KEY_FILE).is_file():
                write_json(folder / KEY_FILE, key.described())
            write_json(folder / SITTING_FILE, {"earlier": _seconds_until_checkpoint(folder)})
        return folder

    def lock_path(self, result: Path) -> Path:
        """Return the lock file that guards the writing of a run's folder or of another result."""
        inside = result.relative_to(self.root)
        return self.root / LOCKS / f"{inside.name}-{digest(inside.as_posix())[:8]}.lock"

    def lock(self, key: RunKey) -> contextlib.AbstractContextManager[None]:
        """Hold the lock on a run, as :meth:`hold` does."""
        return self.hold(self.folder(key), key.name)

    @contextlib.contextmanager
    def hold(self, result: Path, name: str) -> Iterator[None]:
        """Hold the lock on a result; another process that wants to make the same result waits.

        The lock ends with the process that holds it, even if that is killed. On a file system without locks, one line
        says so and nobody waits: two processes may make the same result, and the first one stored is kept.
        ``name`` stands in messages.
        """
        path = self.lock_path(result)
        mark_runs(self.root)
        with clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = _acquired(FileLock(path), name)
        try:
            yield
        finally:
            if lock is not None:
                lock.release()

    def holds(self, key: RunKey) -> bool:
        """Tell whether a run with this key exists, without reading it."""
        is_there = (self.folder(key) / MANIFEST).is_file()
        note_run(key.name, key.digest if is_there else None)
        return is_there

    def fault(self, key: RunKey, *, thorough: bool = False) -> str | None:
        """Say what is wrong with an existing run, or None; nothing is changed."""
        return fault_of(self.folder(key), key.digest, thorough=thorough)

    def load(self, key: RunKey) -> Run | None:
        """Return the finished run with this key, or None. A damaged run is set aside with a warning."""
        folder = self.folder(key)
        note_run(key.name, None)
        try:
            checked = folder.stat().st_ino
        except (FileNotFoundError, NotADirectoryError):
            return None
        fault = self.fault(key)
        if fault is None:
            note_run(key.name, key.digest)
            return Run(folder, read_manifest(folder))
        with clear_disk_errors(folder):
            aside = _set_aside(folder, checked)
        if aside is not None:
            warnings.warn(f"{folder}: {fault}; set aside in {aside.name} and computed again", stacklevel=2)
        return None

    def save(
        self,
        key: RunKey,
        arrays: Mapping[str, NDArray | Path],
        facts: Mapping[str, Any],
        *,
        seconds: float | None = None,
    ) -> Run:
        """Store a finished run.

        Everything is written to a temporary folder and flushed to disk, the manifest last. The folder is renamed once
        it is complete, so an interruption never leaves anything that looks finished. If another process has finished
        the same run first, its run is kept.

        An array may be an ``.npy`` file below the store's folder: it is hard-linked, or copied where the file system
        has no links. ``facts`` are plain values, kept as JSON, and ``seconds`` the duration of the last sitting [s].
        """
        folder = self.folder(key)
        mark_runs(self.root)
        with clear_disk_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            try:
                for name, array in arrays.items():
                    _put(array, temporary / f"{name}.npy")
                write_json(temporary / "facts.json", facts)
                if seconds is not None:
                    seconds += _seconds_before(partial_folder(folder))
                write_json(temporary / MANIFEST, _manifest(key, temporary, seconds))
                temporary.chmod(0o755)
                if self.load(key) is None:
                    _rename(temporary, folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(partial_folder(folder), ignore_errors=True)
        run = self.load(key)
        if run is None:
            msg = f"{folder}: the run was removed or damaged while it was being stored; run the same command again"
            raise InputError(msg)
        return run


def _put(array: NDArray | Path, path: Path) -> None:
    """Write an array to an ``.npy`` file, or link to the file that holds it already, and flush it to disk."""
    if isinstance(array, Path):
        try:
            os.link(array, path)
        except (OSError, NotImplementedError):  # a file system without links
            shutil.copyfile(array, path)
        flush_file(path)
        return
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


def _acquired(lock: BaseFileLock, name: str) -> BaseFileLock | None:
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(f"{name}: another process is making this; waiting for it", file=sys.stderr)
            lock.acquire()
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        _say_once_without_locks(Path(lock.lock_file).parent)
        return None
    return lock


@cache
def _say_once_without_locks(folder: Path) -> None:
    print(
        f"{folder}: this file system has no locks; two machines, or two commands, may compute the same run twice, with "
        "the same result",
        file=sys.stderr,
    )


def partial_folder(folder: Path) -> Path:
    """Return the folder of a run's unfinished work."""
    return folder.with_name(folder.name + PARTIAL)


def _seconds_before(folder: Path) -> float:
    """Return how long unfinished work had taken when it was last resumed [s]."""
    try:
        return float(json.loads((folder / SITTING_FILE).read_text(encoding="utf-8"))["earlier"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0.0


def _seconds_until_checkpoint(folder: Path) -> float:
    """Return how long all sittings so far have taken [s], each up to its last checkpoint; lost work does not count.

    Both times are those of files in the same folder, so clocks of other machines do not matter.
    """
    try:
        began = until = (folder / SITTING_FILE).stat().st_mtime
    except FileNotFoundError:
        return 0.0
    for path in folder.glob("[!.]*"):
        if path.name not in {KEY_FILE, SITTING_FILE}:
            with contextlib.suppress(FileNotFoundError):  # finished by another machine that does not see our lock
                until = max(until, path.stat().st_mtime)
    return _seconds_before(folder) + until - began


def _rename(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process may have just finished the same run
            raise
    flush_folder(folder.parent)


def _set_aside(folder: Path, checked: int) -> Path | None:
    """Rename a damaged run, unless another process has replaced it with a new one in the meantime."""
    aside = Path(tempfile.mkdtemp(prefix=folder.name + ".damaged-", dir=folder.parent))
    try:
        if folder.stat().st_ino == checked:
            folder.rename(aside / folder.name)
            return aside
    except FileNotFoundError:
        pass  # another process has set it aside
    aside.rmdir()
    return None


def _manifest(key: RunKey, folder: Path, seconds: float | None) -> dict[str, Any]:
    """Return the manifest of a run whose files lie in a folder: its key, digests, machine, versions and commit."""
    parts = {name: key.inputs[name] for name in ("data", "code") if name in key.inputs}
    parts["configuration"] = {name: value for name, value in key.inputs.items() if name not in parts}
    return {
        **key.described(),
        "digests": {name: digest(value) for name, value in parts.items()},
        "files": {
            path.name: {"bytes": path.stat().st_size, "sha256": file_digest(path)} for path in sorted(folder.iterdir())
        },
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
        "machine": machine(),
        "versions": versions(),
        **source(),
    }
