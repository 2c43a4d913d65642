"""Sentences whose numbers come from a run: pages are worded through these and never hold a typed result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.binning import TRANSFORMS
from report_utils.cnn.untrained import WHAT_TO_TRY
from report_utils.report.claim_tests import Evidence, printed_contrast
from report_utils.report.intervals import FAILS, HOLDS, Interval
from report_utils.report.printed_numbers import PUBLISHED, is_reports_protocol
from report_utils.report.resampling import MINIMUM_FOLDS

if TYPE_CHECKING:
    from report_utils.profiles import Profile
    from report_utils.report.seeds import SeedPredictions


def listing(items: Sequence[str]) -> str:
    """Join words with commas and *and*."""
    items = list(items)
    if len(items) < 2:
        return items[0] if items else "none"
    return f"{', '.join(items[:-1])} and {items[-1]}"


def untrained_warning(untrained: Mapping[str, str]) -> str:
    """Write a warning that some networks did not train, and that no number of theirs is shown; empty where all did.

    Parameters
    ----------
    untrained : mapping of what was trained to the reason, empty where it trained
    """
    lines = [f"- {name}: {reason}" for name, reason in untrained.items() if reason]
    if not lines:
        return ""
    said = (
        "Some networks did not train. No table and no verdict uses their numbers; where one is drawn, it is to show "
        f"what went wrong. What to try: {WHAT_TO_TRY}"
    )
    return "\n".join([":::{warning}", f"{said}.", "", *lines, ":::"])


def thousands(number: float) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{number:,.0f}".replace(",", "\u202f")


def intervals(seeds: Collection[int], n_folds: int = 1) -> str:
    """Say what the intervals of a page are.

    Parameters
    ----------
    seeds : collection of int
        How many training seeds each of the shown results has.
    n_folds : int
        How many folds they are tested in.
    """
    fewest, most = min(seeds, default=1), max(seeds, default=1)
    what = "Intervals are 95% and resample whole halos (single observations where no halo is known)"
    carried = (
        "they hold what other test clusters and another training would change, not what other training clusters would"
    )
    without = "are without seeds: of one training, they hold nothing of what another would change"
    if n_folds >= MINIMUM_FOLDS:
        return (
            f"{what} and the trainings of the {n_folds} folds; they hold what other test clusters and another training "
            "would change, and of other training clusters as much as differs from fold to fold."
        )
    if fewest == most > 1:
        what += f" and the training seeds of each fold, {most} of each"
    elif fewest < most:
        what += f" and, where there are several, the training seeds of each fold (up to {most})"
    if most == 1:
        return f"{what}; they {without}."
    return f"{what}; {carried}." + (f" Those of results with one seed {without}." if fewest == 1 else "")


def trainings(seeds: Collection[int]) -> str:
    """Say how often each of some results was trained."""
    fewest, most = min(seeds, default=1), max(seeds, default=1)
    if most == 1:
        return "Each network is trained once, with one training seed."
    times = f"{most}" if fewest == most else f"{fewest} to {most}"
    return f"Each network is trained {times} times, every time with another training seed, on the same folds."


def seeds_of_claims(fits: Collection[int], dynamics: Collection[int]) -> str:
    """Say how often networks were trained, and what that leaves open for the claims."""
    said = f"Of the transforms: {_lower(trainings(fits))} Of the dynamics: {_lower(trainings(dynamics))}"
    if min((*fits, *dynamics), default=1) > 1:
        return said
    return f"{said} Where two transforms differ by a few per cent, another training might reverse it."


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def source_words(profile: Profile) -> str:
    """Say what a profile's observations are."""
    return "observations of an archive" if profile.archive_path is not None else "simulated observations"


