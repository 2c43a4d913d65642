"""What several pages draw alike shows the data that it is given, in files of a sane size."""

import base64
import io
import re

import matplotlib
import numpy as np
import pytest
from PIL import Image

from report_utils.binning import TRANSFORMS
from report_utils.report import figures
from report_utils.report.figures.style import grid, show_image, svg_text
from report_utils.report.seeds import SeedPredictions

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


def test_examples_span_the_masses_and_do_not_depend_on_the_sample_size():
    masses = np.random.default_rng(0).normal(14, 0.3, 1000)
    rows = figures.example_rows(masses)
    assert list(masses[rows]) == sorted(masses[rows], reverse=True)
    assert masses[rows[0]] == masses[:48].max()
    assert masses[rows[-1]] == masses[:48].min()
    np.testing.assert_array_equal(rows, figures.example_rows(masses[:48]))
    assert len(figures.example_rows(masses[:3])) == 3


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


def images_in(svg):
    for encoded in re.findall(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)", svg):
        yield np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA"))


def test_what_remains_is_counted(counts):
    total = counts[0].sum(axis=-1)
    pixels, events = figures.remaining(counts[0], 50)
    kept = (total > 0) & (total <= np.percentile(total[total > 0], 50))
    assert pixels == kept.sum() / (total > 0).sum()
    assert events == total[kept].sum() / total.sum()
    assert figures.remaining(counts[0], 99)[1] > events


def test_every_band_has_its_own_colour_scale(counts):
    figure = figures.band_images(counts, ["a"] * 6)
    shown = [ax.images[0].get_clim() for ax in figure.axes if ax.images][:4]
    assert shown == list(figures.colour_limits(counts[0]))
    image = figure.axes[1].images[0]
    assert image.origin == "lower"  # y upwards
    np.testing.assert_array_equal(image.get_array(), TRANSFORMS["multi_band_4"](counts[0])[..., 1])


def test_residuals_of_every_seed_and_view_are_drawn(made_up):
    seeds = [made_up("single_band", scatter, seed=number) for number, scatter in enumerate((0.1, 0.1, 0.3))]
    result = SeedPredictions.of(seeds)
    _, axes = grid(1, 2)
    figures.draw_residuals(axes[0, 0], result.residuals, figures.residual_limit([result]))
    figures.draw_predictions(axes[0, 1], result.truth, result.predictions, figures.mass_limits([result]))
    assert axes[0, 0].patches[0].get_data().values.sum() == pytest.approx(100)
    dots, diagonal = axes[0, 1].lines
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())
    assert len(dots.get_xdata()) == 3 * 600 * 8
    run = seeds[2]
    order = np.argsort(run.cluster)
    np.testing.assert_allclose(dots.get_ydata()[-600 * 8 :], run.predictions[order].ravel())
    np.testing.assert_allclose(dots.get_xdata()[-600 * 8 :], np.repeat(run.truth[order], 8))


def test_files_stay_small_and_reproducible(counts):
    drawn = [figures.svg_text(figures.band_images(counts[:2], ["a", "b"])) for _ in range(2)]
    assert len(drawn[0]) < 150_000
    assert drawn[0] == drawn[1]


def test_a_palette_loses_nothing(counts):
    # two figures: the layout of one moves a little when it is drawn again
    one, other = (figures.band_images(counts[:2], ["a", "b"]) for _ in range(2))
    plain = io.StringIO()
    other.savefig(plain, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    small = figures.svg_text(one)
    assert len(small) < len(plain.getvalue())
    pairs = list(zip(images_in(small), images_in(plain.getvalue()), strict=True))
    assert len(pairs) >= 8
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)
