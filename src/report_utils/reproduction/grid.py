"""The runs of a profile as separate jobs of a workflow: a small file for each says what it is to be computed from.

The workflow (``grid/Snakefile``) decides nothing by itself: a job's mark goes when its digest is another or its run is
gone, and whether a job without a mark has anything to compute is decided by the command that it calls. No time of
a file is looked at, so clocks may disagree.
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
    """Where a profile's workflow keeps its files.

    Parameters
    ----------
    folder : Path
    missing : tuple of str
        The jobs, such as ``"fit/multi_band_2/3"``, that have not been done.
    n_jobs : int
        How many there are.
    """

    folder: Path
    missing: tuple[str, ...]
    n_jobs: int


def grid_folder(reproduction: Reproduction) -> Path:
    """Return where a profile's workflow keeps its files: beside the runs."""
    return reproduction.store.root / GRID / reproduction.profile.name


def write_grid(reproduction: Reproduction) -> Grid:
    """Write what each run of a profile is to be computed from, and mark those that are finished.

    A file that holds the same already is left alone.
    """
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
            file.unlink()  # of a fold or a transform that the profile has no more
    return Grid(folder, tuple(missing), len(jobs))


def _holds_digests(file: Path) -> bool:
    """Tell whether a file says what a job's runs are computed from, as :func:`write_grid` writes it."""
    try:
        return not file.is_symlink() and bool(_DIGESTS.fullmatch(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return False


def _require_digests(file: Path) -> None:
    if file.exists() and not _holds_digests(file):
        msg = f"{file}: no grid has written this; move it, or let {RUNS_VARIABLE} name another folder"
        raise InputError(msg)


def _jobs(reproduction: Reproduction) -> Iterator[tuple[str, list[RunKey]]]:
    """Yield each job's name and the runs that it computes: all training seeds of the profile."""
    seeds = range(reproduction.profile.training_seeds)
    yield "data", reproduction.data_keys
    for transform in reproduction.transforms:
        for fold in range(reproduction.profile.folds.run):
            yield f"fit/{transform}/{fold}", [reproduction.fit_key(transform, fold, seed) for seed in seeds]
    for transform in reproduction.dynamics_transforms:
        yield f"dynamics/{transform}", [reproduction.dynamics_key(transform, seed) for seed in seeds]


def run_grid(reproduction: Reproduction, where: str, arguments: Sequence[str] = ()) -> int:
    """Let Snakemake compute what is missing of a profile, and return its exit status.

    It is run again where it fails, as long as each time some jobs are finished.

    Parameters
    ----------
    reproduction : Reproduction
    where : str
        ``"local"``, ``"slurm"``, or the folder of a Snakemake profile of one's own.
    arguments : sequence of str
        For Snakemake; targets such as ``"done/fit/multi_band_2/3"`` among them.

    Raises
    ------
    InputError
        If Snakemake is not there, the profile is not, or this grid is running already.
    """
    settings = project_root() / "grid" / "profiles" / where
    settings = settings if settings.is_dir() else Path(where).resolve()
    if not (settings / "config.yaml").is_file():
        msg = f"{settings}: no profile of Snakemake (config.yaml) is there; choose local or slurm, or give its folder"
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
            msg = f"{folder}: another process runs this grid; wait for it, or end it and run the same command again"
            raise InputError(msg) from None
    with lock:  # before marks and digests are written: they belong to the process that runs the grid
        grid = write_grid(reproduction)
        command = _command(reproduction, grid, settings)
        if any((folder / ".snakemake" / "locks").glob("*")):  # left by one that was killed: nobody else runs it
            subprocess.run([*command, "--unlock", "--quiet"], cwd=folder, check=False)  # noqa: S603 - our own words
        return _run_rounds(reproduction, grid, [*command, *arguments])


def _run_rounds(reproduction: Reproduction, grid: Grid, command: list[str]) -> int:
    """Run Snakemake until it succeeds, or fails without having finished a job; return its last exit status.

    A full queue refuses jobs, which uses up their retries at once; when others are done there is room for them.
    """
    while True:
        status = subprocess.run(command, cwd=grid.folder, env=_environment(), check=False).returncode  # noqa: S603
        if status <= 0:  # done, or ended by a signal: somebody wants it to end
            return status
        n_before, grid = len(grid.missing), write_grid(reproduction)
        n_finished = n_before - len(grid.missing)
        if n_finished <= 0 or not grid.missing:
            return status
        print(
            f"Snakemake failed, with {grid.n_jobs - len(grid.missing)} of {grid.n_jobs} jobs done, {n_finished} of "
            "them in this round; it is run again: what the queue refused may find room there now",
            file=sys.stderr,
        )


def _command(reproduction: Reproduction, grid: Grid, settings: Path) -> list[str]:
    profile, root = reproduction.profile, project_root()
    named = profile.name if profile.path.parent == root / "profiles" else str(profile.path)
    places = ["--snakefile", str(root / "grid" / "Snakefile"), "--directory", str(grid.folder)]
    return [sys.executable, "-m", "snakemake", *places, "--profile", str(settings), f"--config=profile={named}"]


def _environment() -> dict[str, str]:
    """Return this environment with the folder of this Python's programs before all others."""
    programs = str(Path(sys.executable).parent)
    return os.environ | {"PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}
