"""A reproduction's results as the pages show them: predictions of all seeds, Table 1, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from report_utils.binning import TRANSFORMS
from report_utils.dynamics import Recording
from report_utils.report.claim_tests import Evidence, Runs, printed_contrast
from report_utils.report.claims import judge_claims
from report_utils.report.leakage import mates_in_training
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.reproduction_status import StatusEntry, reproduction_status
from report_utils.report.seeds import SeedPredictions, all_seeds, trained_only
from report_utils.report.studies import OverSeeds, judge_over_seeds, judge_study, verdicts_by_reading
from report_utils.report.tables import table_one
from report_utils.report.wording import change, listing, markdown_table, thousands, trainings, untrained_warning
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.studies import SEEDS, SENSITIVITY
from report_utils.reproduction.study_results import study_outcomes

if TYPE_CHECKING:
    import pandas as pd


def step(runs: Runs, pair: tuple[str, str]) -> str:
    """Say how the scatter changes from the second of two transforms to the first, or why that is not known.

    Where the interval excludes the ratio of the printed scatters, say how far each scatter is from the printed one.
    """
    if dead := [name for name in pair if name in runs.untrained]:
        return f"is not known: {listing(dead)} did not train."
    if not set(pair) <= set(runs.cross_validations):
        return "is not known: these results do not include both."
    ratio, printed = runs.ratio(*pair), printed_contrast(pair, (1, -1))
    if printed is None or ratio.low <= printed <= ratio.high:
        return f"{change(ratio)}."
    over = [
        f"{runs.tested[name].residuals.std() / PUBLISHED.rows[name].scatter:.2f} (*{TRANSFORMS[name].label}*)"
        for name in pair
    ]
    return f"{change(ratio)}. The ratio printed is {printed:.2f}; ours over the printed scatters: {listing(over)}."


@dataclass(frozen=True, eq=False)
class Judged:
    """A reproduction's results, each part computed when it is asked for."""

    reproduction: Reproduction

    @cached_property
    def everything(self) -> Mapping[str, SeedPredictions]:
        """Every transform's test predictions with all its training seeds, untrained networks included."""
        return all_seeds(self.reproduction)

    @cached_property
    def results(self) -> Mapping[str, SeedPredictions]:
        """The test predictions of the transforms all of whose networks trained."""
        return trained_only(self.everything)

    @cached_property
    def dynamics(self) -> Mapping[str, tuple[Recording, ...]]:
        """The dynamics that the report shows, with all their training seeds."""
        return {name: self.reproduction.all_dynamics(name) for name in self.reproduction.dynamics_transforms}

    @cached_property
    def runs(self) -> Runs:
        """What claims look at."""
        return Runs(self.everything, self.dynamics, cluster_names=tuple(self.reproduction.catalogue["cluster_id"]))

    @cached_property
    def evidence(self) -> Mapping[str, Evidence]:
        """The verdict on every claim."""
        return judge_claims(self.runs)

    @cached_property
    def over_seeds(self) -> OverSeeds | None:
        """The verdict on every claim over several training seeds; None where these have not been trained."""
        (outcome,) = study_outcomes(self.reproduction, SEEDS).values()
        return judge_over_seeds(outcome, self.runs.cluster_names)

    @cached_property
    def by_reading(self) -> Mapping[str, Mapping[str, str]]:
        """The claims whose verdict turns with how the report is read, each with the verdict of every reading."""
        outcomes = study_outcomes(self.reproduction, SENSITIVITY)
        return verdicts_by_reading(judge_study(SENSITIVITY, outcomes))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Table 1, ours beside the printed one."""
        return table_one(self.everything)

    @cached_property
    def status(self) -> list[StatusEntry]:
        """What has become of each figure, number and claim of the report."""
        return reproduction_status(self.reproduction, self.table, self.evidence)

    @property
    def warning(self) -> str:
        """A warning of the networks that did not train; empty where all did."""
        return untrained_warning(self.runs.untrained)

    def step(self, pair: tuple[str, str]) -> str:
        """Say how the scatter changes from the second of two transforms to the first, or why that is not known."""
        return step(self.runs, pair)

    @property
    def how_trained(self) -> str:
        """Markdown table of how often networks were trained, and what of a test halo was in training."""
        one, fold_of = self.reproduction, self.reproduction.fold_of()
        n_halos, folds = len(np.unique(one.groups)), one.profile.folds
        shared = np.mean(mates_in_training(fold_of, one.groups)[fold_of < folds.run] > 0)
        rows = {
            "trainings of each transform, on the same folds": trainings(of.n_seeds for of in self.results.values()),
            "trainings of each dynamics": trainings(map(len, self.dynamics.values())),
            "folds": "each halo in one fold" if folds.grouped else "drawn regardless of halos",
            "observations, halos": f"{thousands(len(fold_of))}, {thousands(n_halos)}",
            "test observations with their halo in training": f"{shared:.0%}",
        }
        return markdown_table(["Trained here", "Value"], rows.items(), "ll")
