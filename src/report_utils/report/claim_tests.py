"""What the claims measure, and how the measured numbers become a verdict.

A claim of several parts holds when all of them hold (an intersection-union test: Berger 1982, Technometrics 24, 295;
no part needs a stricter level for it), and fails when one fails. With more parts one fails sooner by chance, so a part
of m fails only when the interval of confidence 1 - 0.05/m lies on the wrong side (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import get_transform
from report_utils.binning.transforms import Transform
from report_utils.dynamics import Recording
from report_utils.report import rank_statistics
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED, Interval, below, within
from report_utils.report.printed_numbers import PUBLISHED, table_row
from report_utils.report.resampling import N_RESAMPLES, Resampled, resample
from report_utils.report.seeds import SeedPredictions, Trainings, on_common_clusters, untrained_phases
from report_utils.report.statistics import as_views, checked_groups, moments, scatter_of

MARGIN = 1.15
"""Two scatters are alike when their ratio lies between 1/MARGIN and MARGIN."""
CONFIDENCE = 0.95
MINIMUM_SEEDS = 3

Rule = Callable[[Interval, float], str]
"""Such as :func:`report_utils.report.intervals.below`: from an interval and a limit to a verdict."""


@dataclass(frozen=True)
class Part:
    """One measured statistic of a claim with its own verdict, and what the report's printed numbers give for it."""

    label: str
    measured: Interval
    verdict: str
    printed: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What the runs of one profile say on one claim.

    Where nothing was measured there are no ``parts``, and the ``note`` says why. Without ``trained`` a network that the
    claim needs has not trained. ``where`` tells the runs of which size, if a page shows two: such as ``"at full
    size"``.
    """

    verdict: str
    parts: tuple[Part, ...] = ()
    note: str = ""
    trained: bool = True
    where: str = ""


@dataclass(frozen=True, eq=False)
class Runs:
    """Predictions on the same clusters, with ratios of their scatters: what claims are judged by.

    ``n_resamples`` and ``seed`` are of the bootstrap. ``cluster_names`` are what the rows of the catalogue are called.
    """

    cross_validations: Mapping[str, Trainings]
    dynamics: Mapping[str, Sequence[Recording]] = field(default_factory=dict)
    n_resamples: int = N_RESAMPLES
    seed: int = 0
    cluster_names: Sequence[str] | None = None

    @cached_property
    def _of_seeds(self) -> dict[str, SeedPredictions]:
        return {name: SeedPredictions.of(runs) for name, runs in self.cross_validations.items()}

    @cached_property
    def tested(self) -> dict[str, SeedPredictions]:
        """The predictions of all transforms for the clusters that all were tested on."""
        return on_common_clusters(self._of_seeds)

    @cached_property
    def untrained(self) -> dict[str, str]:
        """The transforms and dynamics with a network that did not train, each with the reason."""
        found = {name: one.untrained for name, one in self._of_seeds.items()}
        found |= {f"dynamics of {name}": untrained_phases(seeds) for name, seeds in self.dynamics.items()}
        return {name: reason for name, reason in found.items() if reason}

    @cached_property
    def _resampled(self) -> Resampled:
        # of two partitions, that with more folds has more trainings to draw
        first = max(self.tested.values(), key=lambda one: len(np.unique(one.fold)))
        columns = [moments(as_views(one.residuals, name)) for name, one in self.tested.items()]
        return resample(columns, checked_groups(first.group, len(first.truth)), first.fold, **self.bootstrap())

    @property
    def n_halos(self) -> int:
        """The number of halos that all transforms were tested on."""
        return len(np.unique(next(iter(self.tested.values())).group))

    def measure(
        self, names: Sequence[str], statistic: Callable[[NDArray], NDArray], confidence: float = CONFIDENCE
    ) -> Interval:
        """Return a statistic of scatters on the same clusters: from ``(..., n_names)`` [dex] to ``(...)``."""
        places = list(self.tested)
        drawn = self._resampled.select([places.index(name) for name in names])
        return drawn.interval(lambda totals: statistic(scatter_of(totals)), confidence)

    def contrast(self, names: Sequence[str], powers: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
        """Return the product of transforms' scatters, each to its power, on the same clusters."""
        return self.measure(names, lambda scatters: np.prod(scatters ** np.asarray(powers), axis=-1), confidence)

    def ratio(self, numerator: str, denominator: str, confidence: float = CONFIDENCE) -> Interval:
        """Return the ratio of two transforms' scatters on the same clusters."""
        return self.contrast((numerator, denominator), (1, -1), confidence)

    def scatter(self, name: str) -> Interval:
        """Return a transform's scatter on the clusters that all were tested on [dex]."""
        return self.contrast((name,), (1,))

    def bootstrap(self) -> dict[str, Any]:
        """Return the keyword arguments of every bootstrap."""
        return {"n_resamples": self.n_resamples, "seed": self.seed}


