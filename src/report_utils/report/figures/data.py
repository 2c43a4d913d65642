"""The numbers that a figure draws, as one CSV table: each figure of the book offers it to readers who redraw it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle, StepPatch
from matplotlib.ticker import FixedLocator

from report_utils.widgets import FIGURE_DATA, packed_text

MOST_ROWS = 100_000
"""Of a figure. An artist that would go beyond is left out, and the table says so in its head."""

COLUMNS = ("panel", "artist", "kind", "label", "x", "y", "x_end", "y_end", "value")
"""``x_end`` and ``y_end`` are the other corner of a bar; ``value`` is a colour's number."""

_ENDS = ("", "_end")

_HEAD = "the data of a figure; lines that begin with # describe the panels: pandas.read_csv(file, comment='#')"


def data_bundle(figure: Figure | None) -> dict[str, str]:
    """Return what a notebook keeps of a figure besides its picture; None is a widget without a plain figure."""
    return {} if figure is None else {FIGURE_DATA: packed_text(figure_csv(figure))}


def figure_csv(figure: Figure) -> str:
    """Return what a figure draws as CSV: a row for each point, corner, bar or pixel, in the units of its axes.

    Lines that begin with ``#`` come first: each panel's title, axis labels, names of ticks, and what is left out. The
    pixels of an image that share one value, where they are most, are said there once. A direction in which an artist
    spans its panel, as a vertical line does, is left empty.
    """
    shared = {"title": figure.get_suptitle(), "x": figure.get_supxlabel(), "y": figure.get_supylabel()}
    heads = [_HEAD, *(f"{name} of all = {_plain(text)}" for name, text in shared.items() if text)]
    tables, left = [], MOST_ROWS
    for number, ax in enumerate(_panels(figure), 1):
        heads += [f"panel {number}: {line}" for line in _described(ax)]
        for place, (kind, named, columns) in enumerate(_drawn(ax), 1):
            label = _plain(str(named.get_label()))
            about = {"panel": number, "artist": place, "kind": kind, "label": "" if label.startswith("_") else label}
            values = {name: np.ma.filled(np.ma.asarray(each, float).ravel(), np.nan) for name, each in columns.items()}
            table = pd.DataFrame(values).assign(**about).reindex(columns=COLUMNS)
            if kind == "image" and len(listed := _without_commonest(table)) < len(table) / 2:
                value = table["value"].drop(listed.index).iloc[0]
                heads.append(f"panel {number}: pixels of artist {place} that are not listed are {value:g}")
                table = listed
            if len(table) > left:
                heads.append(f"panel {number}: artist {place} ({kind}) is left out because it has {len(table)} rows")
                continue
            left -= len(table)
            tables.append(table.to_csv(index=False, header=False, float_format="%.7g", lineterminator="\n"))
    return "".join([*(f"# {line}\n" for line in heads), ",".join(COLUMNS), "\n", *tables])


