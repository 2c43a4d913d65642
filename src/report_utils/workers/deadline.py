"""A time at which work stops by itself, with its state kept, so that the next command can go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_current: float | None = None  # on the clock that never goes back and that all processes of a machine share


class OutOfTime(RuntimeError):  # noqa: N818 - it is no error: what has been stored is gone on with
    """The time that :func:`time_limit` gave is over, or would be before the next thing to store."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let all tasks of worker processes together run for so long at most.

    A task that asks :func:`out_of_time` now and then stores its state and stops by itself; one that still runs when
    the time is over is ended.
    """
    set_current(time.monotonic() + seconds)
    try:
        yield
    finally:
        set_current(None)


def out_of_time(seconds: float = 0.0) -> bool:
    """Tell whether something that took so long last time might end too late; a quarter more is allowed for.

    Who is told so stores what it has and raises :class:`OutOfTime`.
    """
    return _current is not None and time.monotonic() + 1.25 * seconds > _current


def current() -> float | None:
    """Return the time at which work stops, on the clock of :func:`time.monotonic`."""
    return _current


def set_current(until: float | None) -> None:
    """Let work stop at a time; a worker process is told its parent's."""
    global _current
    _current = until
