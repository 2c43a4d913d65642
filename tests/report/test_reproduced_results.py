"""What pages say of all transforms together: which did not train, and how the others were trained."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tests.report.markdown import cells

from report_utils.profiles import load_profile
from report_utils.report.claim_tests import Runs
from report_utils.report.reproduced_results import Judged
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


def test_networks_that_did_not_train_are_named(judged):
    assert judged().warning == ""
    assert f"- {PAIR[0]}: fold 0" in judged([PAIR[0]]).warning


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
