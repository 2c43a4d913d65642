"""One transform's test predictions with all its training seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.cnn.crossval import CrossValidation
from report_utils.cnn.untrained import untrained_folds, why_untrained
from report_utils.errors import InputError

if TYPE_CHECKING:
    from report_utils.dynamics import Recording
    from report_utils.reproduction.one_profile import Reproduction


@dataclass(frozen=True, eq=False)
class SeedPredictions:
    """The test predictions of one transform, with every training seed.

    Clusters are rows of the catalogue, ascending, each with its ``fold``, its halo as ``group`` and its ``truth``.
    ``predictions`` are ``(n_seeds, n_clusters, n_views)`` [log10 solar masses]. For each seed, ``history`` has the
    learning curves of each fold, and ``target_variance`` the variance of its training masses [dex^2].
    """

    transform: str
    cluster: NDArray[np.integer]
    fold: NDArray[np.integer]
    group: NDArray
    truth: NDArray[np.float64]
    predictions: NDArray[np.float64]
    history: tuple[Mapping[int, Mapping[str, list[float]]], ...]
    target_variance: tuple[Mapping[int, float], ...] = ()

    @classmethod
    def of(cls, runs: Trainings) -> SeedPredictions:
        """Collect a transform's cross-validations, one for each training seed; other clusters or folds are refused."""
        if isinstance(runs, SeedPredictions):
            return runs
        runs = list(runs) if isinstance(runs, Sequence) else [runs]
        first, orders = runs[0], [np.argsort(run.cluster, kind="stable") for run in runs]
        names = ("cluster", "fold", "group", "truth")
        cluster, fold, group, truth = (np.asarray(getattr(first, name))[orders[0]] for name in names)
        predictions = []
        for seed, (run, order) in enumerate(zip(runs, orders, strict=True)):
            if not (np.array_equal(run.cluster[order], cluster) and np.array_equal(run.fold[order], fold)):
                msg = f"{first.transform}: training seed {seed} was tested on other clusters or folds than the first"
                raise InputError(msg)
            predictions.append(np.asarray(run.predictions, np.float64)[order])
        return cls(
            first.transform,
            cluster,
            fold,
            group,
            truth.astype(np.float64),
            np.stack(predictions),
            tuple(run.history for run in runs),
            tuple(getattr(run, "target_variance", {}) for run in runs),
        )

    @property
    def residuals(self) -> NDArray[np.float64]:
        """Prediction minus truth, ``(n_seeds, n_clusters, n_views)`` [dex]."""
        return self.predictions - self.truth[None, :, None]

    @property
    def n_seeds(self) -> int:
        """The number of training seeds."""
        return len(self.predictions)

    @cached_property
    def untrained(self) -> str:
        """Which fits did not train, and why; empty where all did. Numbers of untrained networks mean nothing."""
        found = []
        for seed, predictions in enumerate(self.predictions):
            known = (self.history[seed], self.target_variance[seed]) if self.target_variance else ({}, {})
            for fold, reason in untrained_folds(predictions, self.truth, self.fold, *known).items():
                found.append(f"fold {fold}{f', training seed {seed}' if seed else ''}: {reason}")
        return "; ".join(found)

    def among(self, clusters: NDArray[np.integer]) -> SeedPredictions:
        """Return the predictions for some of the clusters."""
        rows = np.flatnonzero(np.isin(self.cluster, clusters))
        columns = {name: getattr(self, name)[rows] for name in ("cluster", "fold", "group", "truth")}
        return replace(self, **columns, predictions=self.predictions[:, rows])


Trainings = CrossValidation | Sequence[CrossValidation] | SeedPredictions
"""A transform's test predictions: of one training, of several, or collected."""


def all_seeds(reproduction: Reproduction, transforms: Iterable[str] | None = None) -> dict[str, SeedPredictions]:
    """Return test predictions with every available training seed, of all transforms where none are named."""
    names = reproduction.transforms if transforms is None else transforms
    return {name: SeedPredictions.of(reproduction.cross_validations(name)) for name in names}


def trained_only(tested: Mapping[str, SeedPredictions]) -> dict[str, SeedPredictions]:
    """Return the predictions of the transforms all of whose fits trained."""
    return {name: one for name, one in tested.items() if not one.untrained}


def untrained_phases(seeds: Sequence[Recording]) -> str:
    """Say in which phases, of each training seed of a dynamics, the network did not train, and why."""
    found = []
    for seed, one in enumerate(seeds):
        for phase in np.unique(one.phase).tolist():
            reason = why_untrained(one.predictions[np.flatnonzero(one.phase == phase)[-1]], one.truth)
            if reason:
                found.append(f"phase {phase + 1}{f', training seed {seed}' if seed else ''}: {reason}")
    return "; ".join(found)


def on_common_clusters(tested: Mapping[str, SeedPredictions]) -> dict[str, SeedPredictions]:
    """Return the predictions for the clusters that all transforms were tested on."""
    common = reduce(np.intersect1d, (one.cluster for one in tested.values()))
    return {name: one.among(common) for name, one in tested.items()}
