"""From a path or pattern in a catalogue to the one file that is meant, with a bound on how many files are looked at."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from report_utils.errors import InputError, printable

ID_FIELD = "{cluster_id}"
"""Stands for the row's cluster_id in a path or pattern."""
MAX_LISTED = 300_000
"""Files and folders that all patterns of a catalogue may list together, which takes seconds."""
MAX_COMPARED = 50_000_000
"""Names that they may be compared with, row by row; the first letters of a pattern rule out most of them."""
_MAX_PARTS = 50
_ANYWHERE = "**"
_ESCAPED = re.compile(r"\[([*?[])\]")
_LAST = "\U0010ffff"


def locate(
    text: str,
    cluster_id: str,
    folder: Path | None,
    search: FileSearch,
    *,
    outside_paths: bool = False,
    must_exist: bool = True,
) -> Path:
    """Return the file that a path or pattern names.

    Parameters
    ----------
    text : str
        A path, or a pattern with ``*``, ``?``, ``[...]`` or ``**`` that must match exactly one file.
    cluster_id : str
        What :data:`ID_FIELD` becomes.
    folder : Path or None
        The catalogue's folder, where its paths start. None for an option, which starts at the working folder and may
        lead anywhere.
    search : FileSearch
        Finds the files that match a pattern.
    outside_paths : bool
        Whether the file may lie outside the folder: by an absolute path, by ``..`` or by a link.
    must_exist : bool
        Whether to look for the file at all.

    Raises
    ------
    InputError
        The reason alone; the caller knows row and column.
    """
    if ID_FIELD in text and "/" in cluster_id:
        msg = f"{cluster_id!r} stands for a part of a file's name in {text!r} and holds a '/'; rename the cluster"
        raise InputError(msg)
    if text.endswith(("/", "/.")):
        msg = f"{text!r} names a folder; name the file in it"
        raise InputError(msg)
    start = folder or Path()
    path = start / text.replace(ID_FIELD, cluster_id)
    pattern = text.replace(ID_FIELD, glob.escape(cluster_id))
    where = f"(paths start at {'the working folder' if folder is None else 'the folder of the catalogue'})"
    if must_exist and not path.is_file():
        if not glob.has_magic(pattern):
            msg = f"there is no file {text.replace(ID_FIELD, cluster_id)!r} {where}; correct the path"
            raise InputError(msg)
        path = _only_match(search.files(start, pattern), pattern, where)
    if folder is not None and not outside_paths and not path.resolve().is_relative_to(folder.resolve()):
        msg = (
            f"{text!r} leads out of the catalogue's folder; move the file into it, or allow such paths with"
            " --outside-paths (outside_paths=True)"
        )
        raise InputError(msg)
    return path


def _only_match(files: list[Path], pattern: str, where: str) -> Path:
    if len(files) == 1:
        return files[0]
    if not files:
        msg = f"no file matches {pattern!r} {where}; correct the pattern"
        raise InputError(msg)
    names = ", ".join(path.name for path in files[:3]) + (", ..." if len(files) > 3 else "")
    msg = (
        f"{pattern!r} matches {len(files)} files ({names}); narrow it to one: a row is one observation with one event"
        " list"
    )
    raise InputError(msg)


class FileSearch:
    """Finds files by patterns as :mod:`glob` does, but stops before it walks a whole disk.

    Each folder is listed once. Names that begin with a dot match only patterns that do, and ``**`` follows no links.

    Parameters
    ----------
    max_listed, max_compared : int
        Names, in all.
    """

    def __init__(self, max_listed: int = MAX_LISTED, max_compared: int = MAX_COMPARED) -> None:
        self._max_listed, self._max_compared = max_listed, max_compared
        self._n_listed = self._n_compared = 0
        self._folders: dict[Path, tuple[list[str], set[str]]] = {}

    def files(self, start: Path, pattern: str) -> list[Path]:
        """Return the files that match, in order.

        Parameters
        ----------
        start : Path
            Where a pattern begins that is not absolute.
        pattern : str

        Raises
        ------
        InputError
            If too much would have to be looked at; the reason alone.
        """
        whole = Path(pattern)
        begin = Path(whole.anchor) if whole.is_absolute() else start
        parts = whole.parts[1:] if whole.is_absolute() else whole.parts
        if parts[-1:] == (_ANYWHERE,):
            parts = (*parts, "*")
        if len(parts) > _MAX_PARTS:
            msg = f"{printable(pattern)!r} goes through more than {_MAX_PARTS} folders; begin it further down"
            raise InputError(msg)
        return sorted(path for path in set(self._matches(begin, parts, pattern)) if path.is_file())

    def _matches(self, folder: Path, parts: tuple[str, ...], pattern: str) -> Iterator[Path]:
        if not parts:
            yield folder
            return
        part, rest = parts[0], parts[1:]
        if not glob.has_magic(part):
            yield from self._matches(folder / part, rest, pattern)
        elif part == _ANYWHERE:
            for inner in self._folders_below(folder, pattern):
                yield from self._matches(inner, rest, pattern)
        elif glob.escape(plain := _ESCAPED.sub(r"\1", part)) == part:  # escaped: a cluster's own name
            yield from self._matches(folder / plain, rest, pattern)
        else:
            for name in self._names(folder, part, pattern):
                if not rest or name in self._listed(folder, pattern)[1]:
                    yield from self._matches(folder / name, rest, pattern)

    def _folders_below(self, folder: Path, pattern: str) -> Iterator[Path]:
        waiting = [folder]
        while waiting:
            inner = waiting.pop()
            yield inner
            names = (name for name in self._listed(inner, pattern)[1] if not name.startswith("."))
            waiting += [path for name in names if not (path := inner / name).is_symlink()]

    def _names(self, folder: Path, part: str, pattern: str) -> list[str]:
        """Return the names in a folder that match one part of a pattern."""
        names = self._listed(folder, pattern)[0]
        letters = re.split(r"[*?[]", part, maxsplit=1)[0]
        names = names[bisect_left(names, letters) : bisect_right(names, letters + _LAST)]
        self._n_compared += len(names)
        self._demand_few(pattern)
        matches = re.compile(fnmatch.translate(part)).match
        return [name for name in names if matches(name) and (part.startswith(".") or not name.startswith("."))]

    def _listed(self, folder: Path, pattern: str) -> tuple[list[str], set[str]]:
        """Return the names in a folder, in order, and which of them are folders."""
        if folder not in self._folders:
            names, folders = [], set()
            # As with glob, nothing matches in a folder that cannot be listed.
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    self._n_listed += 1
                    self._demand_few(pattern)
                    names.append(entry.name)
                    if entry.is_dir():
                        folders.add(entry.name)
            self._folders[folder] = (sorted(names), folders)
        return self._folders[folder]

    def _demand_few(self, pattern: str) -> None:
        if self._n_listed > self._max_listed or self._n_compared > self._max_compared:
            most = self._max_listed if self._n_listed > self._max_listed else self._max_compared
            msg = (
                f"{printable(pattern)!r}, with the patterns of the rows before, looks at more than {most} files and"
                " folders; begin it with the folder that holds the lists, without **"
            )
            raise InputError(msg)
