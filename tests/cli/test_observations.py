"""The commands on many observations: their options, what they say, and how they end."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits

from report_utils.events import EventList, open_archive, read_catalogue, read_events, write_sixte


@pytest.fixture
def lists(tmp_path, rng, monkeypatch):
    """Two lists of 300 events, a tenth of them AGN at one place, and a working folder beside theirs."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in "ab":
        x, y = rng.normal(0, 50, (2, 300))
        source = np.zeros(300, np.int8)
        source[:30], x[:30], y[:30] = 1, 20.0, 30.0
        events = EventList(x, y, rng.exponential(2, 300), source, cluster_id=name)
        write_sixte(tmp_path / "lists" / f"{name}_evt2.fits", events)
    text = "cluster_id,mass_msun_h,events\na,1e14,a_evt2.fits\nb,2e14,b_evt2.fits\n"
    (tmp_path / "lists" / "list.csv").write_text(text)
    return tmp_path / "lists"


def test_ingest_options_reach_the_archive(run, lists, tmp_path):
    status, out, _ = run(
        "ingest", lists / "list.csv", "--out", "archive", "--hubble-h", 0.7, "--energy-min", 0.5, "--energy-max", 7,
        "--region-arcsec", 90, "--region-centre", "180,0", "--agn-source-ids", "2", "--max-events", 100,
        "--thin-seed", 3, "--drop-invalid", "--workers", 1,
    )  # fmt: skip
    assert status == 0
    archive = open_archive("archive")
    assert archive.observations[1].log10_mass == pytest.approx(np.log10(2e14 / 0.7))
    options = json.loads(archive.observations[0].options)
    assert options["region_centre"] == [180.0, 0.0]
    assert (options["drop_invalid"], options["max_events"], options["thin_seed"]) == (True, 100, 3)
    events = archive.read("a")
    assert len(events) == 100
    assert 0.5 <= events.energy.min() <= events.energy.max() <= 7
    assert np.hypot(events.x, events.y).max() <= 90
    assert "AGN-less by SRC_ID other than 2: 2 observations" in out
    assert "thinned to 100 events (seed 3)" in out


def test_channels_are_stated_to_inspect_and_ingest_alike(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    channel = np.repeat([10, 50, 100, 200], [100, 150, 100, 50])
    ra, dec = np.linspace(29.9, 30.1, 400), np.linspace(19.9, 20.1, 400)
    given = {"RA": ra, "DEC": dec, "PHA": channel}
    columns = [fits.Column(name, "D", array=values) for name, values in given.items()]
    fits.BinTableHDU.from_columns(columns, name="EVENTS").writeto("a.fits")
    low = 1.6 + 0.04 * np.arange(300)
    bounds = {"CHANNEL": np.arange(300), "E_MIN": low, "E_MAX": low + 0.04}
    columns = [fits.Column(name, "D", array=values) for name, values in bounds.items()]
    fits.BinTableHDU.from_columns(columns, name="EBOUNDS").writeto("a.rmf")
    (tmp_path / "list.csv").write_text("cluster_id,log10_mass,events\na,14,a.fits\n")
    status, _, err = run("inspect", "a.fits")
    assert (status, "--channel-kev" in err, "--rmf" in err) == (2, True, True)
    width = ("--energy-unit", "channel", "--channel-kev", 0.04, "--channel-offset-kev", 1.6)
    for number, stated in enumerate([width, ("--rmf", "a.rmf")]):
        status, out, _ = run("inspect", "a.fits", *stated)
        assert (status, "0-2.5 keV 100, 2.5-5 keV 150, 5-7.5 keV 100, above 7.5 keV 50" in out) == (0, True)
        assert run("ingest", "list.csv", "--out", f"archive-{number}", *stated)[0] == 0
        energy = open_archive(f"archive-{number}").read("a").energy
        np.testing.assert_allclose(energy, 1.6 + 0.04 * (channel + 0.5 * number))  # an RMF means the middle


def test_a_list_of_positions_and_a_pattern_start_at_the_working_folder(run, lists):
    (lists / "masses.csv").write_text("cluster_id,log10_mass\na,14\nb,14.1\n")
    with open("agn.csv", "w") as stream:  # noqa: PTH123
        stream.write(f"RA,DEC,RADIUS\n{180 + 20 / 3600},{30 / 3600},2\n")
    pattern = "../lists/{cluster_id}_*.fits"
    status, out, _ = run(
        "ingest", lists / "masses.csv", "--out", "archive", "--events", pattern, "--point-sources", "agn.csv"
    )
    assert status == 0
    assert "AGN-less by masking the 1 positions of agn.csv: 2 observations" in out
    less = open_archive("archive").read("a", "agn_less")
    assert 260 <= len(less) <= 270  # gas may lie in the circle too
    assert np.hypot(less.x - 20, less.y - 30).min() > 2


def test_each_catalogue_fault_has_its_own_line(run, lists, tmp_path):
    text = "cluster_id,log10_mass,events\na,heavy,a_evt2.fits\nb,14,none.fits\nc,14,../work/x.fits\n"
    (lists / "list.csv").write_text(text)
    (tmp_path / "work" / "x.fits").write_bytes(b"x")
    status, out, err = run("ingest", lists / "list.csv", "--out", "archive")
    assert (status, out) == (2, "")
    lines = err.strip().splitlines()
    assert [f"row {number}:" in line for number, line in enumerate(lines, start=1)] == [True] * 3
    assert all(line.startswith(f"report-utils: {lists / 'list.csv'}: ") for line in lines)
    assert "--outside-paths" in lines[2]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--agn-source-ids", "2;3"), "--agn-source-ids '2;3'"),
        (("--region-centre", "180", "--region-arcsec", "9"), "--region-centre '180'"),
        (("--region-centre", "180,0"), "give --region-arcsec ARCSEC as well"),
        (("--energy-min", "5", "--energy-max", "2"), "--energy-min 5 and --energy-max 2 [keV] leave no events"),
        (("--energy-min", "0_5"), "--energy-min '0_5': not a number; give keV, for example 0.5"),
        (("--x", "RA"), "both position columns"),
        (("--energy-unit", "parsec"), "--energy-unit 'parsec'"),
        (("--hubble-h", "70"), "hubble_h=70"),
        ((), "h is not stated"),
    ],
)
def test_invalid_options_end_with_one_line(run, lists, options, expected):
    hubble = () if "--hubble-h" in options or not options else ("--hubble-h", 0.7)
    status, out, err = run("ingest", lists / "list.csv", "--out", "archive", *hubble, *options)
    assert (status, out) == (2, "")
    assert expected in err
    assert len(err.strip().splitlines()) == 1


