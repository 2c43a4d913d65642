"""Anyone's recording is opened from the command line."""

from __future__ import annotations

import numpy as np
import pytest
from tests.dynamics.made_up import regression
from tests.test_widgets import data_of

from report_utils.dynamics import Recording


@pytest.fixture
def dynamics(run, monkeypatch):
    """Return what a command on dynamics ended with, and the pages that it opened."""
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    return lambda *arguments: (*run("dynamics", *arguments), opened)


def test_recordings_become_one_page_side_by_side(dynamics, rng, tmp_path):
    for name in ("one", "two"):
        regression(rng, n_items=9, name=name).save(tmp_path / f"{name}.npz")
    status, out, _, opened = dynamics(
        "view", tmp_path / "one.npz", tmp_path / "two.npz", "--item", "house", "--unit", "k$"
    )
    assert status == 0
    assert out == f"6 epochs of 9 house predictions in {tmp_path / 'one.html'}\n"
    assert opened == [(tmp_path / "one.html").as_uri()]
    (data,) = data_of((tmp_path / "one.html").read_text(encoding="utf-8"))
    assert (data["titles"], data["item"], data["unit"]) == (["one", "two"], "house", "k$")


def test_a_growing_folder_and_one_of_several_outputs_are_viewed(dynamics, tmp_path):
    recording = Recording(np.eye(3)[:, :2] + 1, outputs=["mass", "size"], path=tmp_path / "run")
    recording.record(np.eye(3)[:, :2])
    status, _, err, _ = dynamics("view", tmp_path / "run", "--no-browser")
    assert status == 2
    assert (
        err
        == f"report-utils: {tmp_path / 'run'}: there are several outputs; choose one: --output mass, or --output size\n"
    )
    status, _, _, opened = dynamics(
        "view", tmp_path / "run", "--output", "size", "--out", tmp_path / "x.html", "--no-browser"
    )
    assert (status, opened) == (0, [])
    assert data_of((tmp_path / "x.html").read_text(encoding="utf-8"))[0]["titles"] == ["size"]


def test_invalid_recordings_end_with_one_line(dynamics, tmp_path):
    Recording([1, 2]).save(tmp_path / "empty.npz")
    assert dynamics("view", tmp_path / "empty.npz")[2].endswith("the recording has no epochs; record some first\n")
    status, _, err, _ = dynamics("view", tmp_path / "none.npz")
    assert status == 2
    assert err.startswith(f"report-utils: {tmp_path / 'none.npz'}: there is no recording here")


@pytest.mark.parametrize("arguments", [(), ("multi_band_4",), ("--seeds", "3"), ("train", "multi_band_4")])
def test_dynamics_without_a_subcommand_trains(dynamics, monkeypatch, arguments):
    asked = []
    monkeypatch.setattr("report_utils.cli.training.train_runs", lambda *all_of_it: asked.append(all_of_it))
    assert dynamics(*arguments)[0] == 0
    ((chosen, _, seeds, _),) = asked
    assert chosen["dynamics"] == (["multi_band_4"] if "multi_band_4" in arguments else None)
    assert seeds == (3 if "--seeds" in arguments else None)
