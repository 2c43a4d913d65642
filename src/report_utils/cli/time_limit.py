"""The option that limits the time of a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Annotated

import typer

from report_utils.files.plain_numbers import real

_LEAST_MINUTES = 0.1


def minutes_of(text: str) -> float:
    """Return the minutes that a text states, 0.1 or more.

    Raises
    ------
    typer.BadParameter
        If it is not such a number; NaN is none.
    """
    value = real(text)
    if value is None or value < _LEAST_MINUTES:
        msg = f"{text!r} is not a time; give minutes, {_LEAST_MINUTES} or more"
        raise typer.BadParameter(msg)
    return value


MinutesOption = Annotated[
    float | None,
    typer.Option(parser=minutes_of, metavar="FLOAT", help="Stop after this time; the same command continues."),
]


@contextmanager
def limited_to(minutes: float | None) -> Iterator[None]:
    """Let workers run at most this long; what is not done then is left to the next command."""
    from report_utils.workers.deadline import OutOfTime, time_limit

    with nullcontext() if minutes is None else time_limit(60 * minutes), suppress(OutOfTime):
        yield
        return
    typer.echo("the time is over; run the same command again to continue")
