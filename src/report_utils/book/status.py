"""What a build would do, and why: which runs and pages of a profile are fresh, stale or missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from report_utils.book.kept_pages import Today, fresh_version, kept_versions
from report_utils.book.pages import Page, book_pages, say_unlisted_notebooks
from report_utils.errors import InputError
from report_utils.reproduction.committed import CommittedReproduction, open_reproduction
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import Manifests, Status, changed_inputs, current_key, run_states
from report_utils.runs.explain_changes import changes
from report_utils.runs.manifests import machine, versions
from report_utils.runs.ownership import record_of

_GROUPS = {
    "data": "observations",
    "fit": "fits",
    "dynamics": "dynamics",
    "study": "study runs",
    "result": "results",
    "page": "pages",
}
_MOST_REASONS = 12


@dataclass(frozen=True)
class BookStatus:
    """The state of every run and page of a profile."""

    profile: str
    folder: Path
    """Where the runs lie, or the committed results that stand for them."""
    found: list[Status]

    def summary(self) -> list[str]:
        """Return a line for each kind of run, one for the pages, and one for each reason."""
        committed = any(status.kind == "result" for status in self.found)
        lines = [f"profile {self.profile}, {'committed results' if committed else 'runs'} in {self.folder}"]
        for kind in dict.fromkeys(status.kind for status in self.found):
            group = [status for status in self.found if status.kind == kind]
            states = Counter(status.state for status in group)
            parts = [f"{states[state]} {state}" for state in ("fresh", "stale", "missing", "damaged") if states[state]]
            begun = sum(status.begun for status in group)
            lines.append(f"  {_GROUPS.get(kind, kind):<13}{', '.join(parts)}{f' ({begun} begun)' if begun else ''}")
        lines += self._reasons()
        lines += _elsewhere([status for status in self.found if status.state == "fresh" and status.kind != "page"])
        if all(status.state == "fresh" for status in self.found if status.kind != "result"):
            lines.append("a build has nothing to compute")
        return lines

    def _reasons(self) -> list[str]:
        concerned: dict[str, Counter[str]] = {}
        for status in self.found:
            for reason in status.reasons:
                concerned.setdefault(reason, Counter())[status.kind] += 1
        if not concerned:
            return []
        lines = ["why:"]
        for reason, kinds in list(concerned.items())[:_MOST_REASONS]:
            what = ", ".join(f"{n} {_plural(kind, n)}" for kind, n in kinds.items())
            lines.append(f"  {reason}  [{what}]")
        if len(concerned) > _MOST_REASONS:
            lines.append(f"  and {len(concerned) - _MOST_REASONS} more: --all lists everything")
        return lines

    def everything(self) -> list[str]:
        """Return a line for each run and page, with its reasons."""
        lines = []
        for status in self.found:
            because = f": {'; '.join(status.reasons)}" if status.reasons else ""
            lines.append(f"{status.state:<8} {status.kind:<9} {status.name}{because}{' (begun)' * status.begun}")
        return lines

    def why(self, name: str) -> list[str]:
        """Return all that is known about the runs and pages of a name, or whose names contain it."""
        exact = [status for status in self.found if status.name == name]
        chosen = exact or [status for status in self.found if name in status.name]
        if not chosen:
            msg = f"no run or page of profile {self.profile} is called {name!r}; report-utils status --all lists them"
            raise InputError(msg)
        return [line for status in chosen for line in _explained(status)]


def book_status(profile: str | None = None) -> BookStatus:
    """Return the state of every run, or committed result, and page of a profile; nothing is computed or changed."""
    reproduction, pages = open_reproduction(profile), book_pages()
    say_unlisted_notebooks()
    folder = reproduction.store.root
    found, manifests = run_states(reproduction)
    if isinstance(reproduction, CommittedReproduction):
        folder = reproduction.folder
        found = [status for status in found if status.kind == "data"]
        found += [
            Status("result", name, "stale" if changed else "fresh", changed)
            for name, changed in reproduction.changed_since().items()
        ]
    today = Today(reproduction)
    found += [_page_status(page, today, manifests) for page in pages]
    return BookStatus(reproduction.profile.name, folder, found)


def _page_status(page: Page, today: Today, manifests: Manifests) -> Status:
    if (fresh := fresh_version(page, today)) is not None:
        return Status("page", page.slug, "fresh", about=record_of(fresh))
    kept = [made for path in kept_versions(page, today.reproduction) if (made := record_of(path)) is not None]
    if not kept:
        return Status("page", page.slug, "missing")
    before, now = dict(kept[0]["inputs"]), today.inputs(page, kept[0]["inputs"])
    changed_runs = _changed_runs(before.pop("runs"), now.pop("runs"), manifests, today.reproduction)
    reasons = changes(before, now) + changed_runs
    return Status("page", page.slug, "stale", tuple(dict.fromkeys(reasons)), about=kept[0])


def _changed_runs(
    before: Mapping[str, str | None], now: Mapping[str, str | None], manifests: Manifests, reproduction: Reproduction
) -> list[str]:
    """Return why the runs that a page read are not those of today; None stands for a run that is not there."""
    lines, fewer, more = [], [], []
    for name, digest in before.items():
        if now[name] == digest:
            continue
        manifest = manifests.of_digest(digest) if digest else None
        key = current_key(reproduction, manifest) if manifest else None
        if digest is None:
            more.append(name)
        elif now[name] is None:
            fewer.append(name)
        else:
            lines += changed_inputs(manifest, key) if manifest and key else [f"run {name} changed"]
    for names, what in ((more, "more to show"), (fewer, "fewer to show")):
        if names:
            example = f"{min(names)}{' ...' if len(names) > 1 else ''}"
            lines.append(f"{len(names)} {_plural('run', len(names))} {what}: {example}")
    return lines


def _elsewhere(fresh: list[Status]) -> list[str]:
    """Name fresh runs that were computed with other versions or on another processor: their last bits may differ."""
    notes: Counter[str] = Counter()
    for status in fresh:
        about = status.about or {}
        for name, now in (("versions", versions()), ("machine", machine())):
            # a training used the threads of its worker process, not of this one
            before = {key: value for key, value in about.get(name, now).items() if key != "threads"}
            notes.update(changes(before, {key: value for key, value in now.items() if key != "threads"}))
    return [f"  {note}: {n} fresh {_plural('run', n)} from before (report-utils verify)" for note, n in notes.items()]


def _explained(status: Status) -> list[str]:
    lines = [f"{status.kind} {status.name}: {status.state}{', begun' if status.begun else ''}"]
    lines += [f"  {reason}" for reason in status.reasons]
    about = status.about or {}
    if "finished" in about:
        commit = f", commit {about['commit'][:12]}{' and changes' * about['uncommitted']}" if about["commit"] else ""
        took = f", {about['seconds']:.1f} s" if about.get("seconds") is not None else ""
        lines.append(f"  made {about['finished']}{took}{commit}, digest {about['digest'][:16]}")
        lines.append(f"  by {', '.join(f'{name} {version}' for name, version in about['versions'].items())}")
        lines.append(f"  on {about['machine']['processor']}, {about['machine']['threads']} thread(s)")
    elif about:
        lines.append(f"  made in {about.get('seconds', 0):.1f} s from digest {about['digest'][:16]}")
    return lines


def _plural(kind: str, n: int) -> str:
    return "study runs" if kind == "study" else kind if n == 1 or kind in {"data", "dynamics"} else f"{kind}s"
