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
    dynamics_provenance,
    example_rows,
    folds_and_halos,
    intervals,
    is_reports_protocol,
    listing,
    provenance,
    retained_caveat,
    seeds_of_claims,
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


def test_only_the_reports_protocol_is_comparable():
    paper, quick = load_profile("paper"), load_profile("quick")
    assert is_reports_protocol(paper, 3286)
    assert not is_reports_protocol(paper, 48)
    assert not is_reports_protocol(quick, 3286)
    assert "only trends" in provenance(quick, 1400)
    assert "1\u202f400 simulated" in provenance(quick, 1400)
    assert "own protocol" in provenance(paper, 3286)


def test_provenance_names_the_reports_numbers_and_the_intervals_alike():
    paper, quick = load_profile("paper"), load_profile("quick")
    assert "100 epochs on 3\u202f286 observations at 128 × 128" in provenance(quick, 1400)
    text = dynamics_provenance(quick, 1400, 140)
    assert "1\u202f260 training and 140 test" in text
    assert f"{quick.dynamics.epochs} + 1 epochs a phase" in text
    assert "trains 50 + 1 epochs a phase on 3\u202f286" in text
    assert "folds" not in text
    assert "own protocol" in dynamics_provenance(paper, 3286, 328)
    assert intervals([1]) in text
    assert intervals([3, 3]) in provenance(quick, 1400, [3, 3])
    assert "Intervals" not in provenance(quick, 1400)


def test_intervals_say_what_was_drawn():
    assert "without seeds" in intervals([1, 1])
    assert "trained" not in intervals([1])
    assert "training seeds of each fold, 3 of each" in intervals([3, 3])
    assert "without seeds" not in intervals([3, 3])
    mixed = intervals([1, 3])
    assert "up to 3" in mixed
    assert "Those of results with one seed are without seeds" in mixed
    assert "the trainings of the 10 folds" in intervals([1], 10)
    assert "without seeds" not in intervals([1], 10)
    assert (trainings([1]), trainings([2, 2])[:32]) == (
        "Each network is trained once, with one training seed.",
        "Each network is trained 2 times,",
    )
    assert "1 to 3 times" in trainings([1, 3])
    assert "might reverse it" in seeds_of_claims([1, 3], [3, 3])
    assert "might reverse it" not in seeds_of_claims([3, 3], [3, 3])


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


def test_archives_are_not_called_simulated():
    quick = load_profile("quick")
    source = quick.source.model_copy(update={"archive": "somewhere"})
    said = provenance(quick.model_copy(update={"source": source}), 1400)
    assert "observations of an archive" in said
    assert "simulated" not in said


def test_a_page_says_when_a_halo_is_in_training_and_test():
    quick = load_profile("quick")
    assert quick.folds.run == 2
    fold_of = np.array([0, 1, 0, 0, 2, 3])
    groups = ["a", "a", "b", "b", "c", "c"]
    said = folds_and_halos(quick, fold_of, groups)
    assert "The 6 observations here show 3 halos, so 50% of the test observations" in said
    assert "Of the report's halos and folds this is not known" in said
    assert "is known to be" in folds_and_halos(quick, fold_of, list("abcdef"))
    grouped = quick.model_copy(update={"folds": quick.folds.model_copy(update={"grouped": True})})
    assert "keep all observations of a halo together" in folds_and_halos(grouped, fold_of, groups)


def test_emptied_pixels_have_a_caveat_only_away_from_the_protocol():
    assert retained_caveat(load_profile("paper"), 3286) == ""
    assert "32 × 32" in retained_caveat(load_profile("quick"), 1200)


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
    assert verdict_counts(evidence) == "Of the report's 4 claims, 2 hold, 1 fail, and 1 are undecided at this size."
    assert (listing(["a"]), listing(["a", "b", "c"]), listing([])) == ("a", "a, b and c", "none")
    assert thousands(6558594) == "6\u202f558\u202f594"
