"""The binned observations of a profile on disk: made in parts, each part once, whatever interrupts it."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from tests.profile_files import write_profile

from report_utils.binning import band_counts
from report_utils.binning import dataset as datasets
from report_utils.binning.dataset import load_dataset
from report_utils.errors import InputError
from report_utils.profiles import load_profile
from report_utils.runs.store import Store
from report_utils.simulation import simulate_observation


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """Six observations of sixteen pixels in two parts, of four and of two."""
    monkeypatch.setattr(datasets, "CHUNK", 4)
    return load_profile(write_profile(tmp_path / "tiny.toml", ("n_clusters = 20", "n_clusters = 6")))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


@pytest.fixture
def run_tasks(monkeypatch):
    """Run tasks in this process, up to a number of them, and return the labels of all that were asked for."""

    def until(n_tasks=None):
        asked = []

        def run(tasks, _description):
            asked.extend(task.label for task in tasks)
            for task in tasks[:n_tasks]:
                task.function(**task.arguments)
            if n_tasks is not None:
                raise KeyboardInterrupt

        monkeypatch.setattr(datasets, "run_tasks", run)
        return asked

    return until


def test_what_is_kept_is_what_every_observation_holds(profile, store, run_tasks):
    run_tasks()
    dataset = load_dataset(profile, store)
    events = [simulate_observation(5, index) for index in range(6)]
    np.testing.assert_array_equal(dataset.counts(), [band_counts(each, 16) for each in events])
    np.testing.assert_array_equal(dataset.counts("agn_less"), [band_counts(each.without_agn(), 16) for each in events])
    assert dataset.catalogue["n_events"].tolist() == [len(each) for each in events]
    assert dataset.catalogue["cluster_id"].tolist() == [each.cluster_id for each in events]
    assert dataset.log10_mass.tolist() == [each.log10_mass for each in events]


def test_after_an_interruption_only_the_rest_is_binned(profile, store, run_tasks, tmp_path):
    asked = run_tasks(1)
    with pytest.raises(KeyboardInterrupt):
        load_dataset(profile, store)
    assert asked == ["observations 0 to 3", "observations 4 to 5"]
    asked = run_tasks()
    interrupted = load_dataset(profile, store)
    assert asked == ["observations 4 to 5"]
    whole = load_dataset(profile, Store(tmp_path / "other-runs"))
    for source in ("observation", "agn_less"):
        np.testing.assert_array_equal(interrupted.counts(source), whole.counts(source))
    assert interrupted.run.facts() == whole.run.facts()


def unfinished(store):
    return next(store.root.glob("data/*.partial"))


def test_counts_that_were_damaged_meanwhile_are_refused_and_made_again(profile, store, run_tasks):
    run_tasks(1)
    with pytest.raises(KeyboardInterrupt):
        load_dataset(profile, store)
    np.lib.format.open_memmap(unfinished(store) / "counts_agn_less.npy")[3] = 0
    run_tasks()
    with pytest.raises(
        InputError, match=r"counts_agn_less.npy: observations 0 to 3 are damaged; run the same"
    ) as caught:
        load_dataset(profile, store)
    assert "\n" not in str(caught.value)
    asked = run_tasks()
    counts = load_dataset(profile, store).counts("agn_less")
    assert asked == ["observations 0 to 3"]
    np.testing.assert_array_equal(counts[3], band_counts(simulate_observation(5, 3).without_agn(), 16))


def test_without_their_counts_parts_are_binned_again(profile, store, run_tasks):
    run_tasks(1)
    with pytest.raises(KeyboardInterrupt):
        load_dataset(profile, store)
    (unfinished(store) / "counts_observation.npy").unlink()
    asked = run_tasks()
    load_dataset(profile, store)
    assert asked == ["observations 0 to 3", "observations 4 to 5"]


def test_the_counts_of_a_stored_run_are_not_taken_up_as_unfinished_work(profile, store, run_tasks, monkeypatch):
    """A process was killed between storing a run and removing its unfinished work; the run is damaged later."""
    run_tasks()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_paths, **_options: None)
        dataset = load_dataset(profile, store)
    expected, folder = np.array(dataset.counts()), dataset.run.folder
    assert len(list(unfinished(store).glob("chunk-*.npz"))) == 2
    stored = np.lib.format.open_memmap(folder / "counts_observation.npy")
    stored[0] = stored[0, ::-1].copy()  # as many events as before
    del stored
    (folder / "manifest.json").unlink()
    with pytest.warns(UserWarning, match="set aside"):
        again = load_dataset(profile, store)
    np.testing.assert_array_equal(again.counts(), expected)


def test_counts_lie_on_disk_once(profile, store, run_tasks, monkeypatch):
    """They are stored by a second name of the same file, and the first goes with the unfinished work."""
    copied = []
    monkeypatch.setattr(shutil, "copyfile", lambda *names: copied.append(names))
    run_tasks()
    folder = load_dataset(profile, store).run.folder
    assert copied == []
    assert not list(store.root.glob("data/*.partial"))
    assert (folder / "counts_observation.npy").stat().st_nlink == 1


def test_where_files_cannot_have_two_names_they_are_copied(profile, store, run_tasks, monkeypatch, tmp_path):
    def refuse(*_names):
        raise OSError

    run_tasks()
    expected = load_dataset(profile, Store(tmp_path / "other-runs")).counts()
    monkeypatch.setattr(os, "link", refuse)
    np.testing.assert_array_equal(load_dataset(profile, store).counts(), expected)


def test_without_agn_less_observations_their_counts_are_refused(profile, store, run_tasks):
    run_tasks()
    dataset = load_dataset(profile, store)
    (dataset.run.folder / "counts_agn_less.npy").unlink()
    with pytest.raises(InputError, match="this data set has no agn-less observations"):
        dataset.counts("agn_less")
