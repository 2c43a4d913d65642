"""Where results come from, and what has changed since: they are never passed off as today's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report_utils.reproduction import Reproduction
from report_utils.results.files import Result

_WORDS = {
    "code": "the code",
    "data": "the observations",
    "training": "the settings of the training",
    "dynamics": "the settings of the dynamics",
}


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
    changed: tuple[str, ...]

    def __str__(self) -> str:
        """Say all of it in one line."""
        days = self.first if self.first == self.last else f"{self.first} to {self.last}"
        what = "commit" if len(self.commits) == 1 else "commits"
        text = f"{what} {', '.join(self.commits)}, {', '.join(self.backends)}, {days}; "
        if not self.changed:
            return f"{text}what decides the numbers is the same today"
        return f"{text}changed since: {', '.join(self.changed)}"


def origin_of(results: Sequence[Result], reproduction: Reproduction) -> Origin:
    """Compare results with what the same runs would be computed from today.

    Parameters
    ----------
    results : sequence of Result
        Of the reproduction's profile.
    reproduction : Reproduction
    """
    runs = [run for result in results for run in result.runs.values()]
    changed: set[str] = set()
    for result in results:
        for fold, run in result.runs.items():
            if result.kind == "fit":
                today = reproduction.fit_key(result.transform, fold, result.training_seed).inputs
            else:
                today = reproduction.dynamics_key(result.transform, result.training_seed).inputs
            before = run["inputs"]
            changed |= {name for name in {**today, **before} if today.get(name) != before.get(name)}
    days = sorted(str(run.get("finished", "unknown"))[:10] for run in runs)
    return Origin(
        commits=tuple(sorted({str(run.get("commit") or "unknown")[:12] for run in runs})),
        backends=tuple(sorted({str(run["inputs"].get("backend", "unknown")) for run in runs})),
        first=days[0],
        last=days[-1],
        changed=tuple(sorted(_WORDS.get(name, name) for name in changed)),
    )


def described(result: Result) -> str:
    """Say in one line what a result holds and what it comes from."""
    runs = result.runs.values()
    commits = sorted({str(run.get("commit") or "unknown")[:12] for run in runs})
    backends = sorted({str(run["inputs"].get("backend", "unknown")) for run in runs})
    last = max(str(run.get("finished", "unknown"))[:10] for run in runs)
    what = f"folds {', '.join(map(str, result.runs))}" if result.kind == "fit" else "one split"
    tested = f"{len(result.arrays['cluster'])} observations tested"
    return f"{result.name}: {what}, {tested}; commit {', '.join(commits)}, {', '.join(backends)}, {last}"
