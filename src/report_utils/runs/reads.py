"""What a process reads of the project while it runs: files, folders and runs. A page records it as its inputs.

Files and folders need no reporting: Python raises an audit event for each one that it opens or lists. The store reports
every run that it is asked for, found or not.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[1]
_CODE = (".py", ".pyc")
_LISTS = {"os.listdir", "os.scandir"}
_WRITES = os.O_WRONLY | os.O_RDWR


@dataclass
class Reads:
    """What was read."""

    runs: dict[str, str | None] = field(default_factory=dict)
    """Digest of each run that was asked for, by name; None if there was no such run."""
    files: dict[str, int | None] = field(default_factory=dict)
    """Modification time [ns] of each file that was opened, by path; None if it did not exist."""
    folders: set[str] = field(default_factory=set)
    """The folders that were listed."""
    results: dict[str, str] = field(default_factory=dict)
    """Digest of each folder of committed results that was read, by path."""
    written: set[str] = field(default_factory=set)
    """Files that the notebook wrote itself, so that reading them back is no input."""

    def save(self, path: Path) -> None:
        """Write what has been read so far, with the modules imported from the folders of interest."""
        for module in list(sys.modules.values()):
            source = getattr(module, "__file__", None)
            if source and _is_of_interest(source) and not Path(source).is_relative_to(_PACKAGE):
                self.files.setdefault(source, _changed_at(source))
        content = {"runs": self.runs, "files": self.files, "folders": sorted(self.folders), "results": self.results}
        path.write_text(json.dumps(content), encoding="utf-8")


_reads: Reads | None = None
_inside: tuple[str, ...] = ()
_outside: tuple[str, ...] = ()


def record_reads(target: str, inside: Iterable[str], outside: Iterable[str]) -> None:
    """Start recording what this kernel reads, and write it to a file after each cell.

    Files in the folders ``inside`` are recorded, apart from those in folders ``outside``.
    """
    from IPython import get_ipython

    global _reads, _inside, _outside
    _inside = tuple(f"{Path(folder)}{os.sep}" for folder in inside)
    _outside = tuple(f"{Path(folder)}{os.sep}" for folder in (*outside, sys.prefix))
    _reads = reads = Reads()
    sys.addaudithook(_listen)
    get_ipython().events.register("post_run_cell", lambda _: reads.save(Path(target)))


def note_run(name: str, digest: str | None) -> None:
    """Note that a run was asked for, and the digest of what it was computed from if it was there."""
    if _reads is not None and (digest is not None or name not in _reads.runs):
        _reads.runs[name] = digest


def note_results(folder: Path, digest: str) -> None:
    """Record that a folder of committed results was read, and the digest of its contents."""
    if _reads is not None:
        _reads.results[str(folder)] = digest


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _reads is None or not (event == "open" or event in _LISTS):
        return
    path = arguments[0]
    if not isinstance(path, str | os.PathLike) or not _is_of_interest(path := os.path.abspath(path)):  # noqa: PTH100 - links are not followed
        return
    if event in _LISTS:
        # Python itself searches these for modules
        if path not in map(os.path.abspath, sys.path) and not Path(path).is_relative_to(_PACKAGE):
            _reads.folders.add(path)
    elif not path.endswith(_CODE):
        if _is_written(*arguments[1:3]):
            _reads.written.add(path)
        elif path not in _reads.written:
            _reads.files.setdefault(path, _changed_at(path))


def _is_of_interest(path: str) -> bool:
    return path.startswith(_inside) and not path.startswith(_outside) and "__pycache__" not in path


def _is_written(mode: str | None, flags: int | None) -> bool:
    return bool(set(mode or "") & set("wax+")) or (mode is None and bool((flags or 0) & _WRITES))


def _changed_at(path: str) -> int | None:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return None
