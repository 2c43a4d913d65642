"""Stored runs are computed again, and every difference is found."""

from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pytest
from tests.profile_files import write_profile

from report_utils import cli
from report_utils.errors import InputError
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import export_results
from report_utils.reproduction.verification import (
    Verification,
    committed_runs,
    compare_runs,
    stored_runs,
    verify,
    verify_committed,
)
from report_utils.runs.code_digest import digest, file_digest
from report_utils.runs.store import Run, Store


@pytest.fixture(scope="module", autouse=True)
def one_worker():
    """Use one worker, because starting workers takes longer here than training in them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORT_WORKERS", "1")
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a tiny profile and its data, two fits and a dynamics."""
    folder = tmp_path_factory.mktemp("verification")
    profile = write_profile(folder / "tiny.toml")
    Reproduction(profile, Store(folder / "runs")).prepare(["multi_band_2"], ["multi_band_4"])
    return folder


@pytest.fixture
def reproduction(made, tmp_path):
    """A copy that a test may damage."""
    shutil.copytree(made / "runs", tmp_path / "runs")
    return Reproduction(made / "tiny.toml", Store(tmp_path / "runs"))


def falsify(reproduction, key, name, change, **manifest):
    """Change a stored array and make the manifest match it."""
    folder = reproduction.store.folder(key)
    path = folder / f"{name}.npy"
    array = np.load(path)
    change(array)
    np.save(path, array)
    told = json.loads((folder / "manifest.json").read_text()) | manifest
    told["files"][path.name] = {"bytes": path.stat().st_size, "sha256": file_digest(path)}
    (folder / "manifest.json").write_text(json.dumps(told))
    assert reproduction.store.load(key) is not None


@pytest.mark.slow("trains every run again")
def test_runs_computed_here_are_reproduced_bit_for_bit(reproduction):
    keys, n_stale = stored_runs(reproduction)
    assert {key.name.partition("/")[0] for key in keys} == {"data", "fit", "dynamics"}
    assert n_stale == 0
    results = verify(reproduction, keys, seed=3)
    assert [result.name for result in results] == [key.name for key in keys]
    assert {result.result for result in results} == {"equal"}
    assert "16 of 20 observations, bit for bit" in str(results[0])


@pytest.mark.slow("trains runs again")
def test_damaged_and_falsified_runs_are_found(reproduction):
    """The files of a falsified run match its manifest; only computing it again reveals the change."""
    fit, dynamics = reproduction.fit_key("multi_band_2", 0), reproduction.dynamics_key("multi_band_4")

    def nudge(array):
        array.flat[3] += 1e-6

    falsify(reproduction, fit, "weight_00", nudge)
    falsify(reproduction, dynamics, "predictions", lambda array: np.add(array, 1.0, out=array))
    falsify(reproduction, reproduction.data_key, "counts_observation", lambda array: array[:, 3, 3, 0].__iadd__(1))
    damaged = reproduction.fit_key("multi_band_2", 1)
    (reproduction.store.folder(damaged) / "cluster.npy").write_bytes(b"no array")
    results = verify(reproduction, [fit, dynamics, reproduction.data_key, damaged])
    assert [result.result for result in results] == ["different"] * 3 + ["damaged"]
    assert "cluster.npy" in results[3].detail
    assert not any(result.passed for result in results)
    assert "on the same machine with the same versions" in results[1].detail
    assert "1 dex apart" in results[1].detail


@pytest.fixture
def pair(reproduction):
    """A fit, and a function that returns it as from another machine with predictions moved by so many dex."""
    key = reproduction.fit_key("multi_band_2", 0)
    run = reproduction.store.load(key)
    here = Run(shutil.copytree(run.folder, reproduction.store.root / "here"), run.manifest)

    def moved(dex):
        def change(array):
            array += dex

        machine = here.manifest["machine"] | {"processor": "another"}
        falsify(reproduction, key, "predictions", change, machine=machine)
        return reproduction.store.load(key)

    return here, moved


@pytest.mark.parametrize(("dex", "result"), [(1e-4, "alike"), (5.0, "different")])
def test_a_tolerance_applies_to_another_machine(pair, reproduction, dex, result):
    here, moved = pair
    compared = compare_runs(moved(dex), here, reproduction.dataset.log10_mass)
    assert compared.result == result
    assert f"{dex:.2g} dex apart" in compared.detail
    assert "processor another ->" in compared.detail


def test_other_test_clusters_are_another_fit(reproduction):
    first, second = (reproduction.store.load(reproduction.fit_key("multi_band_2", fold)) for fold in (0, 1))
    assert compare_runs(first, second, reproduction.dataset.log10_mass).result == "different"


