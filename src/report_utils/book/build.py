"""From a profile to executed pages: computes what is missing, runs what is stale, says how long each part took."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from report_utils.binning import get_transform
from report_utils.book.execute import METADATA, run_page, unavailable_page
from report_utils.book.pages import PAGES, Page
from report_utils.errors import InputError
from report_utils.fingerprint import code_digest, digest, imported_modules, source_digest
from report_utils.profiles import project_root
from report_utils.reproduction import Reproduction
from report_utils.work import Task, advance, run_tasks

PAGES_FOLDER = Path("book") / "pages"
NOTEBOOKS_FOLDER = Path("notebooks")


@dataclass
class BuildReport:
    """What a build did, and how long each part took [s]."""

    profile: str
    n_runs: int = 0
    pages_run: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        if not self.n_runs and not self.pages_run:
            return [f"profile {self.profile}: nothing to compute, all {len(PAGES)} pages are fresh", *self._times()]
        pages = f"{len(self.pages_run)} of {len(PAGES)} pages run"
        if 0 < len(self.pages_run) <= 3:
            pages += f" ({', '.join(self.pages_run)})"
        return [
            f"profile {self.profile}: {self.n_runs} runs trained, {pages}",
            *self._times(),
        ]

    def _times(self) -> list[str]:
        return [f"  {part:<14}{seconds:8.1f} s" for part, seconds in self.seconds.items()]


def page_record(page: Page, reproduction: Reproduction, root: Path) -> dict[str, Any]:
    """Return what a page is made from; a page is fresh while this stays the same.

    That is its notebook's text, its parameters, the profile, the modules it imports, and the runs it shows.
    """
    text = (root / NOTEBOOKS_FOLDER / f"{page.notebook}.py").read_text(encoding="utf-8")
    inputs = {
        "notebook": digest(text),
        "page": {"slug": page.slug, "title": page.title, "parameters": page.parameters},
        "profile": reproduction.profile.model_dump(mode="json", exclude={"path"}),
        "code": code_digest(imported_modules(text)),
        "execute": source_digest(Path(__file__).with_name("execute.py").read_text(encoding="utf-8")),
        "data": reproduction.data_key.digest,
        "runs": {
            key.name: key.digest
            for key in reproduction.runs(
                filter(reproduction.available, page.transforms), filter(reproduction.available, page.dynamics)
            )
        },
    }
    return {"digest": digest(inputs), "inputs": inputs}


def prepare_book(profile: str | None = None) -> BuildReport:
    """Bring all executed pages up to date for a profile.

    Parameters
    ----------
    profile : str, optional
        As :func:`report_utils.profiles.load_profile` takes it.

    Raises
    ------
    InputError, PageError
        What was finished before stays finished.
    """
    root = project_root()
    reproduction = Reproduction(profile)
    report = BuildReport(reproduction.profile.name)
    began = time.monotonic()
    _ = reproduction.dataset
    report.seconds["observations"] = -began + (began := time.monotonic())
    report.n_runs = reproduction.prepare()
    report.seconds["training"] = -began + (began := time.monotonic())
    stale = []
    for page in PAGES:
        record = page_record(page, reproduction, root)
        made = _record_of(_executed(page, reproduction))
        if made is not None and made["digest"] == record["digest"]:
            _publish(page, reproduction, root)
        else:
            stale.append((page, record))
    tasks = [
        Task(f"page {page.slug}", make_page, {"page": page, "reproduction": reproduction, "record": record}, 1.0)
        for page, record in stale
    ]
    run_tasks(tasks, f"Pages ({len(tasks)})")
    for page, _ in stale:
        _publish(page, reproduction, root)
        report.pages_run.append(page.slug)
    _remove_others(root)
    report.seconds["pages"] = time.monotonic() - began
    return report


def book_status(profile: str | None = None) -> list[str]:
    """Return a line for each run and page of a profile: finished or missing, fresh or stale and by what."""
    root = project_root()
    reproduction = Reproduction(profile)
    store, lines = reproduction.store, []
    keys = [
        reproduction.data_key,
        *reproduction.runs(reproduction.transforms, reproduction.dynamics_transforms),
    ]
    for key in keys:
        lines.append(f"{'finished' if store.load(key) else 'missing':<9} run   {key.name}")
    for page in PAGES:
        record, made = page_record(page, reproduction, root), _record_of(_executed(page, reproduction))
        if made is None:
            lines.append(f"{'missing':<9} page  {page.slug}")
        elif made["digest"] == record["digest"]:
            lines.append(f"{'fresh':<9} page  {page.slug}")
        else:
            changed = [name for name, value in record["inputs"].items() if made["inputs"].get(name) != value]
            lines.append(f"{'stale':<9} page  {page.slug}: changed {', '.join(changed)}")
    return lines


def make_page(page: Page, reproduction: Reproduction, record: dict[str, Any]) -> None:
    """Execute one page and keep it; runs in a worker process."""
    root, profile = project_root(), reproduction.profile
    missing = [name for name in page.needs if not reproduction.available(name)]
    if missing:
        label = get_transform(missing[0]).label
        reason = (
            f"{label} needs AGN-less event lists, and the archive of this profile does not have one for every cluster."
        )
        notebook = unavailable_page(page, reason, record)
    else:
        named = profile.name if profile.path.parent == root / "profiles" else str(profile.path)
        notebook = run_page(page, root / NOTEBOOKS_FOLDER / f"{page.notebook}.py", named, record)
    _write(_executed(page, reproduction), nbformat.writes(notebook))
    advance(1.0)


def _executed(page: Page, reproduction: Reproduction) -> Path:
    """Return where an executed page is kept for its profile, so that changing profiles back and forth is quick."""
    return reproduction.store.root / "pages" / reproduction.profile.name / f"{page.slug}.ipynb"


def _record_of(path: Path) -> dict[str, Any] | None:
    """Return what an executed page was made from, or None where there is none that can be read."""
    try:
        record = nbformat.read(path, as_version=4).metadata[METADATA]
        return record if {"digest", "inputs"} <= record.keys() else None
    except (OSError, KeyError, ValueError, AttributeError, nbformat.reader.NotJSONError):
        return None


def _write(path: Path, text: str) -> None:
    """Write a file that is either whole or as it was before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        msg = f"{path}: cannot write here: {error.strerror}; free space or make the folder writable"
        raise InputError(msg) from error


def _publish(page: Page, reproduction: Reproduction, root: Path) -> None:
    """Put an executed page where the book reads it; an unchanged one keeps its time stamp."""
    target = root / PAGES_FOLDER / f"{page.slug}.ipynb"
    text = _executed(page, reproduction).read_text(encoding="utf-8")
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        _write(target, text)


def _remove_others(root: Path) -> None:
    expected = {f"{page.slug}.ipynb" for page in PAGES}
    for path in (root / PAGES_FOLDER).glob("*.ipynb"):
        if path.name not in expected:
            path.unlink()
