"""Run the steps of the GitHub workflow here, one by one, as its file has them: ``python -m tools.workflow_steps``.

Actions (``uses:``) are left out. Expressions in a step's environment, which only GitHub can fill in, become empty.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

WORKFLOW = Path(".github/workflows/book.yml")


def steps_of(workflow: Path) -> Iterator[dict[str, Any]]:
    """Yield the steps that run a command, job by job."""
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    for job in content["jobs"].values():
        yield from (step for step in job["steps"] if "run" in step)


def run_steps(workflow: Path, without: Iterable[str] = ()) -> int:
    """Run the steps in the current folder and return the exit status of the first that fails, or 0.

    ``without`` names words; a step whose command has one of them is left out.
    """
    with tempfile.TemporaryDirectory(prefix="workflow-") as folder:
        for step in steps_of(workflow):
            command = step["run"].strip()
            if any(words in command for words in without):
                print(f"--- left out: {command}", flush=True)
                continue
            print(f"--- {command}", flush=True)
            own = {name: "" if "${{" in str(value) else str(value) for name, value in step.get("env", {}).items()}
            environment = os.environ | {"RUNNER_TEMP": folder} | own
            # bash as GitHub starts it
            status = subprocess.run(["bash", "-e", "-c", command], env=environment, check=False).returncode
            if status and not step.get("continue-on-error"):
                print(f"{workflow}: `{command}` ended with exit status {status}", file=sys.stderr)
                return status
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--without", action="append", default=[], metavar="WORDS", help="leave out steps with these words"
    )
    sys.exit(run_steps(WORKFLOW, parser.parse_args().without))
