"""What each claim measures, and how the measured numbers become a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from report_utils.report import rank_statistics
from report_utils.report.claims import (
    FAILS,
    HOLDS,
    MARGIN,
    MINIMUM_SEEDS,
    UNDECIDED,
    Evidence,
    Part,
    Runs,
    combine,
    judged_part,
)
from report_utils.report.intervals import Interval, below, within
from report_utils.report.printed_numbers import PUBLISHED

Rule = Callable[[Interval, float], str]


def printed_contrast(names: Sequence[str], powers: Sequence[float]) -> float | None:
    """Return the product of the scatters that the report prints, each to its power; None where it lacks one."""
    scatters = [PUBLISHED.rows[name].scatter for name in names]
    return None if None in scatters else float(np.prod(np.array(scatters) ** np.asarray(powers)))


@dataclass(frozen=True)
class RatioTest:
    """A test of the ratios of scatters of pairs of transforms."""

    pairs: Sequence[tuple[str, str]]
    rule: Rule
    limit: float

    @property
    def printed(self) -> tuple[float | None, ...]:
        """Return what the printed scatters give for each pair."""
        return tuple(printed_contrast(pair, (1, -1)) for pair in self.pairs)

    def __call__(self, runs: Runs) -> Evidence:
        """Measure and judge every pair."""
        parts = []
        for pair, printed in zip(self.pairs, self.printed, strict=True):
            measure = partial(runs.ratio, *pair)
            parts.append(judged_part(" / ".join(pair), measure, self.rule, self.limit, len(self.pairs), printed))
        return combine(parts)


def equal_gain(runs: Runs) -> Evidence:
    """Test whether the gain of the second band is the same with and without AGN."""
    measured = runs.contrast(("agn_less_2", "agn_less_1", "multi_band_2", "multi_band_1"), (1, -1, -1, 1))
    label = "(agn_less_2 / agn_less_1) / (multi_band_2 / multi_band_1)"
    return combine([Part(label, measured, within(measured, MARGIN))])


def sorted_masses(runs: Runs) -> Evidence:
    """Test where one band sorts best and where the second band helps most."""
    one, two = runs.tested["multi_band_1"], runs.tested["multi_band_2"]
    means = [tested.predictions.mean(axis=2) for tested in (one, two)]
    where = (one.group, one.fold)
    measures = {
        "one band: displacement outside / in the middle": lambda confidence: rank_statistics.extremes_first(
            one.truth, means[0], *where, **runs.bootstrap(), confidence=confidence
        ),
        "what the second band leaves: in the middle / outside": lambda confidence: rank_statistics.middle_gains(
            one.truth, *means, *where, **runs.bootstrap(), confidence=confidence
        ),
    }
    return combine([judged_part(label, measure, below, 1.0, 2) for label, measure in measures.items()])


def phase_test(
    pairs: Sequence[tuple[int, int]], judge: Rule, limit: float, *, n_seeds: int = 1
) -> Callable[[Runs], Evidence]:
    """Make a test of the scatters at the ends of phases (from 1) of the multi-band dynamics, of all its seeds.

    With fewer than ``n_seeds`` trainings the ratios are measured, and judged undecided.
    """

    def test(runs: Runs) -> Evidence:
        n_trained, parts = len(runs.dynamics["multi_band_4"]), []
        for later, earlier in pairs:
            measure = partial(_phase_ratio, runs, later, earlier)
            label = f"end of phase {later} / end of phase {earlier}"
            parts.append(judged_part(label, measure, judge, limit, len(pairs)))
        if n_trained >= n_seeds:
            return combine(parts)
        note = (
            f"{n_seeds} training seeds are needed, and there {'is' if n_trained == 1 else 'are'} {n_trained}: "
            "another training may change these ratios by as much as the margin, and an interval of one training does "
            "not include that"
        )
        return Evidence(UNDECIDED, tuple(replace(part, verdict=UNDECIDED) for part in parts), note)

    return test


def _phase_ratio(runs: Runs, later: int, earlier: int, confidence: float) -> Interval:
    seeds = runs.dynamics["multi_band_4"]
    return rank_statistics.phase_ratio(seeds, later, earlier, **runs.bootstrap(), confidence=confidence)


def alike_dynamics(runs: Runs) -> Evidence:
    """Test whether multi-band and AGN-less dynamics differ more than seeds do."""
    first, second = runs.dynamics["multi_band_4"], runs.dynamics["agn_less_4"]
    if min(len(first), len(second)) < MINIMUM_SEEDS:
        distance = np.sqrt(np.mean(rank_statistics.squared_distance(first[0], second[0])))
        return Evidence(
            UNDECIDED,
            note=f"they differ by {distance:.3f} dex (root mean square over the test clusters and all epochs, each "
            "cluster in its first view alone); how much of that another seed alone would bring is not known with "
            f"fewer than {MINIMUM_SEEDS} of each",
        )
    measured = rank_statistics.distance_over_seeds(first, second, **runs.bootstrap())
    return combine([Part("distance between the kinds / between seeds", measured, below(measured, MARGIN))])


def hard_observations(runs: Runs) -> Evidence:
    """Test whether the same observations stay badly predicted in every phase and every seed."""
    seeds = runs.dynamics["multi_band_4"]
    hard = rank_statistics.hard_in_seeds(seeds)
    always = [cluster for cluster, times in hard.items() if times == len(seeds)]
    named = ", ".join(f"{_name(cluster, runs)} ({times} of {len(seeds)})" for cluster, times in hard.items())
    note = f"{len(always)} of {len(seeds[0].truth)} test clusters are hard in every phase of every training"
    note += f"; in every phase of some of the trainings: {named}" if named else ", and none in every phase of any"
    if len(seeds) < MINIMUM_SEEDS:
        note += (
            f"; {MINIMUM_SEEDS} training seeds are needed to tell the cluster from the training, and there "
            f"{'is' if len(seeds) == 1 else 'are'} {len(seeds)}"
        )
        return Evidence(UNDECIDED, note=note)
    if always:
        return Evidence(HOLDS, note=note)
    of_report = int(PUBLISHED.data.n_observations.value * PUBLISHED.training.test_fraction.value)
    if len(seeds[0].truth) < of_report:
        return Evidence(UNDECIDED, note=f"{note}; the report found its own among {of_report}")
    return Evidence(FAILS, note=note)


def _name(cluster: int, runs: Runs) -> str:
    return f"row {cluster}" if runs.cluster_names is None else str(runs.cluster_names[cluster])
