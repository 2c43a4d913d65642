"""Kill a build at random moments many times, let it finish, and compare its results with an undisturbed build.

Usage: ``python -m tools.kill_harness [--kills 50] [--seed 1] [--profile smoke] [--folder DIR] [--keep]``

Two copies of the project are built, each with its own runs. One build is left alone. The whole process group of the
other gets SIGKILL at moments drawn from the seed; after the last kill it may finish. Then all results must be the same,
bit for bit: the arrays, facts and manifest of every run, the cells and outputs of every page, and the rendered book,
apart from the times and durations that ``tools.kill_compare.VARYING`` lists. After each kill, everything that counts as
finished must be intact.

The harness itself can be stopped and resumed with the same folder. Exit status 1 means a difference.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.measuring import where_and_when
from benchmarks.records import keep_table
from tools.kill_compare import differences, faults

from report_utils.files.disk import write_json
from report_utils.profiles import project_root
from report_utils.runs.ownership import entries

_NOT_COPIED = {".venv", "_build", ".runs", ".git", ".pytest_cache", ".ruff_cache", "jupyter_execute"}
_NOT_COPIED_ANYWHERE = {"__pycache__", ".ipynb_checkpoints"}

START_SECONDS = 12.0
"""Time before an attempt makes progress [s]: starting Python and TensorFlow, and the work that a kill destroys."""


@dataclass
class Harness:
    """One comparison of a killed build with an undisturbed one."""

    folder: Path
    """Where both are built, and where the progress is recorded."""
    command: Sequence[str]
    """Builds the book; it runs in a copy of the project, with ``REPORT_RUNS`` set."""
    seed: int = 1
    """Decides the moments."""
    start_seconds: float = START_SECONDS
    """Time before an attempt makes progress [s]."""
    state: dict[str, Any] = field(default_factory=lambda: {"kills": [], "generation": 0, "calm_seconds": None})

    def __post_init__(self) -> None:
        with_state = self.folder / "state.json"
        if with_state.is_file():
            self.state = json.loads(with_state.read_text(encoding="utf-8"))
            self.end()
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            msg = f"{self.folder}: holds other things than builds of this harness; give an empty or new folder"
            raise SystemExit(msg)
        else:
            self._keep()

    def run(self, n_kills: int) -> list[str]:
        """Build both copies, kill one repeatedly, and return the differences."""
        if self.state["calm_seconds"] is None:
            shutil.rmtree(self.folder / "calm", ignore_errors=True)  # left by a harness that was stopped
        calm = self._copy("calm")
        if self.state["calm_seconds"] is None:
            began = time.monotonic()
            self._start(calm).wait_to_end()
            self.state["calm_seconds"] = time.monotonic() - began
            self._keep()
        self.say(f"undisturbed: {self.state['calm_seconds']:.0f} s, {self.n_results(calm)} results")
        while len(self.state["kills"]) < n_kills:
            self._attempt(self._killed(), self.n_results(calm), n_kills)
        killed = self._killed()
        self._start(killed).wait_to_end()
        self.say(f"left alone: {self.n_results(killed)} results after {len(self.state['kills'])} kills")
        for tree in (calm, killed):
            self.clean(tree)
        return differences(calm, killed)

    def _attempt(self, tree: Path, n_results: int, n_kills: int) -> None:
        """Start a build and kill it at a moment that leaves enough work for the remaining kills."""
        number, before = len(self.state["kills"]), self.n_results(tree)
        rest = max(1 - before / n_results, 0.1) * self.state["calm_seconds"]
        left = rest / (n_kills - number)
        in_vain = sum(1 for _ in takewhile(lambda kill: kill["after"] == kill["before"], reversed(self.state["kills"])))
        start = self.start_seconds * 1.1**in_vain
        # with this longest delay, a uniform one leaves time for that share of the work on average
        longest = start + left + math.sqrt(left**2 + 2 * start * left)
        longest = min(longest, start + rest / 2)  # few kills would mostly come too late
        delay = float(np.random.default_rng([self.seed, number, self.state["generation"]]).uniform(0.5, longest))
        began = time.monotonic()
        build = self._start(tree)
        killed = build.kill_after(delay)
        if not killed:
            self.say(f"it finished before {delay:.1f} s: starting a new build to kill")
            self.state["generation"] += 1
            if before == 0:  # the machine was busier while the undisturbed one was built
                self.state["calm_seconds"] = min(self.state["calm_seconds"], time.monotonic() - began)
            self._keep()
            return
        unsound = faults(tree)
        if unsound:
            msg = f"after kill {number + 1} something counts as finished but is not intact: {unsound}"
            raise SystemExit(msg)
        after = self.n_results(tree)
        self.state["kills"].append({"delay": round(delay, 3), "before": before, "after": after})
        self._keep()
        begun = sum(entry.kind in {"temporary", "partial work"} for entry in entries(tree / ".runs"))
        self.say(
            f"kill {number + 1:3d} after {delay:6.2f} s: {after} of {n_results} results (+{after - before}), "
            f"{begun} unfinished"
        )

    def n_results(self, tree: Path) -> int:
        """Return the number of finished runs and pages."""
        return sum(entry.kind in {"run", "page"} for entry in entries(tree / ".runs"))

    def clean(self, tree: Path) -> None:
        """Remove what killed processes left, with the project's own command."""
        command = [str(Path(sys.executable).with_name("report-utils")), "clean", "--stale"]
        done = subprocess.run(command, cwd=tree, env=environment(tree), capture_output=True, text=True, check=True)
        self.say(f"{tree.name}: {done.stdout.strip().splitlines()[-1]}")

    def say(self, line: str) -> None:
        """Print a line at once, so that a log can be followed."""
        print(line, flush=True)

    def _killed(self) -> Path:
        return self._copy(f"killed-{self.state['generation']}")

    def _copy(self, name: str) -> Path:
        tree = self.folder / name
        if not tree.is_dir():
            unfinished = self.folder / f".{name}"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(project_root(), unfinished, ignore=_left_out, symlinks=True)
            unfinished.rename(tree)
        return tree

    def _start(self, tree: Path) -> Build:
        log = (self.folder / f"{tree.name}.log").open("ab")
        process = subprocess.Popen(
            self.command, cwd=tree, env=environment(tree), stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        self.state["group"] = process.pid
        self._keep()
        return Build(process, self.folder / f"{tree.name}.log")

    def end(self) -> None:
        """End the build of a harness that was stopped, if it is still running."""
        group = self.state.get("group")
        if group is not None and Path(f"/proc/{group}/cwd").exists():
            tree = Path(f"/proc/{group}/cwd").resolve()
            if tree.is_relative_to(self.folder.resolve()):
                os.killpg(group, signal.SIGKILL)

    def _keep(self) -> None:
        write_json(self.folder / "state.json", self.state)


@dataclass
class Build:
    """A running build in its own process group."""

    process: subprocess.Popen
    log: Path

    def wait_to_end(self) -> None:
        """Wait until it has finished successfully."""
        if self.process.wait() != 0:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
            msg = f"the build failed with status {self.process.returncode}:\n{tail}"
            raise SystemExit(msg)

    def kill_after(self, seconds: float) -> bool:
        """Kill the whole group after some time; return whether it was still running."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return True
        self.wait_to_end()
        return False


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Return what is not part of the project: environments, caches, and the products of builds."""
    made = {project_root(): _NOT_COPIED, project_root() / "book": {"pages"}}.get(Path(folder), set())
    return {name for name in names if name in made | _NOT_COPIED_ANYWHERE}


def environment(tree: Path) -> dict[str, str]:
    """Return the environment of a build: the copy's own code and runs."""
    return os.environ | {"PYTHONPATH": str(tree / "src"), "REPORT_RUNS": str(tree / ".runs")}


def main() -> None:
    """Run the harness and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", default="smoke")
    parser.add_argument("--keep", action="store_true", help="keep the result for the book's page Performance")
    parser.add_argument("--folder", type=Path, help="where to build or to resume; by default a new folder")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="report-utils-kills-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"folder {folder}, seed {arguments.seed}", flush=True)
    command = [str(Path(sys.executable).with_name("report-utils")), "build", "--profile", arguments.profile]
    harness = Harness(folder.resolve(), command, arguments.seed)
    began = time.monotonic()
    try:
        found = harness.run(arguments.kills)
    except KeyboardInterrupt:
        harness.end()
        sys.exit(f"stopped after {len(harness.state['kills'])} kills; give --folder {folder} to resume")
    delays = [kill["delay"] for kill in harness.state["kills"]]
    print(
        f"{len(delays)} kills of the process group, {min(delays, default=0):.1f} to {max(delays, default=0):.1f} s "
        f"after the start, in {(time.monotonic() - began) / 60:.0f} min; {len(found)} differences from the undisturbed "
        "build"
    )
    for line in found:
        print(line)
    if arguments.keep:
        _keep_table(harness, arguments, len(found))
    sys.exit(1 if found else 0)


def _keep_table(harness: Harness, arguments: argparse.Namespace, n_different: int) -> None:
    """Keep the result as a table that the book shows."""
    delays = [kill["delay"] for kill in harness.state["kills"]]
    row = [
        str(len(delays)),
        f"{min(delays):.1f} to {max(delays):.1f}",
        str(harness.n_results(harness.folder / "calm")),
        str(n_different),
    ]
    told = (
        f"`python -m tools.kill_harness --kills {arguments.kills} --seed {arguments.seed}`, profile "
        f"{arguments.profile}; {where_and_when()}. "
        "Compared bit for bit: arrays, facts and manifests of runs, cells and outputs of pages, and the rendered book."
    )
    columns = ["Kills of the process group", "After its start [s]", "Runs and pages", "Differences"]
    keep_table("kills", columns, [row], told)


if __name__ == "__main__":
    main()
