"""What is there of a study: runs of the runs folder, else committed results, else nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from report_utils.cnn.crossval import CrossValidation
from report_utils.dynamics import Recording
from report_utils.profiles import Profile
from report_utils.reproduction.committed import CommittedReproduction
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import Origin, Result, is_of_protocol, origin_of, read_result, result_paths
from report_utils.reproduction.studies import (
    Study,
    Variant,
    is_trained,
    possible_variants,
    reproduce_variant,
    variant_keys,
)
from report_utils.runs.code_digest import file_digest


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one variant of a profile has come to.

    Parameters
    ----------
    variant : Variant
    profile : Profile
        With the variant's entries.
    cross_validations : mapping of str to tuple of CrossValidation
        By the report's transform, one for each training seed, whatever was trained in its place.
    dynamics : mapping of str to tuple of Recording
    origin : Origin or None
        Of committed results; None where these are runs of the runs folder.
    """

    variant: Variant
    profile: Profile
    cross_validations: Mapping[str, tuple[CrossValidation, ...]]
    dynamics: Mapping[str, tuple[Recording, ...]]
    origin: Origin | None


def study_outcomes(base: Reproduction, study: Study, *, folder: Path | None = None) -> dict[str, Outcome | None]:
    """Return what is there of each variant that the profile allows; None for one that has to be trained first.

    A variant is never put together from runs and committed results, and results of other observations of another
    protocol than the profile's or of another backend than it is shown with are none of it; those of other code are, and
    say so.

    Parameters
    ----------
    base : Reproduction
    study : Study
    folder : Path, optional
        Of the committed results; the project's where it is not given.

    Raises
    ------
    InputError
        If a committed result is damaged.
    """
    return {
        variant.name: _of_runs(base, variant) or _of_results(base, variant, folder)
        for variant in possible_variants(base, study)
    }


def seeds_of(outcomes: Mapping[str, Outcome | None]) -> list[int]:
    """Return how many training seeds each result of a study has."""
    found = [outcome for outcome in outcomes.values() if outcome is not None]
    return [len(runs) for one in found for runs in (*one.cross_validations.values(), *one.dynamics.values())]


def study_inputs(base: Reproduction, study: Study, *, folder: Path | None = None) -> dict[str, str]:
    """Return the digests of all that :func:`study_outcomes` would return, by name, without reading it."""
    inputs: dict[str, str] = {}
    for variant in possible_variants(base, study):
        keys = [] if _is_committed(base, variant) else variant_keys(base, variant)
        if keys and all(base.store.holds(key) for key in keys):
            inputs |= {key.name: key.digest for key in keys}
        else:
            for path in _paths(base, variant, folder):
                inputs[f"results/{path.parent.name}/{path.name}"] = file_digest(path)
    return inputs


def _is_committed(base: Reproduction, variant: Variant) -> bool:
    """Tell whether committed results stand for a variant's runs: for the profile's own, where these are shown."""
    return isinstance(reproduce_variant(base, variant), CommittedReproduction)


def _of_runs(base: Reproduction, variant: Variant) -> Outcome | None:
    if _is_committed(base, variant) or not is_trained(base, variant):
        return None
    varied = reproduce_variant(base, variant)
    fits = {name: varied.cross_validations(variant.stand_ins.get(name, name)) for name in variant.transforms}
    dynamics = {name: varied.all_dynamics(name) for name in variant.dynamics}
    return Outcome(variant, varied.profile, fits, dynamics, None)


def _of_results(base: Reproduction, variant: Variant, folder: Path | None) -> Outcome | None:
    varied = reproduce_variant(base, variant)
    found = [read_result(path) for path in _paths(base, variant, folder)]
    folds = set(range(varied.profile.folds.run))
    whole = [
        result
        for result in found
        if (result.kind == "dynamics" or folds <= result.runs.keys())
        and result.inputs["backend"] == base.backend  # no table mixes two
        and is_of_protocol(result, varied)
    ]
    fits = {
        name: tuple(result.cross_validation() for result in _seeds(whole, "fit", variant.stand_ins.get(name, name)))
        for name in variant.transforms
    }
    dynamics = {
        name: tuple(result.dynamics() for result in _seeds(whole, "dynamics", name)) for name in variant.dynamics
    }
    if any(len(seeds) < variant.n_training_seeds for seeds in (*fits.values(), *dynamics.values())):
        return None
    return Outcome(variant, varied.profile, fits, dynamics, origin_of(whole, varied))


def _paths(base: Reproduction, variant: Variant, folder: Path | None) -> list[Path]:
    profile = reproduce_variant(base, variant).profile.name
    paths = [path for name in variant.trained for path in result_paths(profile, "fit", name, folder)]
    return paths + [path for name in variant.dynamics for path in result_paths(profile, "dynamics", name, folder)]


def _seeds(results: list[Result], kind: str, transform: str) -> list[Result]:
    chosen = [result for result in results if (result.kind, result.transform) == (kind, transform)]
    return sorted(chosen, key=lambda result: result.training_seed)