def test_stale_runs_are_left_out(made, reproduction):
    other = write_profile(reproduction.store.root.parent / "other.toml", ("seed = 5", "seed = 6"))
    other = other.rename(other.with_name("tiny.toml"))
    changed = Reproduction(other, reproduction.store)
    assert stored_runs(changed) == ([], 0)  # the runs belong to another profile file
    for manifest in reproduction.store.root.rglob("manifest.json"):
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"profile": str(other)}))
    assert stored_runs(changed) == ([], 4)


@pytest.mark.parametrize(("result", "status"), [("equal", 0), ("alike", 0), ("different", 1), ("damaged", 1)])
def test_the_exit_status_of_the_command_tells_the_result(reproduction, made, monkeypatch, capsys, result, status):
    def made_up(reproduction, keys, seed):
        return [Verification(key.name, result if i == 1 else "equal", "said") for i, key in enumerate(keys)]

    monkeypatch.setattr("report_utils.reproduction.verification.verify", made_up)
    monkeypatch.setenv("REPORT_RUNS", str(reproduction.store.root))
    arguments = ["verify", "--profile", str(made / "tiny.toml"), "--sample", "3", "--seed", "1"]
    monkeypatch.setattr(sys, "argv", ["report-utils", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out = capsys.readouterr().out
    assert "3 of 4 runs of profile tiny, seed 1" in out
    assert (end.value.code or 0) == status
    assert f"{3 - status} of 3 verified" in out


@pytest.fixture
def committed(made, tmp_path):
    """The same results without weights, as they are committed, and a build that has only the observations."""
    trained = Reproduction(made / "tiny.toml", Store(made / "runs"))
    export_results(trained, ["multi_band_2"], ["multi_band_4"], folder=tmp_path / "tiny")
    shutil.copytree(made / "runs" / "data", tmp_path / "runs" / "data")
    return Reproduction(made / "tiny.toml", Store(tmp_path / "runs")), tmp_path / "tiny"


@pytest.mark.slow("trains runs again")
def test_committed_results_are_trained_again_and_compared(committed):
    reproduction, folder = committed
    pairs, n_others = committed_runs(reproduction, folder)
    assert (len(pairs), n_others) == (3, 0)
    assert not any(result.has_weights for _, result in pairs)
    assert {one.result for one in verify_committed(reproduction, pairs)} == {"equal"}
    assert not (reproduction.store.root / "fit").exists()


def edit_result(result, change):
    """Change a result's manifest as one who commits it could, so that it is still read."""
    manifest = json.loads((result.folder / "manifest.json").read_text())
    change(manifest)
    manifest["digest"] = digest(manifest["inputs"])
    (result.folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.slow("trains runs again")
def test_falsified_results_are_found_and_those_of_other_code_may_differ_a_little(committed):
    """Other code may add numbers in another order; the same code on the same machine may not."""
    reproduction, folder = committed
    fits = [result for _, result in committed_runs(reproduction, folder)[0] if result.is_fit]
    for fit in fits:
        moved = fit.array("predictions") + np.float32(1e-4)
        np.save(fit.folder / "predictions.npy", moved)
        about = {"bytes": (fit.folder / "predictions.npy").stat().st_size}
        about["sha256"] = file_digest(fit.folder / "predictions.npy")
        edit_result(fit, lambda manifest, about=about: manifest["files"].update({"predictions.npy": about}))
    name = min(fits[1].inputs["code"])
    edit_result(fits[1], lambda manifest: manifest["inputs"]["code"].update({name: "0" * 64}))
    pairs, _ = committed_runs(reproduction, folder)
    found = {one.name: one for one in verify_committed(reproduction, [pair for pair in pairs if pair[1].is_fit])}
    same_code, other_code = (found[fit.name] for fit in fits)
    assert same_code.result == "different"
    assert other_code.result == "alike"
    assert f"code {name} changed" in other_code.detail


def test_results_of_another_protocol_are_left_out(committed, tmp_path):
    reproduction, folder = committed
    (tmp_path / "other").mkdir()
    longer = write_profile(tmp_path / "other" / "tiny.toml", ("[training]\nepochs = 1", "[training]\nepochs = 2"))
    pairs, n_others = committed_runs(Reproduction(longer, reproduction.store), folder)
    assert ([key.name.partition("/")[0] for key, _ in pairs], n_others) == (["dynamics"], 2)
    with pytest.raises(InputError, match=r"nothing: holds no results that profile tiny could train again"):
        committed_runs(reproduction, tmp_path / "nothing")


@pytest.mark.slow("trains runs again")
def test_the_command_chooses_committed_results(committed, monkeypatch, capsys):
    reproduction, folder = committed
    monkeypatch.setenv("REPORT_RUNS", str(reproduction.store.root))
    arguments = ["--profile", str(reproduction.profile.path), "--results", str(folder), "--sample", "1", "--seed", "2"]
    monkeypatch.setattr(sys, "argv", ["report-utils", "verify", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out = capsys.readouterr().out
    assert "1 of 3 committed results of profile tiny, seed 2" in out
    assert "1 of 1 verified" in out
    assert (end.value.code or 0) == 0
