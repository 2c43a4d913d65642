"""Fits are computed as this project says, whatever the user's own settings of Keras."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from tests import work_functions as functions

from report_utils.workers.surroundings import SETTINGS, enter_surroundings, own_environment
from report_utils.workers.worker_pool import Task, run_tasks

pytestmark = pytest.mark.usefixtures("worker_processes")

HOSTILE = {"floatx": "float16", "epsilon": 0.5, "backend": "torch", "image_data_format": "channels_first"}


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text(json.dumps(HOSTILE))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "1")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)


@pytest.mark.slow("starts workers")
@pytest.mark.parametrize("backend", [None, "jax"])
def test_workers_know_nothing_of_the_users_keras_json(hostile, runs_folder, monkeypatch, backend):
    if backend is not None:
        if importlib.util.find_spec(backend) is None:
            pytest.skip(f"{backend} is not installed")
        monkeypatch.setenv("KERAS_BACKEND", backend)
    (found,) = run_tasks([Task("settings", functions.keras_settings, {}, 1.0)], "settings")
    assert found == [backend or "tensorflow", "channels_last", "float32"]


def test_event_files_are_read_by_astropys_defaults(tmp_path):
    (tmp_path / "astropy").mkdir()
    (tmp_path / "astropy" / "astropy.cfg").write_text("[io.fits]\nextension_name_case_sensitive = True\n")
    # another test of this process may have entered this project's surroundings
    users_own = {name: value for name, value in os.environ.items() if name != "ASTROPY_CONFIG_DIR"}
    code = "from astropy.io import fits; print(fits.conf.extension_name_case_sensitive)"
    said = [
        subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True).stdout
        for user in [{**users_own, "XDG_CONFIG_HOME": str(tmp_path)}]
        for variables in (user, own_environment(user))
    ]
    assert said == ["True\n", "False\n"]


def test_a_backend_stays_the_users_to_state_and_a_limit_of_epochs_does_not(hostile, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    for name in own_environment(os.environ):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # put back after the test
    expected = own_environment(os.environ)
    enter_surroundings()
    assert dict(os.environ) == expected
    assert expected["KERAS_BACKEND"] == "jax"
    assert expected["KERAS_HOME"] == str(SETTINGS)
    assert "KERAS_MAX_EPOCHS" not in expected


def test_the_projects_settings_are_the_defaults_of_the_libraries():
    """Or else the same code would give something else in a session of the user's own."""
    settings = json.loads((SETTINGS / "keras.json").read_text())
    assert settings == {
        "floatx": "float32", "epsilon": 1e-7, "backend": "tensorflow", "image_data_format": "channels_last",
    }  # fmt: skip
    lines = (SETTINGS / "matplotlibrc").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == []
