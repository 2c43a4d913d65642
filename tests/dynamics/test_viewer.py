"""What the dynamics viewer is given to show, and what it refuses."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from tests.dynamics.made_up import cells_of, classifier, regression
from tests.test_widgets import data_of, read_packed

from report_utils.dynamics import Recording, dynamics_viewer
from report_utils.dynamics.viewer_data import IMAGE_BYTES, halved
from report_utils.errors import InputError


def made_up(rng, *, n_items=12, n_views=3, **options):
    return regression(rng, n_items=n_items, n_views=n_views, **options)


@pytest.fixture
def dynamics(rng):
    return made_up(rng)


def viewer_data(*dynamics, **options):
    """What the script is given; the plain picture does not matter."""
    return dynamics_viewer(*dynamics, figure=Figure(figsize=(1, 1)), **options).data


def test_values_are_kept_to_the_digits_that_are_shown(dynamics):
    data = viewer_data(dynamics)
    order = np.argsort(dynamics.truth, kind="stable")
    assert data["decimals"] == 3
    kept = cells_of(data)
    for row, rank in zip(kept, order, strict=True):
        assert [f"{value:.3f}" for value in row] == [f"{value:.3f}" for value in dynamics.predictions[:, rank, 0]]
    np.testing.assert_allclose(read_packed(data["truth"], 12) / 1000, dynamics.truth[order], atol=0.0005001)
    assert data["labels"] == [str(number) for number in dynamics.item[order]]
    assert data["centre"] == dynamics.truth.mean()
    assert data["limit"] == np.quantile(np.abs(dynamics.truth - dynamics.truth.mean()), 0.98)


@pytest.mark.parametrize(("scale", "decimals"), [(1e-4, 7), (1, 3), (100, 1), (1e6, 0)])
def test_decimals_follow_the_spread_of_the_truth(rng, scale, decimals):
    assert viewer_data(made_up(rng, scale=scale))["decimals"] == decimals


def test_one_wild_epoch_costs_no_digit(dynamics):
    dynamics.predictions[0, 3, 0] = 1e6
    data = viewer_data(dynamics)
    rank = np.argsort(dynamics.truth, kind="stable").tolist().index(3)
    assert cells_of(data)[rank, 0] == 10**6
    assert data["scale"] == 1000


def test_images_are_made_coarser_until_they_fit(dynamics, rng):
    small = rng.random((12, 16, 16, 2))
    kept = viewer_data(dynamics, images=small, channels=["a", "b"])["images"][0]
    assert (kept["height"], kept["width"], kept["channels"]) == (16, 16, ["a", "b"])
    order = np.argsort(dynamics.truth, kind="stable")
    low, high = (f(small, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    shades = np.rint(63 * (small - low) / (high - low))[order].transpose(0, 3, 1, 2)
    assert np.abs(read_packed(kept["values"], shades.shape) - shades).max() <= 1  # in single precision
    large = rng.random((12, 130, 131, 4))
    kept = viewer_data(dynamics, images=large)["images"][0]
    assert len(kept["values"]["data"]) <= IMAGE_BYTES
    assert (kept["height"], kept["width"]) == (65, 66)
    assert (kept["fullHeight"], kept["fullWidth"]) == (130, 131)
    assert read_packed(kept["values"], (12, 4, 65, 66)).max() == 63


def test_halving_takes_means_of_neighbours():
    images = np.arange(2 * 5 * 4 * 3, dtype=np.float32).reshape(2, 5, 4, 3)
    means = halved(images, 1)
    np.testing.assert_array_equal(means[:, 0], images[:, :2].mean(axis=1))
    np.testing.assert_array_equal(means[:, 2], images[:, 4])
    np.testing.assert_array_equal(halved(images, 2)[:, :, 1], images[:, :, 2:].mean(axis=2))


def test_it_is_the_same_every_time_and_loads_nothing(rng):
    first, again = (dynamics_viewer(made_up(np.random.default_rng(7)), images=np.ones((12, 9, 9, 1))) for _ in range(2))
    assert first.html() == again.html()
    assert repr(first) == repr(again) == "<dynamics-viewer: made_up: 6 epochs of 12 predictions>"
    assert first._repr_html_() == first.html()
    assert "http" not in first.html().replace("http-equiv", "")
    (data,) = data_of(first.html())
    assert data == first.data


def test_a_report_sized_pair_leaves_room_on_a_page(rng):
    """330 clusters at 204 epochs, twice, with pictures of noise, which nothing makes smaller."""
    pair = [made_up(rng, n_items=330, n_phases=4, epochs=50, n_views=1) for _ in range(2)]
    images = [rng.random((330, 64, 64, 4), dtype=np.float32) for _ in pair]
    assert len(dynamics_viewer(*pair, images=images).html()) < 1_250_000


def test_the_plain_picture_speaks_of_what_is_shown(dynamics, monkeypatch):
    drawn = []
    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", lambda self, *a, **k: (drawn.append(self), save(self, *a, **k)))
    widget = dynamics_viewer(dynamics, item="house", unit="k$", phases=["size", "size & age"])
    assert "a row for each house" in widget.plain
    ax = drawn[0].axes[0]
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["size", "size & age", "truth"]
    assert ax.get_ylabel() == "house, in ascending truth"
    assert drawn[0].axes[-1].get_ylabel() == "prediction − mean truth [k$]"


def test_a_figure_of_ones_own_is_the_plain_picture(dynamics):
    red = Figure(figsize=(2, 1), facecolor="red")
    with mpl.rc_context({"savefig.facecolor": "auto"}):
        widget = dynamics_viewer(dynamics, figure=red)
    assert widget.plain != dynamics_viewer(dynamics).plain
    assert len(widget.plain) < 1500


def test_a_model_that_predicts_one_truth_can_be_shown(rng):
    same = Recording.from_arrays(np.ones((3, 4)), np.full(4, 2.0))
    assert viewer_data(same)["decimals"] == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": ["a"]}, "1 labels given where 12 are needed"),
        ({"titles": ["a", "b"]}, "2 titles given where 1 are needed"),
        ({"phases": ["a"]}, "1 phases given where 2 are needed"),
        ({"images": np.ones((5, 8, 8, 1))}, "5 images given where 12 are needed"),
        ({"images": np.ones((12, 8, 8))}, "one array"),
        ({"images": [np.ones((12, 8, 8, 1))] * 2}, "one array"),
        ({"images": np.ones((12, 8, 8, 3)), "channels": ["a"]}, "1 channels given where the images have 3"),
    ],
)
def test_what_does_not_fit_is_named(dynamics, options, words):
    with pytest.raises(InputError, match=words):
        viewer_data(dynamics, **options)


def test_only_the_same_observations_stand_side_by_side(dynamics, rng):
    with pytest.raises(InputError, match="different items"):
        dynamics_viewer(dynamics, made_up(rng, n_items=11))
    with pytest.raises(InputError, match="different items or epochs"):
        dynamics_viewer(dynamics, made_up(rng, epochs=3))


def test_what_is_not_finite_is_left_open(dynamics):
    """A diverged training is shown, with holes."""
    dynamics.predictions[2, 1, 0] = np.nan
    dynamics.predictions[3, 1, 0] = 1e38
    rank = np.argsort(dynamics.truth, kind="stable").tolist().index(1)
    cells = cells_of(viewer_data(dynamics))
    assert np.argwhere(np.isnan(cells)).tolist() == [[rank, 2], [rank, 3]]
    assert f"{cells[rank, 4]:.3f}" == f"{dynamics.predictions[4, 1, 0]:.3f}"


def test_epochs_that_were_not_recorded_are_a_gap():
    recording = Recording.from_arrays(np.ones((3, 4)), np.arange(4.0), epoch=[0, 1, 5], phase=[0, 0, 1])
    data = viewer_data(recording)
    assert data["epoch"] == [0, 1, None, 5]
    assert data["phase"] == [0, 0, 0, 1]
    assert np.isnan(cells_of(data)[:, 2]).all()


def test_of_classes_the_margin_and_the_likeliest_are_shown(rng):
    recording = classifier(rng)
    data = viewer_data(recording, features=pd.DataFrame({"age": np.arange(30.0), "kind": ["x"] * 30}))
    order = np.lexsort((-recording.values().mean(axis=0), recording.truth))
    np.testing.assert_array_equal(read_packed(data["truth"], 30), recording.truth[order])
    np.testing.assert_allclose(cells_of(data), recording.values().T[order], atol=0.0051)
    likeliest = recording.predictions[:, order, 0].argmax(axis=2).T
    np.testing.assert_array_equal(read_packed(data["predicted"][0], (30, 6)), likeliest)
    assert (data["centre"], data["limit"], data["classes"]) == (0, 1, ["cat", "dog", "owl"])
    assert data["features"]["rows"][0] == [f"{order[0]:.4g}", "x"]
    assert viewer_data(recording, show="probability")["centre"] == 0.5


def test_twenty_thousand_items_fit_into_three_megabytes(rng):
    many = regression(rng, n_items=20_000, n_phases=4, epochs=49, n_views=1)
    widget = dynamics_viewer(many, figure=Figure(figsize=(1, 1)))
    assert len(widget.html()) < 3_000_000
    step = 1 / widget.data["scale"]
    order = np.argsort(many.truth, kind="stable")
    np.testing.assert_allclose(cells_of(widget.data), many.predictions[:, order, 0].T, atol=0.501 * step)
    assert step < 0.1  # the errors are of 0.1
