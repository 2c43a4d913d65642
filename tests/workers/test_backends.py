"""Which workers train where; no GPU is needed, only what JAX would say of some."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

import pytest
from tests import work_functions as functions
from tests.conftest import ROOT

from report_utils.errors import InputError
from report_utils.workers import backends
from report_utils.workers.backends import backend_name
from report_utils.workers.worker_pool import Task, run_tasks


@pytest.fixture
def jax_says(monkeypatch):
    """Let JAX's process say something, or fail with a message."""

    def says(text, code=0, error=""):
        done = subprocess.CompletedProcess([], code, text, error)
        monkeypatch.setattr(backends.subprocess, "run", lambda *_, **__: done)
        backends._jax_devices.cache_clear()

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.delenv("REPORT_WORKERS", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    yield says
    backends._jax_devices.cache_clear()


def test_tensorflow_trains_on_every_core(monkeypatch):
    monkeypatch.setenv("REPORT_WORKERS", "3")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert backends.training_places() == [{}, {}, {}]


def test_another_backend_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(InputError, match="KERAS_BACKEND is 'torch'; this project trains on tensorflow or jax"):
        backend_name()


def test_a_worker_for_each_gpu(jax_says, capsys):
    jax_says(json.dumps(["gpu", 2, "NVIDIA H100"]))
    places = backends.training_places()
    assert [place["CUDA_VISIBLE_DEVICES"] for place in places] == ["0", "1"]
    assert {place["XLA_PYTHON_CLIENT_PREALLOCATE"] for place in places} == {"false"}
    assert capsys.readouterr().err == "JAX trains on 2 x NVIDIA H100, with 2 workers\n"


def test_more_workers_share_the_gpus_that_may_be_used(jax_says, monkeypatch):
    jax_says("a line before\n" + json.dumps(["gpu", 2, "NVIDIA H100"]))
    monkeypatch.setenv("REPORT_WORKERS", "5")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/nowhere")
    places = backends.training_places()
    assert [place["CUDA_VISIBLE_DEVICES"] for place in places] == ["4", "6", "4", "6", "4"]
    assert places[0]["XLA_FLAGS"] == "--xla_dump_to=/nowhere --xla_gpu_deterministic_ops=true"


def test_without_a_gpu_it_is_said(jax_says, capsys, monkeypatch):
    why = "An NVIDIA GPU may be present, but a CUDA-enabled jaxlib is not installed."
    jax_says(json.dumps(["cpu", 1, "cpu"]), error=f"W0101 a line before\n{why}\n")
    monkeypatch.setenv("REPORT_WORKERS", "2")
    places = backends.training_places()
    assert len(places) == 2
    assert "CUDA_VISIBLE_DEVICES" not in places[0]
    assert f"finds no GPU ({why})" in capsys.readouterr().err


def test_a_jax_that_cannot_start_is_one_clear_line(jax_says):
    jax_says("", 1, "Traceback ...\nRuntimeError: Unable to initialize backend 'cuda': no driver")
    with pytest.raises(
        InputError, match=r"JAX cannot start: RuntimeError: .*no driver; install it .*nvidia-smi"
    ) as told:
        backends.training_places()
    assert "\n" not in str(told.value)


def test_the_processor_on_purpose_is_no_fault(jax_says, monkeypatch, capsys):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    jax_says(json.dumps(["cpu", 1, "cpu"]))
    backends.training_places()
    (told,) = capsys.readouterr().err.splitlines()
    assert told.endswith("does, as JAX_PLATFORMS says")


def test_a_jax_that_never_answers_is_one_clear_line(jax_says, monkeypatch):
    def hang(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    jax_says("")
    monkeypatch.setattr(backends.subprocess, "run", hang)
    with pytest.raises(InputError, match=r"it has not answered in 300 s; .*JAX_PLATFORMS=cpu"):
        backends.training_places()


@pytest.mark.parametrize("error", [AttributeError("no attribute 'JaxRuntimeError'\nor so"), ImportError("no name")])
def test_a_jax_of_another_version_is_one_clear_line(error, monkeypatch):
    def fail(_):
        raise error

    import keras

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(backends, "package_version", lambda _: "0.4.1")
    monkeypatch.setattr(backends.importlib, "import_module", fail)
    with pytest.raises(
        InputError, match=r"no .*; version 0\.4\.1 is installed, this project needs 0\.6 or newer"
    ) as told:
        backends.load_engine()
    assert "\n" not in str(told.value)


def test_the_least_versions_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"jax[cuda12]>={backends.LEAST_VERSIONS['jax']};" in project["optional-dependencies"]["gpu"][0]
    assert any(
        line.startswith(f"tensorflow>={backends.LEAST_VERSIONS['tensorflow']}") for line in project["dependencies"]
    )


@pytest.mark.skipif(sys.platform != "linux", reason="spawned workers of this machine")
def test_workers_that_train_get_their_place(monkeypatch, worker_processes):
    monkeypatch.setattr("report_utils.workers.worker_pool.training_places", lambda: [{"CUDA_VISIBLE_DEVICES": "7"}])
    arguments = {"name": "CUDA_VISIBLE_DEVICES"}
    (seen,) = run_tasks([Task("t", functions.variable, arguments, 1.0, trains=True)], "places")
    (other,) = run_tasks([Task("t", functions.variable, arguments, 1.0)], "places")
    assert (seen, other) == ("7", None)
