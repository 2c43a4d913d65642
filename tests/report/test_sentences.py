"""Sentences carry the numbers that they were given."""

import numpy as np
import pytest

from report_utils.binning import TRANSFORMS
from report_utils.profiles import load_profile
from report_utils.report.claim_tests import Evidence
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED, Interval
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.seeds import SeedPredictions
from report_utils.report.sentences import (
    beside_printed,
    change,
    example_rows,
    folds_and_halos,
    listing,
    seeds_of_claims,
    source_words,
    thousands,
    trainings,
    verdict_counts,
)


@pytest.mark.parametrize(
    ("interval", "says"),
    [
        ((0.55, 0.5, 0.6), "falls by 45% (95% interval: 40 to 50%)"),
        ((1.2, 1.1, 1.31), "rises by 20% (95% interval: 10 to 31%)"),
        ((1.0, 0.9, 1.05), "may change either way (95% interval: −10 to +5%)"),
    ],
)
def test_a_change_and_its_interval(interval, says):
    assert change(Interval(*interval)) == says


def test_trainings_are_counted():
    assert trainings([1]) == "Each network is trained once."
    assert trainings([2, 2]).startswith("Each network is trained 2 times on the same folds,")
    assert "1 to 3 times" in trainings([1, 3])
    assert "might reverse a difference" in seeds_of_claims([1, 3], [3, 3])
    assert "might reverse a difference" not in seeds_of_claims([3, 3], [3, 3])


def test_observations_of_an_archive_are_not_called_simulated():
    quick = load_profile("quick")
    source = quick.source.model_copy(update={"archive": "somewhere"})
    assert source_words(quick.model_copy(update={"source": source})) == "observations of an archive"
    assert source_words(quick) == "simulated observations"


def test_a_ratio_that_excludes_the_printed_one_says_which_scatter_differs(made_up):
    """A single band of twice the printed scatter, two bands as printed: the ratio is half the printed one."""
    pair = ("multi_band_2", "multi_band_1")
    tested = {name: SeedPredictions.of(made_up(name, s)) for name, s in zip(pair, (0.06345, 2 * 0.11744), strict=True)}
    said = beside_printed(Interval(0.27, 0.25, 0.29), pair, tested)
    assert "excludes 0.54" in said
    assert f"mostly because of *{TRANSFORMS['multi_band_1'].label}*" in said
    factors = [tested[name].residuals.std() / PUBLISHED.rows[name].scatter for name in pair]
    assert f"with it is {factors[1]:.2f} times the printed one" in said
    assert f"{factors[0]:.2f} times." in said
    assert beside_printed(Interval(0.5, 0.45, 0.6), pair, tested) == ""
    assert beside_printed(Interval(0.5, 0.45, 0.6), ("agn_less_2", "multi_band_2"), tested) == ""  # nothing is printed


def test_a_page_says_when_a_halo_is_in_training_and_test():
    quick = load_profile("quick")
    assert quick.folds.run == 2
    fold_of = np.array([0, 1, 0, 0, 2, 3])
    groups = ["a", "a", "b", "b", "c", "c"]
    said = folds_and_halos(quick, fold_of, groups)
    assert "The 6 observations here show 3 halos, so 50% of the test observations" in said
    assert "Whether this holds for the report is not known" in said
    assert "no test observation is known to share its halo" in folds_and_halos(quick, fold_of, list("abcdef"))
    grouped = quick.model_copy(update={"folds": quick.folds.model_copy(update={"grouped": True})})
    assert "keep all observations of a halo together" in folds_and_halos(grouped, fold_of, groups)


def test_examples_span_the_masses_and_do_not_depend_on_the_sample_size():
    masses = np.random.default_rng(0).normal(14, 0.3, 1000)
    rows = example_rows(masses)
    assert list(masses[rows]) == sorted(masses[rows], reverse=True)
    assert masses[rows[0]] == masses[:48].max()
    assert masses[rows[-1]] == masses[:48].min()
    np.testing.assert_array_equal(rows, example_rows(masses[:48]))
    assert len(example_rows(masses[:3])) == 3


def test_counts_and_lists():
    evidence = {str(i): Evidence(verdict) for i, verdict in enumerate([HOLDS, HOLDS, FAILS, UNDECIDED])}
    assert verdict_counts(evidence) == "Of the report's 4 claims, 2 hold, 1 fails, and 1 is undecided at this size."
    assert (listing(["a"]), listing(["a", "b", "c"]), listing([])) == ("a", "a, b and c", "none")
    assert thousands(6558594) == "6\u202f558\u202f594"
