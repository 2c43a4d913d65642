"""The mark of a folder of runs: without it, nothing is removed from a folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

from report_utils.errors import InputError
from report_utils.files.disk import RUNS_VARIABLE, write_text
from report_utils.runs.ownership import MARK, strangers

_MARK_LINE = "report-utils keeps its runs here"
_MARK_TEXT = f"{_MARK_LINE}; `report-utils clean --stale` removes from this folder what no profile needs any more.\n"
_marked: set[Path] = set()


def is_marked(root: Path) -> bool:
    """Tell whether a folder carries the mark of this project's runs."""
    path = root / MARK
    try:
        return not path.is_symlink() and path.read_text(encoding="utf-8").startswith(_MARK_LINE)
    except (OSError, ValueError):
        return False


def mark_runs(root: Path) -> None:
    """Make a folder of runs with its mark; one that is there gets the mark only if it holds nothing but runs of ours.

    Where nothing can be written, nothing is said: whatever is written next says it.
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
    """Refuse to remove anything from a folder that is not one of this project's runs.

    Raises
    ------
    InputError
        If it has no mark and holds other things.
    """
    if not root.is_dir() or is_marked(root):
        return
    stranger = next(strangers(root), None)
    if stranger is not None:
        msg = (
            f"{root}: this folder has no {MARK}, and {stranger.relative_to(root)} in it is not this project's; nothing "
            f"is removed: let {RUNS_VARIABLE} name the folder of the runs, or move what else is here to another folder"
        )
        raise InputError(msg)
