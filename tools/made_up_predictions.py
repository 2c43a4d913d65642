"""Predictions made up like those of the profile ``quick``, with scatters that are known exactly.

480 test clusters of 246 halos in two folds, or 240 of 173 for the dynamics, in eight views; errors with somewhat heavy
tails that clusters of one halo share in part, and transforms for the greater part; predictions drawn to the mean mass
as far as an optimal estimate draws them; and of every training a bias, a factor on its errors, and errors of its own.
How large these are was read off the committed results of ``quick``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics import Recording
from report_utils.report.claim_tests import Runs
from report_utils.report.rank_statistics import middle_third
from report_utils.report.seeds import SeedPredictions

SPREAD, ONE_BAND, MORE_BANDS = 0.24, 0.168, 0.073
"""Standard deviation of the true masses, and the scatters of one band and of more [dex], as in ``quick``."""
N_VIEWS = 8


@dataclass(frozen=True)
class Setting:
    """What is tested, and how trainings differ; variances in units of that of the errors about the fitted line."""

    n_clusters: int
    n_halos: int
    n_folds: int
    bias: float
    own: float
    factors: tuple[float, ...]
    of_halo: float = 0.12
    of_views: float = 0.03


BIAS_OF_PHASE = 0.3
"""Of one training of the dynamics, in units of the scatter, which is about the training's own mean."""
FITS = Setting(480, 246, 2, 0.0006, 0.02, (0.007,))
DYNAMICS = Setting(240, 173, 1, 0.0, 0.1, (0.02, 0.02, 0.08, 0.08))
AT_REPORTS_SIZE = Setting(328, 230, 1, 0.0, 0.1, (0.02, 0.02, 0.08, 0.08))


class MadeUp:
    """Test clusters, and predictions for them.

    Attributes
    ----------
    truth, group, fold : (n_clusters,)
    """

    def __init__(self, setting: Setting, n_seeds: int, rng: np.random.Generator) -> None:
        self.setting, self.n_seeds, self.rng = setting, n_seeds, rng
        n = setting.n_clusters
        self.group = rng.integers(0, setting.n_halos, n)
        self.fold = np.arange(n) % setting.n_folds
        of_halo = (rng.gamma(4.0, size=setting.n_halos) - 4.0) / 2.0  # few heavy ones
        self.truth = 14.2 + SPREAD * (np.sqrt(0.8) * of_halo[self.group] + np.sqrt(0.2) * rng.standard_normal(n))
        common = self.errors()
        self._families = [np.sqrt(0.4) * common + np.sqrt(0.6) * self.errors() for _ in range(2)]

    def errors(self) -> NDArray[np.float64]:
        """Return errors of variance 1, ``(n_clusters,)``, that clusters of one halo share in part."""
        n, shared, degrees = self.setting.n_clusters, self.setting.of_halo, 12
        drawn = self.rng.standard_t(degrees, self.setting.n_halos + n) / np.sqrt(degrees / (degrees - 2))
        return np.sqrt(shared) * drawn[self.group] + np.sqrt(1 - shared) * drawn[-n:]

    def predictions(
        self, scatter: float, *, phase: int = 0, in_middle: float = 1.0, outside: float = 1.0
    ) -> NDArray[np.float64]:
        """Return ``(n_seeds, n_clusters, n_views)`` [log10 solar masses].

        Parameters
        ----------
        scatter : float [dex]
            Of the residuals, what all the trainings bring included.
        phase : int
            Whose factor on the errors of a training is taken.
        in_middle, outside : float
            By how much the errors are larger in the middle third of mass, and elsewhere.
        """
        setting, rng, n = self.setting, self.rng, len(self.truth)
        trainings = (self.n_seeds, setting.n_folds)
        slope = -((scatter / SPREAD) ** 2)  # of an optimal estimate
        about_line = scatter * np.sqrt(1 - (scatter / SPREAD) ** 2)
        family = self._families[int(scatter < 0.7 * ONE_BAND)]
        of_cluster = np.sqrt(0.95) * family + np.sqrt(0.05) * self.errors()
        log_factor = setting.factors[phase % len(setting.factors)]
        factor = np.exp(rng.normal(-(log_factor**2), log_factor, trainings))[:, self.fold]  # of mean square 1
        own = np.sqrt(setting.own) * rng.standard_normal((self.n_seeds, n))
        bias = np.sqrt(setting.bias) * rng.standard_normal(trainings)[:, self.fold]
        views = np.sqrt(setting.of_views) * rng.standard_normal((self.n_seeds, n, N_VIEWS))
        rest = np.sqrt(1 - setting.own - setting.bias - setting.of_views)
        by_mass = np.where(middle_third(self.truth), in_middle, outside)
        errors = ((rest * factor * of_cluster + own) * by_mass + bias)[..., None] + views
        return (self.truth + slope * (self.truth - 14.2))[None, :, None] + about_line * errors

    def phase_ends(self, scatters: Sequence[float]) -> NDArray[np.float64]:
        """Return the predictions at the end of each phase, ``(n_seeds, n_phases, n_clusters, n_views)``.

        The scatters are those of each training about its own mean, and a bias of the training comes on top.
        """
        ends = [self.predictions(scatter, phase=phase) for phase, scatter in enumerate(scatters)]
        bias = BIAS_OF_PHASE * np.asarray(scatters) * self.rng.standard_normal((self.n_seeds, len(scatters)))
        return np.stack(ends, axis=1) + bias[..., None, None]

    def fits(self, predictions: Mapping[str, NDArray[np.float64]]) -> Runs:
        """Return cross-validations."""
        rows, history = np.arange(len(self.truth)), ({},) * self.n_seeds
        columns = (rows, self.fold, self.group, self.truth)
        return Runs({name: SeedPredictions(name, *columns, made, history) for name, made in predictions.items()})

    def training(self, phases: NDArray[np.float64]) -> Recording:
        """Return one recorded training whose predictions ``(n_epochs, n_clusters, n_views)`` fill one phase each."""
        return Recording.from_arrays(phases, self.truth, phase=np.arange(len(phases)), group=self.group)
