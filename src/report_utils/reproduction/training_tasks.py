"""What a worker process does: train one fit or one dynamics of a profile, and keep it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import get_transform
from report_utils.binning.dataset import Dataset
from report_utils.cnn.crossval import assign_folds, fit_fold, fit_to_arrays
from report_utils.profiles import Profile
from report_utils.runs.code_digest import require_code
from report_utils.runs.store import RunKey, Store
from report_utils.workers.worker_pool import advance

if TYPE_CHECKING:
    from report_utils.cnn.images import ResidentImages


def profile_folds(dataset: Dataset, profile: Profile) -> NDArray[np.int64]:
    """Return the fold in whose test set each observation is, ``(n_clusters,)``: one partition for all transforms."""
    groups = dataset.groups if profile.folds.grouped else None
    return assign_folds(len(dataset.log10_mass), profile.folds.n_folds, profile.seed, groups)


def store_fit(
    store: Store,
    key: RunKey,
    dataset: Dataset,
    transform: str,
    fold_of: NDArray,
    fold: int,
    training_seed: int,
    profile: Profile,
) -> None:
    """Train one fit and keep it; runs in a worker process."""

    def train(checkpoint: Path) -> tuple[dict[str, NDArray], dict[str, Any]]:
        images = _resident_images(dataset, transform)
        training, seed, log10_mass = profile.training, profile.seed, dataset.log10_mass
        fit = fit_fold(
            images,
            log10_mass,
            fold_of,
            fold,
            training,
            seed,
            training_seed=training_seed,
            checkpoint=checkpoint,
            progress=advance,
        )
        return fit_to_arrays(fit)

    _make_once(store, key, train)


def store_dynamics(
    store: Store,
    key: RunKey,
    dataset: Dataset,
    transform: str,
    fold_of: NDArray,
    fold: int,
    training_seed: int,
    profile: Profile,
) -> None:
    """Train one dynamics and keep it; runs in a worker process."""
    from report_utils.cnn.phase_training import train_in_phases

    def train(checkpoint: Path) -> tuple[dict[str, NDArray], dict[str, Any]]:
        images = _resident_images(dataset, transform)
        settings, seed, log10_mass = profile.dynamics, profile.seed, dataset.log10_mass
        result = train_in_phases(
            images,
            log10_mass,
            fold_of,
            settings,
            seed,
            training_seed=training_seed,
            fold=fold,
            checkpoint=checkpoint,
            progress=advance,
        )
        arrays = {"cluster": result.item, "predictions": result.predictions}
        arrays |= {f"state_{name}": value for name, value in result.states.items()}
        return arrays, {"states": sorted(result.states), "loss": [float(value) for value in result.loss]}

    _make_once(store, key, train)


_resident: dict[tuple[Path, str], Any] = {}


def _resident_images(dataset: Dataset, transform: str) -> ResidentImages:
    """Return a transform's images, which the fits that a process trains one after the other share."""
    from report_utils.cnn.images import ResidentImages

    wanted = (dataset.run.folder, transform)
    if wanted not in _resident:
        _resident.clear()  # before the next ones are made: memory for one set of images is enough
        _resident[wanted] = ResidentImages(dataset.images(get_transform(transform)))
    return _resident[wanted]


def _make_once(store: Store, key: RunKey, train: Callable[[Path], tuple[dict[str, NDArray], dict[str, Any]]]) -> None:
    """Train a run from where its checkpoint left it and keep it, unless another process has made it meanwhile."""
    require_code(key.inputs["code"])
    with store.lock(key):
        if store.load(key) is None:
            began = time.monotonic()
            arrays, facts = train(store.working_folder(key) / "checkpoint.npz")
            store.save(key, arrays, facts, seconds=time.monotonic() - began)
