"""An estimate with its confidence interval, and the three verdicts that an interval gives on a threshold.

The verdict on a printed number is that of an equivalence test in other words: *agrees* or *differs*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HOLDS, FAILS, UNDECIDED = "holds", "fails", "undecided at this size"
AGREES, DIFFERS = "agrees", "differs"
MINIMUM_GROUPS = 20
"""With fewer halos an interval is not trusted, and nothing is decided."""


@dataclass(frozen=True)
class Interval:
    """An estimate with the ends of its confidence interval.

    ``n_seeds`` is the smallest number of training seeds of any result in it. With 1, the interval includes training
    variance only where there are many folds.
    """

    value: float
    low: float
    high: float
    confidence: float = 0.95
    n_seeds: int = 1

    def __format__(self, spec: str) -> str:
        """Write ``value [low, high]`` with one format for all three, and with minus signs for hyphens."""
        return f"{self.value:{spec}} [{self.low:{spec}}, {self.high:{spec}}]".replace("-", "−")


def below(measured: Interval, limit: float) -> str:
    """Judge whether a statistic is smaller than a limit."""
    return HOLDS if measured.high < limit else FAILS if measured.low > limit else UNDECIDED


def above(measured: Interval, limit: float) -> str:
    """Judge whether a statistic is larger than a limit."""
    return HOLDS if measured.low > limit else FAILS if measured.high < limit else UNDECIDED


def within(measured: Interval, margin: float) -> str:
    """Judge whether a ratio lies between 1/margin and margin."""
    if measured.low > 1 / margin and measured.high < margin:
        return HOLDS
    return FAILS if measured.low > margin or measured.high < 1 / margin else UNDECIDED


@dataclass(frozen=True)
class Layer:
    """One kind of unit that is drawn: ``values`` are the statistic with each unit left out in turn, ``(n_units,)``.

    The sum of squares of their deviations, times ``variance_factor``, is the variance that drawing these units brings.
    ``uncertainty`` is that variance's square over its degrees of freedom; none for halos, of which there are many.
    """

    values: NDArray[np.float64]
    variance_factor: float = 1.0
    uncertainty: float = 0.0

    @property
    def pulls(self) -> NDArray[np.float64]:
        """By how much each unit pulls the statistic, ``(n_units,)``."""
        return self.values.mean() - self.values if len(self.values) else self.values

    @property
    def variance(self) -> float:
        """The variance that drawing these units brings."""
        return float(self.variance_factor * np.sum(self.pulls**2))


def bca_interval(
    estimate: float,
    resamples: NDArray[np.float64],
    layers: Sequence[Layer],
    confidence: float = 0.95,
    n_seeds: int = 1,
) -> Interval:
    """Bias-corrected and accelerated interval (Efron 1987, JASA 82, 171, equations 2.3 and 6.6).

    A scatter's bootstrap distribution is biased low and skewed for few halos; plain percentiles would be too
    short exactly at the small sizes of a quick profile. `scipy.stats.bootstrap` computes the same interval
    from the raw samples of one layer; here the leave-one-out values come from sums, in linear time.

    A few seeds or folds know their own variance badly, so the Gaussian quantile is replaced by Student's (Hesterberg
    2015, Am. Stat. 69, 371) with Satterthwaite's degrees of freedom (1946, Biometrics 2, 110). For halos
    alone these are infinite.

    Without any ``resamples``, as where one cluster is all there is, the ends are NaN.
    """
    from scipy.special import ndtr, ndtri, stdtrit

    if not len(resamples):
        return Interval(float(estimate), float("nan"), float("nan"), confidence, n_seeds)
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    third = sum(layer.variance_factor * np.sum(layer.pulls**3) for layer in layers)
    total = sum(layer.variance for layer in layers)
    uncertain = sum(layer.uncertainty for layer in layers)
    quantiles = stdtrit(total**2 / uncertain, tails) if uncertain > 0 else ndtri(tails)
    tails = ndtr(quantiles)
    below = (np.count_nonzero(resamples < estimate) + 0.5 * np.count_nonzero(resamples == estimate)) / len(resamples)
    if 0 < below < 1:
        shift = ndtri(below)
        acceleration = third / (6 * total**1.5) if total > 0 else 0.0
        z = shift + quantiles
        tails = ndtr(shift + z / (1 - acceleration * z))
    low, high = np.quantile(resamples, tails)
    return Interval(float(estimate), float(low), float(high), confidence, n_seeds)
