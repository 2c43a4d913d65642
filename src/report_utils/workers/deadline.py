"""A time at which work stops by itself and keeps its state, so that the next command can continue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_current: float | None = None  # time.monotonic(): it never goes back, and all processes of a machine share it


class OutOfTime(RuntimeError):  # noqa: N818 - not an error: the next command continues from what is stored
    """The time that :func:`time_limit` gave is over, or would be before there is something more to store."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Give all tasks of worker processes together at most this much time.

    A task that asks :func:`out_of_time` now and then can store its state and stop by itself. A task that still runs
    when the time is over is ended.
    """
    set_current(time.monotonic() + seconds)
    try:
        yield
    finally:
        set_current(None)


def out_of_time(seconds: float = 0.0) -> bool:
    """Tell whether a step that took this long last time might end too late, if it takes a quarter longer.

    The caller then stores what it has and raises :class:`OutOfTime`.
    """
    return _current is not None and time.monotonic() + 1.25 * seconds > _current


def current() -> float | None:
    """Return the time at which work stops, on the clock of :func:`time.monotonic`."""
    return _current


def set_current(until: float | None) -> None:
    """Set the time at which work stops; a worker process gets its parent's."""
    global _current
    _current = until
