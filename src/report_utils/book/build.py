"""From a profile to executed pages: computes what is missing, runs what is stale, says how long each part took."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from report_utils.binning import get_transform
from report_utils.book.execute import (
    HOW_TO_HAVE_AGN_LESS,
    HOW_TO_HAVE_RESULTS,
    labelled,
    run_page,
    unavailable_page,
    written,
)
from report_utils.book.pages import PAGES, Page
from report_utils.errors import InputError
from report_utils.files.disk import RUNS_VARIABLE, clear_disk_errors, write_text
from report_utils.profiles import project_root
from report_utils.reproduction.committed import open_reproduction
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.studies import get_study
from report_utils.reproduction.study_results import study_inputs
from report_utils.runs.cleanup import in_use
from report_utils.runs.code_digest import (
    digest,
    file_digest,
    reached_definitions,
    source_definitions,
)
from report_utils.runs.marking import is_marked
from report_utils.runs.ownership import EXECUTED_PAGES, is_own_page, record_of
from report_utils.runs.provenance import copy_note
from report_utils.workers.backends import backend_name
from report_utils.workers.progress import advance
from report_utils.workers.worker_pool import Task, run_tasks

if TYPE_CHECKING:
    from nbformat import NotebookNode

PAGES_FOLDER = Path("book") / "pages"
PAGES_LOCK = ".lock"
NOTEBOOKS_FOLDER = Path("notebooks")
PREPARED_VARIABLE = "REPORT_PREPARED"
"""Environment variable that tells a rendering that its parent has brought the pages up to date."""


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

    That is its notebook's text, its parameters, the profile, the modules it imports, Keras' backend, the data, the runs
    it shows, and what is there of the studies that it shows: runs, or else committed results; and further files that it
    reads.
    """
    path = root / NOTEBOOKS_FOLDER / f"{page.notebook}.py"
    text = path.read_text(encoding="utf-8")
    try:
        code = source_definitions(text)
    except SyntaxError as error:
        line = (error.text or "").strip()
        msg = f"{path}: line {error.lineno}: {error.msg} [{line}]; mend it and build again"
        raise InputError(msg) from error
    inputs = {
        "notebook": {page.notebook: digest(text)},
        "page": {"slug": page.slug, "title": page.title, "words": page.words, "parameters": page.parameters},
        "profile": reproduction.profile.model_dump(mode="json", exclude={"path"}),
        "code": code | reached_definitions("book.execute"),
        "backend": backend_name(),
        "data": reproduction.data_key.inputs,
        "runs": {
            key.name: key.digest
            for key in reproduction.runs(
                filter(reproduction.available, page.transforms), filter(reproduction.available, page.dynamics)
            )
        },
        "studies": {name: study_inputs(reproduction, get_study(name)) for name in page.studies},
        "files": {
            path.relative_to(root).as_posix(): file_digest(path)
            for pattern in page.files
            for path in sorted(root.glob(pattern))
        },
    }
    if results := reproduction.shown_results(page.transforms, page.dynamics):
        inputs["results"] = results
    return {"digest": digest(inputs), "inputs": inputs, "profile": reproduction.profile.label}


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
    if note := copy_note():
        print(f"report-utils: {note}", file=sys.stderr)
    root = project_root()
    reproduction = open_reproduction(profile)
    report = BuildReport(reproduction.profile.name)
    began = time.monotonic()
    with in_use(reproduction.store, reproduction.profile.label):
        _ = reproduction.dataset
        report.seconds["observations"] = -began + (began := time.monotonic())
        report.n_runs = reproduction.prepare()
        report.seconds["training"] = -began + (began := time.monotonic())
        records = [(page, page_record(page, reproduction, root)) for page in PAGES]
        tasks = [
            Task(f"page {page.slug}", make_page, {"page": page, "reproduction": reproduction, "record": record}, 1.0)
            for page, record in records
            if not is_fresh(page, reproduction, record)
        ]
        run_tasks(tasks, f"Pages ({len(tasks)})")
        report.pages_run += [task.arguments["page"].slug for task in tasks]
    report.seconds["pages"] = time.monotonic() - began
    return report


