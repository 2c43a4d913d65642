"""Does what a file claims to be a result make sense? Types, shapes and values, before anything is made of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMNS = {
    "fit": {"cluster", "fold", "group", "predictions", "truth"},
    "dynamics": {"cluster", "group", "phase", "predictions", "truth"},
}
"""The arrays that each kind of result has; a dynamics also has its ``state_...``."""
MAX_RUNS = 1000
"""Folds of one fit, and training seeds of one transform."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,119}")
_TYPES = {"cluster": "iu", "fold": "iu", "phase": "iu", "group": "U"}
_MAX_GROUP = 200
_MAX_CLUSTERS = 10_000_000
_MAX_PREDICTION = float(np.finfo(np.float32).max)
"""What a network hands out; squares and cubes of more are infinite."""
_MASSES = (0.0, 30.0)
"""log10 of M500c [Msun]: far beyond any cluster."""


def fault_of_manifest(manifest: Mapping[str, Any]) -> str | None:
    """Say what is wrong with the entries of a result's manifest, or None.

    Raises
    ------
    KeyError, TypeError, AttributeError
        If an entry is missing or of quite another kind.
    """
    names = [manifest["kind"], manifest["profile"], manifest["transform"], manifest["arrays"]["file"]]
    if manifest["kind"] not in COLUMNS or not all(_NAME.fullmatch(name) for name in names):
        return "its names cannot be those of a result"
    seed, runs = manifest["training_seed"], manifest["runs"]
    if type(seed) is not int or not 0 <= seed < MAX_RUNS:
        return f"its training seed is no whole number from 0 to {MAX_RUNS - 1}"
    folds = list(runs)
    if len(folds) > MAX_RUNS or not all(re.fullmatch(r"0|[1-9][0-9]{0,3}", fold) for fold in folds):
        return "its runs are not those of its folds"
    for run in runs.values():
        loss = run["facts"]["history" if manifest["kind"] == "fit" else "loss"]
        recorded = loss.values() if manifest["kind"] == "fit" else [loss]
        if not all(_are_numbers(values) for values in recorded):
            return "its losses are not numbers"
        if not (_are_numbers([variance := run["facts"].get("target_variance", 1.0)]) and variance >= 0):
            return "the variance of its target is no number from 0"
        if not isinstance(run["digest"], str):
            return "its digests are not text"
    return None if isinstance(manifest["inputs"], dict) else "its inputs are not named"


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) in (int, float) and abs(value) <= 1e300 for value in values)


def fault_of_arrays(kind: str, arrays: Mapping[str, NDArray], folds: set[int]) -> str | None:
    """Say what is wrong with the arrays of a result whose runs are of these folds, or None."""
    columns = COLUMNS[kind]
    if missing := sorted(columns - arrays.keys()):
        return f"has no {', '.join(missing)}"
    states = {name for name in arrays if name.startswith("state_")} if kind == "dynamics" else set()
    if unknown := sorted(arrays.keys() - columns - states):
        return f"has arrays that no result has: {', '.join(repr(name[:40]) for name in unknown[:3])}"
    for name, array in arrays.items():
        if array.dtype.kind not in _TYPES.get(name, "f"):
            return f"{name} holds {array.dtype}, which it cannot"
    shapes = ", ".join(f"{name} {array.shape}" for name, array in sorted(arrays.items()))
    if arrays["cluster"].ndim != 1 or arrays.get("phase", arrays["cluster"]).ndim != 1:
        return f"its arrays do not belong together: {shapes}"
    n_tested = len(arrays["cluster"])
    of_clusters = [arrays[name] for name in sorted(columns - {"phase", "predictions"})]
    leading = (n_tested,) if kind == "fit" else (len(arrays["phase"]), n_tested)
    views = [arrays["predictions"].shape[len(leading) :], *(arrays[name].shape[1:] for name in sorted(states))]
    if (
        any(array.shape != (n_tested,) for array in of_clusters)
        or arrays["predictions"].shape[:-1] != leading
        or any(arrays[name].shape[:1] != (n_tested,) for name in states)
        or len(set(views)) > 1
        or views[0] == (0,)
    ):
        return f"its arrays do not belong together: {shapes}"
    if fault := _fault_of_values(arrays, states):
        return fault
    found = set(arrays["fold"].tolist()) if kind == "fit" else {0}
    return None if found == folds else "its runs are not those of its folds"


def _fault_of_values(arrays: Mapping[str, NDArray], states: set[str]) -> str | None:
    for name in sorted({"predictions", "truth", *states}):
        if not np.isfinite(arrays[name]).all():
            return f"{name} holds values that are not finite"
        if arrays[name].size and np.abs(arrays[name]).max() > _MAX_PREDICTION:
            return f"{name} holds values that no network hands out"
    cluster, truth = arrays["cluster"], arrays["truth"]
    if ((truth < _MASSES[0]) | (truth > _MASSES[1])).any():
        return f"its true masses are not all log10 of solar masses, from {_MASSES[0]:g} to {_MASSES[1]:g}"
    if len(cluster) and not (cluster.min() >= 0 and cluster.max() < _MAX_CLUSTERS):
        return "its clusters are not numbered from 0"
    if len(np.unique(cluster)) < len(cluster):
        return "tests a cluster twice"
    if arrays["group"].dtype.itemsize // 4 > _MAX_GROUP:
        return f"names a group by more than {_MAX_GROUP} letters"
    return None
