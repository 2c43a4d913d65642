"""What the tests of the worker processes run in them; a spawned process must be able to import it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from report_utils.errors import InputError
from report_utils.work import _ONE_THREAD, advance


def square(n: int) -> int:
    advance(1.0)
    return n * n


def thread_variables() -> dict[str, str]:
    return {name: os.environ[name] for name in _ONE_THREAD if name.endswith("THREADS")}


def leave_mark(path: Path) -> None:
    try:
        path.write_text("here")
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise InputError(msg) from error


def die_once(mark: Path, n: int) -> int:
    if n == 1 and not mark.exists():
        mark.write_text("once")
        die()
    return n


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_long(path: Path) -> None:
    time.sleep(120)
    path.write_text("not interrupted")


def tell_and_sleep(path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(120)
