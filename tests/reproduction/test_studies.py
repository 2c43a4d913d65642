"""Studies: a variant changes only what it names, shares the rest, and is shown with its origin."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.edited_code import edit_definition
from tests.made_up_runs import store_dynamics, store_fits
from tests.profile_files import TINY as PROFILE

from report_utils.errors import InputError
from report_utils.events import ingest
from report_utils.events.export import export_observations
from report_utils.profiles import load_profile
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import export_results, export_study, results_digest
from report_utils.reproduction.run_status import current_key
from report_utils.reproduction.studies import (
    HALOS,
    SEEDS,
    SENSITIVITY,
    STUDIES,
    Study,
    Variant,
    get_study,
    is_trained,
    reproduce_variant,
    reproduction_of,
    train_study,
)
from report_utils.reproduction.study_results import study_outcomes
from report_utils.reproduction.verification import stored_runs, verify
from report_utils.runs import reads
from report_utils.runs.store import Store
from report_utils.simulation import simulate_observation


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    (folder / "tiny.toml").write_text(PROFILE)
    return folder


@pytest.fixture(scope="module")
def base(folder):
    base = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    _ = base.dataset
    return base


def variant(name):
    return next(v for study in STUDIES.values() for v in study.all_variants if v.name == name)


def differing(first, second):
    return sorted(name for name in first.inputs | second.inputs if first.inputs.get(name) != second.inputs.get(name))


def test_a_variant_profile_differs_only_in_its_entry(base):
    profile = variant("noise-0.10").of(base.profile)
    assert profile.name == "tiny+noise-0.10"
    assert profile.dynamics.noise == 0.1
    same = {"name": base.profile.name, "dynamics": base.profile.dynamics}
    assert profile.model_copy(update=same) == base.profile
    assert profile.dynamics.model_copy(update={"noise": 0.05}) == base.profile.dynamics


@pytest.mark.parametrize(
    ("name", "of_fits", "of_dynamics", "of_data"),
    [
        ("temperature-0.15", ["data"], ["data"], ["simulation"]),
        ("particle-background", ["data"], ["data"], ["simulation"]),
        ("field-agn", ["data"], ["data"], ["simulation"]),
        ("noise-0.02", [], ["dynamics"], []),
        ("grouped", ["grouped"], ["grouped"], []),
    ],
)
def test_keys_differ_only_where_they_should(base, name, of_fits, of_dynamics, of_data):
    varied = reproduce_variant(base, variant(name))
    assert differing(base.fit_key("multi_band_2", 0), varied.fit_key("multi_band_2", 0)) == of_fits
    assert differing(base.dynamics_key("multi_band_4"), varied.dynamics_key("multi_band_4")) == of_dynamics
    assert differing(base.data_key, varied.data_key) == of_data
    assert varied.fit_key("multi_band_2", 0).name == f"fit/tiny+{name}/multi_band_2/fold-0-seed-0"
    # unchanged observations are neither stored twice nor simulated again
    assert (varied.data_key == base.data_key) == (not of_data)


def test_a_variant_that_changes_nothing_is_the_profile_itself(base):
    assert reproduce_variant(base, variant("default")) is base
    assert reproduce_variant(base, variant("random")) is base
    unchanged = Variant("as-it-is", "", {"source.simulation.sigma_ln_temperature": 0.07})
    assert reproduce_variant(base, unchanged) is base
    percentile = variant("percentile-of-all")
    assert reproduce_variant(base, percentile) is base
    assert percentile.trained == ("multi_band_4", "retained_50_of_all", "retained_25_of_all")


def test_grouped_folds_share_the_observations(base):
    varied = reproduce_variant(base, variant("grouped"))
    assert varied.dataset is base.dataset
    assert varied.profile.folds.run == varied.profile.folds.n_folds > base.profile.folds.run
    halos, folds = varied.groups, varied.fold_of()
    assert all(len(set(folds[halos == halo])) == 1 for halo in set(halos))


def test_impossible_entries_and_unknown_studies_are_refused(base):
    bad = Variant("bad", "", {"dynamics.noise": -1.0})
    with pytest.raises(InputError, match="variant 'bad' of profile 'tiny'") as caught:
        bad.of(base.profile)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="sigma_ln_temperature"):
        reproduce_variant(base, Variant("bad", "", {"source.simulation.sigma_ln_temperature": 7.0}))
    with pytest.raises(InputError, match="unknown study 'everything'; choose one of sensitivity, halos, seeds, why"):
        get_study("everything")


def test_variant_names_are_unique_and_their_claims_exist():
    from report_utils.report.studies import STUDIED_CLAIMS

    for study in STUDIES.values():
        assert len({one.name for one in study.all_variants}) == len(study.all_variants)
    # a variant's runs are named after it if it changes the profile
    names = [v.name for study in STUDIES.values() for v in study.all_variants if v.overrides]
    assert len(set(names)) == len(names)
    for study in STUDIES.values():
        for one in study.all_variants:
            assert set(one.claims) <= set(study.default.claims) <= set(STUDIED_CLAIMS)
            assert all(STUDIED_CLAIMS[name].limits for name in one.claims)
            for name in one.claims:
                assert set(STUDIED_CLAIMS[name].needs) <= set(one.transforms)
                assert set(STUDIED_CLAIMS[name].needs_dynamics) <= set(one.dynamics)


def test_an_archive_excludes_variants_of_the_simulation(folder):
    observations = (simulate_observation(5, index) for index in range(20))
    catalogue = export_observations(observations, folder / "files", agn_less=False)
    ingest(catalogue, folder / "archive")
    (folder / "archived.toml").write_text(PROFILE.replace("n_clusters = 20", 'archive = "archive"'))
    archived = Reproduction(folder / "archived.toml", Store(folder / "archived-runs"))
    possible = [v.name for v in SENSITIVITY.all_variants if v.possible(archived.profile)]
    assert possible == [
        "default", "percentile-of-all", "percentile-of-events", "percentile-ties-emptied", "noise-0.02", "noise-0.10",
    ]  # fmt: skip
    assert list(study_outcomes(archived, SENSITIVITY, folder=folder / "no-results")) == possible


TINY = Study(
    "tiny-study",
    "a test",
    Variant("default", "", transforms=("single_band",)),
    (
        Variant("grouped", "", {"folds.grouped": True}, transforms=("single_band",)),
        Variant("all-pixels", "", transforms=("retained_25",), stand_ins={"retained_25": "retained_25_of_all"}),
        Variant("noise", "", {"dynamics.noise": 0.5}, dynamics=("multi_band_1",)),
    ),
)


@pytest.mark.slow("trains seven runs")
def test_a_study_is_trained_only_once(base):
    assert train_study(base, TINY) == 2 + 2 + 2 + 1
    assert train_study(base, TINY) == 0
    outcomes = study_outcomes(base, TINY)
    assert all(outcome.origin is None for outcome in outcomes.values())
    grouped = outcomes["grouped"].cross_validations["single_band"][0]
    folds = reproduce_variant(base, TINY.variants[0]).fold_of()
    np.testing.assert_array_equal(grouped.fold, folds[grouped.cluster])
    assert not np.array_equal(grouped.cluster, outcomes["default"].cross_validations["single_band"][0].cluster)
    assert outcomes["all-pixels"].cross_validations["retained_25"][0].transform == "retained_25_of_all"
    plain = base.dynamics("multi_band_1").predictions
    noisy = outcomes["noise"].dynamics["multi_band_1"][0].predictions
    np.testing.assert_array_equal(noisy[0], plain[0])  # the noise comes after the first epochs
    assert not np.array_equal(noisy[-1], plain[-1])
    assert {outcome.n_seeds for outcome in outcomes.values()} == {1}


@pytest.fixture
def other(folder, base, tmp_path):
    """The same profile on a machine without fits."""
    store = Store(tmp_path / "runs")
    (store.root / "data").mkdir(parents=True)
    store.folder(base.data_key).symlink_to(base.store.folder(base.data_key))
    return Reproduction(folder / "tiny.toml", store)


def complete(reproduction, one):
    varied = reproduce_variant(reproduction, one)
    for transform in one.trained:
        store_fits(varied, transform)
    for transform in one.dynamics:
        store_dynamics(varied, transform)


def test_committed_results_replace_missing_runs_and_say_so(other, folder, tmp_path):
    results = tmp_path / "results"
    grouped = HALOS.variants[0]
    assert study_outcomes(other, HALOS, folder=results) == {"random": None, "grouped": None}
    complete(other, grouped)
    from_runs = study_outcomes(other, HALOS, folder=results)["grouped"]
    assert from_runs.origin is None

    export_results(reproduce_variant(other, grouped), grouped.trained, folder=results)
    elsewhere = Reproduction(folder / "tiny.toml", Store(tmp_path / "empty"))
    assert not is_trained(elsewhere, grouped)
    committed = study_outcomes(elsewhere, HALOS, folder=results)["grouped"]
    for name, (run,) in from_runs.cross_validations.items():
        (result,) = committed.cross_validations[name]
        for column in ("cluster", "fold", "group", "truth", "predictions"):
            np.testing.assert_array_equal(getattr(result, column), getattr(run, column))
        assert result.history == run.history
    assert "no input has changed since" in str(committed.origin)


def test_results_of_other_code_are_labelled(other, folder, tmp_path, monkeypatch):
    results, grouped = tmp_path / "results", HALOS.variants[0]
    complete(other, grouped)
    export_results(reproduce_variant(other, grouped), grouped.trained, folder=results)
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    changed = Reproduction(folder / "tiny.toml", Store(tmp_path / "empty"))
    origin = study_outcomes(changed, HALOS, folder=results)["grouped"].origin
    assert origin.changed == ("code build_cnn changed",)
    assert "changed since: code build_cnn changed" in str(origin)
    assert "tensorflow" in str(origin)


def test_a_page_records_the_results_of_a_study_with_their_folder_alone(other, folder, tmp_path, monkeypatch):
    """Their keys are of older code: a page that recorded them as runs would never be what it says it was made from."""
    results, grouped = tmp_path / "results", HALOS.variants[0]
    complete(other, grouped)
    export_results(reproduce_variant(other, grouped), grouped.trained, folder=results)
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    monkeypatch.setattr(reads, "_reads", reads.Reads())
    changed = Reproduction(folder / "tiny.toml", Store(tmp_path / "empty"))
    assert study_outcomes(changed, HALOS, folder=results)["grouped"].origin is not None
    recorded = reads._reads
    assert recorded.results == {str(results): results_digest(results)}
    assert {digest for name, digest in recorded.runs.items() if name.startswith("fit/")} == {None}


@pytest.mark.parametrize(
    ("before", "after"), [("epochs = 1", "epochs = 2"), ("n_clusters = 20", "n_clusters = 21"), ("seed = ", "seed = 1")]
)
def test_results_of_another_protocol_or_other_observations_are_not_used(other, folder, tmp_path, before, after):
    results, grouped = tmp_path / "results", HALOS.variants[0]
    complete(other, grouped)
    export_results(reproduce_variant(other, grouped), grouped.trained, folder=results)
    text = PROFILE.replace(before, after, 1)
    assert text != PROFILE
    (tmp_path / "tiny.toml").write_text(text)
    changed = Reproduction(load_profile(tmp_path / "tiny.toml"), Store(tmp_path / "empty"))
    assert study_outcomes(changed, HALOS, folder=results)["grouped"] is None


def test_a_study_never_mixes_backends(other, folder, tmp_path, monkeypatch):
    results, grouped = tmp_path / "results", HALOS.variants[0]
    complete(other, grouped)
    export_results(reproduce_variant(other, grouped), grouped.trained, folder=results)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    elsewhere = Reproduction(folder / "tiny.toml", Store(tmp_path / "empty"))
    assert study_outcomes(elsewhere, HALOS, folder=results)["grouped"] is None


def test_runs_of_variants_are_recognised_by_name(base):
    """Clean-up keeps the runs of today's variants, and verification uses their settings."""
    for name in ("grouped", "temperature-0.15", "noise-0.10"):
        varied = reproduce_variant(base, variant(name))
        keys = [varied.fit_key("multi_band_2", 1), varied.dynamics_key("multi_band_4"), varied.data_key]
        assert [current_key(base, key.described()) for key in keys] == keys
        assert reproduction_of(base, keys[0].name).profile == varied.profile
    assert reproduction_of(base, base.fit_key("single_band", 0).name) is base
    for name in ("fit/tiny+unknown/multi_band_2/fold-0", "fit/other/multi_band_2/fold-0", "nothing"):
        assert reproduction_of(base, name) is None
        assert current_key(base, {"name": name, "inputs": {}}) is None


