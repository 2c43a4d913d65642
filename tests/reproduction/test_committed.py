"""Committed results instead of runs: what is shown, what can be compared, and what a page says about it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from tests.edited_code import edit_definition
from tests.made_up_runs import store_dynamics, store_fits
from tests.profile_files import TINY

from report_utils.book.build import make_page
from report_utils.book.kept_pages import Today, fresh_version
from report_utils.book.pages import book_pages
from report_utils.book.provenance import with_line
from report_utils.book.status import book_status
from report_utils.errors import InputError, NotAvailableError
from report_utils.prediction.trained_networks import trained_networks
from report_utils.profiles import load_profile
from report_utils.report.reproduced_results import Judged
from report_utils.report.reproduction_status import FIGURES, NOT_AVAILABLE
from report_utils.reproduction.committed import CommittedReproduction, committed_reproduction, open_reproduction
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import export_results, read_results
from report_utils.reproduction.studies import SENSITIVITY
from report_utils.reproduction.study_results import study_outcomes
from report_utils.runs import reads
from report_utils.runs.code_digest import digest
from report_utils.runs.store import Store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A profile of three folds, its observations, and results of some folds of some transforms."""
    folder = tmp_path_factory.mktemp("committed")
    (folder / "tiny.toml").write_text(TINY.replace("run = 2", "run = 3"))
    reproduction = Reproduction(folder / "tiny.toml", Store(folder / "trained"))
    store_fits(reproduction, "single_band", folds=(0, 1, 2))
    store_fits(reproduction, "multi_band_2", folds=(0, 1))
    store_fits(reproduction, "multi_band_2", folds=(0, 1), seed=1)
    store_dynamics(reproduction, "multi_band_4")
    names = ["single_band", "multi_band_2"]
    export_results(reproduction, names, ["multi_band_4"], folder=folder / "results" / "tiny")
    (folder / "runs").mkdir()
    (folder / "trained" / "data").rename(folder / "runs" / "data")
    return folder


@pytest.fixture
def shown(folder, monkeypatch):
    monkeypatch.setenv("REPORT_RESULTS", str(folder / "results" / "tiny"))
    monkeypatch.setenv("REPORT_RUNS", str(folder / "runs"))
    return open_reproduction(folder / "tiny.toml")


def test_results_are_shown_and_nothing_is_trained(shown, folder):
    assert isinstance(shown, CommittedReproduction)
    assert shown.prepare() == 0
    assert shown.transforms == ("single_band", "multi_band_2")
    assert shown.dynamics_transforms == ("multi_band_4",)
    assert shown.n_training_seeds("multi_band_2") == 2
    stored = read_results(folder / "results")
    found = shown.cross_validations("multi_band_2")[1]
    predictions = [stored[f"fit/tiny/multi_band_2/fold-{fold}-seed-1"].array("predictions") for fold in (0, 1)]
    np.testing.assert_array_equal(found.predictions, np.concatenate(predictions))
    keys = shown.runs(["single_band"], ["multi_band_4"])
    assert {key.name: key.digest for key in keys} == {
        name: result.digest for name, result in stored.items() if "single_band/fold-2" not in name and "_2/" not in name
    }
    assert not (folder / "runs" / "fit").exists()
    with pytest.raises(InputError, match="no fit/tiny/multi_band_3/fold-0-seed-0"):
        shown.cross_validation("multi_band_3")


def test_a_page_that_asks_for_weights_is_recorded_with_the_results_it_shows(shown, monkeypatch):
    """Committed results hold no weights; the page is executed again when they change, and not before."""
    monkeypatch.setattr(reads, "_reads", reads.Reads())
    with pytest.raises(NotAvailableError, match="fits of 'single_band' are not trained"):
        trained_networks(shown, "single_band")
    for fold in (0, 1):
        key = shown.fit_key("single_band", fold)
        assert reads._reads.runs[key.name] == key.digest


