"""What the report's protocol takes, worked out of known rates."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from report_utils.binning import TRANSFORMS, get_transform
from report_utils.cnn.cost import H100, fit_seconds, useful_operations
from report_utils.profiles import load_profile
from report_utils.report.full_size import (
    Pace,
    costs_markdown,
    demand,
    first_to_break,
    fits_and_dynamics,
    growth_markdown,
    measured_pace,
    refused,
)
from report_utils.report.measurements import BenchmarkResult, Measurement, Quantity

PAPER = load_profile("paper")


def test_the_paper_is_160_fits_and_two_dynamics():
    fits, dynamics = fits_and_dynamics(PAPER, 3286)
    assert (len(fits), len(dynamics)) == (160, 2)
    assert {job.n_train for job in fits} == {3286 - 328}
    assert {job.epochs for job in dynamics} == {204}
    four = next(job for job in fits if job.transform == "multi_band_4")
    assert four.operations(128) == 100 * 8 * 2958 * useful_operations(4, 128)


def runs_of(seconds, backend="tensorflow"):
    inputs = {"transform": "multi_band_2", "fold": 0, "training": {"epochs": 3}, "backend": backend}
    manifest = {"inputs": inputs, "seconds": seconds, "machine": {"processor": "A core, stepping 1"}}
    return SimpleNamespace(
        transforms=tuple(TRANSFORMS),
        profile=SimpleNamespace(n_pixels=32),
        manifests=lambda transforms: [manifest, manifest],
        fold_of=lambda: np.array([0, 1, 1, 1, 1]),
    )


def test_the_pace_is_that_of_this_books_runs_on_the_processor():
    pace = measured_pace(runs_of(2.0), [])
    assert pace.operations == pytest.approx(3 * 8 * 4 * useful_operations(2, 32) / 2.0)
    assert "the 2 fits of this book took 4 core-seconds at 32 pixels on A core" in pace.measured
    assert measured_pace(runs_of(None), []) is None
    assert measured_pace(runs_of(2.0, "jax"), []) is None


def test_a_benchmark_at_the_reports_size_is_preferred():
    fits = Measurement(name="training/128", title="fits", unit="fits/h", ours=Quantity.of([2.0]))
    result = BenchmarkResult(
        benchmark="training",
        date="2026-11-25T04:00:00",
        commit=None,
        uncommitted=None,
        processor="A core, stepping 1",
        n_cores=4,
        load=(0.0, 0.0),
        seconds=1.0,
        versions={},
        measurements=[fits],
    )
    pace = measured_pace(runs_of(2.0), [result])
    assert pace.operations == pytest.approx(0.5 / 3600 * 100 * 8 * 2958 * useful_operations(4, 128))
    assert "2026-11-25" in pace.measured


def test_everything_but_the_starts_on_a_device_grows_in_proportion():
    one, ten = (demand(PAPER, Pace(1e11, ""), H100, 0.5, times=times) for times in (1, 10))
    fits, dynamics = fits_and_dynamics(PAPER, 3286)
    assert one.core_hours == pytest.approx(sum(job.operations(128) for job in (*fits, *dynamics)) / 1e11 / 3600)
    for name in ("core_hours", "longest_hours", "image_gb", "disk_gb", "gpu_hours"):
        assert getattr(ten, name) / getattr(one, name) == pytest.approx(10, rel=1e-3), name
    assert one.image_gb == pytest.approx(3286 * 128**2 * 4 * 4 / 1e9)
    assert demand(PAPER, Pace(1e11, ""), H100, 1.0).gpu_hours < one.gpu_hours


def test_runs_follow_one_another_on_a_device():
    one = demand(PAPER, Pace(1e11, ""), H100, 0.5)
    fits, dynamics = fits_and_dynamics(PAPER, 3286)
    seconds = [
        fit_seconds(
            H100, get_transform(job.transform).n_channels, 128, 16,
            n_train=job.n_train, epochs=job.epochs, share_of_peak=0.5,
        )
        for job in (*fits, *dynamics)
    ]  # fmt: skip
    assert one.gpu_hours == pytest.approx(sum(seconds) / 3600)


def test_what_breaks_first_comes_first():
    """At 128 pixels four bands of an image take 2**18 bytes, and 2**31 / 2**14 images have numbers for their pixels."""
    one, hundred = (demand(PAPER, Pace(1e11, ""), H100, 0.5, times=times) for times in (1, 100))
    assert first_to_break(one, {"a workstation": 64, "a process": 4}, 128) == [
        "a process (4 GB) holds the images of 15\u202f000 observations",
        "32 bits number the pixels of 131\u202f072 observations, and more are refused",
        "a workstation (64 GB) would hold the images of 244\u202f000 observations",
    ]
    assert first_to_break(one, {"a workstation": 64}, 32)[0].startswith("a workstation (64 GB) holds")
    assert refused([one, hundred], 128) == [hundred]
    assert refused([one, hundred], 32) == []


def test_tables_say_hours_and_prices():
    one = demand(PAPER, Pace(1e11, ""), H100, 0.5)
    one = type(one)(3286, core_hours=1000.0, longest_hours=10.0, gpu_hours=2.0, image_gb=0.8, disk_gb=1.6)
    text = costs_markdown(one, [("few", 10), ("many", 1000)], 0.05)
    assert "| few | 10 | 4.17 days | 1\u202f000 | 50 € |" in text
    assert "| many | 1000 | 10 h |" in text  # no run is split
    grown = growth_markdown([one], 0.05, 3.0)
    assert "| hours of an H100 | 2 |" in grown
    assert "| their price | 6 € |" in grown
