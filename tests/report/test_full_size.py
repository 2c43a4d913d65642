"""Committed results of full size beside a smaller build: what is shown, what is quoted, and what a page depends on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from math import inf

import pytest
from tests.made_up_runs import store_fits
from tests.profile_files import write_profile
from tests.report.markdown import cells

from report_utils import binning
from report_utils.profiles import load_profile
from report_utils.report import full_size, reproduced_results, reproduction_status
from report_utils.report.claims import CLAIMS
from report_utils.report.full_size import AT_FULL_SIZE, IN_THIS_BUILD, full_size_beside, protocol_changes
from report_utils.report.intervals import AGREES, FAILS, UNDECIDED
from report_utils.report.reproduced_results import Judged, side_by_side
from report_utils.report.reproduction_status import CLAIM, NOT_COMPARABLE
from report_utils.report.status_tables import status_csv, status_json, status_markdown, status_text
from report_utils.report.tables import NOT_RUN, RUN_IN_PART, table_one_markdown, verdicts_markdown
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import export_results
from report_utils.runs import reads
from report_utils.runs.store import Store

ALL_FOLDS = ("run = 2", "run = 10")
SMALL = (("n_clusters = 20", "n_clusters = 40"), ALL_FOLDS)
BIG = (("n_clusters = 20", "n_clusters = 60"), ("n_pixels = 16", "n_pixels = 8"), ALL_FOLDS)
ONE, TWO, FOUR, CUT = "multi_band_1", "multi_band_2", "multi_band_4", "retained_50"
SMALLER = dict.fromkeys((ONE, TWO, FOUR, CUT, "single_band"), 0.1)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A build of two transforms whose second band brings nothing, and full-size results where it halves the scatter.

    At full size one transform has a single fold of the ten, and one claim has the runs of one of its six parts.
    """
    folder = tmp_path_factory.mktemp("full-size")
    small, big = write_profile(folder / "tiny.toml", *SMALL), write_profile(folder / "big.toml", *BIG)
    build = Reproduction(small, Store(folder / "runs"))
    for name, scatter in SMALLER.items():
        store_fits(build, name, scatter=scatter)
    full = Reproduction(big, Store(folder / "full-runs"))
    for name, scatter in {ONE: 0.12, TWO: 0.06, FOUR: 0.06, CUT: 0.06}.items():
        store_fits(full, name, scatter=scatter)
    store_fits(full, "single_band", folds=[0])
    export_results(full, [ONE, TWO, FOUR, CUT, "single_band"], folder=folder / "results")
    return folder


@pytest.fixture
def build(made, monkeypatch):
    """The build, where full size is that of the other profile; its observations are not here."""
    monkeypatch.setattr(full_size, "FULL_PROFILE", str(made / "big.toml"))
    monkeypatch.setattr(full_size, "results_folder", lambda _: made / "results")
    for module in (full_size, reproduced_results, reproduction_status):
        monkeypatch.setattr(module, "has_reports_size", lambda _, n_clusters: n_clusters == 60)
    monkeypatch.setattr("report_utils.report.claims.MINIMUM_GROUPS", 2)
    reproduction = Reproduction(made / "tiny.toml", Store(made / "runs"))
    # only what is stored is shown: nothing is trained, and no observation of full size is simulated
    monkeypatch.setattr(Reproduction, "transforms", property(lambda _: tuple(SMALLER)))
    monkeypatch.setattr(Reproduction, "dynamics_transforms", ())
    monkeypatch.setattr("report_utils.binning.dataset.run_tasks", None)
    return reproduction


