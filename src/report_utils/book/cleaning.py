"""What may be removed from a folder of runs: what no profile needs any more, and what killed processes left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from report_utils.book.build import PAGES_FOLDER
from report_utils.book.kept_pages import NO_READS, Today, is_fresh
from report_utils.book.pages import book_pages
from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors, host_token
from report_utils.profiles import profile_names, project_root
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import changed_inputs, current_key
from report_utils.runs.cleanup import abandoned, profiles_in_use, remove, remove_lock, unused_locks
from report_utils.runs.explain_changes import changes
from report_utils.runs.ownership import OwnedEntry, entries, mark_runs, record_of, require_runs, strangers
from report_utils.runs.store import Store

_MEGABYTE = 1e6
_MOST_REASONS = 3
_SHOWN_STRANGERS = 3
_KILLED = "left by a process that was killed"


@dataclass(frozen=True)
class CleaningVerdict:
    """Whether one thing in a folder of runs may be removed, and why or why not."""

    entry: OwnedEntry
    stale: bool
    reason: str


class Cleaning:
    """Looks through a store for what may be removed.

    A run is judged by the file of its profile, and only if that file is one of the project's or was given: which runs a
    profile elsewhere still needs is not known.
    """

    def __init__(self, profiles: Iterable[str] = (), store: Store | None = None) -> None:
        self.store = store or Store()
        self._known: dict[str, Reproduction | str] = {}
        for name in profile_names():
            path = project_root() / "profiles" / f"{name}.toml"
            label = path.relative_to(project_root()).as_posix()
            try:
                self._known[label] = Reproduction(path, self.store)
            except InputError as error:
                self._known[label] = str(error)
        for name in profiles:
            reproduction = Reproduction(name, self.store)
            self._known[reproduction.profile.label] = reproduction

    def verdicts(self) -> list[CleaningVerdict]:
        """Return what to do with everything in the store, in the order of its names."""
        in_use = profiles_in_use(self.store)
        return [CleaningVerdict(entry, *self._judged(entry, in_use)) for entry in entries(self.store.root)]

    def _judged(self, entry: OwnedEntry, in_use: set[str]) -> tuple[bool, str]:
        label = self._label(entry)
        known = self._known.get(label)
        if label in in_use:
            return False, f"a process is working on {label}"
        if entry.kind == "temporary":
            return True, _KILLED
        if entry.kind == "set aside":
            return True, "it was damaged and has been computed again"
        if known is None:
            return False, f"of {label or 'an unknown profile'}, which was not given with --profile"
        if isinstance(known, str):
            return False, f"its profile cannot be read: {known}"
        reason = _page_staleness(entry, Today(known)) if entry.kind == "page" else _run_staleness(entry, known)
        return reason is not None, reason or "current"

    def _label(self, entry: OwnedEntry) -> str:
        """Return the file of an entry's profile: what it says itself, or else the name of its folder."""
        about = record_of(entry.path) or {} if entry.kind == "page" else entry.about
        if about.get("profile"):
            return about["profile"]
        parts = entry.result.relative_to(self.store.root).parts
        name = parts[1] if len(parts) > 2 else entry.result.name.rsplit("-", 1)[0]
        return f"profiles/{name}.toml"


def _run_staleness(entry: OwnedEntry, reproduction: Reproduction) -> str | None:
    """Say why a run is no longer needed, or None."""
    if not entry.about:
        return "it does not say what it was made from"
    now = current_key(reproduction, entry.about)
    if now is None:
        return f"profile {reproduction.profile.name} no longer has such a run"
    if now.digest != entry.about["digest"]:
        return "; ".join(changed_inputs(entry.about, now)[:_MOST_REASONS])
    if entry.kind == "partial work" and reproduction.store.holds(now):
        return "its run is finished"
    return None


def _page_staleness(entry: OwnedEntry, today: Today) -> str | None:
    made = record_of(entry.path)
    if made is None or not NO_READS.keys() <= made["inputs"].keys():
        return "it does not say what it was made from"
    page = next((page for page in book_pages() if page.slug == made["inputs"]["page"]["slug"]), None)
    if page is None:
        return "the book no longer has this page"
    if is_fresh(made, page, today):
        return None
    return "; ".join(changes(made["inputs"], today.inputs(page, made["inputs"]))[:_MOST_REASONS])


def _half_written_pages() -> list[Path]:
    """Return the files that killed processes left beside the pages that the book reads."""
    pattern = rf"\..+\.ipynb\.{host_token()}[0-9a-f]{{8}}\.(\d+)\.tmp"
    return [path for path in abandoned(project_root() / PAGES_FOLDER, pattern) if path.is_file()]


def clean(cleaning: Cleaning, *, dry_run: bool) -> Iterator[str]:
    """Remove what may be removed, and yield a line for each thing and for what stays; a dry run removes nothing."""
    root = cleaning.store.root
    require_runs(root)
    if root.is_dir() and not dry_run:
        mark_runs(root)
    gone = n_gone = 0
    kept: dict[str, list[int]] = {}
    for verdict in cleaning.verdicts():
        entry, size = verdict.entry, verdict.entry.size()
        where = entry.path.relative_to(root)
        if verdict.stale and (dry_run or remove(cleaning.store, entry)):
            gone, n_gone = gone + size, n_gone + 1
            yield f"{entry.kind:<12} {size / _MEGABYTE:9.2f} MB  {where}: {verdict.reason}"
        else:
            kept.setdefault("in use" if verdict.stale else verdict.reason, []).append(size)
    for path in _half_written_pages():
        n_gone += 1
        yield f"{'temporary':<12} {0:9.2f} MB  {path}: {_KILLED}"
        if not dry_run:
            with clear_disk_errors(path):
                path.unlink()
    locks = unused_locks(cleaning.store)
    for path in () if dry_run else locks:
        with clear_disk_errors(path):
            remove_lock(path)
    for reason, sizes in kept.items():
        yield f"kept: {len(sizes)} ({sum(sizes) / _MEGABYTE:.2f} MB), {reason}"
    if others := [path.relative_to(root).as_posix() for path in strangers(root)]:
        more = ", ..." if len(others) > _SHOWN_STRANGERS else ""
        yield f"not looked at: {len(others)} not of this project, {', '.join(others[:_SHOWN_STRANGERS])}{more}"
    done = "would be removed" if dry_run else "removed"
    yield f"{n_gone} {done} ({gone / _MEGABYTE:.2f} MB), and {len(locks)} unused lock files"
