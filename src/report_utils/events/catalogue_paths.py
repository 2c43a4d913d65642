"""From what a catalogue writes in a column of files to the one file that is meant."""

from __future__ import annotations

import glob
from pathlib import Path

from report_utils.errors import InputError
from report_utils.events.patterns import Search

ID_FIELD = "{cluster_id}"
"""Stands for the row's cluster_id in a path or pattern."""
_WORKING, _CATALOGUES = "the working", "the catalogue's"


def locate(
    text: str,
    cluster_id: str,
    folder: Path | None,
    search: Search,
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
        The catalogue's, where its paths start. None for what is stated outside it, which starts at the working
        folder and may lead anywhere.
    search : Search
        Looks for what matches a pattern.
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
    where = f"(paths start at {_WORKING if folder is None else _CATALOGUES} folder)"
    if must_exist and not path.is_file():
        if not glob.has_magic(pattern):
            msg = f"there is no file {text.replace(ID_FIELD, cluster_id)!r} {where}; correct the path"
            raise InputError(msg)
        path = _only_match(search, start, pattern, where)
    if folder is not None and not outside_paths and not path.resolve().is_relative_to(folder.resolve()):
        msg = (
            f"{text!r} leads out of the catalogue's folder; move the file into it, or allow such paths with"
            " --outside-paths (outside_paths=True)"
        )
        raise InputError(msg)
    return path


def _only_match(search: Search, start: Path, pattern: str, where: str) -> Path:
    files = search.files(start, pattern)
    if len(files) == 1:
        return files[0]
    if not files:
        msg = f"no file matches {pattern!r} {where}; correct the pattern"
        raise InputError(msg)
    names = ", ".join(path.name for path in files[:3]) + (", ..." if len(files) > 3 else "")
    msg = (
        f"{pattern!r} matches {len(files)} files ({names}); narrow it to one, for a row is one observation with one"
        " event list"
    )
    raise InputError(msg)
