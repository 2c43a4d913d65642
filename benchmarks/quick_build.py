"""How long a whole ``quick`` build takes and how much memory it needs, part by part: from no runs to a rendered book.

Usage: ``python -m benchmarks.quick_build``

In a copy of the working tree with runs of its own. Once a second the proportional set sizes of the build and all its
processes are added up, so that pages which they share count once, and their processor time is read. What is kept is a
table that the book shows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.bench_book import copy_working_tree, said_seconds
from benchmarks.measuring import program, seconds_of_ended, where_and_when
from benchmarks.records import keep_table

PARTS = {
    "observations": "Observations simulated and binned",
    "training": "Sixteen networks in two folds, two dynamics",
    "pages": "Pages run",
    "rendering": "Book rendered",
}


def built(root: Path) -> tuple[str, float, list[tuple[float, float]]]:
    """Build and return what the build says, its processor time [s], and its memory as pairs of time [s] and MB."""
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "REPORT_RUNS": str(root / ".runs")}
    command = [program("report-utils"), "build", "--profile", "quick"]
    began, samples = time.monotonic(), []
    before = seconds_of_ended()
    with (root / "said.txt").open("w+", encoding="utf-8") as said:
        build = subprocess.Popen(command, cwd=root, env=environment, stdout=said, stderr=sys.stderr)
        while build.poll() is None:
            samples.append((time.monotonic() - began, memory_of(psutil.Process(build.pid))))
            time.sleep(1.0)
        if build.returncode:
            raise SystemExit(build.returncode)
        said.seek(0)
        return said.read(), seconds_of_ended() - before, samples


def memory_of(process: psutil.Process) -> float:
    """Return the memory of a process and all below it [MB], what they share counted once."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
                total += one.memory_full_info().pss
    return total / 1e6


def main() -> None:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        copy_working_tree(Path(name))
        said, used, samples = built(Path(name))
    seconds = said_seconds(said)
    assert PARTS.keys() <= seconds.keys(), said
    rows, lasted, whole = [], 0.0, samples[-1][0]
    begin = whole - sum(seconds[part] for part in PARTS)  # imports come before the first part
    for part, title in PARTS.items():
        begin, lasted = begin + lasted, seconds[part]
        largest = max((mb for at, mb in samples if begin <= at <= begin + lasted), default=0.0)
        rows.append([title, f"{seconds[part]:.0f}", f"{largest:.0f}"])
    rows.append(["All of it", f"{whole:.0f}", f"{max(mb for _, mb in samples):.0f}"])
    for row in rows:
        print(*row, sep="\t")
    told = (
        f"`report-utils build --profile quick` from nothing, once, on {os.cpu_count()} cores of {where_and_when()}, "
        f"load {load:.1f} before; {used / 60:.1f} minutes of processor time. Memory is the sum of the proportional set "
        "sizes of all processes, sampled every second."
    )
    columns = ["Part of a quick build", "Time [s]", "Largest memory [MB]"]
    keep_table("quick_build", columns, rows, told)


if __name__ == "__main__":
    main()
