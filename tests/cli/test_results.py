"""The commands on studies and results, from the command line's side."""

from __future__ import annotations

import pytest
from tests.made_up_runs import store_dynamics, store_fits
from tests.profile_files import TINY

from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import results_folder
from report_utils.reproduction.studies import HALOS, reproduce_variant
from report_utils.runs.store import Store


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny profile with the fits of both kinds of folds."""
    folder = tmp_path_factory.mktemp("studies-cli")
    (folder / "tiny.toml").write_text(TINY)
    base = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    for variant in HALOS.all_variants:
        for transform in variant.trained:
            store_fits(reproduce_variant(base, variant), transform)
    store_dynamics(base, "multi_band_4")
    return folder


@pytest.fixture(autouse=True)
def runs(folder, monkeypatch):
    monkeypatch.setenv("REPORT_RUNS", str(folder / "runs"))
    monkeypatch.setattr("report_utils.reproduction.results.results_folder", lambda _: folder / "committed")


def test_without_a_name_studies_are_listed(run, folder):
    status, out, _ = run("study", "--profile", folder / "tiny.toml")
    assert status == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["grouped", "trained"] in [line[:2] for line in lines]
    assert ["random", "trained"] in [line[:2] for line in lines]
    assert ["noise-0.10", "to", "be", "trained"] in [line[:4] for line in lines]


def test_a_trained_study_prints_what_it_shows(run, folder):
    status, out, _ = run("study", "halos", "--profile", folder / "tiny.toml")
    assert status == 0
    assert "profile tiny; 0 runs trained" in out
    assert "nearly halves the scatter" in out
    [row] = [line for line in out.splitlines() if line.startswith("| multi_band_2 ")]
    assert "too few halos" in row


def test_an_unknown_study_is_refused(run, folder):
    for arguments in (("study", "halo"), ("results", "export", "--study", "halo")):
        status, out, err = run(*arguments, "--profile", folder / "tiny.toml")
        assert (status, out) == (2, "")
        assert err == "report-utils: unknown study 'halo'; choose one of sensitivity, halos, seeds, why\n"


def test_results_are_exported_and_imported(run, folder, tmp_path):
    tiny = folder / "tiny.toml"
    status, out, _ = run("results", "export", "--study", "halos", "--profile", tiny, "--to", tmp_path / "out")
    assert status == 0
    assert "written    fit/tiny+grouped/multi_band_2/fold-0-seed-0" in out
    assert "written    fit/tiny/multi_band_2/fold-0-seed-0" in out
    status, out, _ = run("results", "export", "--profile", tiny, "--to", tmp_path / "out")
    assert "unchanged  fit/tiny/multi_band_2/fold-0-seed-0" in out
    assert "written    dynamics/tiny/multi_band_4/seed-0" in out
    assert run("results", "list", "--profile", "tiny")[1].startswith("there are no results")
    status, out, _ = run("results", "import", tmp_path / "out")
    assert status == 0
    assert out.count("written") == len(list((tmp_path / "out").rglob("manifest.json")))
    status, out, _ = run("results", "list", "--profile", "tiny+grouped")
    assert len(out.splitlines()) == 3
    assert "folds 0, 1" in out
    status, out, err = run("results", "import", tmp_path / "nowhere")
    assert (status, out) == (2, "")
    assert "holds no results" in err


def test_committed_results_are_looked_for_in_the_project():
    folder = results_folder("quick")
    assert (folder.parent.name, folder.name) == ("results", "quick")
    assert (folder.parents[1] / "_config.yml").is_file()
