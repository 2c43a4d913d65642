"""A reproduction's results as the pages show them: predictions of all seeds, Table 1, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import TRANSFORMS
from report_utils.dynamics import Recording
from report_utils.report.claim_tests import Evidence, Runs
from report_utils.report.claims import CLAIMS, judge_claims
from report_utils.report.full_size import AT_FULL_SIZE, IN_THIS_BUILD, full_size_beside, protocol_changes
from report_utils.report.intervals import FAILS
from report_utils.report.leakage import mates_in_training
from report_utils.report.printed_numbers import has_reports_size
from report_utils.report.reproduction_status import StatusEntry, beside, full_size_status, reproduction_status
from report_utils.report.seeds import SeedPredictions, all_seeds, trained_only
from report_utils.report.studies import (
    OverSeeds,
    judge_over_seeds,
    judge_study,
    over_seeds_summary,
    verdicts_by_reading,
)
from report_utils.report.tables import RUN_IN_PART, table_one
from report_utils.report.wording import markdown_table, thousands, trainings, untrained_warning
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import origin_of
from report_utils.reproduction.studies import SEEDS, SENSITIVITY
from report_utils.reproduction.study_results import study_outcomes

if TYPE_CHECKING:
    import pandas as pd


def side_by_side(reproduction: Reproduction, transforms: Iterable[str]) -> dict[str, dict[str, SeedPredictions]]:
    """Return the test predictions of some transforms, by the label of their column.

    Those of full size come first, if it has the first of these transforms, with the others that it has. A sentence
    quotes the first column that has all that it needs.
    """
    transforms, full = list(transforms), full_size_beside(reproduction)
    own = all_seeds(reproduction, transforms)
    if full is None or transforms[0] not in full.transforms:
        return {"here": own}
    shared = [name for name in transforms if name in full.transforms]
    return {AT_FULL_SIZE: all_seeds(full, shared), IN_THIS_BUILD: own}


def dynamics_side_by_side(
    reproduction: Reproduction, transforms: Iterable[str]
) -> dict[str, dict[str, tuple[Recording, ...]]]:
    """Return the dynamics of some transforms with all their training seeds, by the label of their column.

    Those of full size come first, if it has them all.
    """
    transforms, full = list(transforms), full_size_beside(reproduction)
    own = {name: reproduction.all_dynamics(name) for name in transforms}
    if full is None or not set(transforms) <= set(full.dynamics_transforms):
        return {"here": own}
    return {AT_FULL_SIZE: {name: full.all_dynamics(name) for name in transforms}, IN_THIS_BUILD: own}


@dataclass(frozen=True, eq=False)
class Judged:
    """A reproduction's results, each part computed when it is asked for, and committed ones of full size beside them.

    One rule says which of the two is quoted: full size wherever it has all that a number needs, this build elsewhere.
    """

    reproduction: Reproduction

    @cached_property
    def full(self) -> Judged | None:
        """The committed results of full size; None where there are none to show beside these."""
        found = full_size_beside(self.reproduction)
        return None if found is None else _AtFullSize(found)

    @property
    def sources(self) -> dict[str, Judged]:
        """What is shown side by side, by the label of its column."""
        return {"here": self} if self.full is None else {AT_FULL_SIZE: self.full, IN_THIS_BUILD: self}

    def quoted(self, transforms: Iterable[str]) -> tuple[str, Judged]:
        """Return where the numbers on these transforms are found that are quoted, and the results with them.

        The first is empty where there is nothing but this build.
        """
        if self.full is None:
            return "", self
        at_full_size = set(transforms) <= set(self.full.everything)
        return (AT_FULL_SIZE, self.full) if at_full_size else (IN_THIS_BUILD, self)

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
    def here(self) -> Mapping[str, Evidence]:
        """The verdict on every claim by these results alone."""
        return judge_claims(self.runs)

    @property
    def in_part(self) -> Mapping[str, Evidence]:
        """Claims of which only some parts have been run at full size; these verdicts are shown and never quoted."""
        return {}

    @property
    def verdicts(self) -> dict[str, Mapping[str, Evidence]]:
        """The verdicts side by side, by the label of their column."""
        if self.full is None:
            return {"Here": self.here}
        return {
            AT_FULL_SIZE.capitalize(): {**self.full.in_part, **self.full.here},
            IN_THIS_BUILD.capitalize(): self._own,
        }

    @cached_property
    def evidence(self) -> Mapping[str, Evidence]:
        """The verdict on every claim that is quoted, with where it was given if that is in several places."""
        at_full_size = {} if self.full is None else self.full.here
        return {**self._own, **at_full_size} if at_full_size else self.here

    @property
    def _own(self) -> Mapping[str, Evidence]:
        return {name: replace(found, where=IN_THIS_BUILD) for name, found in self.here.items()}

    @cached_property
    def over_seeds(self) -> OverSeeds | None:
        """The verdict on every claim over several training seeds; None where these have not been trained."""
        (outcome,) = study_outcomes(self.reproduction, SEEDS).values()
        return judge_over_seeds(outcome, self.runs.cluster_names)

    @property
    def n_seeds(self) -> int:
        """How often each network of this build has been trained, at least."""
        dynamics = [len(recordings) for recordings in self.dynamics.values()]
        return min([*(one.n_seeds for one in self.everything.values()), *dynamics], default=0)

    @property
    def adds_seeds(self) -> bool:
        """Whether the verdicts over several training seeds are of more trainings than those of this build."""
        return self.over_seeds is not None and self.over_seeds.n_seeds > self.n_seeds

    @property
    def over_seeds_summary(self) -> str:
        """Say how many verdicts of this build several training seeds change, or which command trains these."""
        if self.over_seeds is not None and not self.adds_seeds:
            times = "once" if self.n_seeds == 1 else f"at least {self.n_seeds} times"
            return f"In this build each network is trained {times}, and its verdicts above are over all trainings."
        command = f"report-utils study {SEEDS.name} --profile {self.reproduction.profile.name}"
        return over_seeds_summary(self.here, self.over_seeds, command)

    @cached_property
    def by_reading(self) -> Mapping[str, Mapping[str, str]]:
        """The claims whose verdict turns with how the report is read, each with the verdict of every reading."""
        outcomes = study_outcomes(self.reproduction, SENSITIVITY)
        return verdicts_by_reading(judge_study(SENSITIVITY, outcomes))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Table 1, ours beside the printed one."""
        return table_one(self.everything)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Table 1 of all that is shown side by side, by label."""
        return {label: source.table for label, source in self.sources.items()}

    @cached_property
    def status(self) -> list[StatusEntry]:
        """What has become of each figure, number and claim of the report."""
        entries = reproduction_status(self.reproduction, self.table, self.here)
        if self.full is None:
            return entries
        return beside(entries, full_size_status(self.full.reproduction, self.full.table, self.full.here))

    @property
    def introduction(self) -> str:
        """What stands above a page's numbers: networks that did not train, and where it says what full size is."""
        return "\n\n".join(filter(None, [self.warning, self.full_size_link]))

    @property
    def warning(self) -> str:
        """A warning of the networks that did not train; empty where all did."""
        untrained = {
            f"{name}, {label}" if self.full else name: reason
            for label, source in self.sources.items()
            for name, reason in source.runs.untrained.items()
        }
        return untrained_warning(untrained)

    @property
    def how_trained(self) -> str:
        """Markdown table of how often networks were trained, and what of a test halo was in training."""
        told = {label: source._training_facts() for label, source in self.sources.items()}
        rows = [[what, *(facts[what] for facts in told.values())] for what in next(iter(told.values()))]
        return markdown_table(["Trained", *told], rows, "l" * (1 + len(told)))

    def _training_facts(self) -> dict[str, str]:
        fold_of, groups, folds = *self._partition, self.reproduction.profile.folds
        shared = np.mean(mates_in_training(fold_of, groups)[fold_of < folds.run] > 0)
        return {
            "trainings of each transform, on the same folds": trainings(of.n_seeds for of in self.results.values()),
            "trainings of each dynamics": trainings(map(len, self.dynamics.values())) if self.dynamics else "none",
            "folds": "each halo in one fold" if folds.grouped else "drawn regardless of halos",
            "observations, halos": f"{thousands(len(fold_of))}, {thousands(len(np.unique(groups)))}",
            "test observations with their halo in training": f"{shared:.0%}",
        }

    @property
    def _partition(self) -> tuple[NDArray, NDArray]:
        """The fold that tests each observation, and its halo."""
        return self.reproduction.fold_of(), self.reproduction.groups

    @property
    def _shows_full_size(self) -> bool:
        shown = (self.full or self).reproduction
        return has_reports_size(shown.profile, shown.observations.n_clusters)

    @property
    def full_size_link(self) -> str:
        """Where it says what full size is; empty where nothing of it is shown."""
        link = "[Table 1](#full-size-protocol) says what differs from its protocol"
        said = f"*Full size* has the report's numbers of clusters, pixels and folds; {link}."
        return said if self._shows_full_size else ""

    @property
    def about_full_size(self) -> str:
        """One line on what is shown of full size, and on what it changes of the report's protocol; or nothing."""
        shown = (self.full or self).reproduction
        profile, n_clusters = shown.profile, shown.observations.n_clusters
        if not self._shows_full_size:
            return ""
        changed = ", ".join(protocol_changes(profile, dynamics=bool(shown.dynamics_transforms))) or "nothing"
        there = sum(name in TRANSFORMS for name in (self.full or self).everything)
        so_far = f", so far of {there} of {len(TRANSFORMS)} transforms" if there < len(TRANSFORMS) else ""
        said = (
            f"*Full size*: {thousands(n_clusters)} clusters, {profile.n_pixels} × {profile.n_pixels} pixels and "
            f"{profile.folds.run} folds, as in the report{so_far}. Profile "
            f"`{profile.name}` changes of the report's protocol: {changed}."
        )
        if self.full is None:
            return said
        rule = "[Which number a sentence quotes](#which-number)"
        return f"{said} Committed results: {origin_of(shown.results.values(), shown.today)}. {rule}."