@pytest.mark.slow("makes two reproductions")
def test_full_size_stands_beside_this_build(build):
    judged = Judged(build)
    assert list(judged.sources) == [AT_FULL_SIZE, IN_THIS_BUILD]
    header, *rows = cells(table_one_markdown(judged.tables))
    assert [title for title in header if title.startswith("Std")] == [
        "Std dev, printed",
        f"Std dev, {AT_FULL_SIZE}",
        f"Std dev, {IN_THIS_BUILD}",
    ]
    by_model = {tuple(row[:2]): row for row in rows}
    assert by_model["Single Band", "0+"].count(NOT_RUN) == 2  # it has one fold of ten at full size
    assert by_model["Multi-Band", "0-2.5, 2.5-5"][3].startswith("0.06")
    assert by_model["Multi-Band", "0-2.5, 2.5-5"][4].startswith("0.1")
    assert "60, " in judged.how_trained
    assert "40, " in judged.how_trained


def test_a_transform_stands_at_full_size_although_what_it_is_compared_with_does_not(build):
    beside = side_by_side(build, ["multi_band_2", "single_band"])
    assert {label: set(of) for label, of in beside.items()} == {
        AT_FULL_SIZE: {"multi_band_2"},
        IN_THIS_BUILD: {"multi_band_2", "single_band"},
    }
    assert list(side_by_side(build, ["single_band", "multi_band_2"])) == ["here"]


def test_a_transform_of_other_bands_than_at_full_size_does_not_stand_there(build, monkeypatch):
    """Its results are of the bands that it had; under today's title they would be wrong."""
    table = {**binning.TRANSFORMS, FOUR: replace(binning.TRANSFORMS[FOUR], edges_kev=(0, 2.5, 5, inf))}
    for module in ("binning.transforms", "reproduction.committed", "reproduction.one_profile"):
        monkeypatch.setattr(f"report_utils.{module}.TRANSFORMS", table)
    assert set(full_size_beside(build).transforms) == {ONE, TWO, CUT}


def test_full_size_is_quoted_where_it_has_all_that_a_number_needs(build):
    judged = Judged(build)
    assert judged.quoted([ONE, TWO]) == (AT_FULL_SIZE, judged.full)
    assert judged.quoted([ONE, "single_band"]) == (IN_THIS_BUILD, judged)
    halved, split, cut = (
        judged.evidence[name] for name in ("two_bands_halve", "splitting_halves", "retained_lose_little")
    )
    assert (halved.where, split.where, cut.where) == (AT_FULL_SIZE, IN_THIS_BUILD, IN_THIS_BUILD)
    assert judged.here["two_bands_halve"].verdict == FAILS != halved.verdict


def test_a_claim_of_which_a_part_was_run_shows_it_and_is_not_quoted(build):
    judged = Judged(build)
    rows = {row[0]: row[2:] for row in cells(verdicts_markdown(judged.verdicts))}
    statements = {claim.name: claim.statement for claim in CLAIMS}
    assert rows[statements["retained_lose_little"]] == [RUN_IN_PART, UNDECIDED]
    assert rows[statements["threshold"]] == [NOT_RUN, UNDECIDED]
    (part,) = judged.full.in_part["retained_lose_little"].parts
    assert part.label == "50% retained over all pixels"
    assert "retained_25" in judged.full.in_part["retained_lose_little"].note


def test_a_claim_fails_with_one_of_its_parts_and_that_is_quoted(build, monkeypatch):
    """Whatever the parts would say that were not run; here the limit is below what the one part measured."""
    stricter = [
        replace(claim, test=replace(claim.test, limit=0.5)) if claim.name == "retained_lose_little" else claim
        for claim in CLAIMS
    ]
    monkeypatch.setattr(reproduced_results, "CLAIMS", stricter)
    judged = Judged(build)
    found = judged.evidence["retained_lose_little"]
    assert (found.verdict, found.where, len(found.parts)) == (FAILS, AT_FULL_SIZE, 1)
    assert found.note.startswith("not run at full size: retained_99, ")
    assert "retained_lose_little" not in judged.full.in_part
    (entry,) = (one for one in judged.status if one.name.startswith("Emptying the brightest pixels"))
    assert entry.verdict == FAILS


