"""What pages say of a step from one transform to another: a measured change, or why there is none."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tests.report.markdown import cells

from report_utils.binning import TRANSFORMS
from report_utils.profiles import load_profile
from report_utils.report.claim_tests import Runs
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.reproduced_results import Judged, step
from report_utils.report.seeds import SeedPredictions

PAIR = ("multi_band_2", "multi_band_1")


@pytest.fixture
def judged(report_like):
    def make(dead=()):
        tested = {name: SeedPredictions.of(run) for name, run in report_like.items() if name != "retained_25"}
        tested |= {
            name: replace(tested[name], predictions=np.full((1, *report_like[name].predictions.shape), 14.0))
            for name in dead
        }
        made = Judged(reproduction=None)
        made.__dict__.update(runs=Runs(tested, n_resamples=50), full=None)
        return made

    return make


def test_a_step_between_trained_networks_is_measured(judged):
    assert step(judged().runs, PAIR).startswith("falls by ")
    assert judged().warning == ""


@pytest.mark.parametrize("dead", PAIR)
def test_a_step_from_or_to_a_network_that_did_not_train_is_not_known(judged, dead):
    made = judged([dead])
    assert step(made.runs, PAIR) == f"is not known: {dead} did not train."
    assert step(made.runs, ("multi_band_4", "multi_band_3"))[:3] in {"fal", "ris", "cha"}
    assert f"- {dead}: fold 0" in made.warning


def test_a_step_to_what_was_not_run_is_not_known(judged):
    assert step(judged().runs, ("retained_25", "multi_band_4")) == "is not known: these results do not include both."


def test_a_ratio_that_excludes_the_printed_one_says_how_far_each_scatter_is(made_up):
    """A single band of twice the printed scatter, two bands as printed: the ratio is half the printed one."""
    runs = Runs({name: made_up(name, s) for name, s in zip(PAIR, (0.06345, 2 * 0.11744), strict=True)}, n_resamples=50)
    factors = [runs.tested[name].residuals.std() / PUBLISHED.rows[name].scatter for name in PAIR]
    assert factors == pytest.approx([1, 2], rel=0.1)
    said = step(runs, PAIR)
    assert "The report's ratio is 0.54" in said
    for name, factor in zip(PAIR, factors, strict=True):
        assert f"that of *{TRANSFORMS[name].label}* is {factor:.2f}" in said
    nothing_printed = Runs({name: made_up(name, 0.06) for name in ("agn_less_2", "multi_band_2")}, n_resamples=50)
    assert "printed" not in step(nothing_printed, ("agn_less_2", "multi_band_2"))


@pytest.mark.parametrize(
    ("groups", "grouped", "halos", "shared"),
    [("aabbcc", False, "6, 3", "50%"), ("abcdef", False, "6, 6", "0%"), ("aabbcc", True, "6, 3", "50%")],
)
def test_a_page_says_when_a_halo_is_in_training_and_test(groups, grouped, halos, shared):
    """Two of the four observations that folds 0 and 1 test show a halo of another fold."""
    quick = load_profile("quick")
    profile = quick.model_copy(update={"folds": quick.folds.model_copy(update={"grouped": grouped})})
    made = Judged(SimpleNamespace(profile=profile, groups=list(groups), fold_of=lambda: np.array([0, 1, 0, 0, 2, 3])))
    made.__dict__.update(results={}, dynamics={"multi_band_4": [None] * 3}, full=None)
    said = dict(row for row in cells(made.how_trained))
    assert said["trainings of each dynamics"] == "3"
    assert said["folds"] == ("each halo in one fold" if grouped else "drawn regardless of halos")
    assert said["observations, halos"] == halos
    assert said["test observations with their halo in training"] == shared
