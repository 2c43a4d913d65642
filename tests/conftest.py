"""What several test folders share."""

from __future__ import annotations

import os
import pickle
import sys
from collections import Counter
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path

import hypothesis
import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}  # as in worker processes
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as in worker processes; by default it depends on the processor
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("REPORT_WORKERS", "1")  # several tests run at once; those of the pool ask for more

ROOT = Path(__file__).resolve().parents[1]

JAX = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
"""Environment of a process that trains with JAX: compiling takes longer than what these tests compute."""

hypothesis.settings.register_profile("any machine", deadline=None)  # a busy one is slow, and no test is of speed
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files with the most slow tests first: each runs in one process, and none should be left for the end."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


class Here(Executor):
    """Does the work of a pool's process at once and in this one; what is sent there is pickled here too."""

    _processes = None

    def __init__(self, *_, **__):
        pass

    def submit(self, function, /, *arguments):
        future = Future()
        try:
            function, arguments = pickle.loads(pickle.dumps((function, arguments)))
            future.set_result(pickle.loads(pickle.dumps(function(*arguments))))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="session", autouse=True)
def _work_here():
    """Start no worker processes, each of which would import TensorFlow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("report_utils.workers.worker_pool.ProcessPoolExecutor", Here)
        yield


@pytest.fixture
def worker_processes(monkeypatch):
    """For tests of worker processes: do start them."""
    monkeypatch.setattr("report_utils.workers.worker_pool.ProcessPoolExecutor", ProcessPoolExecutor)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240501)


@pytest.fixture
def runs_folder(tmp_path, monkeypatch):
    """A folder of runs of the test's own."""
    monkeypatch.setenv("REPORT_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def run(monkeypatch, capsys):
    """Return the exit status of a command, and what it has printed."""

    def call(*arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["report-utils", *map(str, arguments)])
        from report_utils import cli

        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        out, err = capsys.readouterr()
        return status, out, err

    return call
