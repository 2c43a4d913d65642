"""Masses from radial count profiles in other energy bands: where to cut, and into how many bands.

The regressions need counts in fine bands, which only the study of the second band makes. Where there are none, a page
shows the committed predictions, one file for a profile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
_COLUMNS = {"cluster": int, "fold": int, "group": str, "truth": float}
_KINDS = {int: np.int64, float: np.float64, str: np.str_}

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

    Parameters
    ----------
    profiles : (n_clusters, n_rings, n_bands) integer [events]
    edges_kev : sequence of float
        Edges of the bands [keV].
    splits : iterable of Split
    log10_mass, fold_of, folds, groups
        As :func:`report_utils.report.baselines.cross_validate_regression` takes them.

    Returns
    -------
    dict of :func:`split_name` to CrossValidation
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
    """Cross-validated regressions, and where they come from.

    Attributes
    ----------
    of_split : mapping of :func:`split_name` to CrossValidation
    origin : str
        Of committed predictions; empty for those computed here.
    """

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

    Committed predictions of other observations, folds or splits are not used; of other code they are, and their origin
    says so.

    Parameters
    ----------
    reproduction : Reproduction
    splits : sequence of Split
    folder : Path, optional
        Of the committed predictions; by default that of the profile's committed results.

    Raises
    ------
    InputError
        If the committed file is damaged.
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
    """Write the predictions of the page's splits, if the counts in fine bands are there; as results are exported.

    Returns
    -------
    dict of str to bool
        The file's name, and whether writing it changed anything; empty if there are no counts.
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


def _read(path: Path, now: dict[str, Any], splits: set[str]) -> BandRegressions | None:
    content = read_json(path, _MAX_BYTES)
    try:
        changed = [where for where, _, _ in differences(content["inputs"], now)]
        if not all("code" in where for where in changed):
            return None
        columns = {name: _column(content[name], kind) for name, kind in _COLUMNS.items()}
        predictions = {name: _column(values, float) for name, values in content["predictions"].items()}
        cluster, fold = columns["cluster"], columns["fold"]
        if len({len(column) for column in (*columns.values(), *predictions.values())}) > 1:
            msg = "its columns differ in length"
            raise ValueError(msg)
        if not len(cluster) or len(np.unique(cluster)) < len(cluster) or predictions.keys() != splits:
            msg = "a cluster comes twice, or clusters or splits are missing"
            raise ValueError(msg)
        if not (_within(cluster, now["data"]["n_clusters"]) and _within(fold, now["folds"]["run"])):
            msg = "the profile has no such cluster or no such fold"
            raise ValueError(msg)
        found = {
            name: CrossValidation(name, **columns, predictions=each[:, None], history={})
            for name, each in predictions.items()
        }
        commit = content["commit"] or "unknown"
        if not re.fullmatch("unknown|[0-9a-f]{7,64}", commit):
            msg = "its commit is none"
            raise ValueError(msg)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = str(error) if type(error) is ValueError else type(error).__name__
        msg = f"{path}: these are not regressions in bands ({printable(reason)}); remove the file or export it again"
        raise InputError(msg) from error
    since = "code has changed since" if changed else "no input has changed since"
    return BandRegressions(found, f"commit {commit[:12]}; {since}")


def _column(values: Any, kind: type) -> NDArray:
    """Return a column of a JSON file whose values are all of one kind, numbers finite."""
    allowed = (int, float) if kind is float else kind
    if not isinstance(values, list) or not all(isinstance(v, allowed) and not isinstance(v, bool) for v in values):
        msg = f"a column is not a list of {kind.__name__}"
        raise TypeError(msg)
    column = np.array(values, dtype=_KINDS[kind])
    if kind is float and not np.isfinite(column).all():
        msg = "it holds values that are not numbers"
        raise ValueError(msg)
    return column


def _within(values: NDArray[np.int64], end: int) -> bool:
    return bool(((values >= 0) & (values < end)).all())
