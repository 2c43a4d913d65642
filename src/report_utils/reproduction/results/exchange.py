"""Exporting finished runs, importing those of other machines, and finding what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.files.input_files import files_below
from report_utils.profiles import project_root
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results.files import Kind, Result, read_result, result_name, write_result
from report_utils.reproduction.studies import Study, possible_variants, reproduce_variant
from report_utils.runs.store import Run

_MAX_ENTRIES = 100_000
"""Files and folders to look through for results; the project has some hundreds."""


def results_folder() -> Path:
    """Return the folder of the committed results."""
    return project_root() / "results"


def export_results(
    reproduction: Reproduction,
    transforms: Iterable[str] = (),
    dynamics: Iterable[str] = (),
    *,
    folder: Path | None = None,
    replace: bool = False,
) -> dict[str, bool]:
    """Write the finished runs of a reproduction, with every training seed there is.

    Parameters
    ----------
    reproduction : Reproduction
    transforms, dynamics : iterable of str
    folder : Path, optional
        The project's committed results where it is not given.
    replace : bool
        Put runs of other inputs (another code, other observations) in the place of what is there.

    Returns
    -------
    dict of str to bool
        The results by name, and whether writing each changed anything.

    Raises
    ------
    InputError
        If there are such and ``replace`` is not set, or the folder cannot be written.
    """
    folder = folder or results_folder()
    found = [*_finished_fits(reproduction, transforms), *_finished_dynamics(reproduction, dynamics)]
    return {result.name: write_result(result, folder, replace=replace) for result in found}


def export_study(
    base: Reproduction, study: Study, *, folder: Path | None = None, replace: bool = False
) -> dict[str, bool]:
    """Write the finished runs of all variants of a study; as :func:`export_results`."""
    written: dict[str, bool] = {}
    for variant in possible_variants(base, study):
        varied = reproduce_variant(base, variant)
        done = export_results(varied, variant.trained, variant.dynamics, folder=folder, replace=replace)
        for result, changed in done.items():
            written[result] = changed or written.get(result, False)
    return written


def _finished_fits(reproduction: Reproduction, transforms: Iterable[str]) -> Iterator[Result]:
    profile = reproduction.profile
    for transform in transforms:
        seed = 0
        while runs := _finished_folds(reproduction, transform, seed):
            cluster = [run.array("cluster") for run in runs.values()]
            arrays = _of_clusters(reproduction, np.concatenate(cluster)) | {
                "fold": np.repeat(list(runs), [len(rows) for rows in cluster]),
                "predictions": np.concatenate([run.array("predictions") for run in runs.values()]),
            }
            entries = {fold: _run_entry(run, "history", "target_variance") for fold, run in runs.items()}
            yield Result("fit", profile.name, transform, seed, entries, arrays)
            seed += 1


def _finished_folds(reproduction: Reproduction, transform: str, seed: int) -> dict[int, Run]:
    keys = {fold: reproduction.fit_key(transform, fold, seed) for fold in range(reproduction.profile.folds.run)}
    return {fold: run for fold, key in keys.items() if (run := reproduction.store.load(key)) is not None}


def _finished_dynamics(reproduction: Reproduction, transforms: Iterable[str]) -> Iterator[Result]:
    for transform in transforms:
        seed = 0
        while (run := reproduction.store.load(reproduction.dynamics_key(transform, seed))) is not None:
            recorded = reproduction.dynamics(transform, seed)
            arrays = _of_clusters(reproduction, recorded.item)
            arrays |= {"phase": recorded.phase, "predictions": recorded.predictions}
            arrays |= {f"state_{name}": value for name, value in recorded.states.items()}
            entries = {0: _run_entry(run, "loss")}
            yield Result("dynamics", reproduction.profile.name, transform, seed, entries, arrays)
            seed += 1


def _of_clusters(reproduction: Reproduction, cluster: NDArray) -> dict[str, NDArray]:
    return {
        "cluster": cluster,
        "truth": reproduction.dataset.log10_mass[cluster],
        "group": reproduction.groups[cluster].astype(str),
    }


def _run_entry(run: Run, *names: str) -> dict[str, Any]:
    manifest = {name: value for name, value in run.manifest.items() if name not in {"files", "name", "profile"}}
    facts = run.facts()
    return manifest | {"facts": {name: facts[name] for name in names}}


def import_results(source: Path, *, folder: Path | None = None, replace: bool = False) -> dict[str, bool]:
    """Take over all results below a folder, such as another machine's export.

    Every file is read and checked before the first is written. Folds of one transform from several machines come
    together; a fold that is there already stays.

    Parameters
    ----------
    source : Path
    folder : Path, optional
        The project's committed results where it is not given.
    replace : bool
        Put runs of other inputs in the place of what is there.

    Returns
    -------
    dict of str to bool
        The results by name, and whether taking over each changed anything.

    Raises
    ------
    InputError
        If there is no result, one is damaged, or has other inputs than what is there and ``replace`` is not set.
    """
    found = stored_results(source)
    if not found:
        msg = f"{source}: holds no results; give a folder that `report-utils results export` has written"
        raise InputError(msg)
    folder = folder or results_folder()
    return {result.name: write_result(result, folder, replace=replace) for result in found}


def stored_results(folder: Path | None = None, profile: str | None = None) -> list[Result]:
    """Return all results below a folder, or those of one profile.

    Raises
    ------
    InputError
        If one of them is damaged, or the folder holds far more than results.
    """
    folder = folder or results_folder()
    paths = sorted(path for path in files_below(folder, ".json", _MAX_ENTRIES) if "-seed-" in path.name)
    found = [read_result(path) for path in paths]
    return [result for result in found if profile in {None, result.profile}]


def result_paths(profile: str, kind: Kind, transform: str, folder: Path | None = None) -> list[Path]:
    """Return the files of a transform's results, one for each training seed, from the first seed on."""
    folder, paths = folder or results_folder(), []
    while (path := folder / f"{result_name(kind, profile, transform, len(paths))}.json").is_file():
        paths.append(path)
    return paths
