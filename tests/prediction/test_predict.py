"""Fits of a small profile applied to archives: the same numbers as in training, and honest about the rest."""

from __future__ import annotations

import dataclasses
import sys
from math import inf

import numpy as np
import pandas as pd
import pytest

from report_utils import cli
from report_utils.binning import TRANSFORMS, Transform, band_counts
from report_utils.errors import InputError
from report_utils.events import ArchiveWriter, open_archive
from report_utils.events.thinning import thin
from report_utils.prediction import predict
from report_utils.prediction.trained_networks import networks_of_book, trained_networks
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import export_results
from report_utils.runs.store import Store
from report_utils.simulation import simulate_observation

PROFILE = """
description = "a test"
seed = 5
n_pixels = 16
[source]
archive = "archive"
[folds]
run = 2
[training]
epochs = 10
batch_size = 16
target = "standardised"
inputs = "standardised"
learning_rate = 3e-3
"""
TRANSFORM = "multi_band_2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An archive of 20 simulated clusters and a profile that is trained on it."""
    folder = tmp_path_factory.mktemp("prediction")
    with ArchiveWriter(folder / "archive") as writer:
        for index in range(20):
            events = simulate_observation(5, index)
            writer.add(dataclasses.replace(events, source=None), events.without_agn())
    (folder / "tiny.toml").write_text(PROFILE)
    return folder


@pytest.fixture(scope="module")
def reproduction(folder):
    made = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("report_utils.binning.dataset", "report_utils.reproduction.one_profile"):
            patch.setattr(f"{module}.run_tasks", run_here)  # starting workers takes longer than their work
        made.prepare([TRANSFORM], dynamics=(), n_training_seeds=2)
    return made


def run_here(tasks, _description):
    return [task.function(**task.arguments) for task in tasks]


@pytest.fixture
def unknown(tmp_path):
    """An archive of clusters that nobody was trained on, without their masses."""

    def make(change=lambda events: events, name="unknown"):
        with ArchiveWriter(tmp_path / name) as writer:
            for index in range(3):
                events = simulate_observation(77, index)
                writer.add(change(dataclasses.replace(events, log10_mass=float("nan"), source=None)))
        return tmp_path / name

    return make


def test_a_held_out_cluster_is_predicted_as_in_its_fold(folder, reproduction):
    predictions = predict(folder / "archive", TRANSFORM, reproduction)
    assert predictions.of_fits.shape == (20, 4)  # two folds, two training seeds
    for number, (seed, fold) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        result = reproduction.cross_validation(TRANSFORM, seed)
        tested = result.fold == fold
        expected = result.predictions[tested].mean(axis=1)
        np.testing.assert_allclose(predictions.of_fits[result.cluster[tested], number], expected, atol=2e-5)


def test_the_table_is_mean_and_spread_over_fits_with_the_held_out_error(folder, reproduction):
    predictions = predict(folder / "archive", TRANSFORM, reproduction)
    table = predictions.table
    np.testing.assert_allclose(table["log10_mass_predicted"], predictions.of_fits.mean(axis=1))
    np.testing.assert_allclose(table["spread_between_fits"], predictions.of_fits.std(axis=1, ddof=1))
    results = reproduction.cross_validations(TRANSFORM)
    held_out = np.mean([result.predictions.mean(axis=1) for result in results], axis=0) - results[0].truth
    assert (table["n_held_out"] == len(held_out)).all()
    np.testing.assert_allclose(table["expected_bias"], held_out.mean(), atol=1e-6)
    np.testing.assert_allclose(table["expected_scatter"], held_out.std(ddof=1), atol=1e-6)
    assert list(table["log10_mass"]) == [one.log10_mass for one in open_archive(folder / "archive").observations]
    assert (table["n_events"] == reproduction.catalogue["n_events"]).all()


def test_what_was_trained_on_is_no_prediction(folder, reproduction, unknown):
    predictions = predict(folder / "archive", TRANSFORM, reproduction)
    assert (predictions.table["warning"] == "was in the training").all()
    said = "\n".join(predictions.summary())
    assert "20 observations were in the training: what it says of them is no prediction" in said
    assert "unlike" not in said
    assert not predict(unknown(), TRANSFORM, reproduction).table["warning"].str.contains("in the training").any()


