"""How long work will take: a bar in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_PLAIN_LINE_SECONDS = 20.0
_PACE_SECONDS = 600.0
"""The time left is told from the pace of this time."""


_report: Callable[[float], Any] | None = None


def advance(units: float) -> None:
    """Report finished units of the running task; does nothing outside a task."""
    if _report is not None:
        _report(units)


def report_to(report: Callable[[float], Any] | None) -> None:
    """Send what :func:`advance` is told somewhere."""
    global _report
    _report = report


@contextmanager
def shown_progress(description: str, total: float) -> Iterator[Progress]:
    """Yield the progress of some work, shown while it lasts."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=False),
        console=Console(stderr=True), get_time=time.monotonic, speed_estimate_period=_PACE_SECONDS,
    )  # fmt: skip
    progress = Progress(bar, bar.add_task(description, total=total))
    if not sys.stderr.isatty():
        yield progress
        return
    progress.is_bar = True
    with bar:
        yield progress


class Progress:
    """Progress of some work, and messages of those who do it.

    The pace leaves out what is reported first, which may have been done in an earlier sitting.
    """

    def __init__(self, bar: Bar, task: TaskID) -> None:
        self.bar, self.task, self.is_bar = bar, task, False
        self.shown_at = time.monotonic()
        self.said: set[str] = set()

    def reports(self, reports: Iterable[float | str]) -> None:
        """Count finished units, and print each message once."""
        units = 0.0
        for report in reports:
            if not isinstance(report, str):
                units += report
            elif report not in self.said:
                self.said.add(report)
                self._say(report)
        if units:
            self.bar.advance(self.task, units)
        now = time.monotonic()
        if not self.is_bar and self.bar.tasks[0].completed and now - self.shown_at >= _PLAIN_LINE_SECONDS:
            self.shown_at = now
            self._say(self._line())

    def _say(self, message: str) -> None:
        """Print a message as it is, above the bar where there is one."""
        if self.is_bar:
            self.bar.console.print(message, markup=False, highlight=False, emoji=False, soft_wrap=True)
        else:
            print(message, file=sys.stderr, flush=True)

    def _line(self) -> str:
        task = self.bar.tasks[0]
        line = f"{task.description}: {min(task.percentage, 100.0):3.0f}%"
        return line if task.time_remaining is None else f"{line}, about {task.time_remaining / 60:.1f} min left"