def test_partial_results_can_be_judged(shown):
    judged = Judged(shown)
    assert set(judged.results) == {"single_band", "multi_band_2"}
    assert judged.runs.tested["single_band"].cluster.tolist() == judged.runs.tested["multi_band_2"].cluster.tolist()
    verdicts = {entry.name: entry.verdict for entry in judged.status if entry.kind == FIGURES}
    assert [name for name, verdict in verdicts.items() if verdict == NOT_AVAILABLE] == [
        name for name in verdicts if name.startswith("Figure 11")
    ]
    assert shown.profile.folds.run == 2  # the folds that all shown results have


def test_the_note_names_commit_backend_date_and_what_is_missing(shown, folder):
    note = shown.origin_note(["single_band", "multi_band_2", "multi_band_3"], ["multi_band_4", "agn_less_4"])
    run = read_results(folder / "results")["fit/tiny/single_band/fold-0-seed-0"].manifest
    for word in (str(run["commit"] or "unknown")[:12], "tensorflow", run["finished"][:10], "Committed results"):
        assert word in note
    assert "Partial, of 3 folds: single_band (folds 0 to 1), multi_band_2 (folds 0 to 1)." in note
    assert "Missing: multi_band_3, dynamics of agn_less_4." in note
    assert shown.origin_note([], []) == ""


def test_a_profile_that_has_changed_since_is_shown_as_it_was(folder, tmp_path):
    text = (folder / "tiny.toml").read_text()
    text = text.replace("n_clusters = 20", "n_clusters = 30").replace("epochs = 1", "epochs = 7")
    (tmp_path / "tiny.toml").write_text(text)
    now = load_profile(tmp_path / "tiny.toml")
    shown = committed_reproduction(now, Store(folder / "runs"), folder / "results" / "tiny")
    profile = shown.profile
    assert (profile.source.n_clusters, profile.training.epochs, profile.dynamics.epochs) == (20, 1, 1)
    assert len(shown.catalogue) == 20
    note = shown.origin_note(["single_band"], [])
    assert "20 -> 30" in note
    assert "epochs 1 -> 7" in note


@pytest.mark.parametrize(
    ("entry", "value"), [("n_folds", "two"), ("data", {}), ("training", {"epochs": 1, "moons": 2})]
)
def test_results_of_an_unknown_version_are_refused(folder, tmp_path, entry, value):
    shutil.copytree(folder / "results" / "tiny", tmp_path / "tiny")
    for path in tmp_path.rglob("fit/**/manifest.json"):
        manifest = json.loads(path.read_text())
        inputs = manifest["inputs"] | {entry: value}
        path.write_text(json.dumps(manifest | {"inputs": inputs, "digest": digest(inputs)}))
    with pytest.raises(InputError, match="inputs that this version does not know"):
        committed_reproduction(load_profile(folder / "tiny.toml"), Store(folder / "runs"), tmp_path / "tiny")


def test_backends_are_never_mixed(folder, tmp_path, monkeypatch):
    shutil.copytree(folder / "results" / "tiny", tmp_path / "tiny")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    elsewhere = Reproduction(folder / "tiny.toml", Store(tmp_path / "jax"))
    shutil.copytree(folder / "runs" / "data", tmp_path / "jax" / "data")
    store_fits(elsewhere, "multi_band_3", folds=(0, 1, 2))
    export_results(elsewhere, ["multi_band_3"], folder=tmp_path / "tiny")
    monkeypatch.delenv("KERAS_BACKEND")
    shown = committed_reproduction(elsewhere.profile, Store(folder / "runs"), tmp_path / "tiny")
    assert shown.transforms == ("single_band", "multi_band_2")
    note = shown.origin_note(["single_band", "multi_band_3"], [])
    assert "jax" not in note
    assert "Left out" in note
    assert "fit/tiny/multi_band_3/fold-0-seed-0" in note