def _orientation(is_reports: bool, theirs: str) -> str:
    if is_reports:
        return "This is the report's own protocol."
    printed = PUBLISHED.data
    return (
        f"The report {theirs} on {thousands(printed.n_observations.value)} observations at "
        f"{printed.n_pixels.value} × {printed.n_pixels.value} pixels: its numbers stand beside ours for orientation, "
        "and only trends can be compared."
    )


def _numbers_from(profile: Profile, n_clusters: int) -> str:
    return (
        f"Numbers here come from the profile `{profile.name}`: {thousands(n_clusters)} {source_words(profile)}, "
        f"images of {profile.n_pixels} × {profile.n_pixels} pixels"
    )


def provenance(profile: Profile, n_clusters: int, seeds: Collection[int] = ()) -> str:
    """Say which profile the numbers of a cross-validation come from, and what they may be compared with.

    Parameters
    ----------
    profile : Profile
    n_clusters : int
    seeds : collection of int
        How many training seeds each of the shown results has; empty on a page without intervals.
    """
    folds = profile.folds
    run = "all" if folds.run == folds.n_folds else f"{folds.run} of"
    theirs = f"trains {PUBLISHED.training.epochs.value} epochs"
    return (
        f"{_numbers_from(profile, n_clusters)}, {run} {folds.n_folds} folds, {profile.training.epochs} epochs of "
        f"training. {_orientation(is_reports_protocol(profile, n_clusters), theirs)}"
        + (f" {intervals(seeds, folds.run)}" if seeds else "")
    )


def dynamics_provenance(profile: Profile, n_clusters: int, n_test: int, seeds: Collection[int] = (1,)) -> str:
    """Say which profile the numbers of a dynamics come from, and what they may be compared with.

    Parameters
    ----------
    profile : Profile
    n_clusters, n_test : int
    seeds : collection of int
        How many training seeds each of the shown dynamics has; empty on a page without intervals.
    """
    ours, printed = profile.dynamics, PUBLISHED.dynamics
    before, after = printed.epochs_before_noise.value, printed.epochs_after_noise.value
    same = (
        n_clusters == PUBLISHED.data.n_observations.value
        and profile.n_pixels == PUBLISHED.data.n_pixels.value
        and profile.folds.n_folds == PUBLISHED.training.n_folds.value
        and ours.epochs == before
        and ours.batch_size == PUBLISHED.training.batch_size.value
        and ours.learning_rate == PUBLISHED.training.learning_rate.value
        and ours.target == ours.inputs == "as_is"
    )
    theirs = f"trains {before} + {after} epochs a phase"
    return (
        f"{_numbers_from(profile, n_clusters)}, one split into {thousands(n_clusters - n_test)} training and "
        f"{thousands(n_test)} test observations, and {ours.epochs} + 1 epochs a phase, before and after its noise. "
        f"{_orientation(same, theirs)}" + (f" {intervals(seeds)}" if seeds else "")
    )


def folds_and_halos(profile: Profile, fold_of: ArrayLike, groups: ArrayLike) -> str:
    """Say whether other observations of a test cluster's halo were in training.

    Parameters
    ----------
    profile : Profile
    fold_of : (n_clusters,) int
        In whose fold's test set each observation is.
    groups : (n_clusters,)
        The halo of each.
    """
    if profile.folds.grouped:
        return "Folds keep all observations of a halo together: no network was trained on a halo that it is tested on."
    fold_of, (names, halo) = np.asarray(fold_of), np.unique(np.asarray(groups), return_inverse=True)
    of_halo = np.bincount(halo)
    in_same_fold = np.zeros((fold_of.max() + 1, len(of_halo)), dtype=np.intp)
    np.add.at(in_same_fold, (fold_of, halo), 1)
    tested = fold_of < profile.folds.run
    shared = np.mean((of_halo[halo] > in_same_fold[fold_of, halo])[tested])
    if shared == 0:
        return "Folds are drawn regardless of halos; no test observation's halo is known to be in training as well."
    return (
        f"Folds are drawn regardless of halos. The {thousands(len(halo))} observations here show "
        f"{thousands(len(names))} halos, so {100 * shared:.0f}% of the test observations show a halo of which another "
        "snapshot was in training. Of the report's halos and folds this is not known. All scatters may be smaller for "
        "it than on halos never seen."
    )