def test_fits_that_did_not_train_predict_nothing(folder, reproduction, monkeypatch):
    monkeypatch.setattr("report_utils.cnn.untrained.LEAST_SPREAD", 1e3)
    with pytest.raises(
        InputError, match=r"'multi_band_2' cannot be used, fold 0 did not train: its predictions spread .*standardised"
    ):
        predict(folder / "archive", TRANSFORM, reproduction)


def test_observations_unlike_the_training_are_marked(unknown, reproduction):
    predictions = predict(unknown(lambda events: thin(events, 40, 1)), TRANSFORM, reproduction)
    assert predictions.table["warning"].str.contains("events 40 outside").all()
    assert "3 observations are unlike the training" in "\n".join(predictions.summary())
    harder = unknown(lambda events: dataclasses.replace(events, energy=events.energy + 3), "harder")
    assert predict(harder, TRANSFORM, reproduction).table["warning"].str.contains("hardness inf outside").all()


def test_new_observations_are_thinned_as_the_profile_says(unknown, reproduction):
    whole = reproduction.observations
    _ = reproduction.data_key, reproduction.dataset
    reproduction.observations = dataclasses.replace(whole, max_events=300)
    try:
        assert (predict(unknown(), TRANSFORM, reproduction).table["n_events"] == 300).all()
    finally:
        reproduction.observations = whole


def test_without_fits_the_message_says_how_to_train_them(folder, unknown, reproduction):
    with pytest.raises(InputError, match="2 of 2 fits of 'single_band' are not trained") as caught:
        predict(unknown(), "single_band", reproduction)
    assert f"report-utils fit single_band --profile {folder / 'tiny.toml'}" in str(caught.value)
    with pytest.raises(InputError, match="unknown transform 'multi_band_9'"):
        predict(unknown(), "multi_band_9", reproduction)


def test_an_agn_less_transform_needs_agn_less_lists(unknown, reproduction):
    with pytest.raises(InputError, match="3 of 3 observations have no AGN-less list") as caught:
        predict(unknown(), "agn_less_2", reproduction)
    assert "s77-00000" in str(caught.value)


