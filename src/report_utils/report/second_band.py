"""The predictions of the study of the second band, and what its networks show.

The predictions were committed before the networks were trained. Those of page *Hidden or known* are the ratios of
:func:`report_utils.experiments.expected_scatter.expected_one_and_two`. Some predictions are judged for each network by
itself: all must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from report_utils.experiments.expected_scatter import World, expected_one_and_two
from report_utils.report.claim_tests import MARGIN, Runs
from report_utils.report.intervals import FAILS, HOLDS, MINIMUM_GROUPS, UNDECIDED, Interval, within
from report_utils.report.rank_statistics import middle_third
from report_utils.report.seeds import SeedPredictions
from report_utils.report.wording import listing, markdown_table

if TYPE_CHECKING:
    from report_utils.reproduction.study_results import Outcome

TOLERANCE = 1.25
"""Arithmetic on scaling relations is trusted to this factor: networks of four epochs are not the best estimates."""

AS_PREDICTED, NOT_AS_PREDICTED, NOT_MEASURED = "as predicted", "not as predicted", "not measured"

ONE_AND_TWO = ("single_band", "multi_band_2")

IMAGES_OF = {
    "single_band": "one band",
    "multi_band_2": "two bands",
    "agn_less_1": "one band, no AGN",
    "agn_less_2": "two bands, no AGN",
}
"""The images that page *Is it an image problem?* destroys: transforms and their labels."""

Trained = tuple[str, str]
"""A variant of the study and a transform."""


def range_verdict(measured: Sequence[Interval], low: float, high: float) -> str:
    """Judge whether a number lies in a range: all intervals lie inside, or all outside, or nothing is decided."""
    if measured and all(low < one.low and one.high < high for one in measured):
        return AS_PREDICTED
    outside = bool(measured) and all(one.high < low or one.low > high for one in measured)
    return NOT_AS_PREDICTED if outside else UNDECIDED


@dataclass(frozen=True)
class Prediction:
    """A ratio of two scatters on the same clusters that was predicted to lie between ``low`` and ``high``."""

    page: str
    label: str
    numerator: Trained
    denominator: Trained
    low: float
    high: float

    def verdict(self, measured: Interval) -> str:
        """Judge the prediction by whether the interval lies inside the predicted range or outside it."""
        return range_verdict([measured], self.low, self.high)


def _two_over_one(page: str, label: str, variant: str, world: World) -> Prediction:
    one, two = expected_one_and_two(world)
    of_one, of_two = ((variant, name) for name in ONE_AND_TWO)
    return _about(page, label, of_two, of_one, two / one)


def _about(page: str, label: str, numerator: Trained, denominator: Trained, ratio: float) -> Prediction:
    return Prediction(page, label, numerator, denominator, ratio / TOLERANCE, ratio * TOLERANCE)


def _alike(page: str, label: str, numerator: Trained, denominator: Trained) -> Prediction:
    return Prediction(page, label, numerator, denominator, 1 / MARGIN, MARGIN)


def _predictions() -> tuple[Prediction, ...]:
    page, hidden, known = "why-1-hidden-or-known", World(), World(distance_known=True)
    of_known = np.divide(expected_one_and_two(known), expected_one_and_two(hidden))
    hidden_or_known = [
        _two_over_one(page, "distance given: two bands over one", "distance-known", known),
        _two_over_one(page, "all at one redshift: two bands over one", "one-redshift", known),
        *(
            _about(page, f"{bands}: distance given over hidden", ("distance-known", name), ("default", name), ratio)
            for bands, name, ratio in zip(("one band", "two bands"), ONE_AND_TWO, of_known, strict=True)
        ),
        _two_over_one(
            page, "temperatures regardless of mass: two over one", "temperature-of-others",
            World(temperature_follows_mass=False),
        ),
        *(
            _two_over_one(page, f"scatter of ln T {sigma:g}: two bands over one", f"sigma-{sigma:g}", World(sigma))
            for sigma in (0, 0.15, 0.3)
        ),
    ]  # fmt: skip
    page, two, lowest = "why-3-energy-surgery", ("default", "multi_band_2"), ("default", "multi_band_1")
    surgery = [
        _alike(page, "thinned copy over the first band alone", ("thinned-copy", "multi_band_2"), lowest),
        _alike(page, "another's hardness over the first band alone", ("exchanged-hardness", "multi_band_2"), lowest),
        _alike(page, "energies shuffled over two bands", ("shuffled-energies", "multi_band_2"), two),
    ]
    page = "why-4-image"
    permuted = (("single_band", 1.0, 1.4), ("multi_band_2", 1.05, 1.5), ("agn_less_1", 0.95, 1.3),
                ("agn_less_2", 0.95, 1.3))  # fmt: skip
    images = [
        *(
            Prediction(page, f"pixels permuted: {IMAGES_OF[name]}", ("permuted-pixels", name), ("default", name), *ends)
            for name, *ends in permuted
        ),
        *(
            _alike(page, f"azimuth scrambled: {title}", ("scrambled-azimuth", name), ("default", name))
            for name, title in IMAGES_OF.items()
        ),
    ]
    page = "why-9-box"
    boxes = [
        _two_over_one(page, "the camera's field: two bands over one", "box-field", World(size_noise=0.1)),
        _two_over_one(page, "1.2 Mpc: two bands over one", "box-mpc", World(size_noise=0.1, angular_size=False)),
        _two_over_one(page, "two R500: two bands over one", "box-r500", World(size_noise=np.inf)),
    ]
    return (*hidden_or_known, *surgery, *images, *boxes)


PREDICTIONS: Sequence[Prediction] = _predictions()
"""All predictions that the study's networks test."""

