"""Masses from radial count profiles in other energy bands: where to cut, and into how many bands.

The regressions need counts in fine bands, which only the study of the second band makes. Where there are none, a page
shows the committed predictions, one file for a profile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from report_utils.binning import BAND_EDGES_KEV
from report_utils.binning.transforms import FINE_EDGES_KEV
from report_utils.cnn.crossval import CrossValidation
from report_utils.errors import InputError, printable
from report_utils.experiments.band_information import best_edges, typical_spectra
from report_utils.experiments.rings import radial_profiles
from report_utils.files.disk import write_text
from report_utils.files.input_files import read_json
from report_utils.report.baselines import cross_validate_regression, tree_regression
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import results_folder
from report_utils.runs.code_digest import reached_definitions
from report_utils.runs.explain_changes import differences
from report_utils.runs.manifests import source

N_RINGS = 8
INNER_EDGES_KEV = FINE_EDGES_KEV[1:-1]
_FILE, _MAX_BYTES = "band-regressions.json", 64 << 20
_CODE = ("report.band_regressions.regress_bands", "experiments.rings.radial_profiles")

Split = tuple[float, ...]
"""The inner edges of bands from 0 to infinity, ascending [keV]; none for one band."""


def growing_splits(order: Sequence[float]) -> tuple[Split, ...]:
    """Return the splits into 1, 2, 3 ... bands, each with the next edge of an order."""
    return tuple(tuple(sorted(order[:n])) for n in range(len(order) + 1))


def all_splits(order: Sequence[float]) -> tuple[Split, ...]:
    """Return one edge after the other, the splits that grow in this order, and the report's; each once."""
    of_report = (BAND_EDGES_KEV[1:n] for n in (2, 3, 4))
    return tuple(dict.fromkeys([*((edge,) for edge in INNER_EDGES_KEV), *growing_splits(order), *of_report]))


def split_name(split: Split) -> str:
    """Write the edges of a split [keV]."""
    return ", ".join(f"{edge:g}" for edge in split) or "none"


def regress_bands(
    profiles: NDArray[np.integer],
    edges_kev: Sequence[float],
    splits: Iterable[Split],
    log10_mass: NDArray[np.float64],
    fold_of: NDArray[np.integer],
    folds: range,
    groups: NDArray,
) -> dict[str, CrossValidation]:
    """Cross-validate boosted trees on the logarithms of ring counts, log10(1 + n), in each split's bands.

    ``profiles`` (n_clusters, n_rings, n_bands) are counts in bands with ``edges_kev``; what follows the splits is as
    :func:`report_utils.report.baselines.cross_validate_regression` takes it. The results are by :func:`split_name`.
    """
    found = {}
    for split in splits:
        starts = [list(edges_kev).index(edge) for edge in (0, *split)]
        features = np.log10(1 + np.add.reduceat(profiles, starts, axis=-1)).reshape(len(profiles), -1)
        name = split_name(split)
        found[name] = cross_validate_regression(name, tree_regression, features, log10_mass, fold_of, folds, groups)
    return found


@dataclass(frozen=True, eq=False)
class BandRegressions:
    """Cross-validated regressions by :func:`split_name`, and the origin of committed ones; empty if computed here."""

    of_split: dict[str, CrossValidation]
    origin: str = ""


def _inputs(reproduction: Reproduction, splits: Sequence[Split]) -> dict[str, Any]:
    """Return all that decides the predictions."""
    return {
        "data": reproduction.data_key_of(FINE_EDGES_KEV).inputs,
        "folds": reproduction.profile.folds.model_dump(),
        "seed": reproduction.profile.seed,
        "n_rings": N_RINGS,
        "splits": [list(split) for split in splits],
        "code": reached_definitions(*_CODE),
    }


