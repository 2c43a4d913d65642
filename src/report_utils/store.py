"""Finished runs on disk: a run counts as finished only when its manifest is there and its files agree with it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.fingerprint import digest, file_digest, package_version
from report_utils.profiles import project_root

RUNS_VARIABLE = "REPORT_RUNS"
"""Environment variable that names the folder of the runs; ``.runs`` in the project without it."""

_MANIFEST = "manifest.json"
_ALWAYS_CHECKED_BYTES = 64 * 2**20


@dataclass(frozen=True)
class RunKey:
    """What a run is called and everything that decides its numbers.

    Parameters
    ----------
    name : str
        A readable path such as ``"fit/quick/multi_band_2/fold-0"``.
    inputs : mapping
        Everything the result depends on, as plain values.
    """

    name: str
    inputs: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Return the digest of the inputs."""
        return digest(self.inputs)


@dataclass(frozen=True)
class Run:
    """A finished run: a folder whose files agree with its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def digest(self) -> str:
        """Return the digest of what the run was computed from."""
        return self.manifest["digest"]

    def array(self, name: str, *, mapped: bool = False) -> NDArray:
        """Return a stored array; ``mapped`` leaves it on disk and reads what is looked at."""
        return np.load(self.folder / f"{name}.npy", mmap_mode="r" if mapped else None, allow_pickle=False)

    def facts(self) -> dict[str, Any]:
        """Return what the run recorded besides arrays."""
        return json.loads((self.folder / "facts.json").read_text(encoding="utf-8"))


def runs_folder() -> Path:
    """Return the folder that holds the runs."""
    return Path(os.environ.get(RUNS_VARIABLE) or project_root() / ".runs").resolve()


class Store:
    """The finished runs below a folder, by key.

    Parameters
    ----------
    root : path, optional
        :func:`runs_folder` where it is not given.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = Path(root) if root is not None else runs_folder()

    def folder(self, key: RunKey) -> Path:
        """Return where the run of this key lies or will lie."""
        return self.root / f"{key.name}-{key.digest[:16]}"

    def working_folder(self, key: RunKey) -> Path:
        """Return a folder for the unfinished work of a run, such as checkpoints; a finished run removes it."""
        folder = self.folder(key).with_name(self.folder(key).name + ".partial")
        with _clear_disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextlib.contextmanager
    def lock(self, key: RunKey) -> Iterator[None]:
        """Hold the right to make a run; another process that wants to make the same one waits meanwhile.

        The right ends with the process that holds it, however that ends.
        """
        path = self.root / "locks" / f"{self.folder(key).name}-{digest(key.name)[:8]}.lock"
        with _clear_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                print(f"{key.name}: another process is making this run; waiting for it", file=sys.stderr)
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def holds(self, key: RunKey) -> bool:
        """Tell whether there is a run of this key, without reading it."""
        return (self.folder(key) / _MANIFEST).is_file()

    def load(self, key: RunKey) -> Run | None:
        """Return the finished run of this key, or None. A damaged one is set aside with a warning."""
        folder = self.folder(key)
        if not folder.is_dir():
            return None
        fault = _fault(folder, key)
        if fault is None:
            return Run(folder, _read_manifest(folder))
        aside = Path(tempfile.mkdtemp(prefix=folder.name + ".damaged-", dir=folder.parent))
        with contextlib.suppress(FileNotFoundError):  # another process has set it aside meanwhile
            folder.rename(aside / folder.name)
        warnings.warn(f"{folder}: {fault}; set aside in {aside.name} and computed again", stacklevel=2)
        return None

    def save(
        self,
        key: RunKey,
        arrays: Mapping[str, NDArray],
        facts: Mapping[str, Any],
        *,
        seconds: float | None = None,
    ) -> Run:
        """Store a finished run.

        Everything is written to a folder of another name, the manifest last, and renamed when it is complete, so
        an interruption never leaves something that looks finished. Where another process has finished the same
        run meanwhile, that one stays.

        Parameters
        ----------
        key : RunKey
        arrays : mapping of str to array
            Each becomes one ``.npy`` file.
        facts : mapping
            Plain values, kept as JSON.
        seconds : float, optional
            How long the run took [s].

        Raises
        ------
        InputError
            If the folder cannot be written; the message says why.
        """
        folder = self.folder(key)
        with _clear_disk_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            try:
                for name, array in arrays.items():
                    with (temporary / f"{name}.npy").open("wb") as file:
                        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
                        _flush(file)
                _write_json(temporary / "facts.json", facts)
                files = {
                    path.name: {"bytes": path.stat().st_size, "sha256": file_digest(path)}
                    for path in sorted(temporary.iterdir())
                }
                _write_json(temporary / _MANIFEST, _manifest(key, files, seconds))
                temporary.chmod(0o755)
                if not folder.is_dir():
                    with contextlib.suppress(OSError):  # another process finished it first
                        temporary.rename(folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(folder.with_name(folder.name + ".partial"), ignore_errors=True)
        run = self.load(key)
        if run is None:
            msg = f"{folder}: the run could not be stored; check that the folder can be written"
            raise InputError(msg)
        return run


def _manifest(key: RunKey, files: Mapping[str, Any], seconds: float | None) -> dict[str, Any]:
    return {
        "name": key.name,
        "digest": key.digest,
        "inputs": key.inputs,
        "files": files,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
        "machine": {
            "processor": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "versions": {name: package_version(name) for name in ("report-utils", "numpy", "keras", "tensorflow-cpu")},
    }


def _fault(folder: Path, key: RunKey) -> str | None:
    """Say what is wrong with a stored run, or None. Large files are compared by size only."""
    try:
        manifest = _read_manifest(folder)
        if manifest["digest"] != key.digest:
            return "its manifest belongs to another run"
        for name, expected in manifest["files"].items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != expected["bytes"]:
                return f"{name} is missing or has another size"
            if expected["bytes"] <= _ALWAYS_CHECKED_BYTES and file_digest(path) != expected["sha256"]:
                return f"{name} has changed since it was written"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"its manifest cannot be read ({type(error).__name__})"
    return None


def _read_manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, sort_keys=True, default=dict)
        file.write("\n")
        _flush(file)


def _flush(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def write_atomically(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write arrays to an ``.npz`` file that is either whole or not there.

    Raises
    ------
    InputError
        If the folder cannot be written; the message says why.
    """
    with _clear_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)
                _flush(file)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _clear_disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        msg = f"{path}: cannot write here: {reason}; free space or choose another folder with {RUNS_VARIABLE}"
        raise InputError(msg) from error