def publish_pages(profile: str | None = None) -> FileLock:
    """Put a profile's executed pages where the book reads them.

    Returns
    -------
    lock : FileLock
        While it is held, which is until it is released or this process ends, no other build puts its pages there.
    """
    root = project_root()
    folder, reproduction = root / PAGES_FOLDER, open_reproduction(profile)
    with clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / PAGES_LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print("another build is rendering this book; waiting for it", file=sys.stderr)
            lock.acquire()
    for page in PAGES:
        target, executed = folder / f"{page.slug}.ipynb", executed_page(page, reproduction)
        if not executed.is_file():
            msg = f"{executed}: the page was removed while the book was built; build again"
            raise InputError(msg)
        text = executed.read_text(encoding="utf-8")
        if not target.is_file() or target.read_text(encoding="utf-8") != text:  # or else it keeps its time stamp
            write_text(target, text)
    expected = {f"{page.slug}.ipynb" for page in PAGES}
    for path in folder.glob("*.ipynb"):
        if path.name not in expected and is_own_page(path):
            path.unlink()  # of an earlier version; a notebook of somebody else's stays
    return lock


def make_page(page: Page, reproduction: Reproduction, record: dict[str, Any]) -> None:
    """Execute one page and keep it, unless another process has made it meanwhile; runs in a worker process."""
    path = executed_page(page, reproduction)
    if path.is_file() and record_of(path) is None and not is_marked(reproduction.store.root):
        msg = f"{path}: this is no page of this book; move it to another folder, or let {RUNS_VARIABLE} name a new one"
        raise InputError(msg)
    with reproduction.store.hold(path, f"page {page.slug}"):
        if not is_fresh(page, reproduction, record):
            notebook = _execute(page, reproduction, record)
            if page_record(page, reproduction, project_root())["digest"] != record["digest"]:
                msg = f"page {page.slug}: its notebook or code was edited while it ran; run the same command again"
                raise InputError(msg)
            write_text(path, written(notebook))
    advance(1.0)


def lacking(page: Page, reproduction: Reproduction) -> list[str]:
    """Return the transforms that a page needs and a reproduction cannot show."""
    of_dynamics = set(page.needs) <= set(page.dynamics)
    shown = reproduction.dynamics_transforms if of_dynamics else reproduction.transforms
    return [name for name in page.needs if name not in shown]


def _execute(page: Page, reproduction: Reproduction, record: dict[str, Any]) -> NotebookNode:
    root, profile = project_root(), reproduction.profile
    missing = lacking(page, reproduction)
    note = reproduction.origin_note(page.transforms, page.dynamics)
    if note and (missing or page.weights):
        without = " They hold no weights, and this page needs the trained networks." if page.weights else ""
        return unavailable_page(page, f"{note}{without}", HOW_TO_HAVE_RESULTS, record)
    if missing:
        label = get_transform(missing[0]).label
        reason = (
            f"{label} needs AGN-less event lists, and the archive of this profile does not have one for every cluster."
        )
        return unavailable_page(page, reason, HOW_TO_HAVE_AGN_LESS, record)
    named = profile.name if profile.path.parent == root / "profiles" else str(profile.path)
    executed = run_page(page, root / NOTEBOOKS_FOLDER / f"{page.notebook}.py", named, record)
    return labelled(executed, note) if note else executed


def is_fresh(page: Page, reproduction: Reproduction, record: dict[str, Any]) -> bool:
    """Tell whether a page has been executed from what its record names."""
    made = record_of(executed_page(page, reproduction))
    return made is not None and made["digest"] == record["digest"]


def executed_page(page: Page, reproduction: Reproduction) -> Path:
    """Return where an executed page is kept for its profile, so that changing profiles back and forth is quick."""
    return reproduction.store.root / EXECUTED_PAGES / reproduction.profile.name / f"{page.slug}.ipynb"
