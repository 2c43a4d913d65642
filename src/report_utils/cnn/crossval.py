"""Ten-fold cross-validation (report, section 3.3)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.cnn.scales import InputScale, TargetScale
from report_utils.cnn.untrained import WHAT_TO_TRY, why_untrained
from report_utils.errors import InputError
from report_utils.profiles import Training

if TYPE_CHECKING:
    from report_utils.cnn.images import ResidentImages


@dataclass(frozen=True, eq=False)
class Fit:
    """One transform trained on one fold.

    Parameters
    ----------
    fold : int
    cluster : (n_test,) int
        Rows of the test observations in the catalogue.
    predictions : (n_test, 8) float32 [log10 Msun]
        One column for each symmetry view; column 0 is the identity.
    history : dict of str to list of float
        ``loss`` and ``val_loss`` of every epoch [dex^2].
    weights : list of array
        The trained network's weights, in Keras' order.
    input_scale : InputScale
        How its images were centred and scaled.
    target_variance : float [dex^2]
        Variance of the training masses: the loss of a network that always predicts their mean.
    """

    fold: int
    cluster: NDArray[np.integer]
    predictions: NDArray[np.float32]
    history: dict[str, list[float]]
    weights: list[NDArray[np.float32]]
    input_scale: InputScale
    target_variance: float


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The test predictions of one transform, collected over its folds.

    Parameters
    ----------
    transform : str
    cluster : (n_tested,) int
        Rows in the catalogue, each at most once.
    fold : (n_tested,) int
    group : (n_tested,) str
        The halo of each observation.
    truth : (n_tested,) float64 [log10 Msun]
    predictions : (n_tested, 8) float32 [log10 Msun]
        One column for each symmetry view; column 0 is the identity.
    history : dict of int to dict
        ``loss`` and ``val_loss`` of every epoch [dex^2], by fold.
    target_variance : dict of int to float [dex^2]
        By fold; empty for results from before it was recorded.
    """

    transform: str
    cluster: NDArray[np.integer]
    fold: NDArray[np.integer]
    group: NDArray[np.str_]
    truth: NDArray[np.float64]
    predictions: NDArray[np.float32]
    history: dict[int, dict[str, list[float]]]
    target_variance: Mapping[int, float] = field(default_factory=dict)

    @property
    def residuals(self) -> NDArray[np.float64]:
        """Return prediction minus truth, ``(n_tested, 8)`` [dex]."""
        return self.predictions - self.truth[:, None]

    @classmethod
    def from_fits(
        cls, transform: str, fits: Iterable[Fit], log10_mass: NDArray, groups: NDArray | None = None
    ) -> CrossValidation:
        """Collect fits; ``log10_mass`` and ``groups`` are the whole catalogue's columns."""
        fits = list(fits)
        cluster = np.concatenate([fit.cluster for fit in fits])
        groups = np.arange(len(log10_mass)) if groups is None else np.asarray(groups)
        return cls(
            transform=transform,
            cluster=cluster,
            fold=np.concatenate([np.full(len(fit.cluster), fit.fold) for fit in fits]),
            group=groups[cluster].astype(str),
            truth=np.asarray(log10_mass, dtype=np.float64)[cluster],
            predictions=np.concatenate([fit.predictions for fit in fits]),
            history={fit.fold: fit.history for fit in fits},
            target_variance={fit.fold: fit.target_variance for fit in fits},
        )


