"""What pages say of a step from one transform to another: a measured change, or why there is none."""

from dataclasses import replace

import numpy as np
import pytest

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
        made.__dict__.update(everything=tested, runs=Runs(tested, n_resamples=50))
        return made

    return make


def test_a_step_between_trained_networks_is_measured(judged):
    assert judged().step(PAIR).startswith("falls by ")
    assert judged().warning == ""


@pytest.mark.parametrize("dead", PAIR)
def test_a_step_from_or_to_a_network_that_did_not_train_is_not_known(judged, dead):
    made = judged([dead])
    assert made.step(PAIR) == f"is not known: {dead} did not train."
    assert made.step(("multi_band_4", "multi_band_3"))[:3] in {"fal", "ris", "may"}
    assert f"- {dead}: fold 0" in made.warning


def test_a_step_to_what_was_not_run_is_not_known(judged):
    assert judged().step(("retained_25", "multi_band_4")) == "is not known: these results do not include both."
