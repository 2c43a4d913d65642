"""Sentences whose numbers come from a run: pages are worded through these and never hold a typed result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.report.bootstrap import Interval
from report_utils.report.claims import FAILS, HOLDS, Evidence
from report_utils.report.published import PUBLISHED

if TYPE_CHECKING:
    from report_utils.profiles import Profile

PER_CENT = "\u202f%"
"""A per-cent sign after a thin space that does not break."""


def listing(items: Sequence[str]) -> str:
    """Join words with commas and *and*."""
    items = list(items)
    if len(items) < 2:
        return items[0] if items else "none"
    return f"{', '.join(items[:-1])} and {items[-1]}"


def thousands(number: float) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{number:,.0f}".replace(",", "\u202f")


def is_reports_protocol(profile: Profile, n_clusters: int) -> bool:
    """Tell whether a profile runs the report's own size and protocol: only then do numbers compare."""
    training, printed = profile.training, PUBLISHED.training
    return (
        n_clusters == PUBLISHED.data.n_observations.value
        and profile.n_pixels == PUBLISHED.data.n_pixels.value
        and profile.folds.run == profile.folds.n_folds == printed.n_folds.value
        and training.epochs == printed.epochs.value
        and training.batch_size == printed.batch_size.value
        and training.learning_rate == printed.learning_rate.value
        and training.schedule == "constant"
    )


def provenance(profile: Profile, n_clusters: int) -> str:
    """Say which profile numbers come from, and what they may be compared with."""
    source = "observations of an archive" if profile.archive_path is not None else "simulated observations"
    folds = profile.folds
    run = "all" if folds.run == folds.n_folds else f"{folds.run} of"
    text = (
        f"Numbers here come from the profile `{profile.name}`: {thousands(n_clusters)} {source}, images of "
        f"{profile.n_pixels} × {profile.n_pixels} pixels, {run} {folds.n_folds} folds, "
        f"{profile.training.epochs} epochs of training."
    )
    if is_reports_protocol(profile, n_clusters):
        return f"{text} This is the report's own protocol; intervals are of one trained seed."
    return (
        f"{text} The report trains 100 epochs on 3286 observations at 128 pixels: its numbers stand beside "
        "ours for orientation, and only trends can be compared. Intervals are of one trained seed."
    )


def change(ratio: Interval) -> str:
    """Say by how much a scatter falls or rises, with its interval.

    Examples
    --------
    >>> change(Interval(0.55, 0.5, 0.6))
    'falls by 45\u202f% (95\u202f% interval: 40 to 50\u202f%)'
    """

    def percent(value: float) -> str:
        return f"{100 * abs(value - 1):.0f}"

    name = f"{100 * ratio.confidence:.0f}{PER_CENT} interval"
    if ratio.high < 1:
        return (
            f"falls by {percent(ratio.value)}{PER_CENT} ({name}: {percent(ratio.high)} to "
            f"{percent(ratio.low)}{PER_CENT})"
        )
    if ratio.low > 1:
        return (
            f"rises by {percent(ratio.value)}{PER_CENT} ({name}: {percent(ratio.low)} to "
            f"{percent(ratio.high)}{PER_CENT})"
        )
    low, high = (f"{100 * (end - 1):+.0f}".replace("-", "−") for end in (ratio.low, ratio.high))
    return f"may change either way ({name}: {low} to {high}{PER_CENT})"


def verdict_counts(evidence: Mapping[str, Evidence]) -> str:
    """Count the verdicts."""
    verdicts = [found.verdict for found in evidence.values()]
    n_hold, n_fail = verdicts.count(HOLDS), verdicts.count(FAILS)
    undecided = len(verdicts) - n_hold - n_fail
    return f"{len(verdicts)} claims: {n_hold} hold, {n_fail} fail, {undecided} undecided at this size."


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
