"""What every command shares: the application, its options, and how failures end."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Annotated

import typer

from report_utils.errors import InputError, shown
from report_utils.files.input_files import real
from report_utils.workers.processes import check_workers
from report_utils.workers.surroundings import enter_surroundings

app = typer.Typer(
    help="Rebuild the report on energy bands and cluster masses, or use your own observations.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

BOOK, OBSERVATIONS, TRAINING, RESULTS = "Book", "Observations", "Training", "Results"
"""The panels of the help: each command stands in one of them."""

ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", "-p", help="Name or .toml file; default: $REPORT_PROFILE."),
]
ResultsOption = Annotated[
    str | None,
    typer.Option("--results", metavar="PROFILE", help="Show committed results; default: $REPORT_RESULTS."),
]

_LEAST_MINUTES = 0.1


def _minutes_of(text: str) -> float:
    """Return the minutes that a text states; NaN are none."""
    value = real(text)
    if value is None or value < _LEAST_MINUTES:
        msg = f"{text!r} is not a time; give minutes, {_LEAST_MINUTES} or more"
        raise typer.BadParameter(msg)
    return value


MinutesOption = Annotated[
    float | None,
    typer.Option(parser=_minutes_of, metavar="FLOAT", help="Stop after this time; the same command continues."),
]

BAD_INPUT = 2
_INTERRUPTED = 130
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_OURS = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_NAME = {errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR}


def main() -> None:
    """Run the command; bad input ends with one line and exit status 2, failed work or a full disk with 1.

    An interruption ends with 130.
    """
    enter_surroundings()
    try:
        check_workers()
        app()
    except InputError as error:
        complain(error)
        sys.exit(BAD_INPUT)
    except RuntimeError as error:
        if not _is_failed_work(error):
            raise
        complain(f"{error}; what was finished is kept")
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NO_ROOM | _NOT_OURS | _NO_NAME:
            raise
        where = error.filename or "the disk"
        todo = "make it writable" if error.errno in _NOT_OURS else "free space"
        todo = "correct the path" if error.errno in _NO_NAME else todo
        complain(f"{where}: {error.strerror}; {todo} and run the same command again")
        sys.exit(1)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != _INTERRUPTED:  # typer makes an exit of an interruption
            raise
        print(
            "\nreport-utils: interrupted; what was finished is kept; run the same command again to continue",
            file=sys.stderr,
        )
        sys.exit(_INTERRUPTED)


def _is_failed_work(error: RuntimeError) -> bool:
    """Tell whether a worker or a page failed; the imports wait until there is an error."""
    from report_utils.book.execute import PageError
    from report_utils.workers.worker_pool import WorkerError

    return isinstance(error, WorkerError | PageError)


def complain(what: object) -> None:
    """Print an error as one line, whatever a file or a name has put into it."""
    print(f"report-utils: {shown(what)}", file=sys.stderr)


def say(text: object, *, err: bool = False) -> None:
    """Print lines that quote files and names."""
    for line in str(text).split("\n"):
        typer.echo(shown(line), err=err)


def say_written(written: dict[str, bool]) -> None:
    """Print the names of results, and whether each was written or had not changed."""
    for name, changed in written.items():
        typer.echo(f"{'written' if changed else 'unchanged':<10} {name}")


def choose_results(results: str | None) -> None:
    """Let this command, and all processes that it starts, show the committed results of a profile."""
    from report_utils.reproduction.committed import RESULTS_VARIABLE

    if results is not None:
        os.environ[RESULTS_VARIABLE] = str(Path(results).resolve()) if os.sep in results else results


@contextmanager
def limited_to(minutes: float | None) -> Iterator[None]:
    """Let workers run at most this long; what is not done then is left to the next command."""
    from report_utils.workers.deadline import OutOfTime, time_limit

    with nullcontext() if minutes is None else time_limit(60 * minutes), suppress(OutOfTime):
        yield
        return
    typer.echo("the time is over; run the same command again to continue")
