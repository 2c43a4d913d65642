"""Which workers train where; no GPU is needed, only what JAX would say of some."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from report_utils import devices
from report_utils.backends import backend_name
from report_utils.errors import InputError
from report_utils.work import Task, run_tasks
from tests import work_functions as functions


@pytest.fixture
def jax_says(monkeypatch):
    """Let JAX's process say something, or fail with a message."""

    def says(text, code=0):
        done = subprocess.CompletedProcess([], code, text if not code else "", text if code else "")
        monkeypatch.setattr(devices.subprocess, "run", lambda *_, **__: done)
        devices._jax_devices.cache_clear()

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.delenv("REPORT_WORKERS", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    yield says
    devices._jax_devices.cache_clear()


def test_tensorflow_trains_on_every_core(monkeypatch):
    monkeypatch.setenv("REPORT_WORKERS", "3")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert devices.training_places() == [{}, {}, {}]


def test_another_backend_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(InputError, match="KERAS_BACKEND is 'torch'; this project trains on tensorflow or jax"):
        backend_name()


def test_a_worker_for_each_gpu(jax_says, capsys):
    jax_says(json.dumps(["gpu", 2, "NVIDIA H100"]))
    places = devices.training_places()
    assert [place["CUDA_VISIBLE_DEVICES"] for place in places] == ["0", "1"]
    assert {place["XLA_PYTHON_CLIENT_PREALLOCATE"] for place in places} == {"false"}
    assert capsys.readouterr().err == "JAX trains on 2 x NVIDIA H100, with 2 workers\n"


def test_more_workers_share_the_gpus_that_may_be_used(jax_says, monkeypatch):
    jax_says("a line before\n" + json.dumps(["gpu", 2, "NVIDIA H100"]))
    monkeypatch.setenv("REPORT_WORKERS", "5")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/nowhere")
    places = devices.training_places()
    assert [place["CUDA_VISIBLE_DEVICES"] for place in places] == ["4", "6", "4", "6", "4"]
    assert places[0]["XLA_FLAGS"] == "--xla_dump_to=/nowhere --xla_gpu_deterministic_ops=true"


def test_without_a_gpu_it_is_said(jax_says, capsys, monkeypatch):
    jax_says(json.dumps(["cpu", 1, "cpu"]))
    monkeypatch.setenv("REPORT_WORKERS", "2")
    places = devices.training_places()
    assert len(places) == 2
    assert "CUDA_VISIBLE_DEVICES" not in places[0]
    assert "finds no GPU" in capsys.readouterr().err


def test_a_jax_that_cannot_start_is_one_clear_line(jax_says):
    jax_says("Traceback ...\nRuntimeError: Unable to initialize backend 'cuda': no driver", code=1)
    with pytest.raises(
        InputError, match=r"JAX cannot start: RuntimeError: .*no driver; install it .*nvidia-smi"
    ) as told:
        devices.training_places()
    assert "\n" not in str(told.value)


@pytest.mark.skipif(sys.platform != "linux", reason="spawned workers of this machine")
def test_workers_that_train_get_their_place(monkeypatch):
    monkeypatch.setattr("report_utils.work.training_places", lambda: [{"CUDA_VISIBLE_DEVICES": "7"}])
    arguments = {"name": "CUDA_VISIBLE_DEVICES"}
    (seen,) = run_tasks([Task("t", functions.variable, arguments, 1.0, trains=True)], "places")
    (other,) = run_tasks([Task("t", functions.variable, arguments, 1.0)], "places")
    assert (seen, other) == ("7", None)