def test_interruption_says_how_to_continue(run, lists, monkeypatch):
    def stop(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("report_utils.events.ingest", stop)
    status, _, err = run("ingest", lists / "list.csv", "--out", "archive", "--hubble-h", 0.7)
    assert status == 130
    assert "interrupted; what was finished is kept; run the same command again to continue" in err


def test_long_fault_lists_are_cut_short(run, lists):
    rows = "".join(f"c{number},5.1,a_evt2.fits\n" for number in range(30))
    (lists / "list.csv").write_text(f"cluster_id,mass_msun,events\n{rows}")
    status, _, err = run("ingest", lists / "list.csv", "--out", "archive")
    lines = err.strip().splitlines()
    assert (status, len(lines)) == (2, 21)
    assert "write 5.1e14" in lines[0]
    assert "and 10 more faults" in lines[-1]


def test_an_archive_is_exported_for_other_tools(run, lists):
    assert run("ingest", lists / "list.csv", "--out", "archive", "--hubble-h", 0.7, "--agn-source-ids", 2)[0] == 0
    status, out, _ = run("export", "archive", "files")
    assert status == 0
    assert "files/catalogue.csv" in out
    rows = read_catalogue("files/catalogue.csv")
    assert len(read_events(rows[0].events)) == 300
    assert len(read_events(rows[0].events_agn_less)) == 270
    assert run("export", "archive", "packed", "--gzip", "--no-agn-less")[0] == 0
    (first, _) = read_catalogue("packed/catalogue.csv")
    assert first.events.suffix == ".gz"
    assert first.events_agn_less is None


def test_a_profiles_observations_are_exported(run, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'description = "a test"\nseed = 5\nn_pixels = 16\n[source]\nn_clusters = 2\nmax_events = 50\n'
    )
    status, _, _ = run("export", tmp_path / "files", "--profile", tmp_path / "mine.toml")
    assert status == 0
    rows = read_catalogue(tmp_path / "files" / "catalogue.csv")
    assert [len(read_events(row.events)) for row in rows] == [50, 50]
    status, _, err = run("export", tmp_path / "files")
    assert status == 2
    assert "--profile" in err
