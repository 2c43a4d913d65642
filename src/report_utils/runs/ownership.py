"""What in a folder of runs belongs to this project, proved by exact names and by content, never by a name alone.

A folder of runs may hold other things too. Whatever is not proved to belong to this project is a stranger: it is never
removed, renamed or searched, and no link is followed. Nothing is removed from a folder that does not carry the mark.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from report_utils.errors import InputError
from report_utils.files.disk import RUNS_VARIABLE, TEMPORARY, write_text
from report_utils.runs.manifests import CHECKED, MANIFEST, read_manifest

Kind = Literal["run", "partial work", "set aside", "temporary", "page"]

MARK = "report-utils-runs.txt"
"""The file that marks a folder as one of this project's runs."""
EXECUTED_PAGES = "pages"
"""The folder of executed pages, beside the folders of runs."""
GRID = "grid"
"""The folder of the workflows that compute profiles as separate jobs (:mod:`report_utils.reproduction.grid`)."""
LOCKS, IN_USE, WORKERS_LOG = "locks", "in-use", "workers.log"
METADATA = "report_utils"
"""The metadata entry in which an executed notebook records its inputs; only ``at`` and ``seconds`` in it vary."""
PARTIAL = ".partial"
"""Suffix of the folder that holds a run's unfinished work."""
KEY_FILE = "key.json"
"""The file in that folder that says which run it belongs to."""
SITTING_FILE = "sitting.json"
"""The file in that folder that says how many seconds the work had taken when it was last resumed; written then."""
REMOVING = ".removing-"
"""Prefix of a folder that is being removed; its own name and the process ID follow."""

_MARK_LINE = "report-utils keeps its runs here"
_MARK_TEXT = f"{_MARK_LINE}; `report-utils clean --stale` removes from this folder what no profile needs any more.\n"
_marked: set[Path] = set()

_KINDS = ("data", "fit", "dynamics")  # the first part of a key's name and of a folder's path
_DEEPEST = 2  # fit/<profile>/<transform>/<run>
_RUN = r"[^/]+-[0-9a-f]{16}"
_RANDOM = r"[a-z0-9_]{8}"  # as tempfile generates it
_RUN_FILE = re.compile(rf"[\w-]+\.np[yz]|(?:facts|key|sitting|{MANIFEST[:-5]}|{CHECKED[:-5]})\.json")
_FOLDERS: dict[Kind, re.Pattern[str]] = {
    "temporary": re.compile(rf"\.(?P<run>{_RUN})\.{_RANDOM}"),
    "set aside": re.compile(rf"(?P<run>{_RUN})\.damaged-{_RANDOM}"),
    "partial work": re.compile(rf"(?P<run>{_RUN}){re.escape(PARTIAL)}"),
    "run": re.compile(f"(?P<run>{_RUN})"),
}
_REMOVING = re.compile(rf"{re.escape(REMOVING)}(?P<removed>.+)-\d+")
_FILES = {MARK, WORKERS_LOG, "report-utils-analyses.json", "analyses.json"}  # the last two come from earlier versions
_LOCK = re.compile(r".+-[0-9a-f]{8}\.lock")
_USE = re.compile(r".+-\d+-\d+\.lock")


@dataclass(frozen=True)
class OwnedEntry:
    """A file or folder of this project in a folder of runs."""

    path: Path
    kind: Kind
    result: Path
    """The folder of the run, or the page, that it is or was meant to become. A process that makes it holds a lock."""
    about: dict[str, Any] = field(default_factory=dict)
    """The manifest of a run, or the key of partial work; empty if it has neither."""

    def size(self) -> int:
        """Return its size on disk [bytes]."""
        files = [self.path] if self.path.is_file() else [path for path in self.path.rglob("*") if path.is_file()]
        total = 0
        for file in files:
            with contextlib.suppress(OSError):  # removed in the meantime
                total += file.stat().st_size
        return total


def entries(root: Path) -> list[OwnedEntry]:
    """Return what is proved to belong to this project in a folder of runs, apart from locks, workflows and logs."""
    return sorted((one for one in _found(root) if isinstance(one, OwnedEntry)), key=lambda entry: entry.path)


def strangers(root: Path) -> Iterator[Path]:
    """Yield what in a folder is not proved to belong to this project; a stranger's folder is not searched."""
    return (one for one in _found(root) if isinstance(one, Path))


def _found(root: Path) -> Iterator[OwnedEntry | Path]:
    for path in _listed(root):
        name, is_folder = path.name, _is_folder(path)
        if is_folder and name in _KINDS:
            yield from _runs(path, _DEEPEST)
        elif is_folder and name == EXECUTED_PAGES:
            yield from _pages(path)
        elif is_folder and name in {LOCKS, IN_USE}:
            yield from (file for file in _listed(path) if not is_own_lock(file))
        elif is_folder and name == GRID:
            yield from (folder for folder in _listed(path) if not (folder / "digests").is_dir())
        elif not _is_file(path) or not (name in _FILES or TEMPORARY.fullmatch(name)):
            yield path


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):  # removed in the meantime
        return []


def _runs(folder: Path, depth: int) -> Iterator[OwnedEntry | Path]:
    for path in _listed(folder):
        try:
            entry = _proved(path) if _is_folder(path) else None
        except FileNotFoundError:  # removed in the meantime
            continue
        if entry is not None:
            yield entry
        elif depth and _is_folder(path) and not path.name.startswith("."):
            yield from _runs(path, depth - 1)
        else:
            yield path


