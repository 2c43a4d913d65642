"""A notebook stands by itself: it runs on the profile that the environment names, and trains nothing that is there.

Its figures show the data of the page, on the axes that the captions name.
"""

import re

import keras
import numpy as np
import pandas as pd
import pytest
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS, eight_views
from report_utils.cnn import build_cnn
from report_utils.report.claims import CLAIMS
from report_utils.report.intervals import Interval
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.seeds import SeedPredictions
from tests.notebooks.conftest import AT_FULL_SIZE, N_CLUSTERS, N_FULL

PAGES = [
    ("1-introduction", {}),
    ("2-data", {}),
    ("3-1-images", {}),
    ("3-2-network", {}),
    ("3-3-results", {}),
    ("3-3-transform", {}),
    ("3-3-transform", {"transform": "single_band"}),
    ("3-3-transform", {"transform": "retained_50"}),
    ("3-3-transform", {"transform": "agn_less_2"}),
    ("4-1-dynamics", {}),
    ("4-1-dynamics", {"transform": "agn_less_4"}),
    ("4-2-comparison", {}),
    ("4-3-claims", {}),
    ("5-conclusion", {}),
    ("baselines", {}),
    ("edit-one-section", {}),
    ("full-size", {}),
    ("halos", {}),
    ("index", {}),
    ("performance", {}),
    ("reproduction-status", {}),
    ("sensitivity", {}),
    ("weigh-a-cluster", {}),
    ("why-1-hidden-or-known", {}),
    ("why-2-moved-cluster", {}),
    ("why-3-energy-surgery", {}),
    ("why-4-image", {}),
    ("why-5-errors", {}),
    ("why-6-cuts", {}),
    ("why-7-saliency", {}),
    ("why-8-layers", {}),
    ("why-9-box", {}),
]
"""All but the simulation's own page and those that train: their observations or networks take longer."""
IN_PART = {"further_bands_little", "retained_lose_little"}
"""Claims of several parts of which these transforms decide some."""


def called(name, parameters):
    return "-".join([name, *parameters.values()])


@pytest.mark.parametrize(("name", "parameters"), PAGES, ids=[called(*page) for page in PAGES])
def test_notebook_runs_without_training(notebooks, name, parameters):
    page = notebooks.run(name, **parameters)
    assert re.search(r"^\*\*(What was found|In short)\.\*\*", page.text, re.MULTILINE)
    assert all(one.data.strip() for one in page.shown if isinstance(one, Markdown))  # an empty one shows its name


def bar_heights(ax):
    return np.array([patch.get_height() for patch in ax.patches if hasattr(patch, "get_height")])


@pytest.mark.slow("runs a page")
def test_figure_one_leaves_out_only_the_rich(notebooks):
    figure, n_events = notebooks.run("2-data").figures["fig-1"], notebooks.reproduction.catalogue["n_events"]
    (ax,) = figure.axes
    assert bar_heights(ax).sum() == (n_events < 100_000).sum() < len(n_events)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("events in an observation", "observations")


def test_figure_two_shows_every_mass(notebooks):
    (ax,) = notebooks.run("2-data").figures["fig-2"].axes
    assert sum(bar.get_height() for container in ax.containers for bar in container) == N_CLUSTERS
    assert r"M_\odot" in ax.get_xlabel()


def test_one_observation_is_drawn_event_by_event(notebooks):
    page = notebooks.run("2-data")
    left, right = page.figures["fig-one-observation"].axes[:2]
    n_events = len(page.variables["events"])
    assert len(left.collections[0].get_offsets()) == bar_heights(right).sum() == n_events


def test_events_by_mass_has_the_reports_extremes(notebooks):
    (ax,) = notebooks.run("2-data").figures["fig-events-by-mass"].axes
    assert {line.get_ydata()[0] for line in ax.lines[1:]} == {736, 6_558_594}


def test_figure_three_has_y_upwards_and_each_observation_its_box(notebooks):
    page = notebooks.run("3-1-images")
    panels = [ax for ax in page.figures["fig-3"].axes if ax.images and ax.get_title(loc="left")]
    for ax, events, counts in zip(panels, page.variables["observations"], page.variables["counts"], strict=True):
        (image,) = ax.images
        assert image.origin == "lower"
        np.testing.assert_array_equal(image.get_array(), TRANSFORMS["single_band"](counts)[..., 0])
        assert image.get_extent() == [events.x.min(), events.x.max(), events.y.min(), events.y.max()]


