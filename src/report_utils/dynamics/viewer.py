"""The dynamics picture to explore: hover, click, sort, two trainings side by side (report, Figures 10 and 11)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.picture import COLOUR_MAP
from report_utils.dynamics.recording import Recording
from report_utils.errors import InputError
from report_utils.widgets import Widget, colour_table, packed, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE_MAP = "viridis"
IMAGE_BYTES = 600_000
"""What the small images of all dynamics may take on a page; they are made coarser until they fit."""

_SMALLEST_IMAGE = 8
_PIXELS_TO_A_BYTE = 10  # images of more would have to be nearly empty to fit: it is not tried
_SCRIPTS = tuple(Path(__file__).with_name(f"{name}.js") for name in ("viewer_canvas", "viewer"))


def dynamics_viewer(
    dynamics: Recording,
    *others: Recording,
    titles: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    item: str = "observation",
    quantity: str = "value",
    unit: str = "",
    phases: Sequence[str] | None = None,
    images: NDArray | Sequence[NDArray] = (),
    channels: Sequence[str] | None = None,
    limit: float | None = None,
    figure: Figure | None = None,
) -> Widget:
    """Show one dynamics, or several of the same observations side by side, as a picture to explore.

    Pointing at a cell tells what it is; a click, or the Enter key, draws that observation's path and its images.
    Rows can be sorted by the truth, by the last error, or by what each phase has gained. Where no script runs, and
    in print, the plain picture stands in its place.

    Parameters
    ----------
    dynamics, *others : Recording
        Recorded on the same observations, with the same phases; the identity view is shown.
    titles : sequence of str, optional
        What to call each dynamics; its ``name`` where they are not given.
    labels : (n_test,) str, optional
        A name for each test observation; its name where they are not given.
    item : str
        What an observation is called, in the singular.
    quantity : str
        What is predicted, such as ``"price [k$]"``.
    unit : str
        The unit of a difference of two predictions, such as ``"k$"``.
    phases : sequence of str, optional
        A name for each phase.
    images : (n_test, height, width, n_channels) or a sequence of such, optional
        What the model saw of each observation, for all dynamics or for each; row 0 is drawn at the top.
    channels : sequence of str, optional
        Names of the images' channels.
    limit : float, optional
        The colours span ``[-limit, limit]``; the largest centred truth where it is not given.
    figure : matplotlib.figure.Figure, optional
        The plain picture; drawn by :func:`report_utils.dynamics.plot_dynamics` where it is not given.

    Returns
    -------
    Widget
        A notebook shows it; ``html()`` and ``save(path)`` put it elsewhere.

    Raises
    ------
    InputError
        If the dynamics show different observations or phases, predictions are not finite, or a sequence has another
        length than what it names.

    Notes
    -----
    Values are kept to a hundredth of the leading digit of the truth's standard deviation (0.001 for clusters),
    and are shown to that digit.
    """
    shown = (dynamics, *others)
    titles = list(titles or [each.name or "dynamics" for each in shown])
    labels = [str(label) for label in (dynamics.names if labels is None else labels)]
    phases = list(phases or dynamics.phase_titles)
    images = [images] if isinstance(images, np.ndarray) else list(images)
    _check(shown, titles, labels, phases, images)
    order = np.argsort(dynamics.truth, kind="stable")
    mean = float(dynamics.truth.mean())
    limit = float(np.abs(dynamics.truth - mean).max()) if limit is None else float(limit)
    decimals = _decimals(dynamics.truth)
    words = {"item": item, "quantity": quantity, "unit": unit}
    if figure is None:
        figure = _plain_figure(shown, titles, phases, limit, words)
    n_epochs, n_test = dynamics.predictions.shape[:2]
    title = f"{', '.join(titles)}: {n_epochs} epochs of {n_test} predictions"
    data = {
        **words,
        "titles": titles,
        "labels": [labels[row] for row in order],
        "phases": phases,
        "phase": dynamics.phase.tolist(),
        "decimals": decimals,
        "truth": packed(_whole(dynamics.truth[order], decimals)),
        "mean": mean,
        "limit": limit,
        "predictions": [packed(_whole(each.predictions[:, order, 0].T, decimals)) for each in shown],
        "images": [_small_images(each[order], IMAGE_BYTES // len(images), channels) for each in images],
        "colours": colour_table(COLOUR_MAP),
        "imageColours": colour_table(IMAGE_MAP),
    }
    text = f"Heatmap of {title}, a row for each {item} in ascending truth; the last column is the truth."
    return Widget("dynamics-viewer", title, data, _SCRIPTS, picture(_webp(figure), "webp", text))


def _check(
    shown: Sequence[Recording], titles: list[str], labels: list[str], phases: list[str], images: list[NDArray]
) -> None:
    n_test = len(shown[0].truth)
    for first, second in pairwise(shown):
        if not np.array_equal(first.item, second.item) or not np.array_equal(first.phase, second.phase):
            msg = f"dynamics {first.name!r} and {second.name!r} show different observations or epochs"
            raise InputError(msg)
    for each in shown:
        if not np.isfinite(each.predictions).all():
            msg = f"dynamics {each.name!r} holds predictions that are not finite numbers; leave those epochs out"
            raise InputError(msg)
    lengths = [("titles", titles, len(shown)), ("labels", labels, n_test), ("phases", phases, shown[0].n_phases)]
    for name, given, wanted in (*lengths, *(("images", each, n_test) for each in images)):
        if len(given) != wanted:
            msg = f"dynamics_viewer: {len(given)} {name} given where {wanted} are needed"
            raise InputError(msg)
    if len(images) not in {0, 1, len(shown)} or any(each.ndim != 4 for each in images):
        msg = "dynamics_viewer: images are one array (n_test, height, width, n_channels), or one for each dynamics"
        raise InputError(msg)


def _decimals(truth: NDArray) -> int:
    """Return how many decimals tell values apart to less than a hundredth of their spread."""
    spread = float(np.std(truth))
    return max(0, 2 - int(np.floor(np.log10(spread)))) if spread > 0 else 3


def _whole(values: NDArray, decimals: int) -> NDArray[np.int64]:
    return np.rint(values.astype(np.float64) * 10**decimals).astype(np.int64)


def _small_images(images: NDArray, n_bytes: int, channels: Sequence[str] | None) -> dict[str, Any]:
    """Return images in 64 shades, each between its own smallest and largest value, coarse enough to fit."""
    n_channels = images.shape[-1]
    names = list(channels or [f"channel {number}" for number in range(1, n_channels + 1)])
    if len(names) != n_channels:
        msg = f"dynamics_viewer: {len(names)} channels given where the images have {n_channels}"
        raise InputError(msg)
    small = images.astype(np.float32)
    while True:
        axes = [axis for axis in (1, 2) if small.shape[axis] >= 2 * _SMALLEST_IMAGE]
        if small.size <= _PIXELS_TO_A_BYTE * n_bytes or not axes:
            low, high = small.min(axis=(1, 2, 3), keepdims=True), small.max(axis=(1, 2, 3), keepdims=True)
            codes = np.rint(63 * (small - low) / np.where(high > low, high - low, 1))
            values = packed(codes.transpose(0, 3, 1, 2))
            if len(values["data"]) <= n_bytes or not axes:
                break
        for axis in axes:
            small = _halved(small, axis)
    return {"values": values, "height": small.shape[1], "width": small.shape[2], "channels": names,
            "fullHeight": images.shape[1], "fullWidth": images.shape[2]}  # fmt: skip


def _halved(images: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Return means of two neighbours along an axis; the last one of an odd number stays alone."""
    starts = np.arange(0, images.shape[axis], 2)
    sums = np.add.reduceat(images, starts, axis=axis)
    counts = np.diff(np.append(starts, images.shape[axis])).astype(np.float32)
    return sums / counts.reshape([-1 if each == axis else 1 for each in range(images.ndim)])


def _plain_figure(
    shown: Sequence[Recording], titles: list[str], phases: list[str], limit: float, words: dict[str, str]
) -> Figure:
    from matplotlib.figure import Figure

    from report_utils.dynamics.plot import plot_dynamics

    figure = Figure(figsize=(8.0 if len(shown) == 1 else 4.75 * len(shown), 5.0), layout="constrained")
    axes = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    unit = f" [{words['unit']}]" if words["unit"] else ""
    for each, title, ax in zip(shown, titles, axes, strict=True):
        last = plot_dynamics(each, ax, limit=limit, colour_bar=False, phases=phases, item=words["item"])
        ax.set_title(title, pad=18)
        ax.label_outer(remove_inner_ticks=True)
    figure.colorbar(last, ax=list(axes), label=f"prediction − mean truth{unit}", extend="both", fraction=0.03)
    return figure


def _webp(figure: Figure) -> bytes:
    """Return a figure as lossless WebP, which takes two thirds of what PNG does for a heatmap."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=200, bbox_inches="tight")
    with Image.open(drawn) as image:
        image.convert("RGB").save(small, format="webp", lossless=True)
    return small.getvalue()
