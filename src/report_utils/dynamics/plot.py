"""The dynamics picture: every test prediction at every epoch (report, Figures 10 and 11)."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from report_utils.dynamics.phases import Dynamics

COLOUR_MAP = "RdBu_r"
TRUTH_COLUMN_SHARE = 0.04


def heatmap_values(dynamics: Dynamics) -> NDArray[np.float64]:
    """Return what the picture shows: ``(n_test, n_epochs)`` predictions minus the mean truth [dex].

    Rows are in ascending truth; predictions are those of the identity view.
    """
    order = np.argsort(dynamics.truth, kind="stable")
    return dynamics.predictions[:, order, 0].T.astype(np.float64) - dynamics.truth.mean()


def plot_dynamics(
    dynamics: Dynamics,
    ax: Axes | None = None,
    *,
    limit: float | None = None,
    colour_bar: bool = True,
    quantity: str = r"prediction $-$ mean truth [dex]",
    phases: Sequence[str] | None = None,
    item: str | None = None,
) -> AxesImage:
    """Draw a dynamics as a heatmap (report, section 4.1).

    The x axis is the number of epochs trained, each row is one test observation in ascending truth, the colour is
    its prediction minus the mean truth; white lines part the phases and the last columns show the truth.

    Parameters
    ----------
    dynamics : Dynamics
    ax : matplotlib axes, optional
        A new figure where it is not given.
    limit : float, optional
        The colours span ``[-limit, limit]`` [dex]; the largest centred truth where it is not given. Give the same
        to pictures that are to be compared.
    colour_bar : bool
    quantity : str
        What the colour bar says; for models that do not predict masses.
    phases : sequence of str, optional
        A name for each phase; the number of bands where they are not given.
    item : str, optional
        What a row is; a test observation with a true mass where it is not given.

    Returns
    -------
    image : matplotlib.image.AxesImage
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
    values = heatmap_values(dynamics)
    n_test, n_epochs = values.shape
    truth = np.sort(dynamics.truth) - dynamics.truth.mean()
    limit = float(np.abs(truth).max()) if limit is None else limit
    width = max(1.0, TRUTH_COLUMN_SHARE * n_epochs)
    style = {"cmap": COLOUR_MAP, "vmin": -limit, "vmax": limit, "origin": "upper", "aspect": "auto"}
    style["interpolation"] = "nearest"
    image = ax.imshow(values, extent=(0, n_epochs, n_test, 0), rasterized=True, **style)
    gap = 0.4 * width
    ax.imshow(truth[:, None], extent=(n_epochs + gap, n_epochs + gap + width, n_test, 0), rasterized=True, **style)
    for end in dynamics.phase_ends[:-1]:
        ax.axvline(end + 1, color="white", linewidth=2)
    ax.set_xlim(0, n_epochs + gap + width)
    ax.set_ylim(n_test, 0)
    ax.set_xlabel("epochs trained")
    ax.set_ylabel("test observation, in ascending true mass" if item is None else f"{item}, in ascending truth")
    ax.grid(visible=False)
    starts = np.concatenate([[0], dynamics.phase_ends[:-1] + 1])
    for phase, (start, end) in enumerate(zip(starts, dynamics.phase_ends, strict=True)):
        name = ("1 band" if phase == 0 else f"{phase + 1} bands") if phases is None else phases[phase]
        ax.text((start + end + 1) / 2, -0.015 * n_test, name, ha="center", va="bottom", fontsize="small")
    ax.text(n_epochs + gap + width / 2, -0.015 * n_test, "truth", ha="center", va="bottom", fontsize="small")
    if colour_bar:
        ax.figure.colorbar(image, ax=ax, label=quantity, extend="both")
    return image
