import dataclasses
import json

import numpy as np
import pytest

from report_utils.events import (
    export_observations,
    ingest,
    ingest_run,
    ingest_task,
    open_archive,
    read_events,
    write_sixte,
)


@pytest.fixture
def module():
    return ingest_run


@pytest.fixture
def folder(tmp_path, observation):
    """A catalogue of twelve observations with AGN-less lists."""

    def make(n=12, name="lists"):
        made = (observation(50 + i, i, f"c{i}", 14 + i / 20, f"h{i // 3}") for i in range(n))
        return export_observations(made, tmp_path / name).parent

    return make


def contents(archive):
    opened = open_archive(archive)
    return [(entry.cluster_id, entry.content, entry.content_agn_less) for entry in opened.entries]


def test_a_catalogue_becomes_an_archive(folder, tmp_path, same, observation):
    lists = folder()
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert (len(report.added), report.failures, report.exit_status) == (12, (), 0)
    archive = open_archive(tmp_path / "archive")
    assert archive.ids == tuple(f"c{i}" for i in range(12))
    assert archive.has_agn_less
    whole = observation(53, 3, "c3", 14.15, "h1")
    same(archive.read("c3"), dataclasses.replace(whole, source=None))
    assert len(archive.read("c3", "agn_less")) == len(whole.without_agn())
    assert archive.catalogue["n_events"].sum() == report.n_events == sum(50 + i for i in range(12))
    entry = archive.entries[3]
    assert (entry.source_file, entry.source_file_agn_less) == ("c3.fits", "c3_agn_less.fits")
    assert entry.layout == "SIXTE imaging events"
    assert json.loads((tmp_path / "archive" / "ingest-report.json").read_text())["added"] == list(report.added)


def test_processes_give_the_same_archive_as_one(folder, tmp_path, module, monkeypatch):
    monkeypatch.setattr(module, "_TASK_ROWS", 3)
    lists = folder()
    ingest(lists / "catalogue.csv", tmp_path / "one", workers=1)
    report = ingest(lists / "catalogue.csv", tmp_path / "two", workers=2)
    assert len(report.added) == 12
    assert open_archive(tmp_path / "two").digest == open_archive(tmp_path / "one").digest


def test_what_is_there_is_not_read_again(folder, tmp_path, monkeypatch):
    lists = folder()
    ingest(lists / "catalogue.csv", tmp_path / "archive")
    digest = open_archive(tmp_path / "archive").digest
    monkeypatch.setattr(ingest_task, "load_events", None)  # any reading would now fail
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert (len(report.unchanged), report.added, report.failures) == (12, (), ())
    assert open_archive(tmp_path / "archive").digest == digest


def test_a_stopped_ingest_goes_on(folder, tmp_path, module, monkeypatch):
    monkeypatch.setattr(module, "_TASK_ROWS", 4)
    lists = folder()
    ingest(lists / "catalogue.csv", tmp_path / "whole")
    read = []

    def stop_in_the_third_task(path, **options):
        read.append(path.name)
        if path.name == "c9.fits":
            raise KeyboardInterrupt
        return load(path, **options)

    load = ingest_task.load_events
    monkeypatch.setattr(ingest_task, "load_events", stop_in_the_third_task)
    with pytest.raises(KeyboardInterrupt):
        ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert open_archive(tmp_path / "archive").ids == tuple(f"c{i}" for i in range(8))
    assert not list((tmp_path / "archive" / "parts").glob(".*"))
    read.clear()
    monkeypatch.setattr(
        ingest_task, "load_events", lambda path, **options: read.append(path.name) or load(path, **options)
    )
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert (len(report.unchanged), report.added) == (8, ("c8", "c9", "c10", "c11"))
    assert len(read) == 8  # two lists of each of the four
    assert open_archive(tmp_path / "archive").digest == open_archive(tmp_path / "whole").digest


def test_one_bad_file_does_not_stop_the_others(folder, tmp_path):
    lists = folder()
    (lists / "c4.fits").write_bytes((lists / "c4.fits").read_bytes()[:-4000])
    (lists / "c7_agn_less.fits").write_text("not FITS")
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert report.exit_status == 2
    assert [(failure.row, failure.cluster_id) for failure in report.failures] == [(5, "c4"), (8, "c7")]
    assert "cut off" in report.failures[0].reason
    assert "c7_agn_less.fits" in report.failures[1].reason
    assert "row 5 (c4):" in str(report)
    assert len(open_archive(tmp_path / "archive")) == 10
    saved = json.loads((tmp_path / "archive" / "ingest-report.json").read_text())
    assert [failure["row"] for failure in saved["failures"]] == [5, 8]
    # Once the files are right, the archive is what it would have been, in the catalogue's order.
    good = folder(name="good")
    for name in ("c4.fits", "c7_agn_less.fits"):
        (lists / name).write_bytes((good / name).read_bytes())
    assert len(ingest(lists / "catalogue.csv", tmp_path / "archive").added) == 2
    ingest(good / "catalogue.csv", tmp_path / "other")
    assert open_archive(tmp_path / "archive").digest == open_archive(tmp_path / "other").digest


def test_errors_that_nobody_foresaw_are_listed_too(folder, tmp_path, monkeypatch):
    lists = folder(3)

    def explode(path, **options):
        reason = "a\nbug"
        raise ZeroDivisionError(reason)

    monkeypatch.setattr(ingest_task, "load_events", explode)
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert len(report.failures) == 3
    assert all("ZeroDivisionError: a bug" in failure.reason for failure in report.failures)


