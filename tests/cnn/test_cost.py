"""The arithmetic and the traffic of a training step, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from report_utils.cnn.cost import H100, Device, fit_seconds, step_bytes, step_seconds, training_parts, useful_operations


def test_operations_by_hand():
    """At 128 pixels and four channels, in millions: 18.9, 37.7 and 37.7 forwards; backwards once, twice and twice."""
    first, second, third = 2 * 9 * 4 * 16 * 128**2, 2 * 9 * 16 * 32 * 64**2, 2 * 9 * 32 * 64 * 32**2
    dense = 3 * 2 * (64 * 200 + 200 * 100 + 100 * 20 + 20)
    assert useful_operations(4, 128) == 2 * first + 3 * second + 3 * third + dense
    assert useful_operations(4, 128) == pytest.approx(264.4e6, rel=1e-3)


def test_operations_follow_the_pixels():
    dense = 3 * 2 * (64 * 200 + 200 * 100 + 100 * 20 + 20)
    convolutions = [useful_operations(2, n) - dense for n in (32, 64, 128)]
    assert convolutions[1] == 4 * convolutions[0]
    assert convolutions[2] == 16 * convolutions[0]


def test_the_traffic_of_the_first_convolution_by_hand():
    """It reads 4 and writes 16 numbers a pixel; its gradient reads both again."""
    parts = {part.name: part for part in training_parts(4, 128)}
    assert parts["convolution 1"].numbers == 20 * 128**2
    assert parts["convolution 1, gradient of the kernel"].numbers == 20 * 128**2
    assert "convolution 1, gradient of the input" not in parts
    assert parts["pooling 1"].numbers == (16 + 4) * 128**2
    assert step_bytes(4, 128, 16) == 16 * step_bytes(4, 128, 1)


def test_the_slower_of_arithmetic_and_traffic_decides():
    arithmetic = Device("slow arithmetic", 1e9, 1e30, 0.0)
    assert step_seconds(arithmetic, 4, 128, 16) == pytest.approx(16 * useful_operations(4, 128) / 1e9, rel=0.01)
    traffic = Device("slow memory", 1e30, 1e9, 0.0)
    assert step_seconds(traffic, 4, 128, 16) == pytest.approx(step_bytes(4, 128, 16) / 1e9)
    starts = Device("slow starts", 1e30, 1e30, 1.0)
    assert step_seconds(starts, 4, 128, 16) == len(training_parts(4, 128))


def test_networks_side_by_side_share_the_starts_alone():
    starts = len(training_parts(4, 128)) * H100.start_seconds
    one, ten = (step_seconds(H100, 4, 128, 16, n_networks=n) for n in (1, 10))
    assert ten - starts == pytest.approx(10 * (one - starts))


def test_a_fit_is_its_steps():
    """2957 observations in eight views are 1479 batches of 16, the last one smaller."""
    step = step_seconds(H100, 4, 128, 16)
    assert fit_seconds(H100, 4, 128, 16, n_train=2957, epochs=100) == pytest.approx(147_900 * step)
    assert fit_seconds(H100, 4, 128, 16, n_train=2957, epochs=1, share_of_peak=0.5) > 1479 * step


def test_a_share_of_the_peak_slows_arithmetic_and_traffic_and_no_starts():
    half = H100.at(0.5)
    assert (half.operations, half.bandwidth) == (H100.operations / 2, H100.bandwidth / 2)
    starts = len(training_parts(4, 128)) * H100.start_seconds
    assert step_seconds(half, 4, 128, 16) - starts == pytest.approx(2 * (step_seconds(H100, 4, 128, 16) - starts))
    slower = fit_seconds(H100, 4, 128, 16, n_train=2957, epochs=1, share_of_peak=0.5)
    assert slower == pytest.approx(1479 * step_seconds(half, 4, 128, 16))
