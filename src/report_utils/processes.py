"""How many worker processes to use, and how each of them ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

from report_utils.errors import InputError

WORKERS_VARIABLE = "REPORT_WORKERS"
"""Environment variable that sets the number of worker processes."""


def n_workers() -> int:
    """Return how many worker processes to use: the cores this process may run on, unless REPORT_WORKERS says."""
    text = os.environ.get(WORKERS_VARIABLE)
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdigit() or int(text) < 1:
        msg = f"{WORKERS_VARIABLE} is {text!r}; give a whole number of worker processes, 1 or more"
        raise InputError(msg)
    return int(text)


def enter_worker() -> None:
    """Make this process a worker, which ends when its parent ends and not before."""
    # Ctrl-C reaches the whole process group; the parent decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when its parent is gone: an orphan would work on, or wait for ever, unseen."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
