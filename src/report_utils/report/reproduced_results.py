"""A reproduction's results as the pages show them: predictions of all seeds, Table 1, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from report_utils.dynamics import Recording
from report_utils.report.claim_tests import Evidence, Runs
from report_utils.report.claims import judge_claims
from report_utils.report.reproduction_status import StatusEntry, reproduction_status
from report_utils.report.seeds import SeedPredictions, all_seeds, trained_only
from report_utils.report.sentences import beside_printed, change, listing, untrained_warning
from report_utils.report.studies import OverSeeds, judge_over_seeds
from report_utils.report.tables import table_one
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.studies import SEEDS
from report_utils.reproduction.study_results import study_outcomes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Judged:
    """A reproduction's results, each part computed when it is asked for."""

    reproduction: Reproduction

    @cached_property
    def everything(self) -> Mapping[str, SeedPredictions]:
        """Return every transform's test predictions with all its training seeds, untrained networks included."""
        return all_seeds(self.reproduction)

    @cached_property
    def results(self) -> Mapping[str, SeedPredictions]:
        """Return the test predictions of the transforms all of whose networks trained."""
        return trained_only(self.everything)

    @cached_property
    def dynamics(self) -> Mapping[str, tuple[Recording, ...]]:
        """Return the dynamics that the report shows, with all their training seeds."""
        return {name: self.reproduction.all_dynamics(name) for name in self.reproduction.dynamics_transforms}

    @cached_property
    def runs(self) -> Runs:
        """Return what claims look at."""
        return Runs(self.everything, self.dynamics, cluster_names=tuple(self.reproduction.catalogue["cluster_id"]))

    @cached_property
    def evidence(self) -> Mapping[str, Evidence]:
        """Return the verdict on every claim."""
        return judge_claims(self.runs)

    @cached_property
    def over_seeds(self) -> OverSeeds | None:
        """Return the verdict on every claim over several training seeds; None where these have not been trained."""
        (outcome,) = study_outcomes(self.reproduction, SEEDS).values()
        return judge_over_seeds(outcome, self.runs.cluster_names)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return Table 1, ours beside the printed one."""
        return table_one(self.everything)

    @cached_property
    def status(self) -> list[StatusEntry]:
        """Return what has become of each figure, number and claim of the report."""
        return reproduction_status(self.reproduction, self.table, self.evidence)

    @property
    def warning(self) -> str:
        """Warn of the networks that did not train; empty where all did."""
        return untrained_warning(self.runs.untrained)

    def step(self, pair: tuple[str, str]) -> str:
        """Say how the scatter changes from the second of two transforms to the first, or why that is not known."""
        if dead := [name for name in pair if name in self.runs.untrained]:
            return f"is not known: {listing(dead)} did not train."
        if not set(pair) <= set(self.results):
            return "is not known: these results do not include both."
        ratio = self.runs.ratio(*pair)
        return f"{change(ratio)}. {beside_printed(ratio, pair, self.results)}"

    @property
    def seeds(self) -> tuple[int, ...]:
        """Return how many training seeds each transform has."""
        return tuple(result.n_seeds for result in self.results.values())

    @property
    def dynamics_seeds(self) -> tuple[int, ...]:
        """Return how many training seeds each dynamics has."""
        return tuple(len(seeds) for seeds in self.dynamics.values())
