"""Each intervention destroys one kind of information and keeps the others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.profile_files import write_profile

from report_utils.binning import TRANSFORMS
from report_utils.binning import dataset as datasets
from report_utils.binning.dataset import load_dataset
from report_utils.binning.interventions import INTERVENTIONS, experiment_images, generator, log_distance, rings
from report_utils.binning.transforms import EXPERIMENTS, FINE_EDGES_KEV, ExperimentTransform
from report_utils.errors import InputError
from report_utils.profiles import load_profile
from report_utils.runs.store import Store
from report_utils.simulation.cosmology import luminosity_distance

COUNTS = arrays(np.int32, (8, 8, 4), elements=st.integers(0, 50)).filter(lambda counts: counts.sum() > 0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Six observations of sixteen pixels."""
    folder = tmp_path_factory.mktemp("sample")
    profile = load_profile(write_profile(folder / "tiny.toml", ("n_clusters = 20", "n_clusters = 6")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "run_tasks", lambda tasks, _: [task.function(**task.arguments) for task in tasks])
        return load_dataset(profile, Store(folder / "runs"))


def intervene(kind, counts, row, totals):
    return INTERVENTIONS[kind](counts, row, totals, generator(kind, row))


def totals_of(*observations):
    return np.array([counts.sum(axis=(0, 1)) for counts in observations])


@given(COUNTS)
def test_shuffled_energies_keep_every_pixel_and_the_spectrum(counts):
    found = intervene("shuffled_energies", counts, 0, totals_of(counts))
    np.testing.assert_array_equal(found.sum(axis=-1), counts.sum(axis=-1))
    np.testing.assert_array_equal(found.sum(axis=(0, 1)), counts.sum(axis=(0, 1)))


def test_shuffled_energies_flatten_the_hardness():
    counts = np.zeros((8, 8, 2), np.int32)
    counts[:4, :, 0] = counts[4:, :, 1] = 1000  # soft above, hard below
    found = intervene("shuffled_energies", counts, 0, totals_of(counts))
    np.testing.assert_allclose(found[..., 1] / found.sum(axis=-1), 0.5, atol=0.08)


def test_exchanged_hardness_takes_the_spectrum_of_the_neighbour_in_counts():
    soft, hard, bright = np.zeros((3, 8, 8, 2), np.int32)
    soft[..., 0], hard[..., 1], bright[..., 0] = 100, 101, 5000
    totals = totals_of(soft, bright, hard)
    found = intervene("exchanged_hardness", soft, 0, totals)
    np.testing.assert_array_equal(found.sum(axis=-1), soft.sum(axis=-1))
    assert (found[..., 0].sum(), found[..., 1].sum()) == (0, 6400)
    assert intervene("exchanged_hardness", hard, 2, totals)[..., 1].sum() == 0  # and the neighbour its own
    assert intervene("exchanged_hardness", bright, 1, totals)[..., 0].sum() == 0  # the odd one out takes the next below


def test_a_thinned_copy_says_nothing_of_the_spectrum():
    rng = np.random.default_rng(0)
    soft, hard = (np.stack([rng.poisson(200, (16, 16)), rng.poisson(mean, (16, 16))], axis=-1) for mean in (10, 30))
    totals = totals_of(soft, hard, soft, hard, soft)
    found = [intervene("thinned_copy", counts, row, totals) for row, counts in enumerate((soft, hard))]
    for counts, copy in zip((soft, hard), found, strict=True):
        np.testing.assert_array_equal(copy[..., 0], counts[..., 0])
        assert (copy[..., 1] <= copy[..., 0]).all()
    shares = [copy[..., 1].sum() / copy[..., 0].sum() for copy in found]
    assert shares == pytest.approx([10 / 200, 10 / 200], rel=0.1)  # the median observation's, in both


def test_an_observation_without_events_stays_empty():
    empty, bright = np.zeros((2, 8, 8, 2), np.int32)
    bright[..., 1] = 3
    for kind in ("exchanged_hardness", "shuffled_energies"):
        assert intervene(kind, empty, 0, totals_of(empty, bright)).sum() == 0
        assert intervene(kind, empty, 0, totals_of(empty, empty)).sum() == 0


def test_hardness_is_not_exchanged_with_nothing():
    empty, bright = np.zeros((2, 8, 8, 2), np.int32)
    bright[..., 1] = 3
    with pytest.raises(InputError, match=r"observation 1 exchanges its hardness with observation 0 .* has no events"):
        intervene("exchanged_hardness", bright, 1, totals_of(empty, bright))
    with pytest.raises(InputError, match="no second observation"):
        intervene("exchanged_hardness", bright, 0, totals_of(bright))


def test_without_soft_events_there_is_nothing_to_copy(dataset, monkeypatch):
    hard = dataset.counts() * np.array([0, 1, 1, 1], np.int32)
    monkeypatch.setattr(datasets.Dataset, "counts", lambda _self, _source: hard)
    message = "transform 'multi_band_2_thinned_copy': no observation has an event in the first band"
    with pytest.raises(InputError, match=message):
        experiment_images(dataset, EXPERIMENTS["multi_band_2_thinned_copy"])


@given(COUNTS)
def test_permuted_pixels_keep_what_each_pixel_holds(counts):
    found = intervene("permuted_pixels", counts, 3, totals_of(counts))
    assert sorted(map(tuple, found.reshape(-1, 4))) == sorted(map(tuple, counts.reshape(-1, 4)))


@given(COUNTS)
def test_scrambled_azimuth_keeps_the_radial_profile(counts):
    found, ring = intervene("scrambled_azimuth", counts, 3, totals_of(counts)), rings(counts)
    for number in np.unique(ring):
        pixels = ring == number
        assert sorted(map(tuple, found[pixels])) == sorted(map(tuple, counts[pixels]))


def test_rings_are_centred_on_the_events():
    counts = np.zeros((8, 8, 1), np.int32)
    counts[2, 5] = 10
    assert rings(counts)[2, 5] == 0
    assert rings(counts)[2, 7] == 2


@pytest.mark.parametrize("kind", INTERVENTIONS)
def test_an_observation_is_altered_the_same_way_each_time(kind):
    counts = np.random.default_rng(1).integers(0, 30, (8, 8, 4))
    others = totals_of(counts, counts + 1)
    np.testing.assert_array_equal(intervene(kind, counts, 0, others), intervene(kind, counts, 0, others))


def test_experiments_are_made_of_the_sample(dataset):
    images = experiment_images(dataset, EXPERIMENTS["multi_band_2_thinned_copy"])
    plain = dataset.images(TRANSFORMS["multi_band_2"])
    np.testing.assert_array_equal(images[..., 0], plain[..., 0])
    assert not np.array_equal(images[..., 1], plain[..., 1])
    np.testing.assert_array_equal(experiment_images(dataset, TRANSFORMS["multi_band_2"]), plain)


def test_a_known_distance_is_a_channel(dataset):
    images = experiment_images(dataset, EXPERIMENTS["single_band_with_distance"])
    redshift = dataset.catalogue["redshift"]
    np.testing.assert_allclose(images[5, ..., 1], np.log10(luminosity_distance(redshift[5]) / 1000), rtol=1e-6)
    assert log_distance(dataset).std() > 0.2
    assert EXPERIMENTS["single_band_with_distance"].channels == ("0+", "distance")


def test_counts_alone_do_not_make_such_an_image():
    with pytest.raises(InputError, match="whole sample"):
        EXPERIMENTS["multi_band_2_permuted_pixels"](np.zeros((8, 8, 4), np.int32))


def test_cuts_are_counted_in_one_set_of_bands():
    cuts = [transform for name, transform in EXPERIMENTS.items() if name.startswith("cut_")]
    assert {cut.counted_edges_kev for cut in cuts} == {FINE_EDGES_KEV, TRANSFORMS["multi_band_2"].counted_edges_kev}
    counts = np.zeros((8, 8, 12), np.int32)
    counts[..., :4], counts[..., 4:] = 1, 3  # below and above 1.5 keV
    image = ExperimentTransform("cut", "Cut", (0, 1.5, float("inf")))(counts)
    np.testing.assert_allclose(image[0, 0], np.log10([1 + 4, 1 + 8 * 3]), rtol=1e-6)
