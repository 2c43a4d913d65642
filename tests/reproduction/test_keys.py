"""What a key contains: the definitions that compute a run, values, and flags."""

from __future__ import annotations

from dataclasses import replace

import pytest

from report_utils.binning import TRANSFORMS
from report_utils.binning.interventions import INTERVENTIONS
from report_utils.binning.transforms import EXPERIMENTS
from report_utils.reproduction import training_tasks
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.code_digest import reached_definitions, require_code


@pytest.fixture
def reproduction(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_RUNS", str(tmp_path))
    return Reproduction("smoke")


def test_the_key_of_a_fit_contains_the_network_its_training_and_its_images(reproduction):
    code = reproduction.fit_key("multi_band_2", 0).inputs["code"].keys()
    assert {"build_cnn", "fit_fold", "train_epochs", "fused_outputs", "TensorFlowSteps", "assign_folds"} <= code
    assert {"Transform.__call__", "retained_pixels", "Dataset.images", "train_fit"} <= code
    assert {"Dataset.counts", "Dataset.log10_mass", "Dataset.groups"} <= code
    assert not {"TRANSFORMS", "get_transform", "train_in_phases", "band_counts", "band_names", "weight_noise"} & code


def test_the_key_of_a_dynamics_contains_its_phases_too(reproduction):
    code = reproduction.dynamics_key("multi_band_4").inputs["code"].keys()
    assert {"train_in_phases", "weight_noise", "EpochRecorder", "build_cnn"} <= code
    assert not {"plot_dynamics", "dynamics_viewer"} & code


def test_the_key_of_observations_contains_the_simulation_the_binning_and_their_tables(reproduction):
    code = reproduction.data_key.inputs["code"].keys()
    assert {"simulate_observation", "band_counts", "add_events", "EventList", "apec.npz", "acisi.npz"} <= code
    assert not any("check" in name and "profile" in name for name in code)


@pytest.mark.parametrize(("backend", "steps"), [("tensorflow", "TensorFlowSteps"), ("jax", "JaxSteps")])
def test_the_key_contains_the_engine_of_the_backend(monkeypatch, backend, steps):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert f"cnn.engine_{backend}" in training_tasks.fit_code(TRANSFORMS["multi_band_2"])
    assert steps in reached_definitions(*training_tasks.dynamics_code(TRANSFORMS["multi_band_2"]))


def test_adding_a_transform_changes_no_key(reproduction, monkeypatch):
    before = reproduction.fit_key("multi_band_2", 0), reproduction.data_key
    added = replace(TRANSFORMS["multi_band_2"], name="another", source="agn_less")
    monkeypatch.setattr("report_utils.binning.transforms.TRANSFORMS", {**TRANSFORMS, "another": added})
    fresh = Reproduction("smoke")
    assert (fresh.fit_key("multi_band_2", 0), fresh.data_key) == before
    assert fresh.fit_key("another", 0).inputs["image"] != before[0].inputs["image"]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_key_of_an_experiment_contains_its_own_intervention_alone(reproduction, name):
    """Editing one intervention leaves the fits of all other experiments as they are."""
    code, own = reproduction.fit_key(name, 0).inputs["code"].keys(), EXPERIMENTS[name].intervention
    assert code & INTERVENTIONS.keys() == ({own} if own else set())
    assert ("altered_images" in code) == EXPERIMENTS[name].needs_sample
    assert not {"INTERVENTIONS", "EXPERIMENTS"} & code


def test_an_intervention_has_the_name_by_which_keys_find_it():
    assert all(function.__name__ == kind for kind, function in INTERVENTIONS.items())


def test_the_title_of_a_transform_does_not_enter_a_key():
    one = TRANSFORMS["multi_band_2"]
    assert replace(one, title="Two Bands").described() == one.described()
    assert replace(one, source="agn_less").described() != one.described()


def test_the_key_contains_flags_that_decide_bits(reproduction, monkeypatch):
    before = reproduction.fit_key("multi_band_2", 0)
    assert before.inputs["flags"] == {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    after = Reproduction("smoke").fit_key("multi_band_2", 0)
    assert after.digest != before.digest
    assert after.inputs["flags"]["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=true"


def test_every_definition_of_a_key_can_be_required(reproduction):
    require_code(reproduction.data_key.inputs["code"], reproduction.observations.code_roots)
    require_code(
        reproduction.fit_key("multi_band_2", 0).inputs["code"], training_tasks.fit_code(TRANSFORMS["multi_band_2"])
    )