def retained_caveat(profile: Profile, n_clusters: int) -> str:
    """Say what the verdicts on emptied pixels are not, or nothing at the report's own protocol."""
    if is_reports_protocol(profile, n_clusters):
        return ""
    size = f"{profile.n_pixels} × {profile.n_pixels}"
    return (
        f"The verdicts on emptying bright pixels are for this profile's training and its images of {size} pixels, "
        "where a pixel holds other photons than in the report's images: they do not refute the report."
    )


def change(ratio: Interval) -> str:
    """Say by how much a scatter falls or rises, with its interval.

    Examples
    --------
    >>> change(Interval(0.55, 0.5, 0.6))
    'falls by 45% (95% interval: 40 to 50%)'
    """

    def percent(value: float) -> str:
        return f"{100 * abs(value - 1):.0f}"

    name = f"{100 * ratio.confidence:.0f}% interval"
    if ratio.high < 1:
        return f"falls by {percent(ratio.value)}% ({name}: {percent(ratio.high)} to {percent(ratio.low)}%)"
    if ratio.low > 1:
        return f"rises by {percent(ratio.value)}% ({name}: {percent(ratio.low)} to {percent(ratio.high)}%)"
    low, high = (f"{100 * (end - 1):+.0f}".replace("-", "−") for end in (ratio.low, ratio.high))
    return f"may change either way ({name}: {low} to {high}%)"


def beside_printed(ratio: Interval, pair: tuple[str, str], tested: Mapping[str, SeedPredictions]) -> str:
    """Say that a ratio of two scatters excludes that of the printed ones, and which of the two differs; or nothing.

    Parameters
    ----------
    ratio : Interval
        The scatter of the first transform over that of the second.
    pair : (str, str)
        The names of the two.
    tested : mapping of transform name to SeedPredictions
    """
    printed = printed_contrast(pair, (1, -1))
    if printed is None or ratio.low <= printed <= ratio.high:
        return ""
    over = {name: float(tested[name].residuals.std()) / PUBLISHED.rows[name].scatter for name in pair}
    further, other = sorted(pair, key=lambda name: -abs(np.log(over[name])))
    return (
        f"The interval excludes {printed:.2f}, the ratio of the scatters that the report prints, mostly because of "
        f"*{TRANSFORMS[further].label}*: our scatter with it is {over[further]:.2f} times the printed one, with "
        f"*{TRANSFORMS[other].label}* {over[other]:.2f} times."
    )


def verdict_counts(evidence: Mapping[str, Evidence]) -> str:
    """Count the verdicts."""
    verdicts = [found.verdict for found in evidence.values()]
    n_hold, n_fail = verdicts.count(HOLDS), verdicts.count(FAILS)
    undecided = len(verdicts) - n_hold - n_fail
    return (
        f"Of the report's {len(verdicts)} claims, {n_hold} hold, {n_fail} fail, and {undecided} are undecided at this "
        "size."
    )


def example_rows(log10_mass: ArrayLike, n_examples: int = 6, *, among: int = 48) -> NDArray[np.intp]:
    """Choose observations that span the masses, the heaviest first.

    They are taken of the first ``among``, so that all profiles of one simulation show the same clusters.

    Parameters
    ----------
    log10_mass : (n_observations,) [log10 solar masses]
    n_examples, among : int

    Returns
    -------
    (n_examples,) rows of the catalogue, or fewer where there are not as many
    """
    order = np.argsort(np.asarray(log10_mass)[:among], kind="stable")[::-1]
    places = np.linspace(0, len(order) - 1, min(n_examples, len(order)))
    return order[np.round(places).astype(int)]