def judged_part(
    label: str,
    measure: Callable[[float], Interval],
    rule: Rule,
    limit: float,
    n_parts: int = 1,
    printed: float | None = None,
) -> Part:
    """Measure and judge one of a claim's ``n_parts`` parts; ``measure`` is from a confidence to the interval."""
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


def printed_contrast(names: Sequence[str], powers: Sequence[float]) -> float | None:
    """Return the product of the printed scatters, each to its power; None where the report lacks one of them."""
    scatters = [table_row(get_transform(name)).scatter for name in names]
    return None if None in scatters else float(np.prod(np.array(scatters) ** np.asarray(powers)))


def ratio_words(numerator: str, denominator: str) -> str:
    """Say in words which two transforms a ratio of scatters compares.

    Examples
    --------
    >>> ratio_words("retained_75", "multi_band_4")
    '75% retained over all pixels'
    """
    above, below = get_transform(numerator), get_transform(denominator)
    if above.retained_percentile is not None and above.channels == below.channels:
        return f"{above.retained_percentile:g}% retained over all pixels"
    return f"{_in_words(above)} over {_in_words(below)}"


def _in_words(transform: Transform) -> str:
    """Say what a transform shows of an observation."""
    if transform.retained_percentile is not None:
        return f"{transform.retained_percentile:g}% retained"
    (first, *more) = transform.channels
    one = "all photons" if first == "0+" else f"{first} keV"
    return (f"{len(more) + 1} bands" if more else one) + (" without AGN" if transform.source == "agn_less" else "")


@dataclass(frozen=True)
class RatioTest:
    """A test of the ratios of scatters of pairs of transforms."""

    pairs: Sequence[tuple[str, str]]
    rule: Rule
    limit: float
    n_parts: int = 0
    """How many pairs the whole claim has, if these are some of them."""

    @property
    def limits(self) -> tuple[float, ...]:
        """The ratios at which the verdict changes."""
        return _turning_points(self.rule, self.limit)

    @property
    def printed(self) -> tuple[float | None, ...]:
        """What the printed scatters give for each pair."""
        return tuple(printed_contrast(pair, (1, -1)) for pair in self.pairs)

    def __call__(self, runs: Runs) -> Evidence:
        """Measure and judge every pair."""
        parts, n_parts = [], max(self.n_parts, len(self.pairs))
        for pair, printed in zip(self.pairs, self.printed, strict=True):
            measure = partial(runs.ratio, *pair)
            parts.append(judged_part(ratio_words(*pair), measure, self.rule, self.limit, n_parts, printed))
        return combine(parts)


@dataclass(frozen=True)
class PhaseTest:
    """A test of the scatters at the ends of phases (from 1) of the multi-band dynamics, over all its seeds.

    With fewer than ``n_seeds`` trainings the ratios are measured, and judged undecided.
    """

    pairs: Sequence[tuple[int, int]]
    rule: Rule
    limit: float
    n_seeds: int = 1

    @property
    def limits(self) -> tuple[float, ...]:
        """The ratios at which the verdict changes."""
        return _turning_points(self.rule, self.limit)

    def __call__(self, runs: Runs) -> Evidence:
        """Measure and judge every pair of a later and an earlier phase."""
        seeds, parts = runs.dynamics["multi_band_4"], []
        for later, earlier in self.pairs:
            measure = partial(rank_statistics.phase_ratio, seeds, later, earlier, **runs.bootstrap())
            label = f"end of phase {later} over end of phase {earlier}"
            parts.append(judged_part(label, measure, self.rule, self.limit, len(self.pairs)))
        if len(seeds) >= self.n_seeds:
            return combine(parts)
        note = (
            f"{_seeds_needed(self.n_seeds, len(seeds))}: another training may change these ratios by as much as the "
            "margin, and the interval of a single training does not include that"
        )
        return Evidence(UNDECIDED, tuple(replace(part, verdict=UNDECIDED) for part in parts), note)


