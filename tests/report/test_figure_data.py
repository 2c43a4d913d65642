"""The CSV beside a figure holds what was drawn: known numbers in, the same numbers out."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from report_utils.report.figures import data
from report_utils.report.figures.data import figure_csv
from report_utils.widgets import FIGURE_DATA, Widget, unpacked_text


def drawn(draw, **how):
    """What the CSV says of one panel."""
    figure = Figure()
    draw(figure.subplots(**how))
    return pd.read_csv(io.StringIO(figure_csv(figure)), comment="#")


def test_lines_and_points_are_their_vertices():
    table = drawn(lambda ax: (ax.plot([1, 2], [3, np.nan], label="ours"), ax.scatter([5], [6], c=[7])))
    points, line = table[table.kind == "points"], table[table.kind == "line"]
    assert points[["x", "y", "value"]].to_numpy().tolist() == [[5, 6, 7]]
    assert line.label.tolist() == ["ours"] * 2
    np.testing.assert_array_equal(line[["x", "y"]], [[1, 3], [2, np.nan]])


def test_a_line_across_the_panel_has_no_data_in_that_direction():
    table = drawn(lambda ax: (ax.axvline(2), ax.axhspan(1, 3)))
    assert table[table.kind == "line"].y.isna().all()
    band = table[table.kind == "bar"]
    assert band[["y", "y_end"]].to_numpy().tolist() == [[1, 3]]
    assert band[["x", "x_end"]].isna().all(axis=None)


def test_a_histogram_is_its_bars():
    table = drawn(lambda ax: ax.hist([1, 1, 2, 5], bins=[0, 2, 4, 6]))
    assert table[["x", "x_end", "y_end"]].to_numpy().tolist() == [[0, 2, 2], [2, 4, 1], [4, 6, 1]]
    stairs = drawn(lambda ax: ax.stairs([2, 1], [0, 1, 3]))
    assert stairs[["x", "x_end", "y", "y_end"]].to_numpy().tolist() == [[0, 1, 0, 2], [1, 3, 0, 1]]
    lying = drawn(lambda ax: ax.stairs([2, 1], [0, 1, 3], orientation="horizontal"))
    assert lying[["y", "y_end", "x", "x_end"]].to_numpy().tolist() == [[0, 1, 0, 2], [1, 3, 0, 1]]


def test_error_bars_are_given_without_their_caps():
    table = drawn(lambda ax: ax.errorbar([1, 2], [4, 5], yerr=[[0.5, 1], [2, 3]], capsize=3, label="ours"))
    assert set(table.label) == {"ours"}
    bars = table[table.kind == "bars"]
    assert bars[["x", "y", "x_end", "y_end"]].to_numpy().tolist() == [[1, 3.5, 1, 6], [2, 4, 2, 8]]
    assert len(table) == 4


@pytest.mark.parametrize(("origin", "first"), [("lower", 10.5), ("upper", 11.5)])
def test_an_image_has_the_middle_and_the_value_of_each_pixel(origin, first):
    table = drawn(lambda ax: ax.imshow([[0, 1, 2], [3, 4, 5]], extent=(0, 3, 10, 12), origin=origin))
    assert table.value.tolist() == [0, 1, 2, 3, 4, 5]
    assert table.x.tolist() == [0.5, 1.5, 2.5] * 2
    assert table.y.iloc[0] == first


@pytest.mark.parametrize(("common", "said"), [(0.0, "0"), (np.nan, "nan")])
def test_the_pixels_that_most_of_an_image_is_are_said_once(common, said):
    figure = Figure()
    figure.subplots().imshow(np.ma.masked_invalid([[common, common, 7], [common, 0.5, common]]), origin="lower")
    text = figure_csv(figure)
    assert f"# panel 1: pixels of artist 1 that are not listed are {said}\n" in text
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert table[["x", "y", "value"]].to_numpy().tolist() == [[2, 0, 7], [1, 1, 0.5]]


def test_areas_and_contours_have_their_corners():
    area = drawn(lambda ax: ax.fill_between([0, 1], [0, 0], [1, 2]))
    assert {(0, 0), (1, 0), (0, 1), (1, 2)} == set(zip(area.x, area.y, strict=True))
    contour = drawn(lambda ax: ax.contour([[0, 1], [0, 1]], levels=[0.5]))
    assert (contour.x == 0.5).all()
    assert (contour.value == 0.5).all()


def test_the_head_names_panels_axes_ticks_and_colours_and_bars_are_no_panels():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.set(title="A #1", xlabel="x [dex]", ylabel="y")
    left.set_xticks([0, 1], ["one\nband", "two"])
    image = right.imshow([[1, 2]])
    figure.colorbar(image, cax=right.inset_axes((1.04, 0, 0.06, 1)), label="counts")
    heads = [line for line in figure_csv(figure).splitlines() if line.startswith("#")]
    assert heads[1:] == [
        "# panel 1: title = A no. 1; x = x [dex]; y = y",
        "# panel 1: ticks of x: 0 = one band; 1 = two",
        "# panel 2: value = counts",
    ]


def test_what_is_hidden_or_empty_is_no_data():
    table = drawn(lambda ax: (ax.plot([], [], label="proxy"), ax.plot([1], [2], visible=False)))
    assert table.empty
    assert list(table.columns) == list(data.COLUMNS)


def test_an_artist_beyond_the_limit_is_named_and_left_out(monkeypatch):
    monkeypatch.setattr(data, "MOST_ROWS", 3)
    figure = Figure()
    ax = figure.subplots()
    ax.imshow([[1, 2], [3, 4]])
    ax.plot([1, 2], [3, 4])
    text = figure_csv(figure)
    assert "# panel 1: artist 1 (image) is left out because it has 4 rows" in text
    assert set(pd.read_csv(io.StringIO(text), comment="#").artist) == {2}


def test_a_notebook_keeps_the_data_of_figures_and_of_widgets_with_one():
    figure = Figure()
    figure.subplots().plot([1], [2])
    assert data.data_bundle(figure) == data.data_bundle(Widget("k", "t", {}, (), "", figure).figure)
    assert unpacked_text(data.data_bundle(figure)[FIGURE_DATA]) == figure_csv(figure)
    assert data.data_bundle(None) == {}
