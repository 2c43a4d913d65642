"""Stored runs in the form that pages show: cross-validated predictions and recorded dynamics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from report_utils.cnn.crossval import CrossValidation
from report_utils.dynamics import Recording, epoch_phases
from report_utils.runs.store import Run


def recorded_fits(transform: str, runs: Sequence[Run]) -> CrossValidation:
    """Return the test predictions of a transform's fits, one run for each fold."""
    folds = [int(run.manifest["inputs"]["fold"]) for run in runs]
    facts = dict(zip(folds, (run.facts() for run in runs), strict=True))
    columns = {
        name: np.concatenate([run.array(name) for run in runs]) for name in ("cluster", "group", "truth", "predictions")
    }
    return CrossValidation(
        transform=transform,
        fold=np.repeat(folds, [len(run.array("cluster")) for run in runs]),
        history={fold: about["history"] for fold, about in facts.items()},
        target_variance={fold: about["target_variance"] for fold, about in facts.items()},
        **columns,
    )


def recorded_dynamics(transform: str, run: Run) -> Recording:
    """Return the recording of a training in phases, one for each channel of its images; its items are clusters."""
    predictions, n_phases = run.array("predictions"), len(run.manifest["inputs"]["image"]["edges_kev"]) - 1
    return Recording.from_arrays(
        predictions,
        run.array("truth"),
        item_ids=run.array("cluster"),
        name=transform,
        group=run.array("group"),
        phase=epoch_phases(n_phases, run.manifest["inputs"]["dynamics"]["epochs"]),
        phase_names=["1 band" if number == 1 else f"{number} bands" for number in range(1, n_phases + 1)],
        views=predictions.shape[2],
    )
