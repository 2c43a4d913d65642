"""Predictions that are judged for each network by itself: all must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from report_utils.report.intervals import FAILS, HOLDS, MINIMUM_GROUPS, UNDECIDED, Interval
from report_utils.report.second_band import AS_PREDICTED, NOT_AS_PREDICTED


def typical(values: ArrayLike, statistic: Callable[..., float] = np.median) -> Interval:
    """Return the median of independent values, or another statistic, with its 95 % interval.

    Values are resampled, and the percentiles taken (Efron & Tibshirani 1993, section 13.3). With fewer than
    :data:`MINIMUM_GROUPS` values, or if all are equal, the ends are NaN.
    """
    from scipy.stats import bootstrap

    values = np.asarray(values, dtype=np.float64)
    estimate = float(statistic(values))
    if len(values) < MINIMUM_GROUPS or np.ptp(values) == 0:
        return Interval(estimate, np.nan, np.nan)
    found = bootstrap((values,), statistic, method="percentile", n_resamples=2000, rng=0).confidence_interval
    return Interval(estimate, float(found.low), float(found.high))


def agreed(verdicts: Iterable[str]) -> str:
    """Return what all networks say, of :data:`HOLDS` and :data:`FAILS`; if they differ, nothing is decided."""
    said = set(verdicts)
    return {HOLDS: AS_PREDICTED, FAILS: NOT_AS_PREDICTED}.get(said.pop(), UNDECIDED) if len(said) == 1 else UNDECIDED


def overall(measured: Sequence[Interval]) -> Interval:
    """Return the mean over networks, from the lowest to the highest end of their intervals."""
    values, low, high = ([getattr(one, name) for one in measured] for name in ("value", "low", "high"))
    return Interval(float(np.mean(values)), float(np.min(low)), float(np.max(high)))


def seed_spread(measured: Sequence[Interval], folds: ArrayLike) -> float:
    """Return the standard deviation between training seeds of one fold, all folds together; NaN with one seed."""
    values, folds = np.array([one.value for one in measured]), np.asarray(folds)
    of_folds = [values[folds == fold] for fold in np.unique(folds)]
    freedom = sum(len(part) - 1 for part in of_folds)
    squares = sum(float(np.sum((part - part.mean()) ** 2)) for part in of_folds)
    return float(np.sqrt(squares / freedom)) if freedom else float("nan")


def effect(measured: Sequence[Interval], folds: ArrayLike, limit: float = 1.0) -> Literal[-1, 0, 1]:
    """Tell on which side of a limit networks lie: 1 above, -1 below, 0 if that is not shown.

    It is shown if all intervals lie on one side, and the mean differs by more than the spread between training seeds.
    """
    mean = overall(measured)
    if abs(mean.value - limit) <= seed_spread(measured, folds):  # NaN, with one seed, refuses nothing
        return 0
    return 1 if mean.low > limit else -1 if mean.high < limit else 0


def summed_up(measured: Sequence[Interval], folds: ArrayLike) -> str:
    """Write the mean over networks and, after ±, the spread between training seeds.

    Of several networks, parentheses have the ends of :func:`overall`, with other signs than a 95% interval.
    """
    if len(measured) < 2:
        return listed(measured) or "–"
    found, spread = overall(measured), seed_spread(measured, folds)
    ends = f" ({found.low:.2f}\u00a0…\u00a0{found.high:.2f})" if np.isfinite(found.low) else ""
    return f"{found.value:.2f}{ends}".replace("-", "−") + (f" ±\u00a0{spread:.2f}" if np.isfinite(spread) else "")


def listed(measured: Iterable[Interval]) -> str:
    """Write numbers with their intervals, where they have one."""
    return "; ".join(f"{one:.2f}" if np.isfinite(one.low) else f"{one.value:.2f}".replace("-", "−") for one in measured)
