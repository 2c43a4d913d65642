"""Results: what is exported comes back to the bit, folds come together, and nothing damaged is taken for a result."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.made_up_runs import PROFILE, store_dynamics, store_fits

from report_utils.errors import InputError
from report_utils.report.seeds import SeedPredictions, untrained_phases
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import (
    Result,
    described,
    export_results,
    import_results,
    origin_of,
    read_result,
    stored_results,
    write_result,
)
from report_utils.runs.store import Store


@pytest.fixture(scope="module")
def reproduction(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    (folder / "tiny.toml").write_text(PROFILE)
    reproduction = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    store_fits(reproduction, "multi_band_2")
    store_fits(reproduction, "multi_band_2", seed=1)
    store_fits(reproduction, "single_band", folds=(1,))
    store_dynamics(reproduction, "multi_band_4")
    return reproduction


def run(fold, *, code="a", **entries):
    inputs = {"fold": fold, "code": {"cnn.model": code}, "backend": "tensorflow"}
    return {"digest": f"{code}{fold}", "inputs": inputs, "facts": {"history": {"loss": [0.1]}}} | entries


def made_up(*folds, code="a", seed=0, **entries):
    """A fit with two test clusters in each fold."""
    cluster = np.concatenate([[2 * fold, 2 * fold + 1] for fold in folds])
    predictions = np.random.default_rng([seed, *folds]).normal(14, 0.3, (len(cluster), 8)).astype(np.float32)
    arrays = {
        "cluster": cluster,
        "fold": np.repeat(folds, 2),
        "group": np.array([f"halo-{i}" for i in cluster]),
        "truth": np.full(len(cluster), 14.0),
        "predictions": predictions,
    }
    return Result("fit", "tiny", "multi_band_2", 0, {f: run(f, code=code, **entries) for f in folds}, arrays)


@pytest.mark.parametrize("result", stored_results(), ids=lambda result: result.name)
def test_every_network_of_the_committed_results_trained(result):
    """A network that died predicts the mean mass for all clusters; until it was looked for, two of these had."""
    if result.kind == "dynamics":
        assert untrained_phases([result.dynamics()]) == ""
    else:
        assert all(np.isfinite(run["facts"]["target_variance"]) for run in result.runs.values())
        assert SeedPredictions.of(result.cross_validation()).untrained == ""


def test_what_is_exported_comes_back(reproduction, tmp_path):
    written = export_results(reproduction, ["multi_band_2", "single_band"], ["multi_band_4"], folder=tmp_path)
    assert written == {
        "tiny/fit-multi_band_2-seed-0": True,
        "tiny/fit-multi_band_2-seed-1": True,
        "tiny/fit-single_band-seed-0": True,
        "tiny/dynamics-multi_band_4-seed-0": True,
    }
    for seed, expected in enumerate(reproduction.cross_validations("multi_band_2")):
        found = read_result(tmp_path / f"tiny/fit-multi_band_2-seed-{seed}.json").cross_validation()
        for column in ("cluster", "fold", "group", "truth", "predictions"):
            np.testing.assert_array_equal(getattr(found, column), getattr(expected, column))
            assert getattr(found, column).dtype.kind == getattr(expected, column).dtype.kind
        assert found.history == expected.history
        assert found.transform == expected.transform
    dynamics = read_result(tmp_path / "tiny/dynamics-multi_band_4-seed-0.json").dynamics()
    expected = reproduction.dynamics("multi_band_4")
    for column in ("predictions", "truth", "cluster", "phase", "group", "loss"):
        np.testing.assert_array_equal(getattr(dynamics, column), getattr(expected, column))
    np.testing.assert_array_equal(dynamics.states["start"], expected.states["start"])
    one_fold = read_result(tmp_path / "tiny/fit-single_band-seed-0.json")
    assert list(one_fold.runs) == [1]
    assert one_fold.runs[1]["digest"] == reproduction.fit_key("single_band", 1).digest


def test_results_hold_no_weights_and_stay_small(reproduction, tmp_path):
    export_results(reproduction, ["multi_band_2"], folder=tmp_path)
    with np.load(next(tmp_path.rglob("*.npz")), allow_pickle=False) as arrays:
        assert set(arrays.files) == {"cluster", "fold", "group", "predictions", "truth"}
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) < 40_000


def test_exporting_again_changes_nothing(reproduction, tmp_path):
    export_results(reproduction, ["multi_band_2"], folder=tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert not any(export_results(reproduction, ["multi_band_2"], folder=tmp_path).values())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_folds_of_two_machines_come_together(tmp_path):
    whole = made_up(0, 1, 2)

    def part(*folds):
        rows = np.isin(whole.arrays["fold"], folds)
        arrays = {name: array[rows] for name, array in whole.arrays.items()}
        return replace(whole, runs={fold: whole.runs[fold] for fold in folds}, arrays=arrays)

    for machine, folds in (("first", (2,)), ("second", (0, 1))):
        write_result(part(*folds), tmp_path / machine)
        assert import_results(tmp_path / machine, folder=tmp_path / "all") == {whole.name: True}
    found = read_result(tmp_path / "all" / f"{whole.name}.json")
    assert list(found.runs) == [0, 1, 2]
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
    assert len(list((tmp_path / "all").rglob("*.npz"))) == 1
    assert import_results(tmp_path / "first", folder=tmp_path / "all") == {whole.name: False}


def test_a_fold_that_is_there_stays(tmp_path):
    first, again = made_up(0, seed=1), made_up(0, seed=2)
    write_result(first, tmp_path)
    assert not write_result(again, tmp_path)
    found = read_result(tmp_path / f"{first.name}.json")
    np.testing.assert_array_equal(found.arrays["predictions"], first.arrays["predictions"])


def test_runs_of_another_code_are_not_mixed_in(tmp_path):
    old, new = made_up(0, 1), made_up(1, 2, code="b")
    write_result(old, tmp_path / "here")
    write_result(new, tmp_path / "there")
    with pytest.raises(InputError, match=r"other inputs \(code.*\).*--replace") as caught:
        import_results(tmp_path / "there", folder=tmp_path / "here")
    assert "\n" not in str(caught.value)
    assert list(read_result(tmp_path / "here" / f"{old.name}.json").runs) == [0, 1]
    assert import_results(tmp_path / "there", folder=tmp_path / "here", replace=True) == {new.name: True}
    found = read_result(tmp_path / "here" / f"{old.name}.json")
    assert {fold: entry["digest"] for fold, entry in found.runs.items()} == {1: "b1", 2: "b2"}


def damage_arrays(path):
    arrays = next(path.parent.glob("*.npz"))
    with np.load(arrays) as file:
        content = dict(file)
    content["predictions"][0, 0] += 1e-3
    np.savez_compressed(arrays, **content)


def cut_arrays(path):
    arrays = next(path.parent.glob("*.npz"))
    arrays.write_bytes(arrays.read_bytes()[:200])


def pickled_arrays(path):
    arrays = next(path.parent.glob("*.npz"))
    with np.load(arrays) as file:
        content = dict(file)
    content["group"] = np.array([{}], dtype=object)
    np.savez(arrays, **content)


def without_arrays(path):
    next(path.parent.glob("*.npz")).unlink()


def cut_manifest(path):
    path.write_bytes(path.read_bytes()[:100])


def changed(**entries):
    def change(path):
        path.write_text(json.dumps(json.loads(path.read_text()) | entries))

    return change


def other_folds(path):
    manifest = json.loads(path.read_text())
    manifest["runs"]["7"] = manifest["runs"].pop("1")
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_arrays, "predictions changed since"),
        (cut_arrays, "cannot be read"),
        (pickled_arrays, "cannot be read"),
        (without_arrays, "its arrays are missing"),
        (cut_manifest, "not JSON"),
        (changed(format=2), "not a result of format 1"),
        (changed(runs={}), "its runs are not those"),
        (changed(runs={"0": {}}), "cannot be understood"),
        (changed(kind="weights"), "names cannot be"),
        (changed(profile="../elsewhere"), "names cannot be"),
        (changed(arrays={"file": "../other.npz", "sha256": {}}), "names cannot be"),
        (changed(arrays=None), "cannot be understood"),
        (other_folds, "its runs are not those of its folds"),
    ],
)
def test_damaged_results_are_refused(tmp_path, damage, message):
    result = made_up(0, 1)
    write_result(result, tmp_path / "there")
    path = tmp_path / "there" / f"{result.name}.json"
    damage(path)
    with pytest.raises(InputError, match=message) as caught:
        import_results(tmp_path / "there", folder=tmp_path / "here")
    assert "\n" not in str(caught.value)
    assert path.parent.name in str(caught.value)
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("truth", np.array([14.0, np.nan, 14.0, 14.0]), "not finite"),
        ("truth", np.array([14.0]), "do not belong together"),
        ("fold", np.array([0, 0, 1, 3]), "runs are not those"),
    ],
)
def test_results_whose_arrays_make_no_sense_are_refused(tmp_path, name, array, message):
    result = made_up(0, 1)
    write_result(replace(result, arrays=result.arrays | {name: array}), tmp_path)
    with pytest.raises(InputError, match=message):
        read_result(tmp_path / f"{result.name}.json")


def test_an_interrupted_write_leaves_what_was_before(tmp_path, monkeypatch):
    first, second = made_up(0), made_up(0, 1)
    write_result(first, tmp_path)
    from report_utils.reproduction.results import files

    original = files._write

    def interrupted(path, content):
        if path.suffix == ".json":
            raise KeyboardInterrupt
        original(path, content)

    monkeypatch.setattr(files, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_result(second, tmp_path)
    monkeypatch.undo()
    assert list(read_result(tmp_path / f"{first.name}.json").runs) == [0]
    write_result(second, tmp_path)
    assert list(read_result(tmp_path / f"{first.name}.json").runs) == [0, 1]
    assert len(list(tmp_path.rglob("*.npz"))) == 1
    assert not list(tmp_path.rglob(".*"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(InputError, match=r"results.*cannot write here"):
        write_result(made_up(0), tmp_path / "results")


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no results"):
        import_results(tmp_path, folder=tmp_path / "here")
    assert stored_results(tmp_path) == []


def test_origins_name_commit_backend_and_day(reproduction, tmp_path):
    result = made_up(0, commit="0123456789abcdef", finished="2026-11-22T10:00:00+00:00")
    line = described(result)
    for part in (
        "tiny/fit-multi_band_2-seed-0",
        "folds 0",
        "2 observations",
        "0123456789ab",
        "2026-11-22",
        "tensorflow",
    ):
        assert part in line
    export_results(reproduction, ["multi_band_2"], folder=tmp_path)
    found = stored_results(tmp_path, "tiny")
    assert origin_of(found, reproduction).changed == ()
    code = found[0].inputs["code"] | {"build_cnn": "0" * 64}
    older = replace(found[0], runs={f: e | {"inputs": e["inputs"] | {"code": code}} for f, e in found[0].runs.items()})
    origin = origin_of([older, found[1]], reproduction)
    assert origin.changed == ("code build_cnn changed",)
    assert "changed since: code cnn.model changed" in str(origin)
    assert "changed since" not in described(older)
    edited = made_up(0, commit="0123456789abcdef", uncommitted=True)
    assert "0123456789ab with uncommitted changes" in described(edited)


def test_that_a_run_is_of_another_backend_is_no_change_since(reproduction, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    elsewhere = Reproduction(reproduction.profile, reproduction.store)
    store_fits(elsewhere, "multi_band_3")
    export_results(elsewhere, ["multi_band_3"], folder=tmp_path)
    monkeypatch.delenv("KERAS_BACKEND")
    (found,) = stored_results(tmp_path, "tiny")
    origin = origin_of([found], reproduction)
    assert (origin.backends, origin.changed) == (("jax",), ())


def test_a_copied_folder_is_as_good(tmp_path):
    write_result(made_up(0), tmp_path / "there")
    shutil.copytree(tmp_path / "there" / "tiny", tmp_path / "usb" / "whatever")
    assert import_results(tmp_path / "usb", folder=tmp_path / "here") == {"tiny/fit-multi_band_2-seed-0": True}


def test_only_the_arrays_that_a_result_named_go(tmp_path):
    first = made_up(0)
    write_result(first, tmp_path)
    path = tmp_path / f"{first.name}.json"
    own = [path.with_name(f"{path.stem}-{end}.npz") for end in ("my-best-one", "0123456789ab", "backup")]
    for file in own:
        file.write_bytes(b"mine")
    write_result(made_up(0, 1), tmp_path)
    assert [file.read_bytes() for file in own] == [b"mine"] * 3
    assert len(list(path.parent.glob("*.npz"))) == 3 + 1
    assert list(read_result(path).runs) == [0, 1]
