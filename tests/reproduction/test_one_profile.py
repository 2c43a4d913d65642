"""A whole small reproduction: simulated, trained, stored, and never computed again."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.profile_files import TINY

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.errors import InputError
from report_utils.events import ingest, open_archive
from report_utils.events.export import export_observations
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import profile_keys, what_is_left
from report_utils.runs.store import Store
from report_utils.simulation import simulate_observation


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproduction")
    (folder / "tiny.toml").write_text(TINY)
    return folder


@pytest.fixture(scope="module")
def reproduction(folder):
    return Reproduction(folder / "tiny.toml", Store(folder / "runs"))


def test_the_data_set_holds_what_was_simulated(reproduction):
    assert reproduction.counts().shape == (20, 16, 16, 4)
    for index in (0, 7, 19):
        events = simulate_observation(5, index)
        np.testing.assert_array_equal(reproduction.counts()[index], band_counts(events, 16))
        without = band_counts(events.without_agn(), 16)
        np.testing.assert_array_equal(reproduction.counts("agn_less")[index], without)
        row = reproduction.catalogue.iloc[index]
        assert (row.cluster_id, row.group) == (events.cluster_id, events.group)
        assert row.log10_mass == events.log10_mass
        assert (row.n_events, row.n_events_agn_less) == (len(events), without.sum())
        assert row.redshift > 0


def test_images_are_the_transform_of_the_counts(reproduction):
    for name in ("single_band", "retained_75", "agn_less_2"):
        transform = TRANSFORMS[name]
        counts = reproduction.counts(transform.source)
        np.testing.assert_array_equal(reproduction.dataset.images(transform), transform(counts[:]))


@pytest.mark.slow("trains")
def test_fits_are_trained_once_and_kept(reproduction, folder):
    assert reproduction.prepare(["single_band", "agn_less_4"], dynamics=["multi_band_4"]) == 5
    assert reproduction.prepare(["single_band", "agn_less_4"], dynamics=["multi_band_4"]) == 0
    result = reproduction.cross_validation("single_band")
    fold_of = reproduction.fold_of()
    np.testing.assert_array_equal(result.fold, fold_of[result.cluster])
    assert sorted(result.cluster) == sorted(np.flatnonzero(fold_of < 2))
    np.testing.assert_array_equal(result.truth, reproduction.catalogue.log10_mass.to_numpy()[result.cluster])
    assert set(result.group) <= set(reproduction.catalogue.group)
    dynamics = reproduction.dynamics("multi_band_4")
    assert dynamics.predictions.shape == (8, 2, 8)
    np.testing.assert_array_equal(dynamics.item, np.flatnonzero(fold_of == 0))
    other = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    np.testing.assert_array_equal(other.cross_validation("single_band").predictions, result.predictions)


@pytest.mark.slow("trains")
def test_another_training_seed_changes_only_the_training(reproduction):
    assert reproduction.n_training_seeds("single_band") == 1
    assert reproduction.prepare(["single_band"], dynamics=(), n_training_seeds=2) == 2
    first, second = reproduction.cross_validations("single_band")
    np.testing.assert_array_equal(first.cluster, second.cluster)
    np.testing.assert_array_equal(first.fold, second.fold)
    assert not np.array_equal(first.predictions, second.predictions)
    again = reproduction.cross_validation("single_band", training_seed=1)
    np.testing.assert_array_equal(again.predictions, second.predictions)
    assert len(reproduction.runs(["single_band"])) == 4
    assert len(reproduction.all_dynamics("multi_band_4")) == 1


@pytest.mark.slow("starts a worker")
def test_a_worker_trains_the_same_network_as_this_process(reproduction, tmp_path, worker_processes):
    in_a_worker = Reproduction(reproduction.profile, Store(tmp_path))
    assert in_a_worker.prepare(["single_band"], (), folds=[1]) == 1
    key = reproduction.fit_key("single_band", 1)
    there, here = (one.store.load(key).manifest["files"] for one in (in_a_worker, reproduction))
    assert there == here


def test_transforms_share_their_folds(reproduction):
    first, second = (reproduction.cross_validation(name) for name in ("single_band", "agn_less_4"))
    np.testing.assert_array_equal(first.cluster, second.cluster)
    np.testing.assert_array_equal(first.truth, second.truth)


def test_unknown_transforms_are_refused_before_anything_is_trained(reproduction):
    with pytest.raises(InputError, match="unknown transform 'multi_band_9'"):
        reproduction.prepare(["multi_band_9"])


def test_the_main_comparison_is_trained_first_and_the_dynamics_last(reproduction):
    keys = reproduction.missing(folds=[1], n_training_seeds=3)
    last = [key.name for key in keys if key.inputs["training_seed"] == 2]
    assert keys[-len(last) :] == [key for key in keys if key.inputs["training_seed"] == 2]
    assert [name.split("/")[2] for name in last[:3]] == ["single_band", "multi_band_2", "multi_band_4"]
    assert [name.partition("/")[0] for name in last] == ["fit"] * len(TRANSFORMS) + ["dynamics"] * 2


def test_the_book_trains_the_networks_that_pages_look_into_with_further_seeds(tmp_path):
    (tmp_path / "tiny.toml").write_text("network_seeds = 3\n" + TINY)
    planned = Reproduction(tmp_path / "tiny.toml", Store(tmp_path / "runs"))
    more = [key.name for key in planned.missing() if key.inputs["training_seed"]]
    assert more == [
        f"fit/tiny/{name}/fold-{fold}-seed-{seed}"
        for seed in (1, 2)
        for name in ("single_band", "multi_band_2")
        for fold in (0, 1)
    ]
    assert set(more) < {key.name for key in profile_keys(planned)}
    for asked in ({"transforms": ["single_band"], "dynamics": ()}, {"n_training_seeds": 1}):
        assert {key.inputs["training_seed"] for key in planned.missing(**asked)} == {0}


@pytest.mark.slow("trains")
def test_a_single_fold_can_be_trained_and_an_unknown_fold_is_refused(reproduction):
    missing = reproduction.missing(["multi_band_3"], (), folds=[1])
    assert [key.inputs["fold"] for key in missing] == [1]
    assert what_is_left(reproduction.store, missing) == ["  fit multi_band_3, folds 1"]
    assert reproduction.prepare(["multi_band_3"], (), folds=[1]) == 1
    assert reproduction.missing(["multi_band_3"], (), folds=[1]) == []
    with pytest.raises(InputError, match=r"fold 2: profile tiny trains the folds 0 to 1"):
        reproduction.prepare(["multi_band_3"], (), folds=[0, 2])


def test_a_full_disk_is_reported_before_any_observation_is_made(reproduction, folder, tmp_path, monkeypatch):
    """Without this check, writing to the mapped file would end the process with a signal."""
    elsewhere = Reproduction(folder / "tiny.toml", Store(tmp_path / "not-there" / "runs"))
    size = sum(path.stat().st_size for path in reproduction.dataset.run.folder.glob("counts_*.npy"))
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0.9 * size))
    with pytest.raises(InputError, match=r"not-there/runs: the binned observations need .* GB .*free; .*REPORT_RUNS"):
        _ = elsewhere.dataset
    assert not (tmp_path / "not-there").exists()


@pytest.fixture(scope="module")
def archived(folder):
    """The same observations, exported as FITS files with a catalogue and ingested into an archive."""
    observations = (simulate_observation(5, index) for index in range(20))
    catalogue = export_observations(observations, folder / "files")
    report = ingest(catalogue, folder / "archive")
    assert report.exit_status == 0
    (folder / "archived.toml").write_text(TINY.replace("n_clusters = 20", 'archive = "archive"'))
    return Reproduction(folder / "archived.toml", Store(folder / "archived-runs"))


@pytest.mark.slow("reads files")
def test_an_archive_gives_the_same_counts(reproduction, archived):
    assert len(open_archive(archived.profile.archive_path)) == 20
    for source in ("observation", "agn_less"):
        np.testing.assert_array_equal(archived.counts(source), reproduction.counts(source))
    assert archived.transforms == tuple(TRANSFORMS)
    assert list(archived.catalogue.cluster_id) == list(reproduction.catalogue.cluster_id)


def test_an_archive_without_agn_less_lists_has_fewer_transforms(folder):
    observations = (simulate_observation(5, index) for index in range(20))
    catalogue = export_observations(observations, folder / "files-1", agn_less=False)
    ingest(catalogue, folder / "archive-1")
    (folder / "one.toml").write_text(TINY.replace("n_clusters = 20", 'archive = "archive-1"\nn_clusters = 18'))
    reproduction = Reproduction(folder / "one.toml", Store(folder / "one-runs"))
    assert len(reproduction.catalogue) == 18
    assert not any(name.startswith("agn_less") for name in reproduction.transforms)
    assert reproduction.dynamics_transforms == ("multi_band_4",)
    with pytest.raises(InputError, match="'agn_less_2' needs AGN-less observations"):
        reproduction.prepare(["agn_less_2"])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('archive = "nowhere"', r"source.archive: .*nowhere"),
        ('archive = "archive"\nn_clusters = 99', "n_clusters = 99, but the archive holds 20"),
        ("n_clusters = 20\nsimulation = { exposure_s = -1 }", "exposure_s"),
        ("n_clusters = 20\nsimulation = { exposure = 1 }", "exposure"),
    ],
)
def test_unusable_sources_are_named(folder, archived, source, message):
    (folder / "bad.toml").write_text(TINY.replace("n_clusters = 20", source))
    with pytest.raises(InputError, match=message) as caught:
        Reproduction(folder / "bad.toml", Store(folder / "runs"))
    assert "bad.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_many_pixels_are_refused_before_anything_is_simulated(folder):
    """2**31 pixel numbers are enough for exactly 131 072 observations of 128 x 128 pixels."""
    many = TINY.replace("n_pixels = 16", "n_pixels = 128")
    (folder / "many.toml").write_text(many.replace("n_clusters = 20", "n_clusters = 131_072"))
    assert Reproduction(folder / "many.toml", Store(folder / "runs")).observations.n_clusters == 131_072
    (folder / "more.toml").write_text(many.replace("n_clusters = 20", "n_clusters = 131_073"))
    with pytest.raises(InputError, match=r"131073 observations of 128 x 128 pixels .* enough for 131072") as caught:
        Reproduction(folder / "more.toml", Store(folder / "no-runs"))
    assert "more.toml" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (folder / "no-runs").exists()
