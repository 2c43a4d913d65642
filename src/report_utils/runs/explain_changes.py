"""The differences between the inputs of two results in words, such as ``training.epochs 8 -> 10``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_ABSENT = object()
_LONGEST_VALUE = 48
_DIGEST = re.compile(r"[0-9a-f]{64}")

_NAMED = {"notebook": "notebook", "files": "file", "folders": "folder", "runs": "run"}

Path = tuple[str, ...]


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return one line for each input of a run or page that changed, with its old and new value; none is repeated.

    In the inputs, ``code`` maps definitions to digests, ``data`` holds the inputs of the binned observations, and
    ``profile`` the entries of a profile.
    """
    found = {path: (old, new) for path, old, new in differences(before, now)}
    lines: list[str] = []
    for path, (old, new) in found.items():
        observations = (*path[:-1], "n_clusters")
        if path[-1] == "archive" and observations in found and _ABSENT not in (old, new):
            continue  # the number of observations says so already
        from_archive = "archive" in _mapping_at(now, path[:-1]) and "archive" in _mapping_at(before, path[:-1])
        if path[-1] == "n_clusters" and from_archive:
            lines.append(f"archive: {old} -> {new} observations")
        else:
            lines.append(_in_words(path, old, new))
    return list(dict.fromkeys(lines))


def differences(before: Any, now: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Yield (path, before, now) for each value that differs between nested mappings."""
    if before == now:
        return
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            yield from differences(before.get(name, _ABSENT), now.get(name, _ABSENT), (*path, name))
    elif _plain(before) != _plain(now):
        yield path, before, now


def _plain(value: Any) -> Any:
    """Return a value as JSON returns it, with lists in place of tuples."""
    return value if value is _ABSENT else json.loads(json.dumps(value, default=dict))


def _mapping_at(value: Any, path: Path) -> Mapping[str, Any]:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _in_words(path: Path, old: Any, new: Any) -> str:
    if "code" in path:
        name = ".".join(path[path.index("code") + 1 :])
        what = "is now used" if old is _ABSENT else "is no longer used" if new is _ABSENT else "changed"
        return f"code {name} {what}".replace("  ", " ")
    if path[0] in _NAMED:
        return f"{_NAMED[path[0]]} {path[-1]} changed"
    if path[-1] == "archive" and _ABSENT not in (old, new):
        return "archive: its observations changed"
    name = ".".join(path[1:] if path[0] in {"profile", "data"} and path[1:] else path)
    prefix = "data: " if path[0] == "data" and path[1:] else ""
    if _is_opaque(old) or _is_opaque(new):
        return f"{prefix}{name} {'is new' if old is _ABSENT else 'is gone' if new is _ABSENT else 'changed'}"
    return f"{prefix}{name} {_short(old)} -> {_short(new)}"


def _is_opaque(value: Any) -> bool:
    """Tell whether a value means nothing to a reader: a digest, or a whole mapping."""
    return isinstance(value, Mapping) or (isinstance(value, str) and _DIGEST.fullmatch(value) is not None)


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "(not set)"
    text = value if isinstance(value, str) and value else json.dumps(value, default=dict)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
