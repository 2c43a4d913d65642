"""How long work will take: a bar in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PLAIN_LINE_SECONDS = 20.0
_PACE_SECONDS = 600.0
"""The time left is told from the pace of this time; rich's bars take 120 s."""


@contextmanager
def shown_progress(description: str, total: float):
    """Yield a function that shows finished units: a bar in a terminal, now and then a line elsewhere.

    Its method ``say`` prints a message, which does not tear the bar apart.
    """
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        with Progress(
            *columns, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=False),
            console=Console(stderr=True), speed_estimate_period=120,
        ) as bar:  # fmt: skip
            yield _BarProgress(bar, bar.add_task(description, total=total))
        return
    yield PlainProgress(description, total)


class _BarProgress:
    """A bar of rich's, as :class:`PlainProgress` is asked."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self.bar, self.task = bar, task

    def __call__(self, units: float) -> None:
        """Count finished units."""
        self.bar.advance(self.task, units)

    def say(self, message: str) -> None:
        """Print a message above the bar, as it is."""
        self.bar.console.print(message, markup=False, highlight=False, emoji=False, soft_wrap=True)


class PlainProgress:
    """Prints now and then how much of some work is done and how long the rest will take.

    What is reported first may have been done in an earlier sitting, so the pace is that of what comes after.

    Parameters
    ----------
    description : str
    total : float
        Units of the whole work.
    """

    def __init__(self, description: str, total: float) -> None:
        self.description, self.total, self.done = description, total, 0.0
        self.shown = time.monotonic()
        self.reports: deque[tuple[float, float]] = deque()

    def __call__(self, units: float) -> None:
        """Count finished units."""
        self.done += units
        if self.done == 0:  # nothing is reported yet, which begins no pace
            return
        now = time.monotonic()
        if not self.reports or now - self.reports[-1][0] >= 1.0:
            self.reports.append((now, self.done))
            while self.reports[0][0] < now - _PACE_SECONDS:
                self.reports.popleft()
        if now - self.shown >= _PLAIN_LINE_SECONDS:
            self.shown = now
            print(self._line(now), file=sys.stderr, flush=True)

    def say(self, message: str) -> None:
        """Print a message."""
        print(message, file=sys.stderr, flush=True)

    def _line(self, now: float) -> str:
        begun, before = self.reports[0]
        line = f"{self.description}: {min(self.done / self.total, 1.0):4.0%}"
        undone = max(self.total - self.done, 0.0)
        if undone and self.done == before:
            return line
        left = (now - begun) * undone / (self.done - before) if undone else 0.0
        return f"{line}, about {left / 60:.1f} min left"
