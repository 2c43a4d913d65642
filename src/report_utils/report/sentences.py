"""Sentences whose numbers come from a run, so that no page holds a typed result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.binning import TRANSFORMS
from report_utils.cnn.untrained import WHAT_TO_TRY
from report_utils.report.claim_tests import Evidence, printed_contrast
from report_utils.report.intervals import FAILS, HOLDS, Interval
from report_utils.report.printed_numbers import PUBLISHED

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
    """Warn that some networks did not train and that none of their numbers is shown; empty where all trained.

    Parameters
    ----------
    untrained : mapping of what was trained to the reason, empty where it trained
    """
    lines = [f"- {name}: {reason}" for name, reason in untrained.items() if reason]
    if not lines:
        return ""
    said = (
        "Some networks did not train. Tables and verdicts leave out their numbers; figures draw them only to show what "
        f"went wrong. What to try: {WHAT_TO_TRY}"
    )
    return "\n".join([":::{warning}", f"{said}.", "", *lines, ":::"])


def thousands(number: float) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{number:,.0f}".replace(",", "\u202f")


def trainings(seeds: Collection[int]) -> str:
    """Say how often each of some results was trained."""
    fewest, most = min(seeds, default=1), max(seeds, default=1)
    if most == 1:
        return "Each network is trained once."
    times = f"{most}" if fewest == most else f"{fewest} to {most}"
    return f"Each network is trained {times} times on the same folds, each time with a different training seed."


def seeds_of_claims(fits: Collection[int], dynamics: Collection[int]) -> str:
    """Say how often networks were trained, and what that leaves open for the claims."""
    said = f"Transforms: {_lower(trainings(fits))} Dynamics: {_lower(trainings(dynamics))}"
    if min((*fits, *dynamics), default=1) > 1:
        return said
    return f"{said} Another training might reverse a difference of a few per cent between two transforms."


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def source_words(profile: Profile) -> str:
    """Say what a profile's observations are."""
    return "observations of an archive" if profile.archive_path is not None else "simulated observations"


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
        return "Folds keep all observations of a halo together, so no network is tested on a halo that it has seen."
    fold_of, (names, halo) = np.asarray(fold_of), np.unique(np.asarray(groups), return_inverse=True)
    of_halo = np.bincount(halo)
    in_same_fold = np.zeros((fold_of.max() + 1, len(of_halo)), dtype=np.intp)
    np.add.at(in_same_fold, (fold_of, halo), 1)
    tested = fold_of < profile.folds.run
    shared = np.mean((of_halo[halo] > in_same_fold[fold_of, halo])[tested])
    if shared == 0:
        return "Folds are drawn regardless of halos, but no test observation is known to share its halo with training."
    return (
        f"Folds are drawn regardless of halos. The {thousands(len(halo))} observations here show "
        f"{thousands(len(names))} halos, so {100 * shared:.0f}% of the test observations show a halo of which another "
        "snapshot was in training. Whether this holds for the report is not known. It may make all scatters smaller "
        "than they would be on new halos."
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
    """Say which of two scatters differs from the printed one, where their ratio excludes the printed ratio.

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
    n_open = len(verdicts) - n_hold - n_fail
    return (
        f"Of the report's {len(verdicts)} claims, {n_hold} {'holds' if n_hold == 1 else 'hold'}, "
        f"{n_fail} {'fails' if n_fail == 1 else 'fail'}, and {n_open} {'is' if n_open == 1 else 'are'} undecided at "
        "this size."
    )


def example_rows(log10_mass: ArrayLike, n_examples: int = 6, *, among: int = 48) -> NDArray[np.intp]:
    """Choose observations that span the masses, the heaviest first.

    They are taken from the first ``among``, so that all profiles of one simulation show the same clusters.

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