def _proved(path: Path) -> OwnedEntry | None:
    """Return the entry for a folder, or None unless its name and its contents prove what it is."""
    removing = _REMOVING.fullmatch(path.name)
    name = removing["removed"] if removing else path.name
    kind = next((kind for kind, pattern in _FOLDERS.items() if pattern.fullmatch(name)), None)
    if kind is None:
        return None
    run = _FOLDERS[kind].fullmatch(name)["run"]
    if removing:
        return OwnedEntry(path, "temporary", path) if _holds_only_own(path, run) else None
    result, about = path.with_name(run), {}
    if kind == "run":
        try:
            about = read_manifest(path)
            own = _belongs(about, result) and _holds_only_own(path, names=about["files"])
        except (OSError, ValueError):
            own = False
    else:
        own = _holds_only_own(path, run if kind == "set aside" else "")
    if own and kind == "partial work":
        about = _read_key(path / KEY_FILE)
        own = _belongs(about, result) if about else not any(_RUN_FILE.fullmatch(file.name) for file in path.iterdir())
    return OwnedEntry(path, kind, result, about) if own else None


def _belongs(about: dict[str, Any], result: Path) -> bool:
    """Tell whether a manifest or key names the folder that it lies in."""
    named = Path(f"{about['name']}-{str(about['digest'])[:16]}")
    return result.parts[-len(named.parts) :] == named.parts


def _holds_only_own(folder: Path, run: str = "", *, names: Collection[str] = ()) -> bool:
    """Tell whether a folder holds nothing but the plain files of a run, or one such folder that was set aside."""
    for path in folder.iterdir():
        if run and path.name == run and _is_folder(path):
            own = _holds_only_own(path)
        elif names and path.suffix in {".npy", ".npz"}:
            own = _is_file(path) and path.name in names
        else:
            own = _is_file(path) and bool(_RUN_FILE.fullmatch(path.name) or TEMPORARY.fullmatch(path.name))
        if not own:
            return False
    return True


def _read_key(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) and {"name", "digest", "inputs"} <= about.keys() else {}


def _pages(folder: Path) -> Iterator[OwnedEntry | Path]:
    for profile in _listed(folder):
        if not _is_folder(profile):
            yield profile
            continue
        for path in _listed(profile):
            temporary = TEMPORARY.fullmatch(path.name)
            if temporary and temporary["name"].endswith(".ipynb") and _is_file(path):
                yield OwnedEntry(path, "temporary", path.with_name(temporary["name"]))
            elif path.suffix == ".ipynb" and is_own_page(path):
                yield OwnedEntry(path, "page", path)
            else:
                yield path


def is_marked(root: Path) -> bool:
    """Tell whether a folder carries the mark of this project's runs."""
    path = root / MARK
    try:
        return not path.is_symlink() and path.read_text(encoding="utf-8").startswith(_MARK_LINE)
    except (OSError, ValueError):
        return False


def mark_runs(root: Path) -> None:
    """Create a folder of runs with its mark. An existing folder is marked only if all it holds is this project's.

    A failure to write is not reported here: the next thing that is written there reports it.
    """
    if root in _marked and root.is_dir():
        return
    with contextlib.suppress(OSError, InputError):
        root.parent.mkdir(parents=True, exist_ok=True)
        made = not root.exists()
        root.mkdir(exist_ok=True)
        if not is_marked(root) and (made or next(strangers(root), None) is None):
            write_text(root / MARK, _MARK_TEXT)
        _marked.add(root)


def require_runs(root: Path) -> None:
    """Refuse to remove anything from a folder that has no mark and holds other things."""
    if not root.is_dir() or is_marked(root):
        return
    stranger = next(strangers(root), None)
    if stranger is not None:
        msg = (
            f"{root}: this folder has no {MARK}, and {stranger.relative_to(root)} in it is not this project's; nothing "
            f"is removed: set {RUNS_VARIABLE} to the folder of the runs, or move everything else to another folder"
        )
        raise InputError(msg)


def record_of(path: Path) -> dict[str, Any] | None:
    """Return what an executed page was made from, or None if that cannot be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))["metadata"][METADATA]
        return record if {"digest", "inputs"} <= record.keys() else None
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return None


def kept_name(slug: str, digest: str) -> str:
    """Return the file name under which an executed page is kept; several versions lie side by side."""
    return f"{slug}-{digest[:16]}.ipynb"


def is_own_page(path: Path) -> bool:
    """Tell whether a file is an executed page of the book under its own name; a renamed copy belongs to the user."""
    record = record_of(path) if _is_file(path) else None
    try:
        slug = record["inputs"]["page"]["slug"]
        return path.name in {f"{slug}.ipynb", kept_name(slug, record["digest"])}
    except (KeyError, TypeError):  # no record, or of something else
        return False


def is_own_lock(path: Path) -> bool:
    """Tell whether a file is a lock of this project, by its name and its contents: nothing, or a profile's file."""
    pattern = _USE if path.parent.name == IN_USE else _LOCK
    if not _is_file(path) or not pattern.fullmatch(path.name):
        return False
    try:
        size = path.stat().st_size
        return size == 0 or (pattern is _USE and size < 2**12 and path.read_text(encoding="utf-8").endswith(".toml"))
    except FileNotFoundError:  # its process has just ended
        return True
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
