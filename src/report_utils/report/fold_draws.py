"""What the trainings of many folds tell: how much of their spread is the training's, and draws of it.

Every fold is another training: other weights at the start, another order, other training clusters. The test clusters
of a fold differ from those of another as well, and that is drawn with the halos. So of the variance between folds only
what the test clusters do not explain is added, as in an analysis of variance with random effects (Searle, Casella &
McCulloch 1992, *Variance Components*, section 3.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.report.intervals import Layer

MINIMUM_FOLDS = 5
"""Fewer trainings say too little about how trainings spread."""

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From totals ``(..., n_transforms, n_quantities)`` to numbers ``(...)``."""


@dataclass(frozen=True, eq=False)
class FoldDraws:
    """Draws of folds, the same for all transforms.

    Attributes
    ----------
    weights : (n_resamples, n_folds)
        How much each fold counts, 1 in the mean: F - 1 of the F folds are drawn with replacement.
    of_fold : (n_folds, n_transforms, n_quantities)
        What each fold adds to the totals.
    of_unit : (n_units, n_transforms, n_quantities)
        What the clusters of one halo in one fold add.
    """

    weights: NDArray[np.float64]
    of_fold: NDArray[np.float64]
    of_unit: NDArray[np.float64]

    @classmethod
    def draw(cls, of_fold: NDArray, of_unit: NDArray, n_resamples: int, seed: tuple[int, ...]) -> FoldDraws:
        """Draw the weights of the folds."""
        n_folds = len(of_fold)
        counts = np.random.default_rng(seed).multinomial(n_folds - 1, np.full(n_folds, 1 / n_folds), size=n_resamples)
        return cls(counts * (n_folds / (n_folds - 1)), of_fold, of_unit)

    def select(self, transforms: list[int]) -> FoldDraws:
        """Return the same draws for some of the transforms."""
        return FoldDraws(self.weights, self.of_fold[:, transforms], self.of_unit[:, transforms])

    def of_training(self, statistic: Statistic, observed: NDArray[np.float64]) -> tuple[NDArray[np.float64], Layer]:
        """Return what trainings change in each resample's totals, and the layer that they are.

        Parameters
        ----------
        statistic : callable
        observed : (n_transforms, n_quantities)

        Returns
        -------
        changes : (n_resamples, n_transforms, n_quantities)
            To be added to the totals of drawn halos.
        layer : Layer
        """
        n_folds = len(self.of_fold)
        without = _finite(statistic(observed - self.of_fold))
        between = (n_folds - 1) / n_folds * np.sum((without - without.mean()) ** 2)
        by_unit = _finite(statistic(observed - self.of_unit))
        explained = np.sum((by_unit - by_unit.mean()) ** 2)
        share = max(0.0, 1 - explained / between) if between > 0 else 0.0
        changes = np.einsum("df,ftq->dtq", np.sqrt(share) * (self.weights - 1), self.of_fold)
        # that the difference is known no better than the variance between folds also holds where it comes out as none
        layer = Layer(without, share * (n_folds - 1) / n_folds, uncertainty=between**2 / (n_folds - 1))
        return changes, layer


def _finite(values: NDArray) -> NDArray[np.float64]:
    values = np.asarray(values, dtype=np.float64)
    return values[np.isfinite(values)]
