"""How many worker processes to use, and how each of them starts and ends.

A worker imports this module before anything else, so it imports nothing that reads the number of threads.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, TextIO

from report_utils.errors import InputError
from report_utils.workers import deadline, progress
from report_utils.workers.surroundings import enter_surroundings

WORKERS_VARIABLE = "REPORT_WORKERS"
"""Environment variable that sets the number of worker processes."""
MAX_WORKERS = 1024
"""More processes than cores only wait for each other."""
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "1",
}
"""Set in every worker process: one thread each, since there are as many of them as cores."""


def n_workers() -> int:
    """Return how many worker processes to use: REPORT_WORKERS, or one for each core that this process may use."""
    text = os.environ.get(WORKERS_VARIABLE)
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # a few ASCII digits: int() also takes other scripts, and fails on thousands of digits
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MAX_WORKERS):
        msg = f"{WORKERS_VARIABLE} is {text!r}; give a whole number of worker processes, from 1 to {MAX_WORKERS}"
        raise InputError(msg)
    return int(text)


def check_workers() -> None:
    """Refuse a REPORT_WORKERS that means nothing, even for a command that starts no workers."""
    if WORKERS_VARIABLE in os.environ:
        n_workers()


class _WorkerProcess(SpawnProcess):
    """A process that does not begin by running its parent's script again: a notebook has no guard against that."""

    @staticmethod
    def _Popen(process: Any) -> Any:  # noqa: N802 - multiprocessing calls it so
        with _script_hidden():
            return SpawnProcess._Popen(process)


class WorkerContext(SpawnContext):
    """How worker processes start: spawned, because a fork can hang with threads of TensorFlow or Arrow."""

    Process = _WorkerProcess


_hiding = threading.Lock()


@contextmanager
def _script_hidden() -> Iterator[None]:
    """Hide ``__main__`` so that spawned workers do not import the script again."""
    script = sys.modules["__main__"]
    with _hiding:
        hidden = {name: getattr(script, name) for name in ("__spec__", "__file__") if hasattr(script, name)}
        try:
            for name in hidden:
                setattr(script, name, None)
            yield
        finally:
            for name, value in hidden.items():
                setattr(script, name, value)


def enter_worker(report: Callable[[float | str], Any], log: Path, until: float | None, place: dict[str, str]) -> None:
    """Make this process a worker.

    ``report`` takes finished units, and what is printed for the user. The output of libraries, which would tear the
    progress bar apart, goes to ``log``. ``until`` is when work stops (:mod:`report_utils.workers.deadline`), and
    ``place`` are the environment variables that name its device.
    """
    os.environ.update(WORKER_ENVIRONMENT | place)
    enter_surroundings()
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    sys.stderr = _ErrorStream(report, sys.stderr)
    progress.report_to(report)
    deadline.set_current(until)
    # Ctrl-C reaches the whole process group; the parent decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when its parent is gone: an orphan would work on, or wait for ever, unseen."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _ErrorStream(io.TextIOBase):
    """A worker's ``sys.stderr``: prints and warnings go to the parent, what loggers write goes to the log.

    Compiled libraries write to the file descriptor, which is the log's.
    """

    def __init__(self, send: Callable[[str], Any], log: TextIO) -> None:
        super().__init__()
        self.send, self.log, self.begun = send, log, ""

    def fileno(self) -> int:
        return self.log.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Take some text; it is sent when a line ends."""
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