def test_figure_five_is_on_figure_fours_colour_scale(notebooks):
    four, five = (notebooks.run("3-1-images").figures[f"fig-{number}"] for number in (4, 5))
    first, second = (ax.images[0].get_clim() for ax in four.axes[:2])
    shown = [ax.images[0].get_clim() for ax in five.axes if ax.images]
    assert shown[:12] == [*[first] * 3, *[second] * 3] * 2
    five.draw_without_rendering()
    bars = {ax.get_xlabel(): -ax.get_position().y0 for ax in five.axes[12:]}
    assert [label.split(" keV")[0] for label in sorted(bars, key=bars.get)] == ["0-2.5", "2.5-5"]
    titles = [ax.get_title(loc="left") for ax in five.axes]
    assert [int(title.split("%")[0]) for title in titles if title] == [99, 95, 90, 75, 50, 25]


def test_dynamics_say_how_many_epochs_they_rest_on(notebooks):
    page = notebooks.run("4-1-dynamics")
    n_epochs = len(page.variables["dynamics"].predictions)
    assert f"one fold, trained for {n_epochs} epochs; the report trains for 204." in page.text


def test_figure_seven_names_every_layer(notebooks):
    page = notebooks.run("3-2-network")
    written = [text.get_text() for text in page.figures["fig-7"].axes[0].texts]
    assert len(written) == 2 * (len(PUBLISHED.layers) + 1)
    assert {"64 × 64\n× 16", "200", "3 × 3\nconvolution", "2 × 2\nmaximum"} <= set(written)
    assert "11 of 11" in page.text


def test_network_page_names_the_activations_that_build_cnn_sets(notebooks, monkeypatch):
    """Keras' summary does not show them, so a page could otherwise miss that ReLU was replaced."""
    assert "`relu` (6 x), `linear` (1 x)" in notebooks.run("3-2-network").text

    def with_gelu(n_channels, n_pixels=128):
        network = build_cnn(n_channels, n_pixels)
        network.layers[0].activation = keras.activations.gelu
        return network

    monkeypatch.setattr("report_utils.cnn.model.build_cnn", with_gelu)
    assert "`gelu` (1 x), `relu` (5 x), `linear` (1 x)" in notebooks.run.__wrapped__("3-2-network").text


def test_a_functional_networks_image_is_drawn_once(notebooks, monkeypatch):
    """Keras counts the input of such a network among its layers."""

    def functional(n_channels, n_pixels=128):
        image = keras.Input((n_pixels, n_pixels, n_channels))
        return keras.Model(image, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(image)))

    monkeypatch.setattr("report_utils.cnn.model.build_cnn", functional)
    page = notebooks.run.__wrapped__("3-2-network")
    assert [kind for kind, _ in page.variables["boxes"]] == ["image", "GlobalAveragePooling2D", "Dense"]
    assert "0 of 2" in page.text


def test_layers_of_several_outputs_and_of_none_but_a_number_are_drawn(notebooks, monkeypatch):
    """A recurrent layer that returns its state, and an output without a channel."""

    def by_rows(n_channels, n_pixels=128):
        image = keras.Input((n_pixels, n_pixels, n_channels))
        rows = keras.layers.Reshape((n_pixels, n_pixels * n_channels))(image)
        _, state, _ = keras.layers.LSTM(5, return_state=True)(rows)
        return keras.Model(image, keras.layers.Reshape(())(keras.layers.Dense(1)(state)))

    monkeypatch.setattr("report_utils.cnn.model.build_cnn", by_rows)
    page = notebooks.run.__wrapped__("3-2-network")
    drawn = {"Reshape": (), "LSTM": (5,), "Dense": (1,), "image": (128, 128, 4)}
    assert dict(page.variables["boxes"]) == drawn
    assert "0 of 4" in page.text


def test_figure_eight_shows_all_views(notebooks):
    page = notebooks.run("3-2-network")
    shown = [ax.images[0].get_array() for ax in page.figures["fig-8"].axes[:8]]
    np.testing.assert_array_equal(shown, eight_views(page.variables["image"])[..., 0])


@pytest.mark.parametrize("name", ["index", "3-3-results", "5-conclusion"])
def test_a_network_that_did_not_train_has_no_numbers(notebooks, monkeypatch, name):
    """Two bands did not: what compares with them is not known, and the other steps keep their numbers."""

    def untrained(self):
        return "fold 0: its predictions do not vary" if self.transform == "multi_band_2" else ""

    monkeypatch.setattr(SeedPredictions, "untrained", property(untrained))
    page = notebooks.run.__wrapped__(name)
    assert "fold 0: its predictions do not vary" in page.text
    assert "nan" not in page.text.split()
    if name == "3-3-results":
        steps = pd.DataFrame(page.variables["table"]).set_index("step")["ratio of scatters"]
        known = ~steps.str.startswith("not known: a network did not train")
        assert list(known) == ["multi_band_2" not in names for names in page.variables["STEPS"].values()]
        assert len(page.variables["measured"]) == known.sum() == 1


