"""The report's claims as tests: statistic, threshold and its reason fixed before any result was seen.

A claim *holds* when the whole confidence interval of its statistic lies on the claim's side of the threshold,
*fails* when the whole interval lies on the other, and is *undecided at this size* otherwise. "Little",
"equal" and "alike" are tests of equivalence (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657): a
difference that merely was not found is not taken for equality. A claim of several parts holds when all of
them hold and fails when one fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from report_utils.report import sorting
from report_utils.report.bootstrap import Interval
from report_utils.report.statistics import scatter_contrast, scatter_ratio

HOLDS, FAILS, UNDECIDED = "holds", "fails", "undecided at this size"

NEARLY_HALF = 0.75
NEARLY_HALF_REASON = (
    "Three quarters is the middle between no change (1) and a half: below it, the greater part of a halving is there."
)
MARGIN = 1.15
MARGIN_REASON = (
    "The report calls a change of 8 % in scatter (0.0635 to 0.0582) minor and one of 46 % dramatic. 15 % "
    "leaves room for the first and is a quarter of the second in logarithm; it also is what a third more "
    "clusters would bring if the scatter fell with the square root of their number."
)
MINIMUM_GROUPS = 20
MINIMUM_SEEDS = 3


class TestedTransform(Protocol):
    """What a claim needs of a cross-validation (see :class:`report_utils.cnn.CrossValidation`)."""

    cluster: NDArray
    group: NDArray
    truth: NDArray
    residuals: NDArray


@dataclass(frozen=True)
class Part:
    """One measured statistic of a claim with its own verdict."""

    label: str
    measured: Interval
    verdict: str


@dataclass(frozen=True)
class Evidence:
    """What the runs of one profile say on one claim."""

    verdict: str
    parts: tuple[Part, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Runs:
    """All that claims may look at.

    Attributes
    ----------
    cross_validations : mapping of transform name to CrossValidation
    dynamics : mapping of transform name to the dynamics of its seeds
    n_resamples, seed : int
        Of the bootstrap.
    """

    cross_validations: Mapping[str, TestedTransform]
    dynamics: Mapping[str, Sequence[sorting.RecordedTraining]] = field(default_factory=dict)
    n_resamples: int = 2000
    seed: int = 0

    def paired(self, *names: str) -> tuple[list[NDArray], NDArray, NDArray]:
        """Return residuals [dex], truths and halos of the clusters that all named transforms share."""
        tested = [self.cross_validations[name] for name in names]
        common = tested[0].cluster
        for other in tested[1:]:
            common = np.intersect1d(common, other.cluster)
        rows = [np.flatnonzero(np.isin(one.cluster, common)) for one in tested]
        rows = [row[np.argsort(np.asarray(one.cluster)[row])] for row, one in zip(rows, tested, strict=True)]
        residuals = [np.asarray(one.residuals, float)[row] for row, one in zip(rows, tested, strict=True)]
        return residuals, np.asarray(tested[0].truth)[rows[0]], np.asarray(tested[0].group)[rows[0]]

    def ratio(self, numerator: str, denominator: str) -> Interval:
        """Return the ratio of two transforms' scatters on the clusters that both were tested on."""
        (a, b), _, groups = self.paired(numerator, denominator)
        return scatter_ratio(a, b, groups, **self.bootstrap())

    def bootstrap(self) -> dict[str, int]:
        """Return the keyword arguments of every bootstrap."""
        return {"n_resamples": self.n_resamples, "seed": self.seed}


@dataclass(frozen=True)
class Claim:
    """A claim of the report, how it is tested, and why so.

    Attributes
    ----------
    name : str
    statement : str
        What the report claims, in our words.
    where : str
        Where it claims it.
    statistic, threshold, reason : str
        What is measured, when the claim holds, and why that was chosen.
    needs : tuple of str
        Transforms that must have been tested.
    needs_dynamics : tuple of str
        Transforms whose dynamics must have been recorded.
    """

    name: str
    statement: str
    where: str
    statistic: str
    threshold: str
    reason: str
    test: Callable[[Runs], Evidence]
    needs: tuple[str, ...] = ()
    needs_dynamics: tuple[str, ...] = ()

    def judge(self, runs: Runs) -> Evidence:
        """Weigh the claim against the runs of a profile."""
        missing = [name for name in self.needs if name not in runs.cross_validations]
        missing += [f"dynamics of {name}" for name in self.needs_dynamics if not runs.dynamics.get(name)]
        if missing:
            return Evidence(UNDECIDED, note=f"not run in this profile: {', '.join(missing)}")
        if self.needs:
            n_halos = len(np.unique(runs.paired(*self.needs)[2]))
        else:
            n_halos = min(len(np.unique(sorting.halos(runs.dynamics[name][0]))) for name in self.needs_dynamics)
        if n_halos < MINIMUM_GROUPS:
            return Evidence(UNDECIDED, note=too_few_halos(n_halos))
        return self.test(runs)


def too_few_halos(n_halos: int) -> str:
    """Say why there is no interval."""
    return f"too few halos for an interval: {n_halos}, and fewer than {MINIMUM_GROUPS} are not trusted"