class _AtFullSize(Judged):
    """Committed results of full size, judged without their observations, which a smaller build does not have."""

    full = None

    @cached_property
    def runs(self) -> Runs:
        """What claims look at; clusters are called by their rows, for their names are not committed."""
        return Runs(self.everything, self.dynamics)

    @cached_property
    def here(self) -> Mapping[str, Evidence]:
        """The verdict on every claim whose runs are all there, or one of whose parts fails."""
        found = {}
        for claim in CLAIMS:
            judged, missing = claim.judge(self.runs), claim.missing(self.runs)
            if not missing or judged.verdict == FAILS:
                note = _not_run(missing) if missing else judged.note
                found[claim.name] = replace(judged, note=note, where=AT_FULL_SIZE)
        return found

    @cached_property
    def in_part(self) -> Mapping[str, Evidence]:
        found = {}
        for claim in CLAIMS:
            if claim.name not in self.here and (part := claim.among(self.runs)) is not None:
                note = _not_run(claim.missing(self.runs))
                found[claim.name] = replace(part.judge(self.runs), verdict=RUN_IN_PART, note=note, where=AT_FULL_SIZE)
        return found

    @property
    def _partition(self) -> tuple[NDArray, NDArray]:
        one = next(iter(self.everything.values()))  # every observation is in one of the folds
        return one.fold, one.group


def _not_run(names: Sequence[str]) -> str:
    return f"not run at full size: {', '.join(names)}"