def test_appending_another_catalogue(folder, tmp_path, observation):
    ingest(folder(3) / "catalogue.csv", tmp_path / "archive")
    more = export_observations([observation(30, 99, "new")], tmp_path / "more")
    report = ingest(more, tmp_path / "archive")
    assert report.added == ("new",)
    assert open_archive(tmp_path / "archive").ids == ("c0", "c1", "c2", "new")


def test_changed_files_masses_and_options_are_brought_up_to_date(folder, tmp_path, observation):
    lists = folder(3)
    catalogue = lists / "catalogue.csv"
    ingest(catalogue, tmp_path / "archive")
    write_sixte(lists / "c1.fits", observation(80, 55, "c1"), overwrite=True)
    report = ingest(catalogue, tmp_path / "archive")
    assert (report.updated, report.unchanged) == (("c1",), ("c0", "c2"))
    assert len(open_archive(tmp_path / "archive").read("c1")) == 80
    catalogue.write_text(catalogue.read_text().replace("c2,14.1,", "c2,14.9,"))
    assert len(ingest(catalogue, tmp_path / "archive").unchanged) == 3
    assert open_archive(tmp_path / "archive").read("c2").log10_mass == 14.9
    assert len(ingest(catalogue, tmp_path / "archive", energy_max=7.0).updated) == 3


def test_a_damaged_part_is_made_again(folder, tmp_path):
    lists = folder(3)
    ingest(lists / "catalogue.csv", tmp_path / "archive")
    before = contents(tmp_path / "archive")
    for part in (tmp_path / "archive" / "parts").iterdir():
        part.write_bytes(part.read_bytes()[:50])
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert len(report.added) == 3
    assert contents(tmp_path / "archive") == before


def test_energy_cuts_are_counted(folder, tmp_path):
    lists = folder(2)
    report = ingest(lists / "catalogue.csv", tmp_path / "archive", energy_min=0.5, energy_max=2.5)
    archive = open_archive(tmp_path / "archive")
    whole = read_events(lists / "c0.fits")
    kept = archive.read("c0")
    assert kept.energy.min() >= 0.5
    assert kept.energy.max() <= 2.5
    lost = report.dropped["c0"]["observation"]
    assert lost["energy below 0.5 keV"] == (whole.energy < 0.5).sum()
    assert lost["energy above 2.5 keV"] == (whole.energy > 2.5).sum()
    assert len(kept) == len(whole) - sum(lost.values())
    assert json.loads(archive.entries[0].dropped) == report.dropped["c0"]


def test_invalid_rows_are_refused_or_dropped_and_counted(tmp_path, erosita):
    pi = np.linspace(300, 5000, 40)
    pi[7] = -10
    erosita("a.fits", pi=pi)
    (tmp_path / "catalogue.csv").write_text("cluster_id,log10_mass,events\nA,14,a.fits\n")
    report = ingest(tmp_path / "catalogue.csv", tmp_path / "archive")
    assert "row 8: column 'PI' is negative" in report.failures[0].reason
    report = ingest(tmp_path / "catalogue.csv", tmp_path / "archive", invalid="drop")
    assert report.dropped == {"A": {"observation": {"column 'PI' is negative": 1}}}
    assert len(open_archive(tmp_path / "archive").read("A")) == 39


def test_agn_less_from_source_ids_that_the_user_names(folder, tmp_path):
    lists = folder(2)
    catalogue = lists / "by_id.csv"
    catalogue.write_text("cluster_id,log10_mass,events\nA,14,c0.fits\nB,14,c1.fits\n")
    ingest(catalogue, tmp_path / "archive", agn_source_ids=(2,))
    archive = open_archive(tmp_path / "archive")
    assert archive.has_agn_less
    assert len(archive.read("A", "agn_less")) == len(read_events(lists / "c0_agn_less.fits"))
    assert archive.entries[0].agn_less_from == "SRC_ID other than 2"


def test_a_bad_catalogue_or_option_stops_at_once(folder, tmp_path, refused):
    lists = folder(2)
    bad = lists / "bad.csv"
    bad.write_text("cluster_id,log10_mass,events\nA,14,c0.fits\nB,much,c1.fits\n")
    archive = tmp_path / "archive"
    refused(lambda: ingest(bad, archive), bad, "row 2", "'log10_mass'")
    catalogue = lists / "catalogue.csv"
    refused(lambda: ingest(catalogue, archive, invalid="keep"), "'keep'")
    refused(lambda: ingest(catalogue, archive, energy_min=np.nan), "energy_min")
    refused(lambda: ingest(catalogue, archive, energy_min=3, energy_max=2), "energy_max must be larger")
    assert not archive.exists()


def test_a_full_disk_ends_with_one_line_and_keeps_what_is_finished(folder, tmp_path, monkeypatch, refused, module):
    lists = folder(4)
    monkeypatch.setattr(module, "_TASK_ROWS", 2)
    rows = []

    def full(*arguments, **options):
        rows.append(1)
        if len(rows) > 2:
            raise OSError(28, "No space left on device")
        return pending(*arguments, **options)

    pending = ingest_task.pending
    monkeypatch.setattr(ingest_task, "pending", full)
    refused(lambda: ingest(lists / "catalogue.csv", tmp_path / "archive"), "No space left", "stays")
    assert open_archive(tmp_path / "archive").ids == ("c0", "c1")


def test_progress_is_shown_with_the_time_left(folder, tmp_path, capsys):
    ingest(folder(2) / "catalogue.csv", tmp_path / "archive", progress=True)
    shown = capsys.readouterr().err
    assert "2 of 2 observations" in shown
    assert "left" in shown
    ingest(tmp_path / "lists" / "catalogue.csv", tmp_path / "archive")
    assert capsys.readouterr().err == ""
