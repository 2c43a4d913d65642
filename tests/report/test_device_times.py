"""What a card would take, against steps counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from report_utils.cnn.cost import H100, Device, step_bytes, step_seconds, training_parts, useful_operations
from report_utils.profiles import load_profile
from report_utils.report.device_times import (
    ALL_GOAL,
    FOLDS_GOAL,
    DeviceTime,
    device_times,
    device_times_markdown,
    goals_in_words,
    step_markdown,
)

PAPER = load_profile("paper")
STEPS = 100 * 1479  # 2958 observations in eight views, in batches of 16


def test_ten_folds_one_after_another_are_all_their_steps():
    alone, together, *_ = device_times(H100, PAPER, 0.3, "multi_band_4")
    assert (alone.way, together.way) == ("one after another", "together")
    assert alone.at_peak == pytest.approx(10 * STEPS * step_seconds(H100, 4, 128, 16))
    assert together.at_share == pytest.approx(STEPS * step_seconds(H100.at(0.3), 4, 128, 16, n_networks=10))
    assert alone.goal == together.goal == FOLDS_GOAL == 240


def test_folds_together_save_the_starts_alone():
    starts = len(training_parts(4, 128)) * H100.start_seconds
    for share in (1.0, 0.3):
        alone, together, *_ = device_times(H100, PAPER, share, "multi_band_4")
        assert alone.at_share - together.at_share == pytest.approx(9 * STEPS * starts)


def test_all_transforms_are_the_sum_of_each():
    names = ["single_band", "single_band_thresholded"]
    names += [f"{kind}_{k}" for kind in ("multi_band", "agn_less") for k in (1, 2, 3, 4)]
    names += [f"retained_{p}" for p in (99, 95, 90, 75, 50, 25)]
    each = [device_times(H100, PAPER, 0.3, name)[0].at_share for name in names]
    of_all = device_times(H100, PAPER, 0.3, "multi_band_4")[2]
    assert of_all.at_share == pytest.approx(sum(each))
    assert of_all.goal == ALL_GOAL == 3600


def test_a_step_in_numbers():
    """On a device without starts whose memory takes no time, a step takes what its arithmetic does."""
    device = Device("arithmetic alone", 1e12, 1e30, 0.0)
    text = step_markdown(device, PAPER, 4, 0.5)
    operations = 16 * useful_operations(4, 128) / 1e9
    assert f"| {operations:.2f} × 10⁹ | {10 * operations:.2f} × 10⁹ |" in text
    moved = step_bytes(4, 128, 16) / 1e9
    assert f"| {moved:.2f} GB | {10 * moved:.2f} GB |" in text
    assert f"| {len(training_parts(4, 128))} | {len(training_parts(4, 128))} |" in text
    assert f"| a step at 50% of it | {2e3 * step_seconds(device, 4, 128, 16):.2f} ms |" in text


def test_tables_and_words_say_whether_a_goal_is_kept():
    one = DeviceTime("ten folds", "together", at_peak=120.0, at_share=300.0, goal=240.0)
    assert "| ten folds, together | 2 min | 5 min | 4 min |" in device_times_markdown([one], 0.3)
    assert goals_in_words([one], 0.3) == (
        "ten folds, together, would keep to 4 min at the peak and miss it at 30% of it"
    )
    assert "would miss 4 min even at the peak" in goals_in_words([replace(one, at_peak=241.0)], 0.3)
    assert "would keep to 4 min at 30% of the peak too" in goals_in_words([replace(one, at_share=239.0)], 0.3)
    assert "| 2 h |" in device_times_markdown([replace(one, at_share=7200.0)], 0.3)
