"""The dynamics picture to explore: point, click, sort, search, zoom, side by side (report, Figures 10 and 11)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from report_utils.dynamics.measures import tolerance_of
from report_utils.dynamics.picture import BEYOND, COLOUR_MAP, Picture, Shown, colour_label, picture_of, plot_dynamics
from report_utils.dynamics.recording import Recording
from report_utils.dynamics.viewer_data import IMAGE_BYTES, decimals_of, packed_values, small_images, webp
from report_utils.errors import InputError
from report_utils.widgets import Widget, colour_table, packed, picture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_IMAGE_MAP, _CLASS_MAP = "viridis", "tab20"
_SCRIPTS = tuple(Path(__file__).with_name(f"{name}.js") for name in ("viewer_canvas", "viewer_rows", "viewer"))
_CLASS_DECIMALS = 2


def dynamics_viewer(
    recording: Recording,
    *others: Recording,
    titles: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    item: str = "item",
    quantity: str = "value",
    unit: str = "",
    phases: Sequence[str] | None = None,
    images: NDArray | Sequence[NDArray] = (),
    channels: Sequence[str] | None = None,
    features: pd.DataFrame | None = None,
    limit: float | None = None,
    show: Shown = "margin",
    tolerance: float | None = None,
    figure: Figure | None = None,
) -> Widget:
    """Show one recording, or several of the same items side by side, as a picture to explore.

    Pointing at a cell tells what it is; a click, or the Enter key, draws that item's path and its inputs. Rows can be
    sorted in several ways, and items are found by name. Where there are more rows than the screen has lines, a line is
    the mean of several, and zooming in shows each. Where no script runs, and in print, the plain picture stands in its
    place.

    Parameters
    ----------
    recording, *others : Recording
        Of the same items and epochs, with the same phases; view 0 is shown.
    titles, labels, phases : sequence of str, optional
        What to call each recording, each item and each phase; by default as the recording calls them.
    item : str
        What an item is, in the singular.
    quantity : str
        What is predicted, such as ``"price [k$]"``.
    unit : str
        The unit of a difference of two predictions, such as ``"k$"``.
    images : (n_items, height, width, n_channels) or a sequence of such, optional
        What the model saw of each item, for all recordings or for each; row 0 is drawn at the top.
    channels : sequence of str, optional
        Names of the images' channels.
    features : pandas.DataFrame, optional
        What else is known of each item, a row for each.
    limit, show
        As for :func:`plot_dynamics`.
    tolerance : float, optional
        How far a number that counts as right may be from the truth, to sort by ease; half of the truth's standard
        deviation by default.
    figure : matplotlib.figure.Figure, optional
        The plain picture; drawn by :func:`report_utils.dynamics.plot_dynamics` by default.

    Returns
    -------
    Widget
        A notebook shows it; ``html()`` and ``save(path)`` put it elsewhere. Values are kept to a hundredth of the
        leading digit of the truth's standard deviation (0.001 for clusters); of very many they are kept to what fits on
        a page, which the picture says.

    Raises
    ------
    InputError
        If the recordings show different items, epochs or phases, have no epochs, or if a sequence has another length
        than what it names.
    """
    shown = (recording, *others)
    titles = list(titles or [each.name or "recording" for each in shown])
    labels = [str(label) for label in (recording.names if labels is None else labels)]
    phases = list(phases or recording.phase_titles)
    images = [images] if isinstance(images, np.ndarray) else list(images)
    _check(shown, titles, labels, phases, images, features)
    first = picture_of(recording, show=show, limit=limit)
    words = {"item": item, "quantity": quantity, "unit": unit, "show": show if recording.classes else "number"}
    if figure is None:
        figure = _plain_figure(shown, titles, phases, first, words)
    n_epochs, n_items = len(recording), len(recording.item)
    title = f"{', '.join(titles)}: {n_epochs} epochs of {n_items} predictions"
    order = first.order
    data = {
        **words,
        "titles": titles,
        "labels": [labels[row] for row in order],
        "phases": phases,
        **_columns(recording, first),
        **_values(shown, first, show),
        "centre": first.centre,
        "limit": first.limit,
        "tolerance": float(tolerance_of(recording) if tolerance is None else tolerance),
        "images": [small_images(each[order], IMAGE_BYTES // len(images), channels) for each in images],
        "features": _features(features, order),
        "colours": colour_table(COLOUR_MAP) if recording.classes else colour_table(COLOUR_MAP, **BEYOND),
        "imageColours": colour_table(_IMAGE_MAP),
    }
    ascending = "grouped by class" if recording.classes else "in ascending truth"
    text = f"Heatmap of {title}, a row for each {item} {ascending}; the last column is the truth."
    return Widget("dynamics-viewer", title, data, _SCRIPTS, picture(webp(figure), "webp", text), figure)


def _columns(recording: Recording, cells: Picture) -> dict[str, Any]:
    """Return the epoch of each column, None where it was not recorded, and the place of its phase."""
    phase = np.searchsorted(recording.phase_ends, np.maximum.accumulate(cells.column))
    epochs = [None if place < 0 else int(recording.epoch[place]) for place in cells.column]
    return {"epoch": epochs, "phase": phase.tolist()}


def _values(shown: Sequence[Recording], first: Picture, show: Shown) -> dict[str, Any]:
    """Return the cells of all recordings in the rows of the first, and the truth."""
    recording, order = shown[0], first.order
    cells = [first.cells, *(picture_of(each, show=show, order=order).cells for each in shown[1:])]
    decimals = _CLASS_DECIMALS if recording.classes else decimals_of(recording.truth)
    values, scale = packed_values(cells, decimals)
    shown_decimals = min(decimals, max(0, int(np.ceil(np.log10(scale) - 1e-9))))
    found = {"decimals": shown_decimals, "scale": scale, "predictions": values}
    if not recording.classes:
        return found | {"truth": packed(np.rint(recording.truth[order] * 10**decimals)), "truthScale": 10**decimals}
    likeliest = [each.predictions[np.maximum(first.column, 0)][:, order, 0].argmax(axis=2).T for each in shown]
    return found | {
        "truth": packed(recording.truth[order]),
        "truthScale": 1,
        "classes": list(recording.classes),
        "classColours": colour_table(_CLASS_MAP),
        "predicted": [packed(each) for each in likeliest],
    }


def _features(features: pd.DataFrame | None, order: NDArray) -> dict[str, Any] | None:
    if features is None:
        return None
    rows = [
        [f"{one:.4g}" if isinstance(one, float) else str(one) for one in row]
        for row in features.iloc[order].itertuples(index=False)
    ]
    return {"names": [str(name) for name in features.columns], "rows": rows}


def _check(
    shown: Sequence[Recording],
    titles: list[str],
    labels: list[str],
    phases: list[str],
    images: list[NDArray],
    features: pd.DataFrame | None,
) -> None:
    first, n_items = shown[0], len(shown[0].item)
    for each in shown:
        each.require_one_output()
        same = all(np.array_equal(getattr(first, name), getattr(each, name)) for name in ("item", "epoch", "phase"))
        if not same or each.classes != first.classes:
            msg = f"recordings {first.name!r} and {each.name!r} show different items or epochs"
            raise InputError(msg)
    lengths = [("titles", titles, len(shown)), ("labels", labels, n_items), ("phases", phases, first.n_phases)]
    lengths += [("images", each, n_items) for each in images]
    lengths += [] if features is None else [("features", features, n_items)]
    for name, given, wanted in lengths:
        if len(given) != wanted:
            msg = f"dynamics_viewer: {len(given)} {name} given where {wanted} are needed"
            raise InputError(msg)
    if len(images) not in {0, 1, len(shown)} or any(each.ndim != 4 for each in images):
        msg = "dynamics_viewer: images are one array (n_items, height, width, n_channels), or one for each recording"
        raise InputError(msg)


def _plain_figure(
    shown: Sequence[Recording], titles: list[str], phases: list[str], first: Picture, words: dict[str, str]
) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0 if len(shown) == 1 else 4.75 * len(shown), 5.0), layout="constrained")
    axes = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    show = "margin" if words["show"] == "number" else words["show"]
    for each, title, ax in zip(shown, titles, axes, strict=True):
        options = {"limit": first.limit, "order": first.order, "phases": phases, "item": words["item"], "show": show}
        last = plot_dynamics(each, ax, colour_bar=False, **options)
        ax.set_title(title, pad=18)
        ax.label_outer(remove_inner_ticks=True)
    label = colour_label(shown[0], show, words["unit"])
    figure.colorbar(last, ax=list(axes), label=label, extend="both", fraction=0.03)
    return figure
