"""Predictions of the study of the second band: committed as numbers, judged by intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.report.markdown import cells

from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED, Interval
from report_utils.report.second_band import (
    AS_PREDICTED,
    NOT_AS_PREDICTED,
    NOT_MEASURED,
    PREDICTIONS,
    Prediction,
    agreed,
    counted_verdicts,
    effect,
    judge_conjecture,
    listed,
    overall,
    predictions_markdown,
    predictions_table,
    range_verdict,
    scatter_ratio,
    seed_spread,
    summed_up,
    typical,
)
from report_utils.report.studies import study_text
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import Outcome

ONE_OVER_THE_OTHER = Prediction("page", "two over one", ("a", "multi_band_2"), ("b", "single_band"), 0.4, 0.6)


@pytest.fixture
def outcomes(made_up):
    """Two bands of 0.05 dex in one variant, one band of 0.1 in the other, each trained with three seeds."""

    def outcome(name, scatter):
        runs = tuple(made_up(name, scatter, seed=seed, shared=0.8) for seed in range(3))
        return Outcome(WHY.default, None, {name: runs}, {}, None)

    return {"a": outcome("multi_band_2", 0.05), "b": outcome("single_band", 0.1), "c": None}


def test_a_ratio_is_of_the_same_clusters_in_two_variants(outcomes):
    measured = scatter_ratio(outcomes, ("a", "multi_band_2"), ("b", "single_band"))
    assert measured.value == pytest.approx(0.5, rel=0.08)
    assert 0.4 < measured.low < measured.value < measured.high < 0.6
    assert measured.n_seeds == 3


def test_a_ratio_in_a_third_of_the_masses(made_up):
    real = made_up("multi_band_2", 0.05, shared=0.8)
    low, high = np.quantile(real.truth, [1 / 3, 2 / 3])
    is_middle = (real.truth > low) & (real.truth <= high)
    scrambled = replace(real, predictions=real.truth[:, None] + real.residuals * np.where(is_middle, 1.5, 1)[:, None])
    of = {
        name: Outcome(WHY.default, None, {"multi_band_2": (runs,)}, {}, None)
        for name, runs in (("real", real), ("scrambled", scrambled))
    }
    pair = ("scrambled", "multi_band_2"), ("real", "multi_band_2")
    assert scatter_ratio(of, *pair, "middle").value == pytest.approx(1.5)
    assert scatter_ratio(of, *pair, "outer").value == pytest.approx(1)


@pytest.mark.parametrize(
    ("middle", "outer", "verdict"),
    [
        ((1.2, 1.1, 1.3), (1.0, 0.95, 1.05), HOLDS),
        ((1.2, 1.1, 1.3), (1.2, 1.1, 1.3), UNDECIDED),
        ((1.02, 0.97, 1.07), (1.0, 0.95, 1.05), FAILS),
        ((1.08, 0.9, 1.3), (1.0, 0.95, 1.05), UNDECIDED),
    ],
)
def test_the_conjecture_needs_structure_to_matter_in_the_middle(middle, outer, verdict):
    assert judge_conjecture(Interval(*middle), Interval(*outer)) == verdict


def test_what_is_not_trained_is_not_measured(outcomes):
    assert scatter_ratio(outcomes, ("c", "multi_band_2"), ("b", "single_band")) is None
    assert scatter_ratio(outcomes, ("a", "multi_band_4"), ("b", "single_band")) is None
    assert scatter_ratio({}, ("a", "multi_band_2"), ("b", "single_band")) is None


def test_a_network_that_did_not_train_is_no_result(outcomes, made_up):
    dead = made_up("single_band", 0.1)
    dead.predictions[:] = dead.truth.mean()
    with_dead = outcomes | {"b": Outcome(WHY.default, None, {"single_band": (dead,)}, {}, None)}
    assert scatter_ratio(with_dead, ("a", "multi_band_2"), ("b", "single_band")) is None


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.45, 0.55, AS_PREDICTED),
        (0.35, 0.45, UNDECIDED),
        (0.3, 0.39, NOT_AS_PREDICTED),
        (0.61, 0.9, NOT_AS_PREDICTED),
        (0.3, 0.9, UNDECIDED),
        (float("nan"), float("nan"), UNDECIDED),
    ],
)
def test_the_rule(low, high, verdict):
    assert ONE_OVER_THE_OTHER.verdict(Interval(0.5, low, high)) == verdict


def test_a_table_shows_prediction_and_outcome(outcomes):
    text = predictions_markdown(predictions_table([ONE_OVER_THE_OTHER], outcomes))
    (row,) = cells(text)[1:] if cells(text)[0][0].startswith("Ratio") else cells(text)
    assert row[:2] == ["two over one", "0.40 to 0.60"]
    assert row[3] == AS_PREDICTED
    assert "not measured" in predictions_markdown(predictions_table([ONE_OVER_THE_OTHER], {}))


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([AS_PREDICTED], "Of 1 prediction, 1 came out as predicted."),
        ([NOT_AS_PREDICTED, UNDECIDED], "Of 2 predictions, none came out as predicted, 1 did not and 1 is undecided"),
        ([AS_PREDICTED, UNDECIDED, UNDECIDED], "1 came out as predicted and 2 are undecided at this size."),
        ([AS_PREDICTED, *[NOT_MEASURED] * 2], "1 came out as predicted and 2 were not measured."),
    ],
)
def test_verdicts_are_counted_in_a_sentence(verdicts, said):
    assert said in counted_verdicts(verdicts)


def test_every_prediction_is_of_runs_of_the_study():
    variants = {variant.name: variant for variant in WHY.all_variants}
    for one in PREDICTIONS:
        assert one.low < one.high
        for variant, transform in (one.numerator, one.denominator):
            assert transform in variants[variant].transforms
    assert len({(one.page, one.label) for one in PREDICTIONS}) == len(PREDICTIONS)


def test_the_committed_numbers_stay():
    # predictions are not changed after the networks were trained
    said = {one.label: (round(one.low, 2), round(one.high, 2)) for one in PREDICTIONS if one.page.startswith("why-1")}
    assert said == {
        "distance given: two bands over one": (0.56, 0.87),
        "all at one redshift: two bands over one": (0.56, 0.87),
        "one band: distance given over hidden": (0.33, 0.52),
        "two bands: distance given over hidden": (0.55, 0.85),
        "temperatures regardless of mass: two over one": (0.80, 1.24),
        "scatter of ln T 0: two bands over one": (0.25, 0.40),
        "scatter of ln T 0.15: two bands over one": (0.49, 0.77),
        "scatter of ln T 0.3: two bands over one": (0.66, 1.03),
    }


def test_the_ranges_of_destroyed_images_stay():
    said = [(round(one.low, 2), round(one.high, 2)) for one in PREDICTIONS if one.page == "why-4-image"]
    assert said == [(1.0, 1.4), (1.05, 1.5), (0.95, 1.3), (0.95, 1.3), *[(0.87, 1.15)] * 4]


def test_a_terminal_shows_every_prediction():
    text = study_text(WHY, dict.fromkeys((variant.name for variant in WHY.all_variants), None))
    assert all(one.label in text for one in PREDICTIONS)
    assert text.count("not measured") == len(PREDICTIONS)


INSIDE, ABOVE, BELOW, ACROSS = (Interval(1, *ends) for ends in ((1.1, 1.2), (1.6, 1.9), (0.7, 0.9), (0.9, 1.2)))
WITHOUT = Interval(1.2, np.nan, np.nan)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([INSIDE, INSIDE], AS_PREDICTED),
        ([ABOVE, BELOW], NOT_AS_PREDICTED),
        ([INSIDE, ABOVE], UNDECIDED),
        ([INSIDE, ACROSS], UNDECIDED),
        ([WITHOUT], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_a_range_is_judged_by_all_intervals(measured, expected):
    assert range_verdict(measured, 1.0, 1.5) == expected


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([HOLDS, HOLDS], AS_PREDICTED),
        ([FAILS], NOT_AS_PREDICTED),
        ([HOLDS, FAILS], UNDECIDED),
        ([UNDECIDED], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_networks_have_to_agree(verdicts, expected):
    assert agreed(verdicts) == expected


def test_the_mean_of_gaussian_values_has_their_standard_error(rng):
    found = typical(rng.normal(3, 1, 400), np.mean)
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("values", [np.arange(5), np.ones(50)])
def test_few_or_equal_values_have_no_interval(values):
    found = typical(values)
    assert found.value == np.median(values)
    assert np.isnan([found.low, found.high]).all()


def test_intervals_are_written_where_there_are_any():
    assert listed([INSIDE, WITHOUT, Interval(-0.5, np.nan, np.nan)]) == "1.00 [1.10, 1.20]; 1.20; −0.50"


def test_networks_together_have_the_widest_interval():
    assert overall([INSIDE, BELOW]) == Interval(1, 0.7, 1.2)
    assert np.isnan(overall([INSIDE, WITHOUT]).low)


def of_values(*values, half_width=0.01):
    return [Interval(value, value - half_width, value + half_width) for value in values]


def test_seeds_are_compared_within_their_fold():
    """Folds test other clusters: what differs between them says nothing about seeds."""
    measured, folds = of_values(1, 2, 3, 11, 12, 13), [0, 0, 0, 1, 1, 1]
    assert seed_spread(measured, folds) == pytest.approx(1)
    assert np.isnan(seed_spread(of_values(1, 2), [0, 1]))
    assert summed_up(measured, folds) == "7.00 (0.99\u00a0…\u00a013.01) ±\u00a01.00"
    assert summed_up(of_values(1, -2), [0, 1]) == "−0.50 (−2.01\u00a0…\u00a01.01)"


def test_one_network_has_its_own_interval():
    assert summed_up(of_values(1), [0]) == "1.00 [0.99, 1.01]"
    assert summed_up([], []) == "–"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1.2, 1.3, 1.25), 1),
        ((0.8, 0.7, 0.75), -1),
        ((1.2, 1.3, 1.005), 0),  # one interval holds 1
        ((1.02, 1.03, 1.9), 0),  # seeds differ by more than the mean does from 1
    ],
)
def test_an_effect_is_seen_by_all_and_exceeds_the_spread_between_seeds(values, expected):
    assert effect(of_values(*values), [0, 0, 0]) == expected
    assert effect(of_values(1.2), [0]) == 1
