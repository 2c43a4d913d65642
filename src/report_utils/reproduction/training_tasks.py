"""What a worker process does: train one fit or one dynamics of a profile, and store it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import get_transform
from report_utils.binning.dataset import Dataset
from report_utils.binning.interventions import experiment_images
from report_utils.binning.transforms import ExperimentTransform, Transform
from report_utils.cnn.crossval import assign_folds, fit_fold, fit_to_arrays
from report_utils.profiles import Profile
from report_utils.runs.code_digest import require_code
from report_utils.runs.store import RunKey, Store
from report_utils.workers.backends import ENGINES, backend_name
from report_utils.workers.progress import advance

if TYPE_CHECKING:
    from report_utils.cnn.images import ResidentImages

_IMAGES_AND_FOLDS = (
    "binning.dataset.Dataset.images",
    "binning.dataset.Dataset.log10_mass",
    "binning.dataset.Dataset.groups",
    "binning.transforms.Transform.__call__",
    "binning.transforms.Transform.n_channels",
    "reproduction.training_tasks.profile_folds",
    "reproduction.training_tasks.tested",
)


def fit_code(transform: Transform, backend: str | None = None) -> tuple[str, ...]:
    """Return the names of the definitions that compute a transform's fit, by default on the backend in use."""
    return (*_images_code(transform), "reproduction.training_tasks.train_fit", ENGINES[backend or backend_name()])


def dynamics_code(transform: Transform, backend: str | None = None) -> tuple[str, ...]:
    """Return the names of the definitions that compute a transform's dynamics, by default on the backend in use."""
    return (*_images_code(transform), "reproduction.training_tasks.train_dynamics", ENGINES[backend or backend_name()])


def _images_code(transform: Transform) -> tuple[str, ...]:
    """Return the definitions that make a transform's images; of the interventions only its own."""
    if not isinstance(transform, ExperimentTransform):
        return _IMAGES_AND_FOLDS
    roots = [*_IMAGES_AND_FOLDS, "binning.transforms.ExperimentTransform"]
    if transform.needs_sample:
        roots.append("binning.interventions.altered_images")
    if transform.intervention is not None:
        roots.append(f"binning.interventions.{transform.intervention}")
    return tuple(roots)


def profile_folds(dataset: Dataset, profile: Profile) -> NDArray[np.int64]:
    """Return the fold that tests each observation, ``(n_clusters,)``: one partition for all transforms."""
    groups = dataset.groups if profile.folds.grouped else None
    return assign_folds(len(dataset.log10_mass), profile.folds.n_folds, profile.seed, groups)


def tested(dataset: Dataset, cluster: NDArray[np.integer]) -> dict[str, NDArray]:
    """Return the true masses [log10 Msun] and halos of test observations, so that a run needs no data."""
    return {"cluster": cluster, "truth": dataset.log10_mass[cluster], "group": dataset.groups[cluster]}


def train_fit(
    images: ResidentImages,
    dataset: Dataset,
    fold_of: NDArray,
    fold: int,
    training_seed: int,
    profile: Profile,
    checkpoint: Path,
) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """Train a fit and return its arrays and facts."""
    fit = fit_fold(
        images,
        dataset.log10_mass,
        fold_of,
        fold,
        profile.training,
        profile.seed,
        training_seed=training_seed,
        checkpoint=checkpoint,
        progress=advance,
    )
    arrays, facts = fit_to_arrays(fit)
    return arrays | tested(dataset, fit.cluster), facts


def train_dynamics(
    images: ResidentImages,
    dataset: Dataset,
    fold_of: NDArray,
    fold: int,
    training_seed: int,
    profile: Profile,
    checkpoint: Path,
) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """Train a dynamics and return its arrays and facts."""
    from report_utils.cnn.phase_training import train_in_phases

    result = train_in_phases(
        images,
        dataset.log10_mass,
        fold_of,
        profile.dynamics,
        profile.seed,
        training_seed=training_seed,
        fold=fold,
        checkpoint=checkpoint,
        progress=advance,
    )
    arrays = {"predictions": result.predictions} | tested(dataset, result.item)
    arrays |= {f"state_{name}": value for name, value in result.states.items()}
    return arrays, {"states": sorted(result.states), "loss": [float(value) for value in result.loss]}


def store_run(
    store: Store,
    key: RunKey,
    dataset: Dataset,
    transform: str,
    fold_of: NDArray,
    fold: int,
    training_seed: int,
    profile: Profile,
) -> None:
    """Train the fit or dynamics of a key from its last checkpoint and store it; runs in a worker process.

    Nothing is trained if another process has finished the run in the meantime.
    """
    train, code = (train_fit, fit_code) if key.name.startswith("fit/") else (train_dynamics, dynamics_code)
    require_code(key.inputs["code"], code(get_transform(transform)))
    with store.lock(key):
        if store.load(key) is None:
            began = time.monotonic()
            images = resident_images(dataset, transform)
            checkpoint = store.working_folder(key) / "checkpoint.npz"
            arrays, facts = train(images, dataset, fold_of, fold, training_seed, profile, checkpoint)
            store.save(key, arrays, facts, seconds=time.monotonic() - began)


_resident: dict[tuple[Path, str], Any] = {}


def resident_images(dataset: Dataset, transform: str) -> ResidentImages:
    """Return a transform's images, shared by the fits that this process trains one after the other."""
    from report_utils.cnn.images import ResidentImages

    wanted = (dataset.run.folder, transform)
    if wanted not in _resident:
        _resident.clear()  # before the next images are made, so that only one set is in memory
        _resident[wanted] = ResidentImages(experiment_images(dataset, get_transform(transform)))
    return _resident[wanted]
