"""The figures show the data that they are given, with units, on shared axes, in files of a sane size."""

import base64
import io
import re

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from report_utils.binning import TRANSFORMS, eight_views
from report_utils.report import figures
from report_utils.report.claims import judge_claims
from report_utils.report.figures.style import grid, show_image, svg_text
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.tables import table_one

HOSTILE = {
    "image.origin": "lower",
    "text.usetex": True,
    "svg.fonttype": "none",
    "savefig.transparent": True,
    "savefig.pad_inches": 1.0,
    "axes.formatter.use_locale": True,
    "font.family": "serif",
    "lines.linestyle": ":",
    "axes.grid.which": "both",
    "legend.loc": "center",
}


@pytest.fixture(autouse=True)
def book_style():
    with matplotlib.rc_context():
        figures.use_book_style()
        yield


@pytest.fixture(scope="module")
def counts():
    """Six (128, 128, 4) cubes: a bright middle, and fewer events the higher the band."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:128, :128] - 63.5
    profile = 40 / (1 + (x**2 + (y - 10) ** 2) / 60) ** 1.5
    return [
        np.stack([generator.poisson(profile * share) for share in (1, 0.2, 0.03, 0.001)], axis=-1).astype(np.int32)
        for _ in range(6)
    ]


def test_figures_are_the_same_whatever_the_matplotlibrc_says(counts):
    image = TRANSFORMS["multi_band_2"](counts[0])[..., 0]

    def drawn():
        figures.use_book_style()
        figure, axes = grid(1, 2)
        show_image(axes[0, 0], image)
        axes[0, 1].plot([0, 1], [1e-3, 2], label="a_b & c")
        axes[0, 1].set_title("scatter [dex]")
        axes[0, 1].legend()
        return svg_text(figure)

    plain = drawn()
    with matplotlib.rc_context(HOSTILE):
        assert drawn() == plain
    assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]  # matplotlib brings it along


def bar_heights(ax):
    return np.array([patch.get_height() for patch in ax.patches if hasattr(patch, "get_height")])


def labels(figure):
    return [text for ax in figure.axes for text in (ax.get_xlabel(), ax.get_ylabel())]


def images_in(svg):
    for encoded in re.findall(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)", svg):
        yield np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA"))


def test_figure_one_leaves_out_only_the_rich():
    n_events = np.array([10, 500, 99_999, 100_000, 5_000_000])
    figure = figures.events_histogram(n_events)
    assert bar_heights(figure.axes[0]).sum() == 3
    assert labels(figure) == ["events in an observation", "observations"]


def test_figure_two_shows_every_mass():
    masses = np.random.default_rng(1).normal(14.1, 0.3, 500)
    ax = figures.mass_histogram(masses).axes[0]
    bars = [patch for container in ax.containers for patch in container]
    assert sum(bar.get_height() for bar in bars) == 500
    assert r"M_\odot" in ax.get_xlabel()


def test_figure_three_has_y_upwards(counts):
    figure = figures.single_band_images(counts, [str(i) for i in range(6)])
    image = figure.axes[0].images[0]
    assert image.origin == "lower"
    np.testing.assert_array_equal(image.get_array(), TRANSFORMS["single_band"](counts[0])[..., 0])
    assert figure.get_supxlabel() == "x [pixel]"
    with_extent = figures.single_band_images(counts, ["a"] * 6, [(0, 900, 0, 800)] * 6)
    assert with_extent.axes[0].images[0].get_extent() == [0, 900, 0, 800]
    assert with_extent.get_supylabel() == "y [arcsec]"


def test_figure_five_is_on_figure_fours_colour_scale(counts):
    four, five = figures.band_images(counts, ["a"] * 6), figures.retained_images(counts[0])
    scale = [ax.images[0].get_clim() for ax in four.axes[:2]]
    shown = [ax.images[0].get_clim() for ax in five.axes if ax.images]
    assert shown[:12] == [scale[0]] * 3 + [scale[1]] * 3 + [scale[0]] * 3 + [scale[1]] * 3
    five.draw_without_rendering()
    bars = {ax.get_xlabel(): -ax.get_position().y0 for ax in five.axes[12:]}
    assert [label.split(" keV")[0] for label in sorted(bars, key=bars.get)] == ["0-2.5", "2.5-5"]
    titles = [ax.get_title(loc="left") for ax in five.axes]
    assert [int(title.split("%")[0]) for title in titles if title] == [99, 95, 90, 75, 50, 25]


def test_what_remains_is_counted(counts):
    total = counts[0].sum(axis=-1)
    pixels, events = figures.remaining(counts[0], 50)
    kept = (total > 0) & (total <= np.percentile(total[total > 0], 50))
    assert pixels == kept.sum() / (total > 0).sum()
    assert events == total[kept].sum() / total.sum()
    assert figures.remaining(counts[0], 99)[1] > events
    each = np.array([figures.remaining(cube, 50) for cube in counts])
    assert figures.median_remaining(np.array(counts), 50) == tuple(np.median(each, axis=0))


def test_figure_eight_shows_all_views(counts):
    image = TRANSFORMS["single_band"](counts[0])
    shown = [ax.images[0].get_array() for ax in figures.symmetry_views(image[..., 0]).axes[:8]]
    np.testing.assert_array_equal(shown, eight_views(image)[..., 0])


def test_figure_seven_names_every_layer():
    layers = [(layer.kind, layer.shape) for layer in PUBLISHED.layers]
    written = [text.get_text() for text in figures.architecture((128, 128, 4), layers).axes[0].texts]
    assert len(written) == 2 * (len(layers) + 1)
    assert "64 × 64\n× 16" in written
    assert "200" in written


def test_learning_curves_are_root_mean_squares(report_like):
    history = report_like["single_band"].history
    ax = figures.learning_curves([history]).axes[0]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.sqrt([0.09, 0.04, 0.02]))
    assert len(ax.lines) == 4
    assert "[dex]" in ax.get_ylabel()
    ax = figures.learning_curves([history] * 3).axes[0]
    assert len(ax.lines) == 12
    assert "fold and seed" in ax.get_legend().get_texts()[0].get_text()


def test_residual_histogram_holds_every_view(report_like):
    left, right = figures.residuals_and_predictions(report_like["single_band"]).axes
    assert left.patches[0].get_data().values.sum() == pytest.approx(100)
    assert len(right.lines[0].get_xdata()) == 600 * 8
    np.testing.assert_array_equal(right.lines[1].get_xdata(), right.lines[1].get_ydata())


def test_every_seed_is_drawn(made_up):
    seeds = [made_up("single_band", scatter, seed=number) for number, scatter in enumerate((0.1, 0.1, 0.3))]
    left, right = figures.residuals_and_predictions(seeds).axes
    assert left.patches[0].get_data().values.sum() == pytest.approx(100)
    drawn = right.lines[0]
    assert len(drawn.get_xdata()) == 3 * 600 * 8
    run = seeds[2]
    order = np.argsort(run.cluster)
    np.testing.assert_allclose(drawn.get_ydata()[-600 * 8 :], run.predictions[order].ravel())
    np.testing.assert_allclose(drawn.get_xdata()[-600 * 8 :], np.repeat(run.truth[order], 8))
    title = figures.figure_nine({"single_band": seeds}).axes[0].texts[0].get_text()
    assert title == f"σ = {np.std([run.residuals for run in seeds]):.3f}"


def test_figure_nine_is_in_the_reports_order_on_shared_axes(report_like):
    figure = figures.figure_nine(dict(reversed(report_like.items())))
    used = [ax for ax in figure.axes if ax.has_data()]
    assert len(used) == 32
    titles = [ax.get_title(loc="left").split("\n")[0] for ax in figure.axes if ax.get_title(loc="left")]
    assert titles == [row.model for row in PUBLISHED.rows.values()]
    above = [ax for ax in used if ax.patches]
    below = [ax for ax in used if not ax.patches]
    for group in (above, below):
        assert len({(ax.get_xlim(), ax.get_ylim()) for ax in group}) == 1


def test_the_headline_shows_the_table(report_like):
    table = table_one(report_like, n_resamples=100)
    ax = figures.scatter_by_bands(table).axes[0]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.11744, 0.06345, 0.05903, 0.05818])
    ours = ax.containers[0].lines[0].get_ydata()
    np.testing.assert_allclose(ours, table.loc[[f"multi_band_{k}" for k in (1, 2, 3, 4)], "scatter"])
    without = figures.scatter_by_bands(table_one({"multi_band_1": report_like["multi_band_1"]}, n_resamples=50))
    assert len(without.axes[0].containers) == 1


def test_the_forest_shows_every_part(report_like):
    evidence = judge_claims(report_like, n_resamples=100)
    ax = figures.claims_forest(evidence).axes[0]
    assert len(ax.get_yticklabels()) == sum(len(found.parts) for found in evidence.values())
    printed = [part.printed for found in evidence.values() for part in found.parts if part.printed is not None]
    bars = next(line for line in ax.lines if line.get_label() == "from the printed numbers")
    np.testing.assert_allclose(bars.get_xdata(), printed)
    assert isinstance(figures.claims_forest({}), Figure)


def test_scatter_by_mass_uses_every_cluster(report_like):
    left, right = figures.scatter_by_mass({"one": report_like["single_band"]}).axes
    assert len(right.lines[0].get_xdata()) == 5
    assert np.mean(left.lines[0].get_ydata()) == pytest.approx(report_like["single_band"].residuals.mean())
    reach = right.collections[0].get_segments()
    assert all(low[1] < value < high[1] for (low, high), value in zip(reach, right.lines[0].get_ydata(), strict=True))


def test_event_map_has_every_event():
    generator = np.random.default_rng(3)
    x, y, energy = generator.normal(0, 90, 400), generator.normal(0, 90, 400), generator.uniform(0.3, 9, 400)
    figure = figures.event_map(x, y, energy)
    assert len(figure.axes[0].collections[0].get_offsets()) == 400
    assert bar_heights(figure.axes[1]).sum() == 400
    assert {"x [arcsec]", "y [arcsec]"} <= set(labels(figure))


def test_events_by_mass_has_the_reports_extremes():
    ax = figures.events_by_mass([13.9, 14.4], [800, 90_000]).axes[0]
    assert {line.get_ydata()[0] for line in ax.lines[1:]} == {736, 6_558_594}


def test_files_stay_small_and_reproducible(counts, report_like):
    drawings = {
        "three": lambda: figures.single_band_images(counts, ["a"] * 6),
        "four": lambda: figures.band_images(counts, ["a"] * 6),
        "five": lambda: figures.retained_images(counts[0]),
        "nine": lambda: figures.figure_nine(report_like),
    }
    for name, draw in drawings.items():
        assert len(figures.svg_text(draw())) < 350_000, name
    assert figures.svg_text(drawings["five"]()) == figures.svg_text(drawings["five"]())


def test_a_palette_loses_nothing(counts):
    # two figures: the layout of one moves a little when it is drawn again
    one, other = (figures.symmetry_views(TRANSFORMS["single_band"](counts[0])[..., 0]) for _ in range(2))
    plain = io.StringIO()
    other.savefig(plain, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    small = figures.svg_text(one)
    assert len(small) < len(plain.getvalue())
    pairs = list(zip(images_in(small), images_in(plain.getvalue()), strict=True))
    assert len(pairs) >= 8
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
