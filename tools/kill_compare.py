"""Compare everything that two builds made, bit for bit, and the results of one build with its manifests."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from report_utils.runs.manifests import CHECKED, MANIFEST, fault_of
from report_utils.runs.ownership import EXECUTED_PAGES, IN_USE, LOCKS, MARK, WORKERS_LOG, entries, strangers

VARYING = {
    "manifests of runs": ("finished", "seconds"),
    "records of pages": ("at", "seconds"),
}
"""Entries that record times and durations; everything else must be the same."""

VARYING_HTML = re.compile(r"executions\.html|_sources/pages/.*\.ipynb")
"""Files of the rendered book that contain these entries; their sources are compared instead."""

_NO_RUNS = {EXECUTED_PAGES, LOCKS, IN_USE, WORKERS_LOG, MARK}


def faults(tree: Path) -> list[str]:
    """Return everything that counts as finished but is not intact."""
    found = []
    for entry in entries(tree / ".runs"):
        if entry.kind == "run":
            fault = fault_of(entry.path, entry.about.get("digest", ""), thorough=True)
            found += [f"{entry.path}: {fault}"] if fault else []
        elif entry.kind == "set aside":
            found.append(f"{entry.path}: was set aside")
    return found + [f"{path}: is not recognised" for path in strangers(tree / ".runs")]


def differences(calm: Path, killed: Path) -> list[str]:
    """Return the results that differ between two builds."""
    found = []
    for part, digests in (("runs", run_digests), ("pages", page_digests), ("html", html_digests)):
        before, after = digests(calm), digests(killed)
        found += [f"{part}: {name} is only in {calm.name}" for name in before.keys() - after.keys()]
        found += [f"{part}: {name} is only in {killed.name}" for name in after.keys() - before.keys()]
        found += [f"{part}: {name} differs" for name in before.keys() & after.keys() if before[name] != after[name]]
        print(f"{part}: {len(before)} files compared", flush=True)
    return sorted(found)


def run_digests(tree: Path) -> dict[str, str]:
    """Return the digest of every file of every run, by path; manifests are digested without varying entries."""
    runs, found = tree / ".runs", {}
    for path in sorted(runs.rglob("*")):
        parts = path.relative_to(runs).parts
        if not path.is_file() or parts[0] in _NO_RUNS or path.name == CHECKED:
            continue
        content = path.read_bytes()
        if path.name == MANIFEST:
            manifest = json.loads(content)
            content = _text({k: v for k, v in manifest.items() if k not in VARYING["manifests of runs"]})
        found["/".join(parts)] = hashlib.sha256(content).hexdigest()
    return found


def page_digests(tree: Path) -> dict[str, str]:
    """Return the digest of every executed page, without the varying entries of its record."""
    found = {}
    for folder in (tree / ".runs" / "pages", tree / "book" / "pages"):
        for path in sorted(folder.rglob("*.ipynb")):
            page = json.loads(path.read_text(encoding="utf-8"))
            record = page["metadata"]["report_utils"]
            for name in VARYING["records of pages"]:
                record.pop(name, None)
            found[path.relative_to(tree).as_posix()] = hashlib.sha256(_text(page)).hexdigest()
    return found


def html_digests(tree: Path) -> dict[str, str]:
    """Return the digest of every file of the rendered book that contains no times."""
    folder = tree / "_build" / "html"
    names = {path: path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()}
    kept = {path: name for path, name in names.items() if not VARYING_HTML.fullmatch(name)}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for path, name in kept.items()}


def _text(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
