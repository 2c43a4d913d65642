import dataclasses
import json

import numpy as np
import pytest

from report_utils.events import (
    IngestOptions,
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
    return [(one.cluster_id, one.digest, opened.agn_less[one.cluster_id].digest) for one in opened.observations]


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
    assert (archive.observations[3].read_file, archive.agn_less["c3"].read_file) == ("c3.fits", "c3_agn_less.fits")
    assert archive.observations[3].layout == "SIXTE imaging events"
    assert json.loads((tmp_path / "archive" / "ingest-report.json").read_text())["added"] == list(report.added)


def test_processes_give_the_same_archive_as_one(folder, tmp_path, module, monkeypatch, worker_processes):
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

    def stop_in_the_third_task(path, *options, **more):
        read.append(path.name)
        if path.name == "c9.fits":
            raise KeyboardInterrupt
        return load(path, *options, **more)

    load = ingest_task.load_events
    monkeypatch.setattr(ingest_task, "load_events", stop_in_the_third_task)
    with pytest.raises(KeyboardInterrupt):
        ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert open_archive(tmp_path / "archive").ids == tuple(f"c{i}" for i in range(8))
    assert not list((tmp_path / "archive" / "lists").glob(".*"))
    read.clear()
    monkeypatch.setattr(
        ingest_task,
        "load_events",
        lambda path, *options, **more: read.append(path.name) or load(path, *options, **more),
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

    def explode(path, *options, **more):
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
    assert "stay in the archive although this catalogue does not name them: 3" in str(report)


def test_what_a_reader_of_the_report_must_not_miss(folder, tmp_path):
    lists = folder(3)
    ingest(lists / "catalogue.csv", tmp_path / "archive")
    (lists / "c1.fits").write_bytes((lists / "c1.fits").read_bytes()[:-4000])
    text = (lists / "catalogue.csv").read_text()
    lines = text.replace("c2,14.1,", "c2,14.9,").replace(",c2_agn_less.fits", ",").splitlines()
    lines = [f"{line},{end}" for line, end in zip(lines, ("groups", 1, 2, 3), strict=True)]
    (lists / "catalogue.csv").write_text("\n".join(lines[:1] + lines[2:]) + "\n")
    said = str(report := ingest(lists / "catalogue.csv", tmp_path / "archive"))
    assert (report.n_others, report.still_there, report.unused_columns) == (1, ("c1",), ("groups",))
    assert "are not used: groups" in said
    assert "cut off: copy or download it again; what an earlier ingest read stays" in said
    assert len(open_archive(tmp_path / "archive").read("c1")) == 51
    (lists / "catalogue.csv").write_text(text.replace("c0,14.0,", "c0,14.5,"))
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert report.restated == ("c0",)
    assert "mass or group has changed: 1" in str(report)
    (lists / "catalogue.csv").write_text(text.replace(",c2_agn_less.fits", ","))
    assert "no AGN-less list: 1 observations" in str(ingest(lists / "catalogue.csv", tmp_path / "archive"))


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
    options = IngestOptions(energy_max=7.0)
    assert len(ingest(catalogue, tmp_path / "archive", options).updated) == 3


def test_damaged_lists_are_made_again(folder, tmp_path):
    lists = folder(3)
    ingest(lists / "catalogue.csv", tmp_path / "archive")
    before = contents(tmp_path / "archive")
    for file in (tmp_path / "archive" / "lists").iterdir():
        file.write_bytes(file.read_bytes()[:50])
    report = ingest(lists / "catalogue.csv", tmp_path / "archive")
    assert len(report.added) == 3
    assert contents(tmp_path / "archive") == before


def test_energy_cuts_are_counted(folder, tmp_path):
    lists = folder(2)
    options = IngestOptions(energy_min=0.5, energy_max=2.5)
    report = ingest(lists / "catalogue.csv", tmp_path / "archive", options)
    archive = open_archive(tmp_path / "archive")
    whole = read_events(lists / "c0.fits")
    kept = archive.read("c0")
    assert kept.energy.min() >= 0.5
    assert kept.energy.max() <= 2.5
    lost = report.dropped["c0"]["observation"]
    assert lost["energy below 0.5 keV"] == (whole.energy < 0.5).sum()
    assert lost["energy above 2.5 keV"] == (whole.energy > 2.5).sum()
    assert len(kept) == len(whole) - sum(lost.values())
    assert json.loads(archive.observations[0].dropped) == lost


def test_invalid_rows_are_refused_or_dropped_and_counted(tmp_path, erosita):
    pi = np.linspace(300, 5000, 40)
    pi[[7, 9]] = np.nan, -500  # the second is a secondary pixel
    erosita("a.fits", pi=pi)
    (tmp_path / "catalogue.csv").write_text("cluster_id,log10_mass,events\nA,14,a.fits\n")
    report = ingest(tmp_path / "catalogue.csv", tmp_path / "archive")
    assert "row 8: column 'PI' is not a finite number" in report.failures[0].reason
    report = ingest(tmp_path / "catalogue.csv", tmp_path / "archive", IngestOptions(drop_invalid=True))
    lost = {"column 'PI' is not a finite number": 1, "PI negative: secondary pixels": 1}
    assert report.dropped == {"A": {"observation": lost}}
    assert len(open_archive(tmp_path / "archive").read("A")) == 38


def test_agn_less_from_source_ids_that_the_user_names(folder, tmp_path):
    lists = folder(2)
    catalogue = lists / "by_id.csv"
    catalogue.write_text("cluster_id,log10_mass,events\nA,14,c0.fits\nB,14,c1.fits\n")
    ingest(catalogue, tmp_path / "archive", IngestOptions(agn_source_ids=(2,)))
    archive = open_archive(tmp_path / "archive")
    assert archive.has_agn_less
    assert len(archive.read("A", "agn_less")) == len(read_events(lists / "c0_agn_less.fits"))
    assert archive.agn_less["A"].agn_less_by == "SRC_ID other than 2"


def test_a_bad_catalogue_or_option_stops_at_once(folder, tmp_path, refused):
    lists = folder(2)
    bad = lists / "bad.csv"
    bad.write_text("cluster_id,log10_mass,events\nA,14,c0.fits\nB,much,c1.fits\n")
    archive = tmp_path / "archive"
    refused(lambda: ingest(bad, archive), bad, "row 2", "'log10_mass'")
    catalogue = lists / "catalogue.csv"
    gone = IngestOptions(gti=tmp_path / "gone.fits")
    refused(lambda: ingest(catalogue, archive, gone), "gone.fits", "no such file")
    assert not archive.exists()


def test_a_full_disk_ends_with_one_line_and_keeps_what_is_finished(folder, tmp_path, monkeypatch, refused, module):
    lists = folder(4)
    monkeypatch.setattr(module, "_TASK_ROWS", 2)
    rows = []

    def full(*arguments, **options):
        rows.append(1)
        if len(rows) > 4:  # the lists of two clusters
            raise OSError(28, "No space left on device")
        return write_list(*arguments, **options)

    write_list = ingest_task.write_list
    monkeypatch.setattr(ingest_task, "write_list", full)
    refused(lambda: ingest(lists / "catalogue.csv", tmp_path / "archive"), "No space left", "another folder with --out")
    assert open_archive(tmp_path / "archive").ids == ("c0", "c1")


def test_progress_is_shown_with_the_time_left(folder, tmp_path, capsys, monkeypatch):
    ingest(folder(2) / "catalogue.csv", tmp_path / "archive")
    assert capsys.readouterr().err == ""  # it took no time to speak of
    monkeypatch.setattr("report_utils.workers.progress._PLAIN_LINE_SECONDS", 0.0)
    ingest(tmp_path / "lists" / "catalogue.csv", tmp_path / "another")
    assert "ingest of 2 observations: 100%, about 0.0 min left" in capsys.readouterr().err


def test_every_step_of_the_cleaning_is_counted_by_cluster_and_in_all(tmp_path, sixte_imaging):
    """Two lists with known rows: 5 of background, then 3 of soft energy among the rest."""
    src, signal = np.full(60, 4), np.linspace(1, 8, 60)
    src[[0, 7, 20, 40, 59]] = -1
    signal[[0, 1, 2, 3]] = 0.1
    for name in ("a", "b"):
        sixte_imaging(f"{name}.fits", signal=signal, src=src, ra=np.linspace(10.0, 10.2, 60))
    (tmp_path / "list.csv").write_text("cluster_id,log10_mass,events\nA,14,a.fits\nB,14.1,b.fits\n")
    options = IngestOptions(energy_min=0.5, background_source_ids=(-1,))
    report = ingest(tmp_path / "list.csv", tmp_path / "archive", options)
    lost = report.dropped["A"]["observation"]
    assert sorted(lost.values()) == [3, 5]
    assert report.dropped_in_all == {"observation": {reason: 2 * count for reason, count in lost.items()}}
    archive = open_archive(tmp_path / "archive")
    assert len(archive.read("B")) == 52
    assert json.loads(archive.observations[0].options)["background_source_ids"] == [-1]
    saved = json.loads((tmp_path / "archive" / "ingest-report.json").read_text())
    assert saved["dropped_in_all"] == report.dropped_in_all
    assert "left out of the observations: 10 rows" in str(report)


def test_a_region_has_each_rows_own_centre_and_is_the_same_for_both_lists(tmp_path, sixte_imaging):
    """Half of the events 0.01 deg (36 arcsec) about the row's place, half 0.1 deg away."""
    near = np.tile([-0.005, 0.005], 15)
    ra, dec = 10.1 + np.r_[near, near + 0.1], 20.1 + np.r_[near[::-1], near]
    sixte_imaging("a.fits", n=60, ra=ra, dec=dec + np.linspace(0, 1e-4, 60))
    sixte_imaging("less.fits", n=40, ra=ra[:40], dec=(dec + np.linspace(0, 1e-4, 60))[:40])
    header = "cluster_id,log10_mass,events,events_agn_less,ra_centre,dec_centre\n"
    (tmp_path / "list.csv").write_text(header + "A,14,a.fits,less.fits,10.1,20.1\n")
    options = IngestOptions(region_arcsec=60.0)
    report = ingest(tmp_path / "list.csv", tmp_path / "archive", options)
    archive = open_archive(tmp_path / "archive")
    assert (len(archive.read("A")), len(archive.read("A", "agn_less"))) == (30, 30)
    assert [sum(reasons.values()) for reasons in report.dropped["A"].values()] == [30, 10]
    # Without a place: the circle about the observation's events, for the AGN-less list too.
    (tmp_path / "list.csv").write_text("cluster_id,log10_mass,events,events_agn_less\nA,14,a.fits,less.fits\n")
    ingest(tmp_path / "list.csv", tmp_path / "archive", IngestOptions(region_arcsec=250.0))
    archive = open_archive(tmp_path / "archive")
    whole, less = archive.read("A"), archive.read("A", "agn_less")
    assert set(zip(less.x, less.y, strict=True)) <= set(zip(whole.x, whole.y, strict=True))


def test_a_region_is_the_same_for_both_lists_where_nothing_tells_their_place_on_the_sky(tmp_path, write_table):
    """Half of the events are AGN at x = 12: without them the median lies elsewhere."""
    x, y = np.r_[np.linspace(-20, 20, 41), np.full(41, 12.0)], np.r_[np.linspace(-1, 1, 41), np.full(41, 0.5)]
    for name, n in (("a", 82), ("less", 41)):
        write_table(f"{name}.fits", [("X", "D", x[:n]), ("Y", "D", y[:n]), ("ENERGY", "D", np.full(n, 2.0))])
    header = "cluster_id,log10_mass,events,events_agn_less,pixel_arcsec\n"
    (tmp_path / "list.csv").write_text(header + "A,14,a.fits,less.fits,1\n")
    ingest(tmp_path / "list.csv", tmp_path / "archive", IngestOptions(region_arcsec=6.0))
    archive = open_archive(tmp_path / "archive")
    whole, less = archive.read("A"), archive.read("A", "agn_less")
    assert len(less) == len(whole) - 41 == 11  # x from 7 to 17
    assert less.x.tolist() == sorted(set(whole.x.tolist()))
    (tmp_path / "less.fits").unlink()
    write_table(
        "less.fits", [("RA", "D", x[:41] / 3600 + 10), ("DEC", "D", y[:41] / 3600), ("ENERGY", "D", x[:41] + 21)]
    )
    report = ingest(tmp_path / "list.csv", tmp_path / "archive", IngestOptions(region_arcsec=6.0))
    assert "on the same axes" in report.failures[0].reason


def test_agn_less_by_masking_a_list_of_positions(tmp_path, sixte_imaging):
    ra, dec = (
        np.r_[np.linspace(10.0, 10.2, 50), np.full(10, 10.1)],
        np.r_[np.linspace(20.0, 20.2, 50), np.full(10, 20.15)],
    )
    sixte_imaging("a.fits", ra=ra, dec=dec)
    (tmp_path / "agn.csv").write_text("RA,DEC,RADIUS\n10.1,20.15,3\n11.5,20.1,3\n")
    (tmp_path / "list.csv").write_text("cluster_id,log10_mass,events,point_sources\nA,14,a.fits,agn.csv\n")
    report = ingest(tmp_path / "list.csv", tmp_path / "archive")
    archive = open_archive(tmp_path / "archive")
    assert (len(archive.read("A")), len(archive.read("A", "agn_less"))) == (60, 50)
    assert archive.agn_less["A"].agn_less_by == "masking the 2 positions of agn.csv"
    assert report.agn_less_from == {"masking the 2 positions of agn.csv": 1}
    assert report.dropped["A"]["agn_less"] == {"within a position of agn.csv": 10}
    # Another list of positions means another AGN-less list, the same one nothing new.
    assert len(ingest(tmp_path / "list.csv", tmp_path / "archive").unchanged) == 1
    (tmp_path / "agn.csv").write_text("RA,DEC,RADIUS\n10.1,20.15,3\n10.0,20.0,1\n")
    assert len(ingest(tmp_path / "list.csv", tmp_path / "archive").updated) == 1
    assert len(open_archive(tmp_path / "archive").read("A", "agn_less")) == 49


def test_one_list_of_positions_for_all_rows_and_the_rows_own_way_first(folder, tmp_path):
    lists = folder(3)
    positions = tmp_path / "agn.csv"
    positions.write_text("RA,DEC,RADIUS\n180,0,30\n")
    header = "cluster_id,log10_mass,events,events_agn_less\n"
    catalogue = lists / "mixed.csv"
    catalogue.write_text(header + "A,14,c0.fits,c0_agn_less.fits\nB,14,c1.fits,\n")
    report = ingest(catalogue, tmp_path / "archive", IngestOptions(point_sources=positions))
    assert report.agn_less_from == {"a second event list": 1, "masking the 1 positions of agn.csv": 1}
    assert open_archive(tmp_path / "archive").has_agn_less


def test_thinning_is_counted_recorded_and_the_same_for_any_number_of_processes(folder, tmp_path, module, monkeypatch):
    monkeypatch.setattr(module, "_TASK_ROWS", 3)
    lists, options = folder(), IngestOptions(max_events=55, thin_seed=4)
    report = ingest(lists / "catalogue.csv", tmp_path / "one", options, workers=1)
    ingest(lists / "catalogue.csv", tmp_path / "two", options, workers=2)
    archive = open_archive(tmp_path / "one")
    assert archive.digest == open_archive(tmp_path / "two").digest
    assert [one.n_events for one in archive.observations] == [min(50 + i, 55) for i in range(12)]
    assert report.dropped["c9"]["observation"] == {"thinned to 55 events (seed 4)": 4}
    assert "c2" not in report.dropped
    whole, less = len(read_events(lists / "c9.fits")), len(read_events(lists / "c9_agn_less.fits"))
    assert len(archive.read("c9", "agn_less")) == round(less * 55 / whole)
    assert ingest(lists / "catalogue.csv", tmp_path / "one", options).unchanged == archive.ids
    other = ingest(lists / "catalogue.csv", tmp_path / "one", IngestOptions(max_events=55, thin_seed=5))
    assert len(other.updated) == 12


def test_thinned_observations_lose_their_labelled_agn_alone(folder, tmp_path):
    lists = folder(2)
    catalogue = lists / "by_id.csv"
    catalogue.write_text("cluster_id,log10_mass,events\nA,14,c0.fits\nB,14,c1.fits\n")
    report = ingest(catalogue, tmp_path / "archive", IngestOptions(agn_source_ids=(2,), max_events=30))
    archive = open_archive(tmp_path / "archive")
    thinned, agn_less = archive.read("A"), archive.read("A", "agn_less")
    assert len(thinned) == 30
    np.testing.assert_array_equal(agn_less.x, thinned.without_agn().x)
    assert report.dropped["A"]["agn_less"] == {"SRC_ID 2": 30 - len(agn_less)}


def test_observations_without_masses_are_for_predictions_only(folder, tmp_path, refused):
    lists = folder(3)
    catalogue = lists / "unknown.csv"
    catalogue.write_text("cluster_id,events\nA,c0.fits\nB,c1.fits\n")
    refused(lambda: ingest(catalogue, tmp_path / "archive"), catalogue, "'log10_mass' is missing")
    report = ingest(catalogue, tmp_path / "archive", IngestOptions(without_masses=True))
    assert report.n_without_mass == 2
    assert "2 observations have no mass" in str(report)
    archive = open_archive(tmp_path / "archive")
    assert np.isnan(archive.read("A").log10_mass)
    assert archive.catalogue["log10_mass"].isna().all()
    catalogue.write_text("cluster_id,events,log10_mass\nA,c0.fits,14.1\nB,c1.fits,14.2\n")
    assert len(ingest(catalogue, tmp_path / "archive").unchanged) == 2  # masses come later, events stay
    assert open_archive(tmp_path / "archive").read("B").log10_mass == 14.2


def test_columns_and_units_stated_for_all_rows_or_one(tmp_path, write_table):
    rng = np.random.default_rng(3)
    for name, unit in (("a", 1000.0), ("b", 1.0)):
        columns = [("POSX", "E", rng.uniform(0, 9, 30)), ("POSY", "E", rng.uniform(0, 9, 30))]
        write_table(f"{name}.fits", [*columns, ("CHAN", "E", np.linspace(1, 6, 30) * unit)], extname="STUFF")
    header = "cluster_id,log10_mass,events,energy_unit\n"
    (tmp_path / "list.csv").write_text(header + "A,14,a.fits,\nB,14,b.fits,keV\n")
    stated = IngestOptions(x="POSX", y="POSY", energy="CHAN", energy_unit="eV", pixel_arcsec=0.5)
    assert ingest(tmp_path / "list.csv", tmp_path / "none").exit_status == 2
    report = ingest(tmp_path / "list.csv", tmp_path / "archive", stated)
    assert report.failures == ()
    archive = open_archive(tmp_path / "archive")
    for cluster in ("A", "B"):
        np.testing.assert_allclose(archive.read(cluster).energy, np.linspace(1, 6, 30), rtol=1e-6)
    assert np.ptp(archive.read("A").x) < 4.5