def band_regressions(
    reproduction: Reproduction, splits: Sequence[Split], *, folder: Path | None = None
) -> BandRegressions | None:
    """Return the regressions of a profile: computed if its counts in fine bands are there, or as committed, or None.

    Committed predictions stand in ``folder``, by default that of the profile's results. Those of other observations,
    folds or splits are not used; of other code they are, and their origin says so. A damaged file is refused.
    """
    if reproduction.store.holds(reproduction.data_key_of(FINE_EDGES_KEV)):
        dataset = reproduction.binned(FINE_EDGES_KEV)
        folds = range(reproduction.profile.folds.run)
        of_sample = dataset.log10_mass, reproduction.fold_of(), folds, dataset.groups
        profiles = radial_profiles(dataset.counts(), N_RINGS)
        return BandRegressions(regress_bands(profiles, FINE_EDGES_KEV, splits, *of_sample))
    path = (folder or results_folder(reproduction.profile.name)) / _FILE
    return _read(path, _inputs(reproduction, splits), set(map(split_name, splits))) if path.is_file() else None


def export_band_regressions(reproduction: Reproduction, *, folder: Path | None = None) -> dict[str, bool]:
    """Write the predictions of the page's splits, and say by the file's name whether that changed anything.

    Nothing is written, and nothing returned, where there are no counts in fine bands.
    """
    if not reproduction.store.holds(reproduction.data_key_of(FINE_EDGES_KEV)):
        return {}
    splits = all_splits(best_edges(typical_spectra(FINE_EDGES_KEV), FINE_EDGES_KEV, agn_told_apart=False))
    found = band_regressions(reproduction, splits).of_split
    first = next(iter(found.values()))
    columns = {name: getattr(first, name).tolist() for name in ("cluster", "fold", "group", "truth")}
    predictions = {name: one.predictions[:, 0].round(5).tolist() for name, one in found.items()}
    content = {"inputs": _inputs(reproduction, splits), **source(), **columns, "predictions": predictions}
    path = (folder or results_folder(reproduction.profile.name)) / _FILE
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    write_text(path, json.dumps(content, sort_keys=True, default=dict) + "\n")
    return {_FILE: path.read_text(encoding="utf-8") != before}


class _Committed(BaseModel, strict=True):
    """The committed file: what decided the predictions, and a column for each quantity and each split."""

    inputs: dict[str, Any]
    commit: Annotated[str, Field(pattern="^(unknown|[0-9a-f]{7,64})$")] | None
    cluster: list[int]
    fold: list[int]
    group: list[str]
    truth: list[FiniteFloat]
    predictions: dict[str, list[FiniteFloat]]


def _read(path: Path, now: dict[str, Any], splits: set[str]) -> BandRegressions | None:
    try:
        read = _Committed.model_validate(read_json(path, _MAX_BYTES))
    except ValidationError as error:
        first = error.errors()[0]
        raise _refused(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    changed = [where for where, _, _ in differences(read.inputs, now)]
    if not all("code" in where for where in changed):
        return None
    columns = {name: getattr(read, name) for name in ("cluster", "fold", "group", "truth")}
    if len({len(column) for column in (*columns.values(), *read.predictions.values())}) > 1:
        raise _refused(path, "its columns differ in length")
    if not read.cluster or len(set(read.cluster)) < len(read.cluster) or read.predictions.keys() != splits:
        raise _refused(path, "a cluster comes twice, or clusters or splits are missing")
    for values, end in ((read.cluster, now["data"]["n_clusters"]), (read.fold, now["folds"]["run"])):
        if min(values) < 0 or max(values) >= end:
            raise _refused(path, "the profile has no such cluster or no such fold")
    arrays = {name: np.array(column) for name, column in columns.items()}
    found = {
        name: CrossValidation(name, **arrays, predictions=np.array(each)[:, None], history={})
        for name, each in read.predictions.items()
    }
    since = "code has changed since" if changed else "no input has changed since"
    return BandRegressions(found, f"commit {(read.commit or 'unknown')[:12]}; {since}")


def _refused(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path}: these are not regressions in bands ({printable(reason)}); remove the file or export it again"
    )