Third = Literal["middle", "outer"]


def scatter_ratio(
    outcomes: Mapping[str, Outcome | None], numerator: Trained, denominator: Trained, third: Third | None = None
) -> Interval | None:
    """Return the ratio of two scatters on the clusters that both test, halos and training seeds resampled.

    None where a network is not trained, where one did not train (:mod:`report_utils.cnn.untrained`), or with too few
    halos. ``third`` takes only the clusters in the middle third of true masses, or those in the two outer ones.
    """
    tested = {}
    for name, (variant, transform) in {"numerator": numerator, "denominator": denominator}.items():
        outcome = outcomes.get(variant)
        if outcome is None or transform not in outcome.cross_validations:
            return None
        tested[name] = SeedPredictions.of(outcome.cross_validations[transform])
    if third is not None:
        wanted = third == "middle"
        tested = {name: one.among(one.cluster[middle_third(one.truth) == wanted]) for name, one in tested.items()}
    runs = Runs(tested)
    return None if runs.untrained or runs.n_halos < MINIMUM_GROUPS else runs.ratio(*tested)


def judge_conjecture(middle: Interval, outer: Interval) -> str:
    """Judge whether structure is what the second band sorts the middle masses by (report, section 5).

    ``middle`` and ``outer`` are what two bands lose with their structure: the ratio of scatters of scrambled over real
    images, in the middle third of masses and outside. It *holds* if the loss in the middle lies above 1 and above that
    outside, and *fails* if it lies inside the margin of no difference.
    """
    if middle.low > max(1, outer.high):
        return HOLDS
    return FAILS if within(middle, MARGIN) == HOLDS else UNDECIDED


PredictionRow = tuple[Prediction, Interval | None, str]
"""A prediction, what was measured, and the verdict."""


def predictions_table(predictions: Sequence[Prediction], outcomes: Mapping[str, Outcome | None]) -> list[PredictionRow]:
    """Return each prediction with what was measured and the verdict."""
    measured = [scatter_ratio(outcomes, one.numerator, one.denominator) for one in predictions]
    return [
        (one, found, NOT_MEASURED if found is None else one.verdict(found))
        for one, found in zip(predictions, measured, strict=True)
    ]


def predictions_markdown(rows: Sequence[PredictionRow]) -> str:
    """Write predictions beside what was measured."""
    cells = [
        [one.label, f"{one.low:.2f} to {one.high:.2f}", "" if found is None else f"{found:.2f}", verdict]
        for one, found, verdict in rows
    ]
    return markdown_table(["Ratio of scatters", "Predicted", "Measured [95% interval]", "Verdict"], cells, "lrrl")


