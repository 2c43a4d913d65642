"""Results: exports come back bit for bit, results of several machines are combined, and damaged ones are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import ROOT
from tests.edited_code import edit_definition
from tests.made_up_runs import store_dynamics, store_fits
from tests.profile_files import TINY

from report_utils.errors import InputError
from report_utils.report.seeds import SeedPredictions, untrained_phases
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.recorded import recorded_dynamics, recorded_fits
from report_utils.reproduction.results import (
    described,
    export_results,
    import_results,
    origin_of,
    read_results,
)
from report_utils.runs.code_digest import digest, file_digest
from report_utils.runs.store import Store

COMMITTED = read_results(ROOT / "results")
FIT = "fit/tiny/multi_band_2/fold-0-seed-0"
DYNAMICS = "dynamics/tiny/multi_band_4/seed-0"


@pytest.fixture(scope="module")
def reproduction(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    (folder / "tiny.toml").write_text(TINY)
    reproduction = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    store_fits(reproduction, "multi_band_2")
    store_fits(reproduction, "multi_band_2", seed=1)
    store_fits(reproduction, "single_band", folds=(1,))
    store_dynamics(reproduction, "multi_band_4")
    return reproduction


@pytest.fixture
def exported(reproduction, tmp_path):
    """A folder with one fit and one dynamics, exported on another machine."""
    export_results(reproduction, ["multi_band_2"], ["multi_band_4"], folder=tmp_path / "there")
    for name in ("fold-1-seed-0", "fold-0-seed-1", "fold-1-seed-1"):
        shutil.rmtree(next((tmp_path / "there" / "fit" / "tiny" / "multi_band_2").glob(f"{name}-*")))
    return tmp_path / "there"


def test_there_are_committed_results_of_every_study():
    assert {name.split("/")[1].partition("+")[0] for name in COMMITTED} >= {"quick"}
    assert {"quick+grouped", "quick+noise-0.10", "quick+field-agn"} <= {name.split("/")[1] for name in COMMITTED}


def test_every_network_of_the_committed_results_trained():
    """A dead network predicts the mean mass for all clusters. Two of these were dead before this was checked."""
    for name, result in COMMITTED.items():
        if result.is_fit:
            assert SeedPredictions.of(recorded_fits(result.inputs["transform"], [result])).untrained == "", name
        else:
            assert untrained_phases([recorded_dynamics("multi_band_4", result)]) == "", name


def test_exported_runs_come_back_unchanged(reproduction, tmp_path):
    written = export_results(reproduction, ["multi_band_2", "single_band"], ["multi_band_4"], folder=tmp_path)
    fits = [f"fit/tiny/multi_band_2/fold-{fold}-seed-{seed}" for fold in (0, 1) for seed in (0, 1)]
    assert set(written) == {*fits, "fit/tiny/single_band/fold-1-seed-0", DYNAMICS}
    assert all(written.values())
    found = read_results(tmp_path)
    assert found.keys() == written.keys()
    for name, result in found.items():
        key = reproduction.dynamics_key("multi_band_4") if name == DYNAMICS else None
        if key is None:
            _, _, transform, last = name.split("/")
            key = reproduction.fit_key(transform, int(last[5]), int(last[-1]))
        run = reproduction.store.load(key)
        assert (result.digest, result.facts()) == (run.digest, run.facts())
        for array in ("cluster", "group", "truth", "predictions"):
            np.testing.assert_array_equal(result.array(array), run.array(array))
            assert result.array(array).dtype == run.array(array).dtype
        assert not any(file.startswith("weight") for file in result.manifest["files"])
    state = reproduction.store.load(reproduction.dynamics_key("multi_band_4")).array("state_start")
    np.testing.assert_array_equal(found[DYNAMICS].array("state_start"), state)


def test_exporting_again_changes_nothing(reproduction, tmp_path):
    export_results(reproduction, ["multi_band_2"], folder=tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert not any(export_results(reproduction, ["multi_band_2"], folder=tmp_path).values())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == before


def test_results_of_two_machines_are_combined(exported, tmp_path):
    other = tmp_path / "usb" / "whatever"
    shutil.copytree(exported / "dynamics", other / "dynamics")
    shutil.rmtree(exported / "dynamics")
    assert import_results(other, folder=tmp_path / "here") == {DYNAMICS: True}
    assert import_results(exported, folder=tmp_path / "here") == {FIT: True}
    assert import_results(exported, folder=tmp_path / "here") == {FIT: False}
    assert read_results(tmp_path / "here").keys() == {FIT, DYNAMICS}


def test_a_result_of_other_code_is_replaced_only_on_request(reproduction, exported, tmp_path, monkeypatch):
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    edited = Reproduction(reproduction.profile, Store(tmp_path / "runs"))
    store_fits(edited, "multi_band_2", folds=(0,))
    before = read_results(exported)[FIT].digest
    with pytest.raises(InputError, match=r"other inputs \(code build_cnn changed\).*--replace") as caught:
        export_results(edited, ["multi_band_2"], folder=exported)
    assert "\n" not in str(caught.value)
    assert read_results(exported)[FIT].digest == before
    assert export_results(edited, ["multi_band_2"], folder=exported, replace=True) == {FIT: True}
    assert read_results(exported)[FIT].digest == edited.fit_key("multi_band_2", 0).digest
    assert read_results(exported).keys() == {FIT, DYNAMICS}


def folder_of(exported, name=FIT):
    return next(exported.rglob(f"{name}-*"))


def rewrite(folder, *, array=None, facts=None, **entries):
    """Change a result and make its manifest match, as an attacker would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    if array is not None:
        np.save(folder / f"{array[0]}.npy", array[1])
        manifest["files"].setdefault(f"{array[0]}.npy", {})
    if facts is not None:
        (folder / "facts.json").write_text(json.dumps(json.loads((folder / "facts.json").read_text()) | facts))
    for name, about in manifest["files"].items():
        path = folder / name
        about.update({"bytes": path.stat().st_size, "sha256": file_digest(path)})
    manifest |= entries
    if "inputs" in entries and isinstance(entries["inputs"], dict):
        manifest["digest"] = digest(entries["inputs"])
    (folder / "manifest.json").write_text(json.dumps(manifest))