def assign_folds(n_clusters: int, n_folds: int, seed: int, groups: NDArray | None = None) -> NDArray[np.int64]:
    """Split the observations into folds of equal size.

    Parameters
    ----------
    n_clusters, n_folds, seed : int
    groups : (n_clusters,), optional
        Observations of one group stay in one fold; the folds are then as equal as the groups allow.

    Returns
    -------
    fold : (n_clusters,) int
        The fold in whose test set each observation is.

    Raises
    ------
    InputError
        If there are fewer observations, or groups, than folds.
    """
    names, member = np.unique(np.arange(n_clusters) if groups is None else np.asarray(groups), return_inverse=True)
    if len(names) < n_folds:
        what = "observations" if groups is None else "halos (groups)"
        msg = f"{len(names)} {what} cannot be split into {n_folds} folds; give more {what}, or fewer folds"
        raise InputError(msg)
    rng = np.random.default_rng((seed, n_folds))
    order = rng.permutation(len(names))
    if groups is None:
        fold_of_name = np.empty(len(names), dtype=np.int64)
        fold_of_name[order] = np.arange(len(names)) % n_folds
        return fold_of_name[member]
    sizes = np.bincount(member)
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of_name, filled = np.empty(len(names), dtype=np.int64), np.zeros(n_folds, dtype=np.int64)
    for name in order:
        smallest = int(np.argmin(filled))
        fold_of_name[name] = smallest
        filled[smallest] += sizes[name]
    return fold_of_name[member]


def fit_fold(
    images: NDArray[np.float32] | ResidentImages,
    log10_mass: NDArray,
    fold_of: NDArray[np.integer],
    fold: int,
    training: Training,
    seed: int,
    *,
    training_seed: int = 0,
    checkpoint: Path | None = None,
    progress: Callable[[float], Any] | None = None,
) -> Fit:
    """Train on nine folds and predict the tenth, all eight views of each (report, sections 3.2 and 3.3).

    Parameters
    ----------
    images : (n_clusters, n_pixels, n_pixels, n_channels) float32, or ResidentImages
        Pass resident images to share them between fits.
    log10_mass : (n_clusters,) [log10 Msun]
    fold_of : (n_clusters,) int
        As :func:`assign_folds` returns.
    fold : int
        The fold to test on.
    training : Training
    seed, training_seed : int
        With the fold they decide the initial weights and the order of the batches. Another training seed changes
        only these two.
    checkpoint : Path, optional
        File that keeps the state of a long fit, from which it is resumed.
    progress : callable, optional
        Called at intervals with the number of views trained on since the last call.
    """
    from report_utils.cnn import training as trainer
    from report_utils.cnn.batches import ViewBatches
    from report_utils.cnn.images import ResidentImages
    from report_utils.cnn.network import fresh_network

    images = images if isinstance(images, ResidentImages) else ResidentImages(images)
    test = np.flatnonzero(fold_of == fold)
    train = np.flatnonzero(fold_of != fold)
    scale = TargetScale(log10_mass[train], training.target)
    batches = ViewBatches(train, training.batch_size, (seed, fold, 1, training_seed))
    rates = trainer.SCHEDULES[training.schedule](training.learning_rate, training.all_epochs * len(batches))
    targets = scale.to_target(log10_mass)
    start = (seed, fold, 0, training_seed)
    input_scale = InputScale.of(images.host, train, training.inputs)
    stages = training.stages(images.n_pixels)
    network = fresh_network(
        images.n_channels, stages[0][0], start, training.learning_rate, input_scale, training.precision
    )
    log = trainer.EpochLog(scale)
    identity = ""
    if checkpoint is not None:
        settings = {"training": training.model_dump(), "fold": fold, "seeds": [seed, training_seed]}
        identity = trainer.identity_of(settings, images.host, np.asarray(log10_mass), fold_of)
    epochs_done, state = trainer.restore(checkpoint, network, identity)
    log.history = {name: list(state.get(name, [])) for name in log.history}
    callbacks = [log, trainer.Checkpoint(checkpoint, lambda: log.history, identity)]
    end = 0
    for n_pixels, epochs in stages:
        network, of_size = network.resized(n_pixels), images.coarser(n_pixels)
        report = _weighted(progress, (n_pixels / images.n_pixels) ** 2)
        done = min(max(epochs_done - end, 0), epochs)
        report(done * batches.n_views)
        training_set = trainer.TrainingSet(of_size, targets, batches, rates, test, report)
        trainer.train_epochs(network, training_set, range(end + done, end + epochs), callbacks)
        end += epochs
    predictions = scale.to_log10_mass(network.predict_views(images, test))
    if not np.isfinite(predictions).all():
        msg = f"fold {fold}: the training diverged (predictions are not finite); lower training.learning_rate"
        raise InputError(msg)
    log10_mass = np.asarray(log10_mass, dtype=np.float64)
    target_variance = float(np.var(log10_mass[train]))
    reason = why_untrained(predictions, log10_mass[test], log.history["loss"], target_variance)
    if reason:
        print(f"fold {fold} did not train: {reason}; {WHAT_TO_TRY}", file=sys.stderr)
    return Fit(
        fold,
        test,
        predictions,
        {name: [float(v) for v in log.history[name]] for name in log.history},
        network.get_weights(),
        input_scale,
        target_variance,
    )


