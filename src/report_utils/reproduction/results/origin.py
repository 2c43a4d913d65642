"""Where results come from, and what has changed since: they are never passed off as today's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results.files import Result, shortened
from report_utils.reproduction.training_tasks import dynamics_code, fit_code
from report_utils.runs.code_digest import reached_definitions
from report_utils.runs.explain_changes import changes, differences
from report_utils.workers.backends import ENGINES


@dataclass(frozen=True)
class Origin:
    """What the runs of some results were computed by.

    Parameters
    ----------
    commits, backends : tuple of str
    first, last : str
        Days on which the first and the last of the runs were finished, as ``2026-11-22``.
    changed : tuple of str
        What decides the numbers and is another today, in words.
    """

    commits: tuple[str, ...]
    backends: tuple[str, ...]
    first: str
    last: str
    changed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say all of it in one line."""
        since = f"changed since: {shortened(self.changed)}" if self.changed else "nothing that decides them has changed"
        return f"{self.where}; {since}"

    @property
    def where(self) -> str:
        """Say commit, backend and date."""
        days = self.first if self.first == self.last else f"{self.first} to {self.last}"
        return f"commit{'s' * (len(self.commits) > 1)} {', '.join(self.commits)}, {', '.join(self.backends)}, {days}"


def origin_of(results: Sequence[Result], reproduction: Reproduction | None = None) -> Origin:
    """Say what results were computed by, and what the same runs would be computed from today.

    Parameters
    ----------
    results : sequence of Result
    reproduction : Reproduction, optional
        Of the results' profile, to compare with.
    """
    runs = [(result, fold, run) for result in results for fold, run in result.runs.items()]
    changed: dict[str, None] = {}
    for result in results if reproduction is not None else ():
        for before, today in _then_and_today(result, reproduction):
            changed |= dict.fromkeys(changes(before, today))
    days = sorted(str(run.get("finished", "unknown"))[:10] for _, _, run in runs)
    return Origin(
        commits=tuple(sorted({_commit(run) for _, _, run in runs})),
        backends=tuple(sorted({str(run["inputs"].get("backend", "unknown")) for _, _, run in runs})),
        first=days[0],
        last=days[-1],
        changed=tuple(changed),
    )


def is_of_protocol(result: Result, reproduction: Reproduction) -> bool:
    """Tell whether a result was trained on these observations and as this profile says, by whatever code and backend.

    Parameters
    ----------
    result : Result
    reproduction : Reproduction
        Of the result's profile.
    """
    return all(
        "code" in path
        for before, today in _then_and_today(result, reproduction)
        for path, _, _ in differences(before, today)
    )


def _then_and_today(result: Result, reproduction: Reproduction) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Yield for each run of a result what it was computed from, and what it would be on the same backend today."""
    for fold, run in result.runs.items():
        today = (
            reproduction.fit_key(result.transform, fold, result.training_seed)
            if result.kind == "fit"
            else reproduction.dynamics_key(result.transform, result.training_seed)
        )
        yield run["inputs"], _on_backend(today.inputs, run["inputs"].get("backend"))


def _on_backend(inputs: Mapping[str, Any], backend: str | None) -> dict[str, Any]:
    """Return what a run would be computed from on the backend of an earlier one: that is no change since."""
    if backend not in ENGINES or backend == inputs["backend"]:
        return dict(inputs)
    code = fit_code if "training" in inputs else dynamics_code
    return dict(inputs) | {"backend": backend, "code": reached_definitions(*code(backend))}


def _commit(run: Mapping[str, Any]) -> str:
    commit = str(run.get("commit") or "unknown")[:12]
    return f"{commit} with uncommitted changes" if run.get("uncommitted") else commit


def described(result: Result) -> str:
    """Say in one line what a result holds and what it comes from."""
    what = f"folds {', '.join(map(str, result.runs))}" if result.kind == "fit" else "one split"
    return f"{result.name}: {what}, {len(result.arrays['cluster'])} observations tested; {origin_of([result]).where}"
