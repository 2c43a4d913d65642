"""A page that shows a study is stale when there is more of the study than it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from report_utils.book.build import page_record
from report_utils.book.pages import PAGES
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import export_results
from report_utils.reproduction.studies import HALOS, SENSITIVITY, STUDIES, reproduce_variant
from report_utils.runs.store import Store
from tests.made_up_runs import PROFILE, store_fits

ROOT = Path(__file__).parents[2]


@pytest.fixture
def reproduction(tmp_path, monkeypatch):
    (tmp_path / "tiny.toml").write_text(PROFILE)
    for module in ("results", "study_results"):
        monkeypatch.setattr(f"report_utils.reproduction.{module}.results_folder", lambda _: tmp_path / "results")
    return Reproduction(tmp_path / "tiny.toml", Store(tmp_path / "runs"))


def page(slug):
    return next(page for page in PAGES if page.slug == slug)


def changed(before, after):
    return [name for name, value in after["inputs"].items() if before["inputs"][name] != value]


def test_every_study_has_its_page():
    assert {name for one in PAGES for name in one.studies} == set(STUDIES)
    for study in (SENSITIVITY, HALOS):
        assert set(page(study.name).transforms) == set(study.default.trained)
        assert page(study.name).dynamics == study.default.dynamics


def test_a_variants_runs_and_committed_results_make_its_page_stale(reproduction, tmp_path):
    grouped = HALOS.variants[0]
    varied = reproduce_variant(reproduction, grouped)
    records = {slug: page_record(page(slug), reproduction, ROOT) for slug in ("halos", "sensitivity", "baselines")}

    for transform in grouped.trained:
        store_fits(varied, transform)
    export_results(varied, grouped.trained)
    with_runs = page_record(page("halos"), reproduction, ROOT)
    assert changed(records["halos"], with_runs) == ["studies"]
    for slug in ("sensitivity", "baselines"):
        assert page_record(page(slug), reproduction, ROOT) == records[slug]

    elsewhere = Reproduction(tmp_path / "tiny.toml", Store(tmp_path / "other-runs"))
    with_results = page_record(page("halos"), elsewhere, ROOT)
    assert changed(records["halos"], with_results) == ["studies"]
    assert changed(with_runs, with_results) == ["studies"]