def test_the_command_writes_a_table_and_says_what_it_is_worth(
    folder, reproduction, unknown, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("REPORT_RUNS", str(folder / "runs"))

    def run(*arguments):
        monkeypatch.setattr(
            sys, "argv", ["report-utils", "predict", str(unknown(name=f"u{len(arguments)}")), *arguments]
        )
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code
        return capsys.readouterr()

    options = ["--transform", TRANSFORM, "--profile", str(folder / "tiny.toml")]
    shown = run(*options, "--out", str(tmp_path / "predictions.csv"))
    assert "mean of 4 fits of the profile tiny and 8 views" in shown.out
    assert "held-out scatter" in shown.out
    assert "same telescope" in shown.out
    table = pd.read_csv(tmp_path / "predictions.csv")
    expected = predict(unknown(name="again"), TRANSFORM, reproduction).table
    np.testing.assert_allclose(table["log10_mass_predicted"], expected["log10_mass_predicted"], atol=1e-3)
    assert list(table["cluster_id"]) == list(expected["cluster_id"])
    assert table["log10_mass"].isna().all()
    shown = run(*options)
    assert shown.out == (tmp_path / "predictions.csv").read_text()
    assert "same telescope" in shown.err
    monkeypatch.setattr(sys, "argv", ["report-utils", "predict", str(tmp_path), *options])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "not an archive" in capsys.readouterr().err


def test_a_transform_with_bands_of_its_own_predicts_from_these(folder, reproduction, monkeypatch):
    """Hardness is then the events above its lowest band over those in it."""
    soft, edges_kev = Transform("soft_split", "Soft split", (0, 1, 2.5)), (0, 1, 2.5, inf)
    monkeypatch.setattr("report_utils.binning.transforms.TRANSFORMS", {**TRANSFORMS, soft.name: soft})
    for module in ("report_utils.binning.dataset", "report_utils.reproduction.one_profile"):
        monkeypatch.setattr(f"{module}.run_tasks", run_here)
    reproduction.prepare([soft.name], dynamics=())
    table = predict(folder / "archive", soft.name, reproduction).table
    archive = open_archive(folder / "archive")
    counts = [band_counts(archive.read(index), 16, edges_kev).sum(axis=(0, 1)) for index in range(20)]
    np.testing.assert_allclose(table["hardness"], [events[1:].sum() / events[0] for events in counts])
    assert (table["warning"] == "was in the training").all()


def test_a_trained_network_is_a_keras_model_from_images_to_masses(reproduction):
    networks = trained_networks(reproduction, TRANSFORM)
    assert [(network.training_seed, network.fold) for network in networks] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for network in networks:
        images = reproduction.dataset.images(TRANSFORMS[TRANSFORM])[network.test]
        stored = network.fit.predictions
        np.testing.assert_allclose(network.predict_views(images), stored, atol=1e-5)
        np.testing.assert_allclose(network.predict(images), stored.mean(axis=1), atol=1e-5)
        np.testing.assert_allclose(network.model.predict(images, verbose=0)[:, 0], stored[:, 0], atol=1e-5)
        assert network.model.get_layer("global_average_pooling2d").output.shape == (None, 64)


def test_pages_get_the_networks_of_the_book_by_fold_and_seed(reproduction, monkeypatch):
    """Without further seeds in the profile, pages look into those of the first; nothing is trained twice."""
    monkeypatch.setattr("report_utils.reproduction.one_profile.run_tasks", lambda *_: pytest.fail("trained again"))
    assert set(networks_of_book(reproduction, [TRANSFORM])[TRANSFORM]) == {(0, 0), (1, 0)}
    monkeypatch.setattr(reproduction, "profile", reproduction.profile.model_copy(update={"network_seeds": 2}))
    assert TRANSFORM == "multi_band_2"
    found = networks_of_book(reproduction, [TRANSFORM])[TRANSFORM]
    assert set(found) == {(0, 0), (1, 0), (0, 1), (1, 1)}
    assert all((one.fold, one.training_seed) == place for place, one in found.items())


def test_pages_look_into_committed_networks_while_nothing_has_changed(reproduction, tmp_path, monkeypatch):
    """Weights are committed for the seeds that pages look into; a damaged one, or other inputs, and none is used."""
    monkeypatch.setattr("report_utils.reproduction.one_profile.results_folder", lambda _: tmp_path)
    assert TRANSFORM == "multi_band_2"
    monkeypatch.setattr(reproduction, "profile", reproduction.profile.model_copy(update={"network_seeds": 2}))
    own = networks_of_book(reproduction, [TRANSFORM])[TRANSFORM]
    assert reproduction.book_seeds(TRANSFORM) == 2
    export_results(reproduction, [TRANSFORM], folder=tmp_path)
    assert reproduction.book_seeds(TRANSFORM) == 1
    with monkeypatch.context() as patch:
        patch.setattr(reproduction, "load", lambda key: pytest.fail(f"{key.name} is not a committed one"))
        found = networks_of_book(reproduction, [TRANSFORM])[TRANSFORM]
    assert found.keys() == own.keys()
    for place, network in found.items():
        np.testing.assert_array_equal(network.fit.predictions, own[place].fit.predictions)
        for weight, its_own in zip(network.fit.weights, own[place].fit.weights, strict=True):
            np.testing.assert_array_equal(weight, its_own)
    damaged = next(tmp_path.rglob("fold-1-seed-1-*")) / "weight_03.npy"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-4] + b"\0\0\0\1")
    assert reproduction.committed_networks(TRANSFORM) == []
    damaged.write_bytes(content)
    other = reproduction.profile.training.model_copy(update={"learning_rate": 1e-4})
    changed = Reproduction(reproduction.profile.model_copy(update={"training": other}), reproduction.store)
    assert changed.committed_networks(TRANSFORM) == []
    assert len(reproduction.committed_networks(TRANSFORM)) == 4
