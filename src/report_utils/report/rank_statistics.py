"""How well predictions sort clusters, and how far apart two recorded trainings are.

Functions that return an interval take ``n_resamples`` and ``seed`` as :func:`report_utils.report.resampling.resample`
does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.dynamics import Recording
from report_utils.report.intervals import Interval
from report_utils.report.resampling import resample
from report_utils.report.statistics import GAUSSIAN_PERCENTILES, moments, scatter_of

N_PERMUTATIONS = 200


def halos(dynamics: Recording) -> NDArray:
    """Return (n_test,) the halo of each test cluster; where none is recorded, each cluster has its own."""
    group = getattr(dynamics, "group", None)
    return np.asarray(dynamics.item if group is None else group)


def middle_third(truth: NDArray) -> NDArray[np.bool_]:
    """Return (n_clusters,) True for the clusters in the middle third of the true masses."""
    low, high = np.quantile(truth, [1 / 3, 2 / 3])
    return (truth > low) & (truth <= high)


def rank_displacement(truth: ArrayLike, prediction: ArrayLike) -> NDArray[np.float64]:
    """Return by how many places each cluster is out of order, as a share of all places, ``(..., n_clusters)``.

    0 is a cluster at its own place; 1/3 is the mean for a random order.
    """
    from scipy.stats import rankdata

    of_truth, of_prediction = (rankdata(values, method="ordinal", axis=-1) for values in (truth, prediction))
    return np.abs(of_prediction - of_truth) / (len(of_truth) - 1)


def reference_displacement(truth: NDArray, prediction: NDArray, middle: NDArray, *, seed: int = 0) -> tuple:
    """Return the mean displacement (middle, outer) if the same errors fell on clusters regardless of their mass.

    Clusters at the ends of the list can be displaced to one side only, so even an error that is independent of the
    mass displaces them differently from the middle; claims judge the excess over this. The errors are taken about the
    straight line of prediction against truth. A network that draws all predictions to the mean mass changes no place
    in the order, but its raw residuals fall with the mass: shuffled, they would count that shrinkage as displacement.
    """
    generator = np.random.default_rng([seed, len(truth)])
    slope, intercept = np.polyfit(truth, prediction, 1)
    line = intercept + slope * truth
    errors = generator.permuted(np.tile(prediction - line, (N_PERMUTATIONS, 1)), axis=1)
    displaced = rank_displacement(truth, line + errors)
    return displaced[:, middle].mean(), displaced[:, ~middle].mean()


def displacements(truth: NDArray, predictions: ArrayLike, *, seed: int = 0) -> NDArray[np.float64]:
    """Return what each cluster adds to the displacements in the middle third of mass and outside, for resampling.

    Predictions are ``(n_clusters,)`` or ``(n_seeds, n_clusters)``. Of what is returned, ``(n_seeds, n_clusters, 4)``,
    the first two columns are the displacement in units of the reference if the cluster is in the middle third, and if
    it is not; the last two are 1 if it is in the middle third, and if it is not.
    """
    middle = middle_third(truth)
    columns = []
    for prediction in np.atleast_2d(np.asarray(predictions, dtype=np.float64)):
        displaced = rank_displacement(truth, prediction)
        in_middle, outside = reference_displacement(truth, prediction, middle, seed=seed)
        columns.append(np.stack([displaced * middle / in_middle, displaced * ~middle / outside, middle, ~middle], 1))
    return np.stack(columns).astype(np.float64)


def extremes_first(
    displaced: NDArray[np.float64],
    groups: ArrayLike,
    folds: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    **bootstrap: int,
) -> Interval:
    """Return the displacement of the outer over that of the middle third, each in units of its reference.

    Below 1 the extremes are sorted better than errors that are independent of the mass would sort them.
    """
    drawn = resample([displaced], groups, folds, **bootstrap)
    return drawn.interval(lambda t: (t[..., 0, 1] / t[..., 0, 3]) / (t[..., 0, 0] / t[..., 0, 2]), confidence)


def middle_gains(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    groups: ArrayLike,
    folds: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
    **bootstrap: int,
) -> Interval:
    """Compare what is left of the :func:`displacements` in the middle third with that outside, for the same clusters.

    Below 1 the middle masses gain more than the extremes, both in units of their references.
    """

    def left_over(totals: NDArray) -> NDArray:
        mean = totals[..., :2] / totals[..., 2:]  # a transform with more seeds has larger sums
        return (mean[..., 1, 0] / mean[..., 0, 0]) / (mean[..., 1, 1] / mean[..., 0, 1])

    return resample([before, after], groups, folds, **bootstrap).interval(left_over, confidence)


def phase_residuals(dynamics: Recording) -> list[NDArray[np.float64]]:
    """Return, for each phase's end, the (n_test, n_views) residuals [dex]."""
    truth = np.asarray(dynamics.truth, dtype=np.float64)[:, None]
    return [np.asarray(dynamics.predictions[epoch], dtype=np.float64) - truth for epoch in dynamics.phase_ends]


