"""Numbers of recordings: what phases gain, what was learnt when and forgotten, how alike two trainings are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

NEVER = -1
"""In place of an epoch, for what did not happen."""
_MOST_SPLITS = 5000


@dataclass(frozen=True, eq=False)
class Learning:
    """When each item was learnt."""

    first_right: NDArray[np.int64]
    """``(n_items,)``. The first epoch at which an item is right; -1 if it never is."""
    learnt: NDArray[np.int64]
    """``(n_items,)``. The epoch from which on it stays right; -1 if it is wrong at the end. Their order is the learning
    order.
    """
    forgotten: NDArray[np.int64]
    """``(n_items,)``. How often it is right at one recorded epoch and wrong at the next: forgetting events (Toneva et
    al. 2019, arXiv:1812.05159), counted at epochs where they count presentations.
    """


@dataclass(frozen=True, eq=False)
class Cartography:
    """A data set's map by a classifier's training (Swayamdipta et al. 2020, arXiv:2009.10795)."""

    confidence: NDArray[np.float64]
    """``(n_items,)``. Mean of the probability of the true class over all epochs after the first."""
    variability: NDArray[np.float64]
    """``(n_items,)``. Standard deviation of the same."""
    correctness: NDArray[np.float64]
    """``(n_items,)``. The share of those epochs at which the item is right."""


def tolerance_of(recording: Recording) -> float:
    """Return the default tolerance within which a predicted number is right: half of the truth's standard deviation.

    Guessing the mean is then right for about four items in ten.
    """
    return float(np.std(recording.truth)) / 2


def right(recording: Recording, tolerance: float | None = None) -> NDArray[np.bool_]:
    """Tell which items are right at which epoch, ``(n_epochs, n_items)``, by view 0.

    A class is right if it is the likeliest, a number if it is off by no more than a tolerance, by default
    :func:`tolerance_of`.
    """
    recording.require_finite()
    values = recording.values("margin")
    if recording.classes:
        return values > 0
    return np.abs(values - recording.truth) <= (tolerance_of(recording) if tolerance is None else tolerance)


def learning(recording: Recording, tolerance: float | None = None) -> Learning:
    """Return when each item was learnt, and how often it was forgotten; right is as :func:`right` says."""
    is_right, epoch = right(recording, tolerance), recording.epoch
    stays = np.logical_and.accumulate(is_right[::-1], axis=0)[::-1]
    return Learning(
        first_right=np.where(is_right.any(axis=0), epoch[is_right.argmax(axis=0)], NEVER),
        learnt=np.where(stays.any(axis=0), epoch[stays.argmax(axis=0)], NEVER),
        forgotten=(is_right[:-1] & ~is_right[1:]).sum(axis=0),
    )


def cartography(recording: Recording) -> Cartography:
    """Return where each item lies on the map of easy, ambiguous and hard ones, of a classifier.

    The state before the training is left out.
    """
    if not recording.classes:
        msg = "cartography is defined for classes; of numbers, learning() tells what is easy and what is hard"
        raise InputError(msg)
    trained = recording.epoch > 0
    probability, is_right = recording.values("probability")[trained], right(recording)[trained]
    return Cartography(probability.mean(axis=0), probability.std(axis=0), is_right.mean(axis=0))


def rank_correlation(recording: Recording) -> NDArray[np.float64]:
    """Return Spearman's correlation of predictions and truth at each epoch, ``(n_epochs,)``; NaN for equal predictions.

    The mean over the views is ranked.
    """
    from scipy.stats import spearmanr  # half of the time that a command takes to start

    recording.require_one_output()
    recording.require_finite()
    if recording.classes:
        msg = "classes have no ranks; ask for phase_gains() or cartography()"
        raise InputError(msg)
    predicted = recording.predictions.mean(axis=2, dtype=np.float64)
    return np.array([_correlation(spearmanr, one, recording.truth) for one in predicted])


def phase_gains(recording: Recording, *, level: float = 0.95, n_resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return by how much the error falls during each phase.

    The error is the standard deviation of the residuals; of classes it is the share that is wrong, by view 0. The
    first phase begins at epoch 0, and is left out where that was not recorded.

    Parameters
    ----------
    recording : Recording
    level : float
        Of the interval: percentiles of a bootstrap over items, or over groups where the recording has them.
    n_resamples, seed : int

    Returns
    -------
    pandas.DataFrame
        ``phase``, ``before``, ``after``, ``gain``, ``low``, ``high``, a row for each phase.
    """
    import pandas as pd

    recording.require_one_output()
    recording.require_finite()
    ends = recording.phase_ends
    starts = [*([0] if recording.epoch[0] == 0 else []), *ends[:-1]]
    titles = recording.phase_titles[len(ends) - len(starts) :]
    errors = ~right(recording)[..., None] if recording.classes else recording.residuals
    _, group = np.unique(recording.item if recording.group is None else recording.group, return_inverse=True)
    n_groups = group.max() + 1
    places = np.array([*starts, *ends[len(ends) - len(starts) :]])

    def by_group(values: NDArray) -> NDArray[np.float64]:  # (n_groups, n_places)
        sums = values.sum(axis=2, dtype=np.float64)
        return np.stack([np.bincount(group, one, n_groups) for one in sums], axis=1)

    def error(weights: NDArray) -> NDArray[np.float64]:  # (n_places,)
        count, total, square = (weights @ column for column in columns)
        if recording.classes:
            return total / count
        return np.sqrt(np.maximum(square / count - (total / count) ** 2, 0))

    columns = [by_group(each[places]) for each in (np.ones(errors.shape), errors, np.square(errors.astype(np.float64)))]
    rng = np.random.default_rng(seed)
    draws = [np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups) for _ in range(n_resamples)]
    before, after = np.split(np.array([error(one) for one in (np.ones(n_groups), *draws)]), 2, axis=1)
    gain = before - after
    low, high = np.quantile(gain[1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return pd.DataFrame(
        {"phase": titles, "before": before[0], "after": after[0], "gain": gain[0], "low": low, "high": high}
    )


@dataclass(frozen=True, eq=False)
class DynamicsComparison:
    """Two dynamics of the same test observations, epoch by epoch and at the end of each phase (report, section 4.2)."""

    names: tuple[str, str]
    rank_correlation: NDArray[np.float64]
    """``(n_epochs,)``. Spearman's correlation of the two sets of predictions: do both order the observations alike?"""
    rms_difference: NDArray[np.float64]
    """``(n_epochs,)`` [dex]. Root mean square of the difference of the two predictions of each observation."""
    scatter: NDArray[np.float64]
    """``(n_epochs, 2)`` [dex]. Standard deviation of each one's residuals."""
    residual_correlation: NDArray[np.float64]
    """``(n_phases,)``. Pearson's correlation of the residuals at the end of each phase: do both err on the same
    observations?
    """
    gain: NDArray[np.float64]
    """``(n_phases - 1, 2)`` [dex]. By how much each one's scatter falls from the end of a phase to the end of the next.
    """
    gain_correlation: NDArray[np.float64]
    """``(n_phases - 1,)``. Correlation, over observations, of how much the absolute residual falls: are the same ones
    helped?
    """
    phase: NDArray[np.integer]
    """``(n_epochs,)``."""


def compare_dynamics(first: Recording, second: Recording) -> DynamicsComparison:
    """Compare two dynamics of the same observations, trained with the same phases.

    Each prediction is first averaged over the views, which are the same observation seen from eight sides.
    """
    if not np.array_equal(first.item, second.item) or not np.array_equal(first.phase, second.phase):
        msg = f"dynamics {first.name!r} and {second.name!r} show different observations or epochs"
        raise InputError(msg)
    from scipy.stats import pearsonr, spearmanr

    a, b = first.predictions.mean(axis=2, dtype=np.float64), second.predictions.mean(axis=2, dtype=np.float64)
    ends = first.phase_ends
    scatter = np.stack([first.scatter, second.scatter], axis=1)
    residuals = a[ends] - first.truth, b[ends] - second.truth
    helped = [-np.diff(np.abs(residual), axis=0) for residual in residuals]

    def by_row(method, a: NDArray, b: NDArray) -> NDArray[np.float64]:
        return np.array([_correlation(method, p, q) for p, q in zip(a, b, strict=True)])

    return DynamicsComparison(
        names=(first.name, second.name),
        rank_correlation=by_row(spearmanr, a, b),
        rms_difference=np.sqrt(np.mean((a - b) ** 2, axis=1)),
        scatter=scatter,
        residual_correlation=by_row(pearsonr, *residuals),
        gain=-np.diff(scatter[ends], axis=0),
        gain_correlation=by_row(pearsonr, *helped),
        phase=first.phase,
    )


@dataclass(frozen=True)
class SeedTest:
    """Whether two ways of training differ by more than their seeds do."""

    across: float
    """Root mean square difference of the predictions of two trainings, one of each way."""
    within: float
    """The same for two trainings of the same way."""
    p_value: float
    """The share of all ways to deal the trainings into two groups that set the groups at least as far apart."""

    @property
    def ratio(self) -> float:
        """Return ``across / within``: about 1 if the two ways are alike."""
        return self.across / self.within


def compare_with_seeds(first: Sequence[Recording], second: Sequence[Recording], *, epoch: int = -1) -> SeedTest:
    """Compare two ways of training, each with two or more seeds, with what the seeds alone do.

    No two trainings are equal: "alike" means that they differ no more than trainings that differ by their seed alone.
    The trainings are dealt into two groups of these sizes in all ways (or in 5000 drawn ones), as in an exact
    permutation test; with three and three seeds no p value is below 0.1. They are compared at the place of an epoch,
    by default the last.
    """
    if min(len(first), len(second)) < 2:
        msg = f"{len(first)} and {len(second)} recordings are given; two or more seeds of each are needed"
        raise InputError(msg)
    every = [*first, *second]
    for each in every:
        each.require_finite()
        if not np.array_equal(each.item, every[0].item) or each.dims != every[0].dims:
            msg = f"recordings {every[0].name!r} and {each.name!r} are of different items"
            raise InputError(msg)
    last = np.stack([each.predictions[epoch].mean(axis=1, dtype=np.float64).ravel() for each in every])
    squares = np.mean((last[:, None] - last[None]) ** 2, axis=2)
    n, n_first = len(every), len(first)

    def apart(chosen: Sequence[int]) -> tuple[float, float]:
        inside = np.zeros(n, bool)
        inside[list(chosen)] = True
        same = np.equal.outer(inside, inside) & ~np.eye(n, dtype=bool)
        return float(squares[np.not_equal.outer(inside, inside)].mean()), float(squares[same].mean())

    across, within = apart(range(n_first))
    splits = list(combinations(range(n), n_first)) if n <= 14 else []
    if not 0 < len(splits) <= _MOST_SPLITS:
        rng = np.random.default_rng(0)
        splits = [range(n_first), *(rng.permutation(n)[:n_first] for _ in range(_MOST_SPLITS - 1))]
    found = np.array([np.subtract(*apart(split)) for split in splits])
    p_value = float(np.mean(found >= across - within - 1e-12 * max(across, within)))
    return SeedTest(float(np.sqrt(across)), float(np.sqrt(within)), p_value)


def _correlation(method, a: NDArray, b: NDArray) -> float:
    """Return a correlation, NaN where one side does not vary (an untrained model may predict one value)."""
    return float(method(a, b).statistic) if np.ptp(a) > 0 and np.ptp(b) > 0 else float("nan")
