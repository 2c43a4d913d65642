"""Running the command line where a mistake cannot take the machine: with a limit of memory, and its peak measured."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

_CHILD = """
import atexit, pathlib, resource, sys

def say_peak():
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    print("\\npeak", status.split("VmHWM:")[1].split()[0], file=sys.stderr)

resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
atexit.register(say_peak)
from report_utils.cli import main
main()
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str
    peak_mb: float


def run_limited(*arguments, seconds=60.0, **environment) -> Ended:
    """Run ``report-utils`` in a process of its own.

    Raises
    ------
    subprocess.TimeoutExpired
        If it takes longer; it is killed then.
    """
    command = [sys.executable, "-c", _CHILD, *map(str, arguments)]
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=seconds,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    err, _, peak = done.stderr.decode("utf-8", "replace").rpartition("\npeak ")
    return Ended(done.returncode, done.stdout.decode("utf-8", "replace"), err, int(peak) / 1024)
