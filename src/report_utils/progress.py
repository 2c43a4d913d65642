"""How long work will take: a bar in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager

_PLAIN_LINE_SECONDS = 20.0


@contextmanager
def shown_progress(description: str, total: float):
    """Yield a function that shows finished units: a bar in a terminal, now and then a line elsewhere."""
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
            task = bar.add_task(description, total=total)
            yield lambda units: bar.advance(task, units)
        return
    yield PlainProgress(description, total)


class PlainProgress:
    """Prints now and then how much of some work is done and how long the rest will take.

    Parameters
    ----------
    description : str
    total : float
        Units of the whole work.
    """

    def __init__(self, description: str, total: float) -> None:
        self.description, self.total, self.done = description, total, 0.0
        self.start = self.shown = time.monotonic()

    def __call__(self, units: float) -> None:
        """Count finished units."""
        self.done += units
        now = time.monotonic()
        if self.done > 0 and now - self.shown >= _PLAIN_LINE_SECONDS:
            self.shown = now
            left = (now - self.start) * max(self.total - self.done, 0.0) / self.done
            share = min(self.done / self.total, 1.0)
            print(
                f"{self.description}: {share:4.0%}, about {left / 60:.1f} min left",
                file=sys.stderr,
                flush=True,
            )
