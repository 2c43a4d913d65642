"""Compare all that two builds have made, bit for bit; and what one has made with what its manifests say."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from report_utils.runs.integrity import CHECKED, MANIFEST, fault_of
from report_utils.runs.ownership import EXECUTED_PAGES, IN_USE, LOCKS, MARK, WORKERS_LOG, entries, strangers

VARYING = {
    "manifests of runs": ("finished", "seconds"),
    "records of pages": ("at", "seconds"),
}
"""What says when something was made and how long that took; all else must be the same."""

VARYING_HTML = re.compile(r"executions\.html|_sources/pages/.*\.ipynb")
"""Files of the rendered book that show or hold those; what they are made from is compared itself."""

_NO_RUNS = {EXECUTED_PAGES, LOCKS, IN_USE, WORKERS_LOG, MARK}


def faults(tree: Path) -> list[str]:
    """Return what counts as finished and is not whole."""
    found = []
    for entry in entries(tree / ".runs"):
        if entry.kind == "run":
            fault = fault_of(entry.path, entry.about.get("digest", ""), thorough=True)
            found += [f"{entry.path}: {fault}"] if fault else []
        elif entry.kind == "set aside":
            found.append(f"{entry.path}: was set aside")
    return found + [f"{path}: nothing in it says what it is" for path in strangers(tree / ".runs")]


def differences(calm: Path, killed: Path) -> list[str]:
    """Return the results that are not the same in two builds."""
    found = []
    for part, digests in (("runs", run_digests), ("pages", page_digests), ("html", html_digests)):
        before, after = digests(calm), digests(killed)
        found += [f"{part}: {name} is only in {calm.name}" for name in before.keys() - after.keys()]
        found += [f"{part}: {name} is only in {killed.name}" for name in after.keys() - before.keys()]
        found += [f"{part}: {name} differs" for name in before.keys() & after.keys() if before[name] != after[name]]
        print(f"{part}: {len(before)} files compared", flush=True)
    return sorted(found)


def run_digests(tree: Path) -> dict[str, str]:
    """Return the digest of every file of every run, by its place; of a manifest without what varies."""
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
    """Return the digest of every executed page without what varies of its record."""
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
    """Return the digest of every file of the rendered book that shows no times."""
    folder = tree / "_build" / "html"
    names = {path: path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()}
    kept = {path: name for path, name in names.items() if not VARYING_HTML.fullmatch(name)}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for path, name in kept.items()}


def _text(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
