"""Recordings of made-up trainings, and how a viewer's cells are read."""

from __future__ import annotations

import numpy as np
from tests.test_widgets import read_packed

from report_utils.dynamics import Recording, epoch_phases


def regression(rng, *, n_items=50, n_phases=2, epochs=2, n_views=8, noise=0.1, scale=1.0, name="made_up"):
    """Predictions with Gaussian errors about a truth that is the same in every recording of this size."""
    truth = np.random.default_rng(0).normal(14, 0.3, n_items) * scale
    phase = epoch_phases(n_phases, epochs)
    predictions = truth[None, :, None] + noise * scale * rng.normal(size=(len(phase), n_items, n_views))
    return Recording.from_arrays(predictions, truth, phase=phase, name=name, item_ids=np.arange(n_items) + 100)


def classifier(rng, *, n_items=30, n_epochs=6, classes=("cat", "dog", "owl"), name="classes"):
    """Probabilities that approach the truth, epoch by epoch."""
    truth = rng.integers(0, len(classes), n_items)
    right = np.eye(len(classes))[truth]
    share = np.linspace(0, 0.8, n_epochs)[:, None, None]
    drawn = rng.dirichlet(np.ones(len(classes)), size=(n_epochs, n_items))
    return Recording.from_arrays(share * right + (1 - share) * drawn, truth, classes=classes, name=name)


def cells_of(data, number=0):
    """Return (n_items, n_columns) what a viewer shows of a recording, as ``unpackedCells`` in viewer_rows.js does."""
    stored, shape = data["predictions"][number], (len(data["labels"]), len(data["epoch"]))
    coded = read_packed(stored["changes"], (shape[0], shape[1] - 1))
    changes = np.where(coded % 2, -(coded + 1) // 2, coded // 2)
    steps = np.cumsum(np.hstack([read_packed(stored["first"], (shape[0], 1)), changes]), axis=1)
    holes = read_packed(stored["holes"], shape) if "holes" in stored else False
    return np.where(holes, np.nan, steps / data["scale"])
