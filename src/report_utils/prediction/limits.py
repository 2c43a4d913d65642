"""How far a prediction can be trusted: the errors of held-out clusters, and the range of the training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_PER_BIN = 60
"""Minimum number of held-out clusters per bin; the scatter is then known to 9 % (1 / sqrt(2 n), Gaussian)."""
_MOST_BINS = 5


@dataclass(frozen=True, eq=False)
class ExpectedError:
    """Residuals of held-out clusters, by predicted mass."""

    edges: NDArray[np.float64]
    """``(n_bins - 1,)`` [log10 Msun]. Predicted masses that separate the bins; the outer bins are open."""
    bias: NDArray[np.float64]
    """``(n_bins,)`` [dex]. Mean of prediction minus truth; the prediction is a cluster's mean over views."""
    scatter: NDArray[np.float64]
    """``(n_bins,)`` [dex]. Standard deviation of the same."""
    n_clusters: NDArray[np.integer]
    """``(n_bins,)``."""

    @classmethod
    def of(cls, predicted: NDArray, residual: NDArray) -> ExpectedError:
        """Sort held-out clusters into bins of equal numbers, or a single bin if there are too few.

        ``predicted`` [log10 Msun] and ``residual`` [dex] have the shape ``(n_clusters,)``.
        """
        n_bins = int(np.clip(len(predicted) // _PER_BIN, 1, _MOST_BINS))
        edges = np.quantile(predicted, np.arange(1, n_bins) / n_bins)
        member = np.searchsorted(edges, predicted)
        parts = [residual[member == number] for number in range(n_bins)]
        return cls(
            edges=edges,
            bias=np.array([part.mean() for part in parts]),
            scatter=np.array([part.std(ddof=1) if len(part) > 1 else np.nan for part in parts]),
            n_clusters=np.array([len(part) for part in parts]),
        )

    def bin_of(self, predicted: NDArray) -> NDArray[np.intp]:
        """Return the bin of each predicted mass, ``(n,)``."""
        return np.searchsorted(self.edges, predicted)

    def __str__(self) -> str:
        """Describe what the errors were measured on."""
        n, bins = int(self.n_clusters.sum()), len(self.scatter)
        how = f"in {bins} bins of predicted mass" if bins > 1 else "at all masses: too few for bins"
        low, high = (f"{value:.3f}" for value in (np.min(self.scatter), np.max(self.scatter)))
        return f"held-out scatter {low if low == high else f'{low} to {high}'} dex, of {n} clusters {how}"


@dataclass(frozen=True, eq=False)
class TrainingRange:
    """The range, low and high, of the observations of a training: others may be unlike them."""

    n_events: tuple[float, float]
    hardness: tuple[float, float]
    log10_mass: tuple[float, float]

    def warning(self, n_events: int, hardness: float, predicted: float) -> str:
        """Say in which properties an observation lies outside the range; empty if in none."""
        checks = (
            (n_events, self.n_events, "events", "{:.0f}"),
            (hardness, self.hardness, "hardness", "{:.3g}"),
            (predicted, self.log10_mass, "predicted mass", "{:.2f}"),
        )
        return "; ".join(
            f"{name} {form.format(value)} outside {form.format(low)} to {form.format(high)} of the training"
            for value, (low, high), name, form in checks
            if not low <= value <= high
        )


def hardness(bands: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the ratio of events above the lowest band to those in it, ``(n,)``; infinite if that is empty.

    ``bands`` are the events by band, ``(n, n_bands)``; the report's lowest band ends at 2.5 keV.
    """
    soft, hard = bands[:, 0].astype(float), bands[:, 1:].sum(axis=1).astype(float)
    return np.divide(hard, soft, out=np.full(len(bands), np.inf), where=soft > 0)