@pytest.mark.slow("trains, and trains again")
def test_a_variants_run_is_verified_with_its_own_settings(base):
    train_study(base, TINY)
    noise = reproduce_variant(base, TINY.variants[2]).dynamics_key("multi_band_1")
    keys, _ = stored_runs(base)
    assert noise not in keys  # this test's study is not one of the project's
    name = noise.name.replace("tiny+noise", "tiny+noise-0.10")
    varied = reproduce_variant(base, variant("noise-0.10"))
    varied.prepare((), ["multi_band_1"])
    key = varied.dynamics_key("multi_band_1")
    assert key.name == name
    assert key in stored_runs(base)[0]
    assert [found.result for found in verify(base, [key])] == ["equal"]


def test_a_variant_with_a_missing_fold_is_not_shown(other, tmp_path):
    grouped = HALOS.variants[0]
    varied = reproduce_variant(other, grouped)
    for transform in grouped.trained:
        store_fits(varied, transform, folds=(0,))
    export_results(varied, grouped.trained, folder=tmp_path / "results")
    assert study_outcomes(other, HALOS, folder=tmp_path / "results")["grouped"] is None


def test_the_seeds_study_is_shown_once_every_network_has_three_seeds(folder, tmp_path):
    """Neither runs with two seeds nor committed results with one row of two seeds are enough."""
    rep = Reproduction(folder / "tiny.toml", Store(tmp_path / "runs"))
    study = Study("few", "", replace(SEEDS.default, transforms=("single_band",), dynamics=("multi_band_4",)), ())

    def there(**options):
        return study_outcomes(rep, study, **options)["three-seeds"]

    for seed in range(3):
        assert there(folder=tmp_path / "none") is None
        store_fits(rep, "single_band", seed=seed)
        store_dynamics(rep, "multi_band_4", seed=seed)
    assert there().n_seeds == 3
    assert there().origin is None
    assert set(export_study(rep, study, folder=tmp_path / "results")) == {
        f"{name}seed-{seed}"
        for name in ("fit/tiny/single_band/fold-0-", "fit/tiny/single_band/fold-1-", "dynamics/tiny/multi_band_4/")
        for seed in range(3)
    }
    elsewhere = Reproduction(folder / "tiny.toml", Store(tmp_path / "empty"))
    assert study_outcomes(elsewhere, study, folder=tmp_path / "results")["three-seeds"].n_seeds == 3
    shutil.rmtree(next((tmp_path / "results" / "fit" / "tiny" / "single_band").glob("fold-1-seed-2-*")))
    assert study_outcomes(elsewhere, study, folder=tmp_path / "results")["three-seeds"] is None


def test_the_seeds_study_trains_everything_that_the_claims_need():
    from report_utils.report.claims import CLAIMS

    assert {name for claim in CLAIMS for name in claim.needs} <= set(SEEDS.default.trained)
    assert {name for claim in CLAIMS for name in claim.needs_dynamics} <= set(SEEDS.default.dynamics)
    assert SEEDS.default.n_training_seeds >= 3
