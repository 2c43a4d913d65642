"""An example of a recorded PyTorch training: a network learns two crescents of points, some with the wrong label.

The recording is kept in ``crescents.npz`` beside this file, and how it was made in ``crescents.json``, for those who
have no PyTorch. ``python -m report_utils.dynamics.crescents`` makes both again.
"""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.recording import Recording
from report_utils.dynamics.storage import load_recording

KEPT = Path(__file__).with_name("crescents.npz")
MADE = KEPT.with_suffix(".json")
N_POINTS, N_EPOCHS = 240, 60
WRONG_SHARE = 0.1


def crescents() -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the points, their labels, and which labels are wrong: ``(n, 2)``, ``(n,)`` 0 or 1, ``(n,)``."""
    from sklearn.datasets import make_moons

    points, labels = make_moons(N_POINTS, noise=0.12, random_state=1)
    wrong = np.random.default_rng(0).random(N_POINTS) < WRONG_SHARE
    return points, np.where(wrong, 1 - labels, labels), wrong


def record_crescents() -> Recording:
    """Train a small PyTorch network on all points, and return what it predicted for them after each epoch."""
    import torch

    from report_utils.dynamics.with_torch import TorchRecorder

    points, given, _ = crescents()
    recording = Recording(given, classes=["upper", "lower"], name="crescents")
    inputs, targets = torch.as_tensor(points, dtype=torch.float32), torch.as_tensor(given)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = torch.nn.Sequential(
            torch.nn.Linear(2, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 2)
        )
        optimizer = torch.optim.Adam(network.parameters(), 3e-3)
        recorder = TorchRecorder(network, inputs, recording, predict=lambda model, x: model(x).softmax(1))
        recorder.record()
        for _ in range(N_EPOCHS):
            for rows in torch.randperm(len(inputs)).split(16):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(inputs[rows]), targets[rows]).backward()
                optimizer.step()
            recorder.record()
    return recording


def kept_crescents() -> tuple[Recording, dict[str, str]]:
    """Return the recording that is kept, and the date and the versions that it was made with."""
    return load_recording(KEPT), json.loads(MADE.read_text(encoding="utf-8"))


def made_now() -> dict[str, str]:
    """Return today's date and the versions that record here."""
    versions = {name: version(name) for name in ("torch", "numpy", "scikit-learn")}
    return {"date": datetime.now(UTC).date().isoformat(), "python": platform.python_version()} | versions


if __name__ == "__main__":
    record_crescents().save(KEPT)
    made = {"command": "python -m report_utils.dynamics.crescents"} | made_now() | {"machine": platform.machine()}
    MADE.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
