"""Do two clones of the project build the same book? The gate of every change that should change no number.

Build both clones with the same profile on the same machine, each with its own ``.runs``, then::

    python -m tools.same_book BEFORE AFTER --profile quick

It compares every stored array, by the name of its run; the executed cells of every page, without metadata, digests,
commits and times; and the output of ``report-utils table --json`` and ``table --status --json``. It prints one line for
each difference, and exits with status 1 if there is any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

_PASSING = re.compile(r"\b[0-9a-f]{7,64}\b|\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}\S*)?")
"""Digests and commits, days and times."""
_TABLES = (("table",), ("table", "--status"))


def array_digests(clone: Path) -> dict[str, str]:
    """Return the SHA-256 of type, shape and values of every stored array, by run and array."""
    found, runs = {}, clone / ".runs"
    for path in sorted(runs.glob("[!.]*/**/manifest.json")):
        run = path.parent.relative_to(runs).as_posix().rpartition("-")[0]
        for file in sorted(path.parent.glob("*.npy")):
            array = np.load(file, mmap_mode="r", allow_pickle=False)
            digest = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array))
            found[f"{run}: {file.stem}"] = digest.hexdigest()
    return found


def page_cells(clone: Path) -> dict[str, str]:
    """Return the source and outputs of every cell of every page, as text, by page and number."""
    found = {}
    for path in sorted((clone / "book" / "pages").glob("*.ipynb")):
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            outputs = [{"data": one.get("data"), "text": one.get("text")} for one in cell.get("outputs", [])]
            text = json.dumps([cell["source"], outputs], sort_keys=True)
            found[f"{path.stem}, cell {number}"] = _PASSING.sub("", text)
    return found


def table_values(clone: Path, profile: str) -> dict[str, str]:
    """Return every value that the tables print as JSON, by command and place."""
    found = {}
    environment = os.environ | {"PYTHONPATH": str(clone / "src"), "REPORT_PROFILE": profile}
    environment["REPORT_RUNS"] = str(clone / ".runs")
    with tempfile.TemporaryDirectory() as folder:
        for arguments in _TABLES:
            file = Path(folder) / "table.json"
            command = [
                sys.executable,
                "-c",
                "from report_utils.cli import main; main()",
                *arguments,
                "--json",
                str(file),
            ]
            subprocess.run(command, cwd=clone, env=environment, stdout=subprocess.DEVNULL, check=True)
            for place, value in _leaves(json.loads(file.read_text(encoding="utf-8"))):
                found[f"{' '.join(arguments)}: {place}"] = _PASSING.sub("", str(value))
    return found


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of all that is neither a mapping nor a list; an entry with a name is placed by that."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            name = inner.get("name", number) if isinstance(inner, Mapping) else number
            yield from _leaves(inner, f"{place}[{name}]")
    else:
        yield place, value


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return a line for each thing that is only in one or differs."""
    lines = [f"gone: {name}" for name in before if name not in after]
    lines += [f"new: {name}" for name in after if name not in before]
    for name in before:
        if name in after and before[name] != after[name]:
            said = f" ({before[name]} -> {after[name]})" if len(before[name]) + len(after[name]) < 100 else ""
            lines.append(f"differs: {name}{said}")
    return lines


def main() -> None:
    """Compare two clones."""
    parser = argparse.ArgumentParser(description="Do two clones of the project build the same book?")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--profile", default="quick")
    given = parser.parse_args()
    parts = {
        "arrays": array_digests,
        "cells": page_cells,
        "values of tables": lambda clone: table_values(clone, given.profile),
    }
    n_differences = 0
    for name, read in parts.items():
        before, after = read(given.before.resolve()), read(given.after.resolve())
        lines = differences(before, after)
        n_differences += len(lines)
        print(f"{name}: {len(before.keys() & after.keys())} compared, {len(lines)} differences")
        print(*(f"  {line}" for line in lines), sep="\n")
    sys.exit(n_differences > 0)


if __name__ == "__main__":
    main()