def test_figure_nine_is_in_the_reports_order_on_shared_axes(notebooks):
    page = notebooks.run("3-3-results")
    used = [ax for ax in page.figures["fig-9"].axes if ax.has_data()]
    above, below = ([ax for ax in used if bool(ax.patches) is is_histogram] for is_histogram in (True, False))
    assert len(above) == len(below) == 16
    assert [ax.get_title(loc="left").split("\n")[0] for ax in above] == [row.model for row in PUBLISHED.rows.values()]
    for group in (above, below):
        assert len({(ax.get_xlim(), ax.get_ylim()) for ax in group}) == 1
    results = page.variables["results"]
    scatters = [f"σ = {results[name].residuals.std():.3f}" for name in PUBLISHED.rows]
    assert [ax.texts[0].get_text() for ax in above] == scatters


def test_scatter_by_mass_has_bins_and_intervals(notebooks):
    left, right = notebooks.run("3-3-results").figures["fig-scatter-by-mass"].axes
    for ax in (left, right):
        assert len(ax.containers) == 3
        assert {len(container.lines[0].get_xdata()) for container in ax.containers} == {5}


def test_learning_curves_are_root_mean_squares(notebooks):
    ax = notebooks.run("3-3-transform").figures["fig-{{ slug }}-curves"].axes[0]
    drawn = [float(line.get_ydata()[0]) for line in ax.lines]
    assert drawn == pytest.approx([np.sqrt(0.1), np.sqrt(0.2)] * 4)  # training, test; two folds, two seeds
    assert "[dex]" in ax.get_ylabel()


@pytest.mark.parametrize(
    ("transform", "baseline"),
    [
        ("single_band", "multi_band_1"),
        ("single_band_thresholded", "single_band"),
        ("multi_band_1", "single_band"),
        ("multi_band_2", "multi_band_1"),
        ("multi_band_3", "multi_band_2"),
        ("retained_50", "multi_band_4"),
        ("agn_less_2", "multi_band_2"),
    ],
)
def test_a_transform_is_compared_with_what_differs_in_one_thing(notebooks, transform, baseline):
    assert notebooks.run("3-3-transform", transform=transform).variables["baseline"] == baseline


def test_the_headline_shows_the_table(notebooks):
    page = notebooks.run("index")
    ax = page.figures["fig-headline"].axes[0]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.11744, 0.06345, 0.05903, 0.05818])
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["1\n0-2.5 keV", "2\n+ 2.5-5 keV", "3\n+ 5-7.5 keV", "4\n+ above 7.5 keV"]
    ours, without = (container.lines[0].get_ydata() for container in ax.containers)
    table = page.variables["judged"].table
    np.testing.assert_allclose(ours, table.loc[[f"multi_band_{k}" for k in (1, 2, 3, 4)], "scatter"])
    np.testing.assert_allclose(without, table.loc[[f"agn_less_{k}" for k in (1, 2, 3, 4)], "scatter"])


def test_the_forest_shows_every_part(notebooks):
    page = notebooks.run("4-3-claims")
    parts = [part for found in page.variables["evidence"].values() for part in found.parts]
    labels = [label.get_text() for label in page.figures["fig-claims"].axes[0].get_yticklabels()]
    assert labels == [part.label for part in parts]


def test_every_baseline_has_its_panel(notebooks):
    page = notebooks.run("baselines")
    figure, of_baselines = page.figures["fig-baselines"], page.variables["of_baselines"]
    lines = [line for ax in figure.axes for line in ax.lines if line.get_marker() in {"s", "^"}]
    assert sum(len(line.get_xdata()) for line in lines) == len(of_baselines)


def test_studies_that_were_not_trained_are_said_to_be(notebooks):
    page = notebooks.run("halos")
    assert page.figures["fig-halos"] is None
    assert "folds have not been trained" in page.text
    (ax,) = page.figures["fig-halo-mates"].axes
    assert "[dex]" in ax.get_ylabel()
    assert "random folds" in ax.get_legend().get_title().get_text()


def test_performance_draws_every_goal(notebooks):
    page = notebooks.run("performance")
    goals = page.variables["with_goal"]
    labels = [label.get_text() for label in page.figures["fig-goals"].axes[0].get_yticklabels()]
    assert labels == list(goals["title"])
    crosses = sum(line.get_marker() == "X" for line in page.figures["fig-goals"].axes[0].lines)
    assert crosses == (~goals["holds"]).sum()
    assert f"{goals['holds'].sum()} of {len(goals)} goals hold" in page.text


