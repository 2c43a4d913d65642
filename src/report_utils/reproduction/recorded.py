"""The four-phase trainings of this report as recordings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from report_utils.dynamics import Recording


def recorded_dynamics(
    transform: str,
    arrays: Mapping[str, NDArray],
    states: Mapping[str, NDArray],
    loss: ArrayLike,
) -> Recording:
    """Return the recording of a four-phase training, whose items are clusters.

    Parameters
    ----------
    transform : str
    arrays : mapping of str to array
        ``predictions`` (n_epochs, n_test, 8), ``phase`` (n_epochs,), and ``cluster``, ``truth``, ``group`` (n_test,).
    states : mapping of str to (n_test, 8)
    loss : (n_epochs,) [dex^2]
    """
    n_phases = len(np.unique(arrays["phase"]))
    return Recording.from_arrays(
        arrays["predictions"],
        arrays["truth"],
        item_ids=arrays["cluster"],
        name=transform,
        group=arrays["group"],
        phase=arrays["phase"],
        phase_names=["1 band" if number == 1 else f"{number} bands" for number in range(1, n_phases + 1)],
        views=arrays["predictions"].shape[2],
        states=states,
        loss=loss,
    )
