"""What the tests of the worker processes run in them; a spawned process must be able to import it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from report_utils.errors import InputError
from report_utils.runs.store import RunKey, Store
from report_utils.workers.backends import OutOfDeviceMemory
from report_utils.workers.deadline import OutOfTime, out_of_time
from report_utils.workers.processes import WORKER_ENVIRONMENT
from report_utils.workers.progress import advance
from report_utils.workers.worker_pool import Task, run_tasks


def square(n: int) -> int:
    advance(1.0)
    return n * n


def process() -> int:
    return os.getpid()


def thread_variables() -> dict[str, str]:
    return {name: os.environ[name] for name in WORKER_ENVIRONMENT if name.endswith("THREADS")}


def keras_settings() -> list[str]:
    import keras

    return [keras.backend.backend(), keras.config.image_data_format(), keras.config.floatx()]


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


def stop_in_time(path: Path, seconds: float) -> None:
    """Do one step, and stop if another one of so many seconds would end too late."""
    if out_of_time(seconds):
        path.write_text("state kept")
        raise OutOfTime
    path.write_text("done")


def tell_and_sleep(path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(120)


def numbers_of(key: RunKey) -> np.ndarray:
    """Return what a run of these tests holds: more than fits into a small file."""
    return np.arange(10_000) * key.inputs["number"]


def make_run(store: Store, key: RunKey, seconds: float) -> None:
    """Store a run as a training does: under its lock, unless it is there."""
    with store.lock(key):
        if store.load(key) is None:
            time.sleep(seconds)
            store.save(key, {"numbers": numbers_of(key)}, {})
            with (store.root / "made.txt").open("a") as file:
                file.write(f"{key.name}\n")
    advance(1.0)


def make_all(folder: str, number: int, seconds: float) -> None:
    """Store runs in worker processes."""
    store = Store(Path(folder))
    keys = [RunKey(f"fit/a/run-{i}", {"number": i}) for i in range(number)]
    run_tasks([Task(key.name, make_run, {"store": store, "key": key, "seconds": seconds}, 1.0) for key in keys], "runs")


class TwoPartError(Exception):
    """An error that cannot be rebuilt from its arguments, as libraries have them."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} at {where}")


def raise_what_cannot_be_sent() -> None:
    """Raise an error that another process cannot rebuild."""
    what, where = "too steep", "step 7"
    raise TwoPartError(what, where)


def speak(n: int) -> int:
    """Say the same in each worker, in all the ways there are, and something of its own."""
    print("the same for all [1/2]", file=sys.stderr)
    print(f"task {n}", "speaks", file=sys.stderr)
    warnings.warn("look here", stacklevel=1)
    logging.getLogger("a library").warning("what a logger says")
    os.write(2, b"what a compiled library says\n")
    return n


def lack_memory() -> None:
    msg = "RESOURCE_EXHAUSTED: Out of memory\nand more"
    raise OutOfDeviceMemory(msg)


def variable(name: str) -> str | None:
    return os.environ.get(name)
