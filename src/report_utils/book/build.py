"""From a profile to executed pages: compute what is missing, run stale pages, report how long each part took."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from report_utils.book.execute import run_page
from report_utils.book.figure_files import publish_data, split_data
from report_utils.book.kept_pages import (
    Today,
    forget_oldest,
    fresh_version,
    kept_folder,
    page_record,
    profile_argument,
    recorded_folders,
    version_path,
)
from report_utils.book.pages import Page, book_pages, say_unlisted_notebooks
from report_utils.book.provenance import with_line
from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors, write_text
from report_utils.profiles import project_root
from report_utils.reproduction.committed import open_reproduction
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.cleanup import in_use
from report_utils.runs.manifests import copy_note
from report_utils.runs.ownership import METADATA, is_own_page
from report_utils.workers.progress import advance
from report_utils.workers.worker_pool import Task, run_tasks

PAGES_FOLDER = Path("book") / "pages"
PAGES_LOCK = ".lock"
PREPARED_VARIABLE = "REPORT_PREPARED"
"""Environment variable that tells a rendering that its parent has brought the pages up to date."""


@dataclass
class BuildReport:
    """What a build did, and how long each part took [s]."""

    profile: str
    n_pages: int
    n_runs: int = 0
    pages_run: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        if not self.n_runs and not self.pages_run:
            return [f"profile {self.profile}: nothing to compute, all {self.n_pages} pages are fresh", *self._times()]
        pages = f"{len(self.pages_run)} of {self.n_pages} pages run"
        if 0 < len(self.pages_run) <= 3:
            pages += f" ({', '.join(self.pages_run)})"
        return [f"profile {self.profile}: {self.n_runs} runs trained, {pages}", *self._times()]

    def _times(self) -> list[str]:
        return [f"  {part:<14}{seconds:8.1f} s" for part, seconds in self.seconds.items()]


def prepare_book(profile: str | None = None) -> BuildReport:
    """Bring all executed pages up to date for a profile; where a page fails, what was finished before is kept."""
    if note := copy_note():
        print(f"report-utils: {note}", file=sys.stderr)
    reproduction, pages = open_reproduction(profile), book_pages()
    say_unlisted_notebooks()
    report = BuildReport(reproduction.profile.name, len(pages))
    began = time.monotonic()
    with in_use(reproduction.store, reproduction.profile.label):
        _ = reproduction.dataset
        report.seconds["observations"] = -began + (began := time.monotonic())
        report.n_runs = reproduction.prepare()
        report.seconds["training"] = -began + (began := time.monotonic())
        today = Today(reproduction)
        stale = [page for page in pages if fresh_version(page, today) is None]
        work = [{"page": page, "reproduction": reproduction} for page in stale]
        run_tasks([Task(f"page {one['page'].slug}", make_page, one, 1.0) for one in work], f"Pages ({len(work)})")
        report.pages_run += [page.slug for page in stale]
    report.seconds["pages"] = time.monotonic() - began
    return report


def publish_pages(profile: str | None = None) -> FileLock:
    """Put a profile's executed pages where the book reads them, and return a lock.

    While it is held, which is until it is released or this process ends, no other build puts its pages there.
    """
    folder, reproduction, pages = project_root() / PAGES_FOLDER, open_reproduction(profile), book_pages()
    with clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / PAGES_LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print("another build is rendering this book; waiting for it", file=sys.stderr)
            lock.acquire()
    today, data = Today(reproduction), {}
    for page in pages:
        executed = fresh_version(page, today)
        if executed is None:
            msg = f"page {page.slug}: it, or what it shows, changed while the book was built; build again"
            raise InputError(msg)
        executed.touch()  # versions in use are kept the longest
        text, found = split_data(executed.read_text(encoding="utf-8"))
        data |= found
        text, target = with_line(text, reproduction), folder / f"{page.slug}.ipynb"
        if not target.is_file() or target.read_text(encoding="utf-8") != text:  # an unchanged page keeps its time stamp
            write_text(target, text)
    expected = {f"{page.slug}.ipynb" for page in pages}
    for path in folder.glob("*.ipynb"):
        if path.name not in expected and is_own_page(path):
            path.unlink()  # of an earlier version; other people's notebooks stay
    publish_data(project_root(), data)
    return lock


def make_page(page: Page, reproduction: Reproduction) -> Path:
    """Execute one page and keep it, unless another process has made it in the meantime; runs in a worker process."""
    place = kept_folder(reproduction) / page.slug
    with reproduction.store.hold(place, f"page {page.slug}"):
        path = fresh_version(page, Today(reproduction))
        if path is None:
            import nbformat

            before = Today(reproduction).inputs(page)
            executed, recorded = run_page(
                page, page.notebook_path(), profile_argument(reproduction.profile), **recorded_folders(reproduction)
            )
            today = Today(reproduction)
            reads = today.reads(recorded)
            record = page_record(today, page, reads)
            if record["inputs"] != before | reads:
                msg = f"page {page.slug}: what it is made from was edited while it ran; run the same command again"
                raise InputError(msg)
            executed.metadata[METADATA] |= record
            path = version_path(page, reproduction, record)
            write_text(path, nbformat.writes(executed))
            forget_oldest(page, reproduction)
    advance(1.0)
    return path
