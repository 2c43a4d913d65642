"""Runs are fresh, stale, missing or damaged. The runs are made up, because their contents do not matter here."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from tests.edited_code import edit_definition
from tests.profile_files import write_profile

from report_utils.binning.transforms import FINE_EDGES_KEV
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.run_status import Manifests, current_key, profile_keys, run_states
from report_utils.reproduction.studies import SENSITIVITY, reproduce_variant
from report_utils.runs.explain_changes import changes
from report_utils.runs.store import RunKey, Store


@pytest.fixture
def profile(tmp_path):
    return write_profile(tmp_path / "tiny.toml")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def states(profile, store, kind=None):
    found, _ = run_states(Reproduction(profile, store))
    return {status.name: status for status in found if kind in (None, status.kind)}


def made(profile, store):
    """Store a placeholder for every run of a profile."""
    for key in profile_keys(Reproduction(profile, store)):
        store.save(key, {"predictions": np.ones(3)}, {}, seconds=1.0)


def test_a_run_is_missing_until_it_is_made(profile, store):
    found = states(profile, store)
    assert {status.state for status in found.values()} == {"missing"}
    assert next(iter(found)) == "data/tiny"
    assert "fit/tiny/multi_band_2/fold-1-seed-0" in found
    assert "dynamics/tiny/agn_less_4/seed-0" in found
    made(profile, store)
    found = states(profile, store)
    assert {status.state for status in found.values()} == {"fresh"}
    assert all(status.reasons == () for status in found.values())
    assert found["data/tiny"].about["seconds"] == 1.0


def test_a_changed_setting_is_named_and_affects_no_other_run(profile, store):
    made(profile, store)
    write_profile(profile, ("epochs = 1\nbatch_size = 64\n[dynamics]", "epochs = 3\nbatch_size = 64\n[dynamics]"))
    assert {status.state for status in states(profile, store, "data").values()} == {"fresh"}
    assert {status.state for status in states(profile, store, "dynamics").values()} == {"fresh"}
    fits = states(profile, store, "fit").values()
    assert {status.reasons for status in fits} == {("training.epochs 1 -> 3",)}
    assert {status.state for status in fits} == {"stale"}


def test_changed_data_are_named_for_every_run(profile, store):
    made(profile, store)
    write_profile(profile, ("n_clusters = 20", "n_clusters = 20\nsimulation = { sigma_ln_temperature = 0.15 }"))
    found = states(profile, store)
    assert found["data/tiny"].reasons == ("data: simulation.sigma_ln_temperature 0.07 -> 0.15",)
    fits = [status for status in found.values() if status.kind != "data"]
    assert {status.reasons for status in fits} == {("data: simulation.sigma_ln_temperature 0.07 -> 0.15",)}


def test_the_nearest_run_explains_what_changed(profile, store):
    """The older run with the fewest differences is compared with; the latest of several."""
    key = Reproduction(profile, store).fit_key("single_band", 0)
    far = RunKey(key.name, {**key.inputs, "seed": 1, "n_folds": 3}, key.profile)
    near = RunKey(key.name, {**key.inputs, "n_folds": 5}, key.profile)
    for other in (near, far):
        store.save(other, {}, {})
    (status,) = [s for s in states(profile, store).values() if s.name == key.name]
    assert status.reasons == ("n_folds 5 -> 10",)
    manifest = {"name": key.name, "digest": "", "inputs": near.inputs}
    entries = [
        _entry(manifest | {"digest": day, "finished": day}) for day in ("2026-01-02", "2026-01-03", "2026-01-01")
    ]
    assert Manifests(entries).nearest(key)["finished"] == "2026-01-03"
    assert Manifests([]).nearest(key) is None


def _entry(manifest):
    from report_utils.runs.ownership import OwnedEntry

    return OwnedEntry(None, "run", None, manifest)


def test_a_damaged_run_is_named_and_stays_where_it_is(profile, store):
    made(profile, store)
    key = Reproduction(profile, store).fit_key("single_band", 0)
    (store.folder(key) / "predictions.npy").write_bytes(b"x")
    status = states(profile, store)[key.name]
    assert status.state == "damaged"
    assert "predictions.npy is missing or has another size" in status.reasons[0]
    assert (store.folder(key) / "predictions.npy").is_file()


def test_unfinished_work_is_reported(profile, store):
    key = Reproduction(profile, store).fit_key("single_band", 0)
    store.working_folder(key)
    found = states(profile, store)
    assert [name for name, status in found.items() if status.begun] == [key.name]
    assert found[key.name].state == "missing"


def test_todays_key_of_a_stored_run(profile, store):
    reproduction = Reproduction(profile, store)
    for key in (*profile_keys(reproduction), reproduction.fit_key("single_band", 1, 7)):
        assert current_key(reproduction, key.described()) == key
    for name, inputs in (
        ("fit/tiny/single_band/fold-2-seed-0", {"transform": "single_band", "fold": 2, "training_seed": 0}),
        ("fit/tiny/multi_band_9/fold-0-seed-0", {"transform": "multi_band_9", "fold": 0, "training_seed": 0}),
        ("fit/tiny/single_band/fold-0", {"fold": "0"}),
        ("other/tiny", {}),
    ):
        assert current_key(reproduction, {"name": name, "inputs": inputs}) is None


def test_observations_in_fine_bands_belong_to_the_profile(profile, store):
    reproduction = Reproduction(profile, store)
    key = reproduction.data_key_of(FINE_EDGES_KEV)
    assert current_key(reproduction, {"name": key.name, "inputs": key.inputs}) == key
    other = reproduction.data_key_of((0.0, 3.3, inf))
    assert current_key(reproduction, {"name": other.name, "inputs": other.inputs}) is None


def test_runs_of_studies_are_listed_once_they_exist(profile, store):
    variant = next(one for one in SENSITIVITY.variants if one.name == "noise-0.10")
    assert not states(profile, store, "study")
    key = reproduce_variant(Reproduction(profile, store), variant).dynamics_key("multi_band_4")
    store.save(key, {}, {})
    assert {name: status.state for name, status in states(profile, store, "study").items()} == {key.name: "fresh"}
    write_profile(profile, ("[dynamics]\nepochs = 1", "[dynamics]\nepochs = 2"))
    assert states(profile, store, "study")[key.name].reasons == ("dynamics.epochs 1 -> 2",)


def test_a_changed_network_is_named(profile, store, monkeypatch):
    before = Reproduction(profile, store).fit_key("single_band", 0)
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    now = Reproduction(profile, store).fit_key("single_band", 0)
    assert changes(before.inputs, now.inputs) == ["code build_cnn changed"]