@pytest.mark.slow("runs a page")
def test_rings_are_drawn_as_they_were_measured(notebooks):
    """Each symbol of the last panel is a network's ratio of scatters after a ring was emptied."""
    page = notebooks.run("why-7-saliency")
    measured = page.variables["measured"]
    drawn = page.figures["fig-rings"].axes[2]
    heights = sorted(
        float(line.get_ydata()[0]) for line in drawn.lines if line.get_marker() != "None" and len(line.get_ydata()) == 1
    )
    expected = sorted(one.value for (_, kind, _), found in measured.items() if kind == "emptied" for one in found)
    assert {place for _, place in page.variables["networks"]["two bands"]} == {0, 1}  # training seeds
    assert heights == expected


@pytest.mark.parametrize(("low", "value", "said"), [(0.9, 1.3, True), (1.1, 1.3, False), (0.8, 0.9, False)])
def test_a_range_confirmed_by_the_value_alone_is_said_to_be(notebooks, low, value, said):
    by_value = notebooks.run("why-8-layers").variables["by_value"]
    assert by_value([Interval(value, low, 1.9)], 1, np.inf) is said


def test_networks_of_a_cut_that_is_not_trained_are_left_out(notebooks):
    page = notebooks.run("why-6-cuts")
    assert page.variables["each_network"](1.5) == []


@pytest.mark.slow("runs two pages")
def test_full_size_stands_beside_this_build_where_it_was_run(beside_full_size):
    page = beside_full_size("index")
    tables = page.variables["judged"].tables.values()
    drawn = [container.lines[0].get_ydata() for container in page.figures["fig-headline"].axes[0].containers]
    for line, table in zip((drawn[0], drawn[1]), tables, strict=True):
        scatters = table.loc[[f"multi_band_{k}" for k in (1, 2, 3, 4)], "scatter"].dropna()
        np.testing.assert_allclose(line, scatters)
    assert [len(line) for line in drawn] == [3, 4, 4]
    page = beside_full_size("3-3-results")
    panels = [ax for ax in page.figures["fig-9"].axes if ax.has_data() and not ax.patches]
    where = dict(zip(PUBLISHED.rows, (ax.texts[0].get_text() for ax in panels), strict=True))
    assert {name for name, said in where.items() if said == "at full size"} == set(AT_FULL_SIZE)
    assert set(where.values()) == {"at full size", "in this build"}
    assert "*Full size*: 40 clusters, 16 × 16 pixels and 10 folds" in page.text


@pytest.mark.parametrize(("name", "figure"), [("4-1-dynamics", "fig-10"), ("4-2-comparison", "fig-11")])
def test_dynamics_of_full_size_come_first_and_this_build_after_them(beside_full_size, notebooks, name, figure):
    """The first picture, the numbers and the sentence are of full size; the images are of this build's clusters."""
    page = beside_full_size(name)
    large, small = (found.data for label, found in page.figures.items() if label.startswith(figure))
    assert (len(large["labels"]), len(small["labels"])) == (N_FULL // 10, N_CLUSTERS // 10)
    assert large["labels"][0].startswith("cluster ")
    assert all(title.endswith(", at full size") for title in large["titles"])  # as a screen reader calls them
    assert (len(large["images"]) > 0, len(small["images"]) > 0) == (False, True)
    assert "**What was found.** *At full size.*" in page.text
    at_ends = page.variables["table" if name == "4-1-dynamics" else "at_ends"]
    scatter = at_ends["scatter" if name == "4-1-dynamics" else "scatter, multi-band"]
    np.testing.assert_allclose(scatter, 0.05, rtol=0.4)  # this build's is 0.1
    alone = notebooks.run(name)
    assert "at full size" not in alone.text
    assert [found is None for label, found in alone.figures.items() if label.startswith(figure)] == [False, True]


def test_every_claim_says_where_it_was_judged(beside_full_size):
    page = beside_full_size("4-3-claims")
    for claim in CLAIMS:
        block = page.text.partition(f". {claim.statement}**")[2].partition("\n---\n")[0]
        at_full_size = set(claim.needs) <= set(AT_FULL_SIZE)
        assert ("Verdict at full size" in block) == (at_full_size or claim.name in IN_PART), claim.name
        assert "Verdict in this build" in block
    labels = [label.get_text() for label in page.figures["fig-claims"].axes[0].get_yticklabels()]
    parts = [part.label for found in page.variables["judged"].here.values() for part in found.parts]
    assert labels[: len(parts)] == parts
    assert "At full size" in beside_full_size("reproduction-status").text
