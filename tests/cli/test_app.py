"""The command line: exit status, one clear line for bad input, and a fast start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from report_utils.events import EventList, write_sixte


@pytest.fixture
def files(tmp_path, rng):
    for name in "ab":
        events = EventList(*(rng.normal(0, 50, (2, 40))), rng.exponential(2, 40), cluster_id=name)
        write_sixte(tmp_path / f"{name}.fits", events)
    (tmp_path / "list.csv").write_text("cluster_id,log10_mass,events\na,14.1,a.fits\nb,14.3,b.fits\n")
    return tmp_path


def test_ingest_and_inspect(run, files):
    status, out, _ = run("ingest", files / "list.csv", "--out", files / "archive")
    assert status == 0
    assert "2 added" in out
    status, out, _ = run("ingest", files / "list.csv", "--out", files / "archive")
    assert "2 unchanged" in out
    status, out, _ = run("inspect", files / "a.fits")
    assert status == 0
    assert "40" in out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cluster_id,log10_mass,events\na,14.1,a.fits\na,14.3,b.fits\n", ["list.csv", "row 2", "'a'"]),
        ("cluster_id,log10_mass,events\na,heavy,a.fits\n", ["list.csv", "row 1", "log10_mass", "heavy"]),
        ("cluster_id,log10_mass,events\na,14.1,absent.fits\n", ["list.csv", "row 1", "events", "absent.fits"]),
        ("cluster_id,events\na,a.fits\n", ["list.csv", "log10_mass"]),
    ],
)
def test_a_bad_catalogue_ends_with_one_line(run, files, text, expected):
    (files / "list.csv").write_text(text)
    status, out, err = run("ingest", files / "list.csv", "--out", files / "archive")
    assert status == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    for part in expected:
        assert part in err


def test_one_bad_file_leaves_the_others(run, files):
    (files / "a.fits").write_bytes((files / "a.fits").read_bytes()[:3000])
    status, _, err = run("ingest", files / "list.csv", "--out", files / "archive")
    assert status == 2
    assert "1 added" in err
    assert "a.fits" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("fit", "multi_band_7", "--profile", "smoke"), "unknown transform 'multi_band_7'"),
        (("fit", "--profile", "enormous"), "unknown profile 'enormous'"),
        (("build", "--profile", "enormous"), "unknown profile 'enormous'"),
        (("inspect", "absent.fits"), "absent.fits"),
        (("ingest", "absent.csv", "--out", "x"), "absent.csv"),
    ],
)
def test_bad_input_exits_with_two(run, runs_folder, monkeypatch, arguments, expected):
    status, _, err = run(*arguments)
    assert status == 2
    assert expected in err
    assert err.startswith("report-utils: ")
    assert len(err.strip().splitlines()) == 1


def test_simulated_observations_come_with_their_catalogue(run, tmp_path):
    status, out, _ = run("simulate", tmp_path / "sky", "-n", 3)
    assert status == 0
    assert "catalogue.csv" in out
    status, out, _ = run("ingest", tmp_path / "sky" / "catalogue.csv", "--out", tmp_path / "archive")
    assert status == 0
    assert "3 added" in out


def test_status_names_runs_and_pages(run, runs_folder):
    status, out, _ = run("status", "--profile", "smoke", "--all")
    assert status == 0
    lines = out.splitlines()
    assert sum(line.startswith("missing  fit ") for line in lines) == 16 * 2
    assert "missing  page      3-3-agn-less-4" in lines


def test_a_broken_book_is_found(run, tmp_path):
    status, _, err = run("check", tmp_path)
    assert status == 1
    assert "the page is missing" in err


def test_help_loads_nothing_heavy():
    code = "import sys; sys.argv = ['report-utils', '--help']\nfrom report_utils import cli\n"
    code += "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
    code += (
        "print([m for m in ('tensorflow', 'keras', 'pandas', 'astropy', 'numba', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip().splitlines()[-1] == "[]"


def test_an_interruption_ends_with_one_line(run, runs_folder, monkeypatch):
    """Typer catches it and would end without a word."""

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("report_utils.reproduction.one_profile.Reproduction.prepare", interrupted)
    status, out, err = run("fit", "single_band", "--profile", "smoke")
    assert (status, out) == (130, "")
    assert err == "\nreport-utils: interrupted; what was finished is kept; run the same command again to continue\n"
