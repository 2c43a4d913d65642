"""The results of a study: its runs if they are complete, or else committed results, or else nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from report_utils.cnn.crossval import CrossValidation
from report_utils.dynamics import Recording
from report_utils.profiles import Profile
from report_utils.reproduction.committed import CommittedReproduction
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import (
    Origin,
    Result,
    is_of_protocol,
    origin_of,
    read_results,
    results_folder,
)
from report_utils.reproduction.studies import Study, Variant, is_trained, possible_variants, reproduce_variant


@dataclass(frozen=True, eq=False)
class Outcome:
    """The results of one variant of a profile, which has the variant's entries.

    They are by the report's transform, even if a stand-in was trained, with one for each training seed. Committed
    results have an ``origin``; runs have none.
    """

    variant: Variant
    profile: Profile
    cross_validations: Mapping[str, tuple[CrossValidation, ...]]
    dynamics: Mapping[str, tuple[Recording, ...]]
    origin: Origin | None

    @property
    def n_seeds(self) -> int:
        """Return the smallest number of training seeds of a result."""
        return min(map(len, (*self.cross_validations.values(), *self.dynamics.values())))


def study_outcomes(base: Reproduction, study: Study, *, folder: Path | None = None) -> dict[str, Outcome | None]:
    """Return the results of each variant that the profile allows; None for a variant that must be trained first.

    Runs and committed results of a variant are never mixed. Committed results, by default those of the profile, are not
    used if they have other observations, another protocol or another backend; those of other code are used, and their
    origin says so.
    """
    results: dict[str, Result] | None = None
    outcomes: dict[str, Outcome | None] = {}
    for variant in possible_variants(base, study):
        source: Reproduction | None = reproduce_variant(base, variant)
        if isinstance(source, CommittedReproduction) or not is_trained(base, variant):
            if results is None:
                results = read_results(folder or results_folder(base.profile.name))
            source = _committed(base, source, variant, results)
        outcomes[variant.name] = None if source is None else _outcome(variant, source)
    return outcomes


def _committed(
    base: Reproduction, varied: Reproduction, variant: Variant, results: Mapping[str, Result]
) -> CommittedReproduction | None:
    """Return the committed results of a variant, or None if any of its runs is missing."""
    today = varied.today if isinstance(varied, CommittedReproduction) else varied
    own = {
        name: result
        for name, result in results.items()
        if name.split("/")[1] == varied.profile.name
        and result.inputs["backend"] == base.backend  # no table mixes two backends
        and is_of_protocol(result, today)
    }
    if not own:
        return None
    source = CommittedReproduction(varied.profile, varied.store, own)
    source.today = today
    n_seeds = variant.n_training_seeds
    whole = all(source.has(source.fit_keys, name, n_seeds) for name in variant.trained)
    whole = whole and all(source.has(source.dynamics_keys, name, n_seeds) for name in variant.dynamics)
    return source if whole else None


def _outcome(variant: Variant, source: Reproduction) -> Outcome:
    fits = {name: source.cross_validations(variant.stand_ins.get(name, name)) for name in variant.transforms}
    dynamics = {name: source.all_dynamics(name) for name in variant.dynamics}
    origin = None
    if isinstance(source, CommittedReproduction):
        shown = [source.results[key.name] for key in source.runs(variant.trained, variant.dynamics)]
        origin = origin_of(shown, source.today)
    return Outcome(variant, source.profile, fits, dynamics, origin)