def flip_a_value(folder):
    values = np.load(folder / "predictions.npy")
    values[0, 0] += 1e-3
    np.save(folder / "predictions.npy", values)


def cut(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:100])


def without(name):
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (flip_a_value, "predictions.npy has changed"),
        (cut("predictions.npy"), "predictions.npy is missing or has another size"),
        (without("cluster.npy"), "cluster.npy: there is no such file"),
        (cut("manifest.json"), "not JSON"),
        (lambda folder: rewrite(folder, name="../elsewhere"), "not the manifest of a fit"),
        (lambda folder: rewrite(folder, name=FIT.replace("fold-0", "fold-1")), "its name does not match its inputs"),
        (lambda folder: rewrite(folder, digest="0" * 64), "its digest does not match its inputs"),
        (lambda folder: rewrite(folder, inputs={}), "cannot be understood"),
        (
            lambda folder: rewrite(folder, files={"../other.npy": {"bytes": 1, "sha256": ""}}),
            "lie outside its folder",
        ),
        (lambda folder: rewrite(folder, files=None), "cannot be understood"),
    ],
)
def test_damaged_results_are_refused(exported, tmp_path, damage, message):
    damage(folder_of(exported))
    with pytest.raises(InputError, match=message) as caught:
        import_results(exported, folder=tmp_path / "here")
    assert "\n" not in str(caught.value)
    assert folder_of(exported).name in str(caught.value)
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("cluster", np.array(["a", "b"]), "cluster holds <U1"),
        ("cluster", np.array(3), "arrays do not match"),
        ("cluster", np.array([0, -3]), "not numbered from 0"),
        ("cluster", np.array([2, 2]), "tests a cluster twice"),
        ("group", np.arange(2), "group holds int64"),
        ("truth", np.full(2, 14 + 1j), "truth holds complex128"),
        ("truth", np.full(2, 1e14), "not all log10 of solar masses"),
        ("truth", np.array([14.0, np.nan]), "no network can return"),
        ("truth", np.array([14.0]), "arrays do not match"),
        ("predictions", np.array("14.2"), "predictions holds <U4"),
        ("predictions", np.array(14.2), "arrays do not match"),
        ("predictions", np.zeros((2, 0)), "arrays do not match"),
        ("predictions", np.full((2, 8), 1e300), "no network can return"),
        ("besides", np.zeros(2), "has unknown arrays: besides"),
    ],
)
def test_impossible_arrays_are_refused(exported, name, array, message):
    rewrite(folder_of(exported), array=(name, array))
    with pytest.raises(InputError, match=message) as caught:
        read_results(exported)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("which", "facts", "message"),
    [
        (FIT, {"history": {"loss": ["0.1"], "val_loss": []}}, "losses are not numbers"),
        (FIT, {"history": {}}, "cannot be understood"),
        (FIT, {"target_variance": float("nan")}, "losses are not numbers"),
        (FIT, {"target_variance": "0.1"}, "losses are not numbers"),
        (DYNAMICS, {"states": ["end"]}, "lists states that it does not hold"),
        (DYNAMICS, {"loss": [0.1]}, "its number of epochs does not match its phases"),
    ],
)
def test_impossible_facts_are_refused(exported, which, facts, message):
    rewrite(folder_of(exported, which), facts=facts)
    with pytest.raises(InputError, match=message):
        read_results(exported)