def counted_verdicts(verdicts: Sequence[str]) -> str:
    """Say how many predictions came out in which way, in a sentence."""
    said = [f"{verdicts.count(AS_PREDICTED) or 'none'} came out as predicted"]
    said += [f"{n} did not" for n in [verdicts.count(NOT_AS_PREDICTED)] if n]
    for verdict, one, more in ((UNDECIDED, "is", "are"), (NOT_MEASURED, "was", "were")):
        if n := verdicts.count(verdict):
            said.append(f"{n} {one if n == 1 else more} {verdict}")
    return f"Of {len(verdicts)} prediction{'s' * (len(verdicts) != 1)}, {listing(said)}."


def typical(values: ArrayLike, statistic: Callable[..., float] = np.median) -> Interval:
    """Return the median of independent values, or another statistic, with its 95 % interval.

    Values are resampled, and the percentiles taken (Efron & Tibshirani 1993, section 13.3). With fewer than
    :data:`MINIMUM_GROUPS` values, or if all are equal, the ends are NaN.
    """
    from scipy.stats import bootstrap

    values = np.asarray(values, dtype=np.float64)
    estimate = float(statistic(values))
    if len(values) < MINIMUM_GROUPS or np.ptp(values) == 0:
        return Interval(estimate, np.nan, np.nan)
    found = bootstrap((values,), statistic, method="percentile", n_resamples=2000, rng=0).confidence_interval
    return Interval(estimate, float(found.low), float(found.high))


def agreed(verdicts: Iterable[str]) -> str:
    """Return what all networks say, of :data:`HOLDS` and :data:`FAILS`; if they differ, nothing is decided."""
    said = set(verdicts)
    return {HOLDS: AS_PREDICTED, FAILS: NOT_AS_PREDICTED}.get(said.pop(), UNDECIDED) if len(said) == 1 else UNDECIDED


def overall(measured: Sequence[Interval]) -> Interval:
    """Return the mean over networks, from the lowest to the highest end of their intervals."""
    values, low, high = ([getattr(one, name) for one in measured] for name in ("value", "low", "high"))
    return Interval(float(np.mean(values)), float(np.min(low)), float(np.max(high)))


def seed_spread(measured: Sequence[Interval], folds: ArrayLike) -> float:
    """Return the standard deviation between training seeds of one fold, all folds together; NaN with one seed."""
    values, folds = np.array([one.value for one in measured]), np.asarray(folds)
    of_folds = [values[folds == fold] for fold in np.unique(folds)]
    freedom = sum(len(part) - 1 for part in of_folds)
    squares = sum(float(np.sum((part - part.mean()) ** 2)) for part in of_folds)
    return float(np.sqrt(squares / freedom)) if freedom else float("nan")


def effect(measured: Sequence[Interval], folds: ArrayLike, limit: float = 1.0) -> Literal[-1, 0, 1]:
    """Tell on which side of a limit networks lie: 1 above, -1 below, 0 if that is not shown.

    It is shown if all intervals lie on one side, and the mean differs by more than the spread between training seeds.
    """
    mean = overall(measured)
    if abs(mean.value - limit) <= seed_spread(measured, folds):  # NaN, with one seed, refuses nothing
        return 0
    return 1 if mean.low > limit else -1 if mean.high < limit else 0


def summed_up(measured: Sequence[Interval], folds: ArrayLike) -> str:
    """Write the mean over networks and, after ±, the spread between training seeds.

    Of several networks, parentheses have the ends of :func:`overall`, with other signs than a 95% interval.
    """
    if len(measured) < 2:
        return listed(measured) or "–"
    found, spread = overall(measured), seed_spread(measured, folds)
    ends = f" ({found.low:.2f}\u00a0…\u00a0{found.high:.2f})" if np.isfinite(found.low) else ""
    return f"{found.value:.2f}{ends}".replace("-", "−") + (f" ±\u00a0{spread:.2f}" if np.isfinite(spread) else "")


def listed(measured: Iterable[Interval]) -> str:
    """Write numbers with their intervals, where they have one."""
    return "; ".join(f"{one:.2f}" if np.isfinite(one.low) else f"{one.value:.2f}".replace("-", "−") for one in measured)