def test_results_without_a_common_fold_are_not_compared(folder, tmp_path):
    shutil.copytree(folder / "results" / "tiny", tmp_path / "tiny")
    for fold in (0, 1):
        shutil.rmtree(next((tmp_path / "tiny" / "fit" / "tiny" / "single_band").glob(f"fold-{fold}-*")))
    profile = Reproduction(folder / "tiny.toml").profile
    shown = committed_reproduction(profile, Store(folder / "runs"), tmp_path / "tiny")
    assert shown.transforms == ("multi_band_2",)
    assert "fit/tiny/single_band/fold-2-seed-0" in shown.origin_note(["single_band"], [])


def test_a_transform_that_was_only_begun_costs_the_others_no_folds(folder, tmp_path):
    shutil.copytree(folder / "results" / "tiny", tmp_path / "tiny")
    for seed in (0, 1):
        shutil.rmtree(next((tmp_path / "tiny" / "fit" / "tiny" / "multi_band_2").glob(f"fold-1-seed-{seed}-*")))
    profile = Reproduction(folder / "tiny.toml").profile
    shown = committed_reproduction(profile, Store(folder / "runs"), tmp_path / "tiny")
    assert (shown.transforms, shown.profile.folds.run) == (("single_band",), 3)


def test_a_study_of_the_profile_itself_is_not_taken_from_runs(shown, folder):
    outcomes = study_outcomes(shown, SENSITIVITY, folder=folder / "results" / "tiny")
    assert outcomes[SENSITIVITY.default.name] is None


def test_results_of_another_profile_and_missing_results_are_refused(folder, monkeypatch):
    monkeypatch.setenv("REPORT_RESULTS", "paper")
    with pytest.raises(InputError, match="results of profile 'paper' are requested, but the profile is 'smoke'"):
        open_reproduction("smoke")
    monkeypatch.setenv("REPORT_RESULTS", str(folder / "smoke"))
    with pytest.raises(InputError, match=r"holds no fits of profile smoke; train it and run report-utils results"):
        open_reproduction()
    monkeypatch.delenv("REPORT_RESULTS")
    assert type(open_reproduction("smoke")) is Reproduction


@pytest.mark.slow("runs a page")
@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("index", "The result at a glance"),
        ("3-3-multi-band-2", "Not available here"),  # its baseline, the lowest band, is missing
        ("weigh-a-cluster", "built without trained networks"),
        ("reproduction-status", "not recorded"),
    ],
)
def test_pages_say_where_their_numbers_come_from(shown, slug, says):
    page = next(page for page in book_pages() if page.slug == slug)
    path = make_page(page, shown)
    assert fresh_version(page, Today(shown)) == path
    text = with_line(path.read_text(encoding="utf-8"), shown)
    assert says in text or says == "not recorded"
    assert text.count("[committed results](#origins)") == 1


def test_status_says_which_results_the_book_shows_and_what_changed_since(shown, folder, monkeypatch):
    found = book_status(folder / "tiny.toml")
    results = {status.name: status for status in found.found if status.kind == "result"}
    fits = {f"fit/tiny/{name}/fold-{fold}-seed-0" for name in ("single_band", "multi_band_2") for fold in (0, 1)}
    fits |= {f"fit/tiny/multi_band_2/fold-{fold}-seed-1" for fold in (0, 1)}
    assert set(results) == fits | {"dynamics/tiny/multi_band_4/seed-0"}
    assert {status.state for status in results.values()} == {"fresh"}
    assert not any(status.kind in {"fit", "dynamics"} for status in found.found)
    lines = found.summary()
    assert lines[0].endswith(f"committed results in {folder / 'results' / 'tiny'}")
    assert any(line.split() == ["results", "7", "fresh"] for line in lines)

    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    changed = [status for status in book_status(folder / "tiny.toml").found if status.kind == "result"]
    assert {(status.state, status.reasons) for status in changed} == {("stale", ("code build_cnn changed",))}
