"""The report's claims as tests: statistic, threshold and its reason fixed before any result was seen.

A claim *holds* when the whole confidence interval of its statistic lies on the claim's side of the threshold,
*fails* when the whole interval lies on the other, and is *undecided at this size* otherwise. "Little",
"equal" and "alike" are tests of equivalence (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657): a
difference that merely was not found is not taken for equality. A claim of several parts holds when all of them hold
(an intersection-union test: Berger 1982, Technometrics 24, 295; no part needs a stricter level for it), and fails when
one fails. As the more parts there are the sooner one fails by chance, a part of m fails only when the interval of
confidence 1 - 0.05/m lies on the wrong side (Bonferroni).

How often verdicts are wrong, `python -m tools.measure_verdicts` measures on made-up predictions for which the answer is
known. Intervals of one training lack what another would change; claims about differences so small that this matters
need several trainings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from report_utils.cnn.untrained import WHAT_TO_TRY
from report_utils.report import rank_statistics
from report_utils.report.bootstrap import N_RESAMPLES, Resampled, resample
from report_utils.report.intervals import FAILS, HOLDS, MINIMUM_GROUPS, UNDECIDED, Interval
from report_utils.report.moments import as_views, checked_groups, moments
from report_utils.report.seeds import (
    CrossValidated,
    SeedPredictions,
    on_common_clusters,
    untrained_phases,
)
from report_utils.report.statistics import contrast_of

NOT_TRAINED = "did not train"

NEARLY_HALF = 0.75
NEARLY_HALF_REASON = (
    "Three quarters is the middle between no change (1) and a half: below it, the greater part of a halving is there."
)
MARGIN = 1.15
MARGIN_REASON = (
    "The report calls a change of 8% in scatter (0.0635 to 0.0582) minor and one of 46% dramatic. 15% "
    "leaves room for the first and is a quarter of the second in logarithm; it also is what a third more "
    "clusters would bring if the scatter fell with the square root of their number."
)
CONFIDENCE = 0.95
MINIMUM_SEEDS = 3


@dataclass(frozen=True)
class Part:
    """One measured statistic of a claim with its own verdict, and what the report's printed numbers give for it."""

    label: str
    measured: Interval
    verdict: str
    printed: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What the runs of one profile say on one claim."""

    verdict: str
    parts: tuple[Part, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Runs:
    """All that claims may look at.

    Attributes
    ----------
    cross_validations : mapping of transform name to CrossValidation, or to those of several training seeds
    dynamics : mapping of transform name to the dynamics of its seeds
    n_resamples, seed : int
        Of the bootstrap.
    cluster_names : sequence of str, optional
        What each row of the catalogue is called.
    """

    cross_validations: Mapping[str, CrossValidated | Sequence[CrossValidated] | SeedPredictions]
    dynamics: Mapping[str, Sequence[rank_statistics.RecordedTraining]] = field(default_factory=dict)
    n_resamples: int = N_RESAMPLES
    seed: int = 0
    cluster_names: Sequence[str] | None = None

    @cached_property
    def _of_seeds(self) -> dict[str, SeedPredictions]:
        return {name: SeedPredictions.of(runs) for name, runs in self.cross_validations.items()}

    @cached_property
    def tested(self) -> dict[str, SeedPredictions]:
        """Return the predictions of all transforms for the clusters that all were tested on."""
        return on_common_clusters(self._of_seeds)

    @cached_property
    def untrained(self) -> dict[str, str]:
        """Return why each transform and dynamics with a network that did not train may not be used."""
        found = {name: one.untrained for name, one in self._of_seeds.items()}
        found |= {f"dynamics of {name}": untrained_phases(seeds) for name, seeds in self.dynamics.items()}
        return {name: reason for name, reason in found.items() if reason}

    @cached_property
    def _resampled(self) -> Resampled:
        first = next(iter(self.tested.values()))
        columns = [moments(as_views(one.residuals, name)) for name, one in self.tested.items()]
        return resample(columns, checked_groups(first.group, len(first.truth)), first.fold, **self.bootstrap())

    @property
    def n_halos(self) -> int:
        """Return the number of halos that all transforms were tested on."""
        return len(np.unique(next(iter(self.tested.values())).group))

    def contrast(self, names: Sequence[str], powers: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
        """Return the product of transforms' scatters, each to its power, on the same clusters."""
        places = list(self.tested)
        return contrast_of(self._resampled.select([places.index(name) for name in names]), powers, confidence)

    def ratio(self, numerator: str, denominator: str, confidence: float = CONFIDENCE) -> Interval:
        """Return the ratio of two transforms' scatters on the same clusters."""
        return self.contrast((numerator, denominator), (1, -1), confidence)

    def bootstrap(self) -> dict[str, Any]:
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

    @property
    def printed(self) -> tuple[float | None, ...]:
        """Return what the report's printed scatters give for each part of the statistic, where it is made of them."""
        return getattr(self.test, "printed", ())

    def judge(self, runs: Runs) -> Evidence:
        """Weigh the claim against the runs of a profile."""
        missing = [name for name in self.needs if name not in runs.cross_validations]
        missing += [f"dynamics of {name}" for name in self.needs_dynamics if not runs.dynamics.get(name)]
        if missing:
            return Evidence(UNDECIDED, note=f"not run in this profile: {', '.join(missing)}")
        needed = (*self.needs, *(f"dynamics of {name}" for name in self.needs_dynamics))
        dead = [f"{name} ({runs.untrained[name]})" for name in needed if name in runs.untrained]
        if dead:
            return Evidence(UNDECIDED, note=f"{NOT_TRAINED}: {', '.join(dead)}; {WHAT_TO_TRY}")
        if self.needs:
            n_halos = runs.n_halos
        else:
            n_halos = min(len(np.unique(rank_statistics.halos(runs.dynamics[name][0]))) for name in self.needs_dynamics)
        if n_halos < MINIMUM_GROUPS:
            return Evidence(UNDECIDED, note=too_few_halos(n_halos))
        return self.test(runs)


def too_few_halos(n_halos: int) -> str:
    """Say why there is no interval."""
    return f"too few halos for an interval: {n_halos}, and fewer than {MINIMUM_GROUPS} are not trusted"


def judged_part(
    label: str,
    measure: Callable[[float], Interval],
    rule: Callable[[Interval, float], str],
    limit: float,
    n_parts: int = 1,
    printed: float | None = None,
) -> Part:
    """Measure and judge one part of a claim that has so many.

    Parameters
    ----------
    label : str
    measure : callable
        From a confidence to the statistic's interval.
    rule : callable
        Such as :func:`below`.
    limit : float
    n_parts : int
    printed : float, optional
    """
    measured = measure(CONFIDENCE)
    verdict = rule(measured, limit)
    if verdict == FAILS and n_parts > 1:
        verdict = rule(measure(1 - (1 - CONFIDENCE) / n_parts), limit)
    return Part(label, measured, verdict, printed)


def combine(parts: Sequence[Part], note: str = "") -> Evidence:
    """Join the parts of a claim."""
    verdicts = {part.verdict for part in parts}
    verdict = FAILS if FAILS in verdicts else UNDECIDED if UNDECIDED in verdicts else HOLDS
    return Evidence(verdict, tuple(parts), note)