def _weighted(progress: Callable[[float], Any] | None, weight: float) -> Callable[[float], None]:
    """Return a function that reports views in units of full-size views."""

    def report(n_views: float) -> None:
        if progress is not None:
            progress(weight * n_views)

    return report


def cross_validate(
    images: NDArray[np.float32],
    log10_mass: NDArray,
    *,
    training: Training | None = None,
    n_folds: int = 10,
    folds: Iterable[int] | None = None,
    seed: int = 0,
    groups: NDArray | None = None,
    transform: str = "",
) -> CrossValidation:
    """Cross-validate the network on images, in this process.

    The book trains its fits in worker processes (:class:`report_utils.report.Reproduction`); this is the same
    computation for your own images.

    Parameters
    ----------
    images : (n_clusters, n_pixels, n_pixels, n_channels) float32
    log10_mass : (n_clusters,) [log10 Msun]
    training : Training, optional
        By default the report's protocol.
    n_folds : int
    folds : iterable of int, optional
        The folds to run; by default all of them.
    seed : int
        Decides the folds, the initial weights and the order of the batches.
    groups : (n_clusters,), optional
        Keep the observations of a group in one fold.
    transform : str
        A name for the result.

    Raises
    ------
    InputError
        If the numbers of images and masses differ, or there are fewer observations than folds.
    """
    from report_utils.cnn.images import ResidentImages

    log10_mass = np.asarray(log10_mass, dtype=np.float64)
    images = np.asarray(images, dtype=np.float32)
    if images.ndim != 4 or len(images) != len(log10_mass):
        msg = f"images of shape {images.shape} do not match {len(log10_mass)} masses"
        raise InputError(msg)
    bad = np.flatnonzero(~np.isfinite(log10_mass))
    if len(bad):
        msg = f"log10_mass holds {log10_mass[bad[0]]} in row {bad[0] + 1}; give the mass or leave the observation out"
        raise InputError(msg)
    fold_of = assign_folds(len(images), n_folds, seed, groups)
    chosen = range(n_folds) if folds is None else folds
    resident = ResidentImages(images)
    fits = [fit_fold(resident, log10_mass, fold_of, fold, training or Training(), seed) for fold in chosen]
    return CrossValidation.from_fits(transform, fits, log10_mass, groups)


def fit_to_arrays(fit: Fit) -> tuple[dict[str, NDArray], Mapping[str, Any]]:
    """Return a fit as arrays and plain facts, as runs are stored."""
    arrays = {"cluster": fit.cluster, "predictions": fit.predictions}
    arrays |= {f"weight_{i:02d}": weight for i, weight in enumerate(fit.weights)}
    facts = {"fold": fit.fold, "history": fit.history, "n_weights": len(fit.weights)}
    facts |= {"input_mean": fit.input_scale.mean.tolist(), "input_spread": fit.input_scale.spread}
    return arrays, facts | {"target_variance": fit.target_variance}


def fit_from_arrays(arrays: Callable[[str], NDArray], facts: Mapping[str, Any]) -> Fit:
    """Return the fit that :func:`fit_to_arrays` converted to arrays and facts.

    Parameters
    ----------
    arrays : callable
        Returns an array by name.
    facts : mapping
    """
    weights = [arrays(f"weight_{i:02d}") for i in range(facts["n_weights"])]
    scale = InputScale(np.asarray(facts["input_mean"]), facts["input_spread"])
    return Fit(
        facts["fold"],
        arrays("cluster"),
        arrays("predictions"),
        facts["history"],
        weights,
        scale,
        facts["target_variance"],
    )