def _turning_points(rule: Rule, limit: float) -> tuple[float, ...]:
    return (1 / limit, limit) if rule is within else (limit,)


def _seeds_needed(needed: int, there: int) -> str:
    return f"{needed} training seeds are needed, and there {'is' if there == 1 else 'are'} {there}"


def equal_gain(runs: Runs) -> Evidence:
    """Test whether the gain of the second band is the same with and without AGN."""
    measured = runs.contrast(("agn_less_2", "agn_less_1", "multi_band_2", "multi_band_1"), (1, -1, -1, 1))
    label = "2 bands over 1, without AGN over with"
    return combine([Part(label, measured, within(measured, MARGIN))])


def sorted_masses(runs: Runs) -> Evidence:
    """Test where one band sorts best and where the second band helps most."""
    first = runs.tested["multi_band_1"]
    one, two = (
        rank_statistics.displacements(tested.truth, tested.predictions.mean(axis=2), seed=runs.seed)
        for tested in (first, runs.tested["multi_band_2"])
    )
    where = {"groups": first.group, "folds": first.fold, **runs.bootstrap()}
    measures = {
        "1 band: displacement outside over in the middle": partial(rank_statistics.extremes_first, one, **where),
        "what band 2 leaves: in the middle over outside": partial(rank_statistics.middle_gains, one, two, **where),
    }
    return combine(
        [
            judged_part(label, lambda confidence, measure=measure: measure(confidence=confidence), below, 1.0, 2)
            for label, measure in measures.items()
        ]
    )


def alike_dynamics(runs: Runs) -> Evidence:
    """Test whether multi-band and AGN-less dynamics differ more than seeds do."""
    first, second = runs.dynamics["multi_band_4"], runs.dynamics["agn_less_4"]
    if min(len(first), len(second)) < MINIMUM_SEEDS:
        distance = np.sqrt(np.mean(rank_statistics.squared_distance(first[0], second[0])))
        return Evidence(
            UNDECIDED,
            note=f"they differ by {distance:.3f} dex (root mean square over the test clusters and all epochs, each "
            "cluster in its first view alone); how much of that is due to the training seed is not known with fewer "
            f"than {MINIMUM_SEEDS} of each",
        )
    measured = rank_statistics.distance_over_seeds(first, second, **runs.bootstrap())
    return combine([Part("distance between the kinds over that between seeds", measured, below(measured, MARGIN))])


def hard_observations(runs: Runs) -> Evidence:
    """Test whether the same observations stay badly predicted in every phase and every seed."""
    seeds = runs.dynamics["multi_band_4"]
    hard = rank_statistics.hard_in_seeds(seeds)
    always = [cluster for cluster, times in hard.items() if times == len(seeds)]
    named = ", ".join(f"{_name(cluster, runs)} ({times} of {len(seeds)})" for cluster, times in hard.items())
    note = f"{len(always)} of {len(seeds[0].truth)} test clusters are hard in every phase of every training"
    note += f"; in every phase of some trainings: {named}" if named else ", and none in every phase of any"
    if len(seeds) < MINIMUM_SEEDS:
        note += f"; {_seeds_needed(MINIMUM_SEEDS, len(seeds))} to tell the cluster from the training"
        return Evidence(UNDECIDED, note=note)
    if always:
        return Evidence(HOLDS, note=note)
    of_report = int(PUBLISHED.data.n_observations.value * PUBLISHED.training.test_fraction.value)
    if len(seeds[0].truth) < of_report:
        return Evidence(UNDECIDED, note=f"{note}; the report found its own among {of_report}")
    return Evidence(FAILS, note=note)


def _name(cluster: int, runs: Runs) -> str:
    return f"row {cluster}" if runs.cluster_names is None else str(runs.cluster_names[cluster])