def _without_commonest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that do not have the value that most rows have; having none is a value."""
    value = table["value"].value_counts(dropna=False).index[0]
    return table[table["value"].notna() if np.isnan(value) else table["value"] != value]


def _panels(figure: Figure) -> list[Axes]:
    """Return the axes that show data: insets with the others, and no colour bars."""
    found = [ax for each in figure.axes for ax in (each, *each.child_axes)]
    bars = [bar for ax in found for bar in _colour_bars(ax)]
    return [ax for ax in dict.fromkeys(found) if ax not in bars]


def _plain(text: str) -> str:
    return " ".join(text.replace("#", "no. ").split())


def _described(ax: Axes) -> Iterator[str]:
    """Yield a panel's title, its axes' labels, and the names that stand at its ticks."""
    titles = (ax.get_title(loc=place) for place in ("left", "center", "right"))
    words = [("title", next(filter(None, titles), "")), ("x", ax.get_xlabel()), ("y", ax.get_ylabel())]
    words += [("value", bar.get_ylabel() or bar.get_xlabel()) for bar in _colour_bars(ax)[:1]]
    yield "; ".join(f"{name} = {_plain(text)}" for name, text in words if text) or "no labels"
    for name, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        if isinstance(axis.get_major_locator(), FixedLocator):
            places = axis.get_major_locator()()
            texts = zip(places, axis.get_major_formatter().format_ticks(places), strict=True)
            if ticks := [f"{place:g} = {_plain(text)}" for place, text in texts if text not in ("", f"{place:g}")]:
                yield f"ticks of {name}: {'; '.join(ticks)}"


def _colour_bars(ax: Axes) -> list[Axes]:
    return [bar.ax for artist in ax.get_children() if (bar := getattr(artist, "colorbar", None))]


def _drawn(ax: Axes) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield what shows data: its kind, what carries its label, and its columns; caps of error bars are left aside."""
    named = {part: box for box in ax.containers for part in box.get_children()}
    caps = {cap for box in ax.containers if isinstance(box, ErrorbarContainer) for cap in box[1]}
    for artist in (*ax.images, *ax.collections, *ax.patches, *ax.lines):
        if not artist.get_visible() or artist in caps:
            continue
        spans = artist.get_transform().contains_branch_seperately(ax.transData)
        for kind, columns in _columns_of(artist):
            if isinstance(artist, Line2D | Rectangle):  # one across its panel has no data in one direction
                gone = [f"{axis}{end}" for axis, counts in zip("xy", spans, strict=True) if not counts for end in _ENDS]
                columns = {name: values for name, values in columns.items() if name not in gone}
            if any(np.size(values) for values in columns.values()):
                yield kind, named.get(artist, artist), columns


def _columns_of(artist: Artist) -> Iterator[tuple[str, dict[str, Any]]]:
    match artist:
        case Line2D():
            x, y = artist.get_data(orig=False)
            yield ("line" if artist.get_linestyle() != "None" else "points"), {"x": x, "y": y}
        case StepPatch():
            values, edges, base = artist.get_data()
            ends = {"x": edges[:-1], "x_end": edges[1:], "y": np.broadcast_to(base or 0, len(values)), "y_end": values}
            turned = {name.translate(str.maketrans("xy", "yx")): value for name, value in ends.items()}
            yield "bars", ends if artist.orientation == "vertical" else turned
        case Rectangle():
            (x, y), (x_end, y_end) = artist.get_xy(), artist.get_corners()[2]
            yield "bar", {"x": [x], "y": [y], "x_end": [x_end], "y_end": [y_end]}
        case Patch():
            yield "outline", _corners(artist.get_path().transformed(artist.get_patch_transform()).vertices)
        case AxesImage() if artist.get_array().ndim == 2:
            left, right, bottom, top = artist.get_extent()
            n_rows, n_columns = artist.get_array().shape
            x, y = _middles(left, right, n_columns), _middles(bottom, top, n_rows)
            y = y if artist.origin == "lower" else y[::-1]
            yield "image", _grid(x, y, artist.get_array())
        case ContourSet():
            for path, level in zip(artist.get_paths(), artist.levels, strict=False):
                yield "contour", {**_corners(path.vertices), "value": np.full(len(path.vertices), level)}
        case PathCollection():
            points, colours = _corners(artist.get_offsets()), artist.get_array()
            yield "points", points if colours is None else {**points, "value": colours}
        case LineCollection():
            segments = np.array([line[[0, -1]] for line in artist.get_segments() if len(line)]).reshape(-1, 2, 2)
            yield "bars", {**_corners(segments[:, 0]), "x_end": segments[:, 1, 0], "y_end": segments[:, 1, 1]}
        case Collection():
            colours = artist.get_array()
            for number, path in enumerate(artist.get_paths()):
                value = {} if colours is None else {"value": np.full(len(path.vertices), colours.ravel()[number])}
                yield "outline", {**_corners(path.vertices), **value}


def _corners(points: Any) -> dict[str, Any]:
    return {"x": points[:, 0], "y": points[:, 1]}


def _middles(first: float, last: float, n: int) -> np.ndarray:
    """Return the middles of n equal parts."""
    return first + (np.arange(n) + 0.5) * (last - first) / n


def _grid(x: np.ndarray, y: np.ndarray, values: Any) -> dict[str, Any]:
    return {"x": np.tile(x, len(y)), "y": np.repeat(y, len(x)), "value": values}
