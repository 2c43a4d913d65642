"""How many worker processes to use, and how each of them begins and ends."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TextIO

from report_utils.errors import InputError

WORKERS_VARIABLE = "REPORT_WORKERS"
"""Environment variable that sets the number of worker processes."""
MAX_WORKERS = 1024
"""More processes than cores only wait for each other."""


def n_workers() -> int:
    """Return how many worker processes to use: the cores this process may run on, unless REPORT_WORKERS says."""
    text = os.environ.get(WORKERS_VARIABLE)
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # as digits of ASCII and not many of them, for int() takes others and refuses thousands
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MAX_WORKERS):
        msg = f"{WORKERS_VARIABLE} is {text!r}; give a whole number of worker processes, from 1 to {MAX_WORKERS}"
        raise InputError(msg)
    return int(text)


def check_workers() -> None:
    """Refuse a REPORT_WORKERS that means nothing, whether or not a command comes to need it.

    Raises
    ------
    InputError
    """
    if WORKERS_VARIABLE in os.environ:
        n_workers()


class _Worker(SpawnProcess):
    """A process that does not begin by running its parent's script again.

    What a worker is asked to do stands in modules. A script would need a guard against its own workers, and a notebook
    that is run as one has none.
    """

    @staticmethod
    def _Popen(process: Any) -> Any:  # noqa: N802 - multiprocessing calls it so
        with _script_hidden():
            return SpawnProcess._Popen(process)


class WorkerContext(SpawnContext):
    """How worker processes are started: spawned, for forks do not get on with the threads of TensorFlow or Arrow."""

    Process = _Worker


_hiding = threading.Lock()


@contextmanager
def _script_hidden() -> Iterator[None]:
    """Let the running script look as if it had been typed in; multiprocessing then has nothing to run again."""
    script = sys.modules["__main__"]
    with _hiding:
        told = {name: getattr(script, name) for name in ("__spec__", "__file__") if hasattr(script, name)}
        try:
            for name in told:
                setattr(script, name, None)
            yield
        finally:
            for name, value in told.items():
                setattr(script, name, value)


def enter_worker() -> None:
    """Make this process a worker, which ends when its parent ends and not before."""
    # Ctrl-C reaches the whole process group; the parent decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


class ErrorStream(io.TextIOBase):
    """A worker's ``sys.stderr``: what is printed or warned of goes to the parent, what loggers write to the log.

    The file descriptor stays the log's, where compiled libraries write.

    Parameters
    ----------
    send : callable
        Takes one message, of a line or several, without its last line end.
    log : text stream
    """

    def __init__(self, send: Callable[[str], Any], log: TextIO) -> None:
        super().__init__()
        self.send, self.log, self.begun = send, log, ""

    def fileno(self) -> int:
        """Return the log's file descriptor."""
        return self.log.fileno()

    def writable(self) -> bool:
        """Say that it may be written to."""
        return True

    def write(self, text: str) -> int:
        """Take some text; what ends with a line end is a message."""
        if sys._getframe(1).f_globals.get("__name__") == "logging":
            self.log.write(text)
            self.log.flush()
            return len(text)
        self.begun += text
        if self.begun.endswith("\n"):
            message, self.begun = self.begun.rstrip(), ""
            if message:
                self.send(message)
        return len(text)


def end_workers(pool: ProcessPoolExecutor) -> None:
    """End a pool's processes at once, whatever they are doing."""
    for process in list((pool._processes or {}).values()):
        process.terminate()


def _end_with_parent() -> None:
    """End this worker when its parent is gone: an orphan would work on, or wait for ever, unseen."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