def phase_ratio(
    seeds: Sequence[Recording], later: int, earlier: int, confidence: float = 0.95, **bootstrap: int
) -> Interval:
    """Return the scatter at the end of a phase over that at the end of another (from 1), of all training seeds.

    All seeds have the same test clusters. Whole halos are drawn, and trainings with both of their phases.
    """
    ends = [phase_residuals(dynamics) for dynamics in seeds]
    columns = [moments(np.stack([of_seed[phase - 1] for of_seed in ends])) for phase in (later, earlier)]
    drawn = resample([np.concatenate(columns, axis=2)], halos(seeds[0]), **bootstrap)
    return drawn.interval(lambda totals: scatter_of(totals[..., 0, :3]) / scatter_of(totals[..., 0, 3:]), confidence)


def squared_distance(a: Recording, b: Recording) -> NDArray[np.float64]:
    """Return the mean over epochs of the squared difference of the first views' predictions, ``(n_test,)`` [dex^2]."""
    n_epochs = min(len(a.predictions), len(b.predictions))
    difference = np.asarray(a.predictions)[:n_epochs, :, 0] - np.asarray(b.predictions)[:n_epochs, :, 0]
    return np.mean(difference.astype(np.float64) ** 2, axis=0)


def distance_over_seeds(first: Sequence[Recording], second: Sequence[Recording], **bootstrap: int) -> Interval:
    """Return the root mean square distance between two kinds of training over that between seeds of one kind.

    It is 1 where a change of kind alters the dynamics as little as a change of seed. There are two seeds or more of
    each kind, all on the same test clusters. Trainings at the same place of both sequences share their weights at the
    start and the order of their batches; as no two seeds of one kind do, these pairs are left out.

    Whole halos are drawn, and seeds of each kind. Both mean distances are sums over pairs of seeds; a seed that is
    drawn more often counts to first order (Hoeffding's projection: van der Vaart 1998, *Asymptotic Statistics*, section
    12.1).
    """
    n = min(len(first), len(second))
    kinds = (first[:n], second[:n])
    others = [[b for b in range(n) if b != a] for a in range(n)]
    apart = np.array([[squared_distance(a, b) for b in kinds[1]] for a in kinds[0]])
    across = [np.stack([table[a, others[a]].mean(axis=0) for a in range(n)]) for table in (apart, apart.swapaxes(0, 1))]
    columns = []
    for kind, of_seed in zip(kinds, across, strict=True):
        within = np.stack([np.mean([squared_distance(kind[a], kind[b]) for b in others[a]], axis=0) for a in range(n)])
        columns.append(np.stack([of_seed - of_seed.mean(axis=0) / 2, 2 * within - within.mean(axis=0)], axis=2))
    drawn = resample(columns, halos(first[0]), **bootstrap)
    return drawn.interval(lambda t: np.sqrt((t[..., 0, 0] + t[..., 1, 0]) / ((t[..., 0, 1] + t[..., 1, 1]) / 2)))


def hard_clusters(dynamics: Recording, *, n_scatters: float = 3.0) -> NDArray:
    """Return the clusters beyond ``n_scatters`` robust scatters at the end of every phase."""
    hard = np.ones(len(dynamics.truth), dtype=bool)
    for residuals in phase_residuals(dynamics):
        mean = residuals.mean(axis=1)
        low, median, high = np.percentile(mean, [GAUSSIAN_PERCENTILES[0], 50, GAUSSIAN_PERCENTILES[1]])
        hard &= np.abs(mean - median) > n_scatters * (high - low) / 2
    return np.asarray(dynamics.item)[hard]


def hard_in_seeds(seeds: Sequence[Recording]) -> dict[int, int]:
    """Return the clusters that are hard in any training, with the number of these trainings, the largest first."""
    found = Counter(cluster for dynamics in seeds for cluster in hard_clusters(dynamics).tolist())
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