def below(measured: Interval, limit: float) -> str:
    """Judge that the statistic is smaller than a limit."""
    return HOLDS if measured.high < limit else FAILS if measured.low > limit else UNDECIDED


def above(measured: Interval, limit: float) -> str:
    """Judge that the statistic is larger than a limit."""
    return HOLDS if measured.low > limit else FAILS if measured.high < limit else UNDECIDED


def within(measured: Interval, margin: float) -> str:
    """Judge that a ratio lies between 1/margin and margin."""
    if measured.low > 1 / margin and measured.high < margin:
        return HOLDS
    return FAILS if measured.low > margin or measured.high < 1 / margin else UNDECIDED


def combine(parts: Sequence[Part], note: str = "") -> Evidence:
    """Join the parts of a claim."""
    verdicts = {part.verdict for part in parts}
    verdict = FAILS if FAILS in verdicts else UNDECIDED if UNDECIDED in verdicts else HOLDS
    return Evidence(verdict, tuple(parts), note)


def ratio_test(
    pairs: Sequence[tuple[str, str]], judge: Callable[[Interval, float], str], limit: float
) -> Callable[[Runs], Evidence]:
    """Make a test of the ratios of scatters of pairs of transforms."""

    def test(runs: Runs) -> Evidence:
        parts = []
        for numerator, denominator in pairs:
            measured = runs.ratio(numerator, denominator)
            parts.append(Part(f"{numerator} / {denominator}", measured, judge(measured, limit)))
        return combine(parts)

    return test


def equal_gain(runs: Runs) -> Evidence:
    """Test whether the gain of the second band is the same with and without AGN."""
    names = ("agn_less_2", "agn_less_1", "multi_band_2", "multi_band_1")
    residuals, _, groups = runs.paired(*names)
    measured = scatter_contrast(residuals, (1, -1, -1, 1), groups=groups, **runs.bootstrap())
    label = "(agn_less_2 / agn_less_1) / (multi_band_2 / multi_band_1)"
    return combine([Part(label, measured, within(measured, MARGIN))])


def sorted_masses(runs: Runs) -> Evidence:
    """Test where one band sorts best and where the second band helps most."""
    residuals, truth, groups = runs.paired("multi_band_1", "multi_band_2")
    one, two = (truth + views.mean(axis=1) for views in residuals)
    extremes = sorting.extremes_first(truth, one, groups, **runs.bootstrap())
    middle = sorting.middle_gains(truth, one, two, groups, **runs.bootstrap())
    return combine(
        [
            Part("one band: displacement outside / in the middle", extremes, below(extremes, 1.0)),
            Part("what the second band leaves: in the middle / outside", middle, below(middle, 1.0)),
        ]
    )


def phase_test(
    pairs: Sequence[tuple[int, int]], judge: Callable[[Interval, float], str], limit: float
) -> Callable[[Runs], Evidence]:
    """Make a test of the scatters at the ends of phases (from 1) of the multi-band dynamics."""

    def test(runs: Runs) -> Evidence:
        dynamics = runs.dynamics["multi_band_4"][0]
        ends = sorting.phase_residuals(dynamics)
        parts = []
        for later, earlier in pairs:
            groups = sorting.halos(dynamics)
            measured = scatter_ratio(ends[later - 1], ends[earlier - 1], groups, **runs.bootstrap())
            parts.append(Part(f"end of phase {later} / end of phase {earlier}", measured, judge(measured, limit)))
        return combine(parts)

    return test


def alike_dynamics(runs: Runs) -> Evidence:
    """Test whether multi-band and AGN-less dynamics differ more than seeds do."""
    first, second = runs.dynamics["multi_band_4"], runs.dynamics["agn_less_4"]
    if min(len(first), len(second)) < MINIMUM_SEEDS:
        distance = np.sqrt(np.mean(sorting.squared_distance(first[0], second[0])[1]))
        return Evidence(
            UNDECIDED,
            note=f"they differ by {distance:.3f} dex (root mean square over the test clusters and all epochs, each "
            "cluster in its first view alone); how much of that another seed alone would bring is not known with "
            f"fewer than {MINIMUM_SEEDS} of each",
        )
    measured = sorting.distance_over_seeds(first, second, **runs.bootstrap())
    return combine([Part("distance between the kinds / between seeds", measured, below(measured, MARGIN))])


def hard_observations(runs: Runs) -> Evidence:
    """Test whether the same observations stay badly predicted in every phase and every seed."""
    seeds = runs.dynamics["multi_band_4"]
    hard = [set(sorting.hard_clusters(dynamics).tolist()) for dynamics in seeds]
    always = sorted(set.intersection(*hard))
    names = f" (rows {', '.join(map(str, always))} of the catalogue)" if always else ""
    tested = f"{len(seeds[0].truth)} test clusters"
    note = f"{len(always)} of {tested} are hard in every phase of {len(seeds)} trained seed(s){names}"
    if len(seeds) < MINIMUM_SEEDS:
        note += f"; {MINIMUM_SEEDS} seeds are needed to tell the cluster from the training"
        return Evidence(UNDECIDED, note=note)
    return Evidence(HOLDS if always else FAILS, note=note)