def test_numbers_become_comparable_at_full_size(build):
    status = Judged(build).status
    entries = {entry.name: entry for entry in status}
    scatter = entries["Multi-Band, 0-2.5, 2.5-5: standard deviation"]
    assert (scatter.verdict, scatter.profile) == (AGREES, "big")
    assert (scatter.in_this_build.verdict, scatter.in_this_build.profile) == (NOT_COMPARABLE, "tiny")
    assert entries["Single Band, 0+: standard deviation"].verdict == NOT_COMPARABLE
    assert entries["Single Band, 0+: standard deviation"].in_this_build is None
    assert entries["epochs"].verdict == NOT_COMPARABLE  # full size has a schedule of its own
    header, *rows = cells(status_markdown(status))
    assert header[3:5] == [AT_FULL_SIZE.capitalize(), IN_THIS_BUILD.capitalize()]
    lines = {row[1].partition("]")[0].strip("["): row for row in rows}
    assert lines[scatter.name][3:5] == [scatter.ours, scatter.in_this_build.ours]
    assert lines["epochs"][3:5] == ["", "1"]
    halved = next(entry for entry in status if entry.kind == CLAIM and entry.in_this_build)
    assert f"({FAILS})" in lines[halved.name][4]
    assert f"{AT_FULL_SIZE} {scatter.ours}" in status_text(status)
    assert '"profile": "big"' in status_json(status, "tiny")
    assert sum(line.startswith("Table 1,") and ",big," in line for line in status_csv(status).splitlines()) > 3


def test_a_page_depends_on_the_results_even_if_there_are_none(build, made, monkeypatch):
    monkeypatch.setattr(reads, "_reads", reads.Reads())
    assert full_size_beside(build).cross_validation(TWO).residuals.std() == pytest.approx(0.06, rel=0.2)
    assert list(reads._reads.results) == [str(made / "results")]
    assert reads._reads.runs == {}  # else code that has changed since would make the page stale for ever
    monkeypatch.setattr(full_size, "results_folder", lambda _: made / "nothing")
    assert full_size_beside(build) is None
    assert str(made / "nothing") in reads._reads.results
    assert Judged(build).about_full_size == ""
    assert list(Judged(build).sources) == ["here"]


@pytest.mark.parametrize(
    "change",
    [
        ("n_clusters = 20", "n_clusters = 60"),
        ("n_clusters = 20", "n_clusters = 20\nmax_events = 500"),
        ("n_clusters = 20", "n_clusters = 20\nsimulation = { particle_background = true }"),
    ],
)
def test_nothing_stands_beside_a_build_of_this_size_or_of_other_observations(build, tmp_path, change):
    assert full_size_beside(build) is not None
    assert full_size_beside(Reproduction(write_profile(tmp_path / "other.toml", change), build.store)) is None


def test_results_with_too_few_folds_are_not_full_size(build, made, tmp_path, monkeypatch):
    shutil.copytree(made / "results", tmp_path / "results")
    for folder in (tmp_path / "results").rglob("fold-9-*"):
        shutil.rmtree(folder)
    monkeypatch.setattr(full_size, "results_folder", lambda _: tmp_path / "results")
    assert full_size_beside(build) is None


def test_the_page_says_what_full_size_changes_of_the_protocol(build):
    about = Judged(build).about_full_size
    assert "\n" not in about
    assert "batch size 16 → 64" in about
    full, paper = load_profile("full"), load_profile("paper")
    changed = protocol_changes(full, dynamics=False)
    assert f"batch size {paper.training.batch_size} → {full.training.batch_size}" in changed
    first, second = full.training.coarse
    stages = f"{first.epochs} epochs at {first.n_pixels} pixels and {second.epochs} epochs at {second.n_pixels} pixels"
    assert f"coarse none → {stages}" in changed
    assert not any(entry.startswith("dynamics") for entry in changed)
    assert any(entry.startswith("dynamics: epochs 50 → ") for entry in protocol_changes(full, dynamics=True))
    assert protocol_changes(paper, dynamics=True) == []