def test_two_results_with_the_same_name_are_refused(exported):
    shutil.copytree(folder_of(exported), exported / "copy")
    with pytest.raises(InputError, match="remove one of them"):
        read_results(exported)


def test_an_interrupted_export_changes_nothing(reproduction, exported, monkeypatch):
    before = read_results(exported).keys()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("report_utils.reproduction.results.write_json", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export_results(reproduction, ["single_band"], folder=exported)
    monkeypatch.undo()
    assert read_results(exported).keys() == before
    assert not list(exported.rglob(".*"))


def test_what_a_killed_export_has_left_is_no_result(reproduction, exported, monkeypatch):
    rewrite(folder_of(exported), inputs={**read_results(exported)[FIT].inputs, "seed": 99})
    with monkeypatch.context() as patched:
        patched.setattr("report_utils.reproduction.results.shutil.rmtree", lambda *_, **__: None)
        export_results(reproduction, ["multi_band_2"], folder=exported, replace=True)
    assert list(exported.rglob(".*/old/manifest.json"))
    assert read_results(exported)[FIT].inputs["seed"] != 99


def test_a_replaced_result_stays_where_the_new_one_cannot_take_its_place(reproduction, exported, monkeypatch):
    rewrite(folder_of(exported), inputs={**read_results(exported)[FIT].inputs, "seed": 99})
    before, rename = read_results(exported)[FIT].digest, Path.rename

    def failing(self, target):
        if self.name == "new":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match=r"Input/output error; .* another folder with --to"):
        export_results(reproduction, ["multi_band_2"], folder=exported, replace=True)
    assert read_results(exported)[FIT].digest == before
    assert not list(exported.rglob(".*"))


def test_a_folder_that_cannot_be_written_is_named(reproduction, tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(InputError, match=r"results.*cannot write here"):
        export_results(reproduction, ["multi_band_2"], folder=tmp_path / "results")


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no results"):
        import_results(tmp_path, folder=tmp_path / "here")
    assert read_results(tmp_path) == {}


def test_origins_name_commit_backend_and_day_and_what_has_changed(reproduction, exported, monkeypatch):
    rewrite(folder_of(exported), commit="0123456789abcdef", finished="2026-11-22T10:00:00+00:00", uncommitted=False)
    found = read_results(exported)
    (line,) = described({FIT: found[FIT]})
    for part in ("fit/tiny/multi_band_2, seed 0", "folds 0", "0123456789ab", "2026-11-22", "tensorflow"):
        assert part in line
    assert str(origin_of([found[FIT]], reproduction)).endswith("; no input has changed since")
    edit_definition(monkeypatch, "cnn.model", "build_cnn")
    edited = Reproduction(reproduction.profile, reproduction.store)
    assert str(origin_of([found[FIT]], edited)).endswith("; changed since: code build_cnn changed")
    rewrite(folder_of(exported), commit="0123456789abcdef", uncommitted=True)
    assert "0123456789ab with uncommitted changes" in origin_of(read_results(exported).values()).where


def test_another_backend_does_not_count_as_a_change(reproduction, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    elsewhere = Reproduction(reproduction.profile, reproduction.store)
    store_fits(elsewhere, "multi_band_3")
    export_results(elsewhere, ["multi_band_3"], folder=tmp_path)
    monkeypatch.delenv("KERAS_BACKEND")
    origin = origin_of(read_results(tmp_path).values(), reproduction)
    assert (origin.backends, origin.changed) == (("jax",), ())
