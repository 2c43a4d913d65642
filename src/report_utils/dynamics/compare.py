"""How alike two dynamics are, in numbers (report, section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError


@dataclass(frozen=True, eq=False)
class DynamicsComparison:
    """Two dynamics of the same test observations, epoch by epoch and at the end of each phase.

    Parameters
    ----------
    names : tuple of str
    rank_correlation : (n_epochs,)
        Spearman's correlation of the two sets of predictions: do both order the observations alike?
    rms_difference : (n_epochs,) [dex]
        Root mean square of the difference of the two predictions of each observation.
    scatter : (n_epochs, 2) [dex]
        Standard deviation of each one's residuals.
    residual_correlation : (n_phases,)
        Pearson's correlation of the residuals at the end of each phase: do both err on the same observations?
    gain : (n_phases - 1, 2) [dex]
        By how much each one's scatter falls from the end of a phase to the end of the next.
    gain_correlation : (n_phases - 1,)
        Correlation, over observations, of how much the absolute residual falls: are the same ones helped?
    phase : (n_epochs,) int
    """

    names: tuple[str, str]
    rank_correlation: NDArray[np.float64]
    rms_difference: NDArray[np.float64]
    scatter: NDArray[np.float64]
    residual_correlation: NDArray[np.float64]
    gain: NDArray[np.float64]
    gain_correlation: NDArray[np.float64]
    phase: NDArray[np.integer]


def compare_dynamics(first: Recording, second: Recording) -> DynamicsComparison:
    """Compare two dynamics of the same observations, trained with the same phases.

    Each prediction is first averaged over the views, which are the same observation seen from eight sides.

    Raises
    ------
    InputError
        If the two show different observations or other phases.
    """
    if not np.array_equal(first.item, second.item) or not np.array_equal(first.phase, second.phase):
        msg = f"dynamics {first.name!r} and {second.name!r} show different observations or epochs"
        raise InputError(msg)
    from scipy.stats import spearmanr  # half of the time that a command takes to start, which needs no statistics

    a, b = first.predictions.mean(axis=2, dtype=np.float64), second.predictions.mean(axis=2, dtype=np.float64)
    ends = first.phase_ends
    scatter = np.stack([first.scatter, second.scatter], axis=1)
    residual_a, residual_b = a[ends] - first.truth, b[ends] - second.truth
    helped_a, helped_b = (-np.diff(np.abs(residual), axis=0) for residual in (residual_a, residual_b))
    return DynamicsComparison(
        names=(first.name, second.name),
        rank_correlation=np.array([_correlation(spearmanr, p, q) for p, q in zip(a, b, strict=True)]),
        rms_difference=np.sqrt(np.mean((a - b) ** 2, axis=1)),
        scatter=scatter,
        residual_correlation=_by_row(residual_a, residual_b),
        gain=-np.diff(scatter[ends], axis=0),
        gain_correlation=_by_row(helped_a, helped_b),
        phase=first.phase,
    )


def _by_row(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    from scipy.stats import pearsonr

    return np.array([_correlation(pearsonr, p, q) for p, q in zip(a, b, strict=True)])


def _correlation(method, a: NDArray, b: NDArray) -> float:
    """Return a correlation, NaN where one side does not vary (an untrained model may predict one value)."""
    return float(method(a, b).statistic) if np.ptp(a) > 0 and np.ptp(b) > 0 else float("nan")
