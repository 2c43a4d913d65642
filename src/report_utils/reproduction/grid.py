"""The runs of a profile as separate jobs of a workflow. A small file for each job holds the digests of its inputs.

The workflow (``grid/Snakefile``) makes no decisions. A job's mark is removed when its digest changes or its run is
gone. The command that a job calls decides whether there is anything to compute. File times are not used, so clocks may
disagree.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from report_utils.errors import InputError
from report_utils.files.disk import RUNS_VARIABLE, clear_disk_errors, write_text
from report_utils.profiles import project_root
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.code_digest import is_installed
from report_utils.runs.ownership import GRID, mark_runs
from report_utils.runs.store import RunKey

_DIGESTS = re.compile(r"(?:[0-9a-f]{64} .+\n)+")


@dataclass(frozen=True)
class Grid:
    """A profile's workflow: folder, unfinished jobs such as ``"fit/multi_band_2/3"``, and the number of all jobs."""

    folder: Path
    missing: tuple[str, ...]
    n_jobs: int


def grid_folder(reproduction: Reproduction) -> Path:
    """Return the folder of a profile's workflow, beside the runs."""
    return reproduction.store.root / GRID / reproduction.profile.name


def write_grid(reproduction: Reproduction) -> Grid:
    """Write the digest of each run of a profile where it differs, and mark the jobs that are finished."""
    folder = grid_folder(reproduction)
    mark_runs(reproduction.store.root)
    jobs = dict(_jobs(reproduction))
    missing = []
    for name, keys in jobs.items():
        digests = "".join(f"{key.digest} {key.name}\n" for key in keys)
        file, mark = folder / "digests" / name, folder / "done" / name
        with clear_disk_errors(file):
            if not (file.is_file() and file.read_text(encoding="utf-8") == digests):
                _require_digests(file)
                mark.unlink(missing_ok=True)
                write_text(file, digests)
            if not all(reproduction.store.holds(key) for key in keys):
                mark.unlink(missing_ok=True)
                missing.append(name)
            elif not mark.is_file():
                write_text(mark, "")
    for file in (folder / "digests").rglob("*"):
        if file.relative_to(folder / "digests").as_posix() not in jobs and _holds_digests(file):
            file.unlink()  # a fold or a transform that the profile no longer has
    return Grid(folder, tuple(missing), len(jobs))


def _holds_digests(file: Path) -> bool:
    """Tell whether a file holds the digests of a job's runs, as :func:`write_grid` writes them."""
    try:
        return not file.is_symlink() and bool(_DIGESTS.fullmatch(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return False


def _require_digests(file: Path) -> None:
    if file.exists() and not _holds_digests(file):
        msg = f"{file}: this was not written by a grid; move it, or set {RUNS_VARIABLE} to another folder"
        raise InputError(msg)


def _jobs(reproduction: Reproduction) -> Iterator[tuple[str, list[RunKey]]]:
    """Yield each job's name and the runs that it computes, one for each training seed of the profile."""
    yield "data", reproduction.data_keys
    for transform in reproduction.transforms:
        seeds = range(reproduction.book_seeds(transform))
        for fold in range(reproduction.profile.folds.run):
            yield f"fit/{transform}/{fold}", [reproduction.fit_key(transform, fold, seed) for seed in seeds]
    seeds = range(reproduction.profile.training_seeds)
    for transform in reproduction.dynamics_transforms:
        yield f"dynamics/{transform}", [reproduction.dynamics_key(transform, seed) for seed in seeds]


def run_grid(reproduction: Reproduction, where: str, arguments: Sequence[str] = ()) -> int:
    """Compute the missing runs of a profile with Snakemake, and return its exit status.

    If Snakemake fails, it is run again as long as every round finishes some jobs. ``where`` is ``"local"``,
    ``"slurm"``, or the folder of your own Snakemake profile; ``arguments`` are passed on, such as the target
    ``"done/fit/multi_band_2/3"``.
    """
    settings = project_root() / "grid" / "profiles" / where
    settings = settings if settings.is_dir() else Path(where).resolve()
    if not (settings / "config.yaml").is_file():
        msg = f"{settings}: there is no Snakemake profile (config.yaml) here; choose local or slurm, or give its folder"
        raise InputError(msg)
    if not is_installed("snakemake"):
        msg = "Snakemake is missing; install it in this project's folder with make grid or pip install -e '.[grid]'"
        raise InputError(msg)
    folder = grid_folder(reproduction)
    mark_runs(reproduction.store.root)
    with clear_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "running.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            msg = f"{folder}: another process is running this grid; wait for it, or end it and run the command again"
            raise InputError(msg) from None
    with lock:  # held before marks and digests are written, which belong to the process that runs the grid
        grid = write_grid(reproduction)
        command = _command(reproduction, grid, settings)
        if any((folder / ".snakemake" / "locks").glob("*")):  # left by a killed process; nothing else runs this grid
            subprocess.run([*command, "--unlock", "--quiet"], cwd=folder, check=False)  # noqa: S603 - our own command
        return _run_rounds(reproduction, grid, [*command, *arguments])


def _run_rounds(reproduction: Reproduction, grid: Grid, command: list[str]) -> int:
    """Run Snakemake until it succeeds, or fails without finishing a job; return its last exit status.

    A full queue refuses jobs, which uses up their retries at once; there is room for them once others have finished.
    """
    while True:
        status = subprocess.run(command, cwd=grid.folder, env=_environment(), check=False).returncode  # noqa: S603
        if status <= 0:  # success, or ended by a signal, which means stop
            return status
        n_before, grid = len(grid.missing), write_grid(reproduction)
        n_finished = n_before - len(grid.missing)
        if n_finished <= 0 or not grid.missing:
            return status
        print(
            f"Snakemake failed with {grid.n_jobs - len(grid.missing)} of {grid.n_jobs} jobs done, {n_finished} of "
            "them in this round; running it again, because the queue may now have room for the jobs that it refused",
            file=sys.stderr,
        )


def _command(reproduction: Reproduction, grid: Grid, settings: Path) -> list[str]:
    profile, root = reproduction.profile, project_root()
    named = profile.name if profile.path.parent == root / "profiles" else str(profile.path)
    places = ["--snakefile", str(root / "grid" / "Snakefile"), "--directory", str(grid.folder)]
    return [sys.executable, "-m", "snakemake", *places, "--profile", str(settings), f"--config=profile={named}"]


def _environment() -> dict[str, str]:
    """Return this environment with the folder of this Python's programs first in ``PATH``."""
    programs = str(Path(sys.executable).parent)
    return os.environ | {"PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}
