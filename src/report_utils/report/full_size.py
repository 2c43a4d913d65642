"""The committed results of the report's own size, which a smaller build shows beside its own."""

from __future__ import annotations

from typing import Any

from report_utils.profiles import Profile, load_profile
from report_utils.report.printed_numbers import has_reports_size
from report_utils.reproduction.committed import CommittedReproduction, whole_results
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import results_folder
from report_utils.runs.explain_changes import differences

FULL_PROFILE, REPORTS_PROFILE = "full", "paper"
AT_FULL_SIZE, IN_THIS_BUILD = "at full size", "in this build"
"""Where a number was found, in columns and in sentences."""


def full_size_beside(shown: Reproduction) -> CommittedReproduction | None:
    """Return the committed results of full size to show beside a reproduction, or None.

    There are none beside a reproduction that has the report's size itself, and none beside other observations: those of
    an archive, or of a simulation with other settings.
    """
    profile, full = shown.profile, load_profile(FULL_PROFILE)
    alike = profile.archive_path is None and _simulated_as(profile) == _simulated_as(full)
    if not alike or has_reports_size(profile, shown.observations.n_clusters):
        return None
    found = whole_results(full, shown.store, results_folder(full.name))
    of_size = found is not None and has_reports_size(found.profile, found.observations.n_clusters)
    return found if of_size else None


def _simulated_as(profile: Profile) -> tuple[Any, ...]:
    return profile.source.simulation, profile.source.max_events, profile.box


def protocol_changes(profile: Profile, *, dynamics: bool) -> list[str]:
    """Return what a profile changes of the report's protocol, such as ``"batch size 16 → 32"``, entry by entry."""
    protocol = {"n_pixels", "box", "folds", "training", *(("dynamics",) if dynamics else ())}
    ours, reports = (one.model_dump(include=protocol) for one in (profile, load_profile(REPORTS_PROFILE)))
    said = []
    for path, printed, now in differences(reports, ours):
        of_dynamics = "dynamics: " if path[0] == "dynamics" else ""
        said.append(f"{of_dynamics}{path[-1].replace('_', ' ')} {_in_words(printed)} → {_in_words(now)}")
    return said


def _in_words(value: Any) -> str:
    if isinstance(value, list):  # of coarse stages
        return " and ".join(f"{stage['epochs']} epochs at {stage['n_pixels']} pixels" for stage in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
