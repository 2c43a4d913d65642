"""Files and variables that no one means well with: each ends in one line, at once and in little memory."""

from __future__ import annotations

import json
import os
import shutil
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from report_utils.errors import InputError, shown
from report_utils.files.input_files import demand_file, read_json
from report_utils.reproduction.recorded import recorded_fits
from report_utils.reproduction.results import read_results
from tests.conftest import ROOT
from tests.limited import run_limited
from tests.reproduction.test_results import rewrite

MEGABYTES = 500.0
"""Of a command that refuses; one that imports Keras or pyarrow takes 300 before it begins."""
SECONDS = 45.0


def refused(*arguments, pieces, status=2, **environment):
    """Run a command that must end with one line."""
    ended = run_limited(*arguments, seconds=SECONDS, **environment)
    line = ended.err.removesuffix("\n")
    assert ended.status == status, ended
    assert line.startswith("report-utils: "), ended
    assert line.isprintable(), ended
    assert len(line) < 2600, ended
    assert ended.peak_mb < MEGABYTES, ended
    for piece in pieces:
        assert piece in line, line
    return line


def npy(header: bytes, length: int, version: int = 2) -> bytes:
    return b"\x93NUMPY" + bytes([version, 0]) + length.to_bytes(4 if version == 2 else 2, "little") + header


def npz(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, blocks in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                for block in blocks:
                    stream.write(block)
    return path


BLANKS = [b" " * (1 << 20)] * 700
"""Of which a megabyte is in memory."""


@pytest.fixture
def result(tmp_path):
    """A result that was exported elsewhere, and two of its files."""
    folder = next((ROOT / "results" / "quick" / "fit" / "quick" / "multi_band_2").iterdir())
    shutil.copytree(folder, tmp_path / "there" / folder.name)
    return tmp_path / "there" / folder.name / "manifest.json", tmp_path / "there" / folder.name / "cluster.npy"


def imported(tmp_path, *pieces):
    return refused("results", "import", tmp_path / "there", "--to", tmp_path / "here", pieces=pieces)


def test_an_event_list_whose_header_claims_4_gb(tmp_path):
    claim = [npy(b"{'descr': '<f8'}", 0xFFFFFFF0), *BLANKS]
    small = [npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }\n", 58, 1)]
    path = npz(tmp_path / "list.npz", RA=claim, DEC=small, energy_kev=small)
    refused("inspect", path, pieces=["list.npz", "RA", "its header has version (2, 0)"])


def test_a_result_whose_arrays_are_gigabytes(tmp_path, result):
    with result[1].open("wb") as stream:
        stream.truncate(2 << 30)
    imported(tmp_path, "cluster.npy", "has 2147483648 bytes")


@pytest.mark.parametrize(
    "head",
    [
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n", 71),
        npy(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-5,), }\n", 59),
        npy(b"{'descr': '|V8', 'fortran_order': False, 'shape': (1,), }\n", 58),
        npy(b"(" * 5000, 5000),
        npy(b"", 0xFFFFFFFF),
    ],
)
def test_a_result_whose_arrays_claim_what_is_not_there(tmp_path, result, head):
    result[1].write_bytes(head + b"\0" * 8)
    rewrite(result[0].parent)
    with pytest.raises(InputError, match=r"cannot be understood|holds|do not belong"):
        read_results(tmp_path / "there")


def test_a_manifest_of_gigabytes(tmp_path, result):
    with result[0].open("wb") as stream:
        stream.truncate(2 << 30)
    imported(tmp_path, result[0].name, "has 2147483648 bytes")


@pytest.mark.parametrize(("kind", "what"), [("pipe", "this is a pipe"), ("device", "this is a device")])
@pytest.mark.parametrize("which", [0, 1])
def test_a_result_that_never_ends(tmp_path, result, kind, what, which):
    path = result[which]
    path.unlink()
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    imported(tmp_path, path.name, what)


def test_a_folder_of_results_that_is_a_disk(tmp_path, monkeypatch):
    for number in range(30):
        (tmp_path / f"{number}.txt").touch()
    monkeypatch.setattr("report_utils.reproduction.results._MAX_ENTRIES", 20)
    with pytest.raises(InputError, match="holds more than 20 files and folders"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{" + '"a":{' * 100_000, '{"format":1,"inputs":' + "[" * 40 + "]" * 40 + "}"]
)
def test_a_manifest_that_nests(tmp_path, result, text):
    result[0].write_text(text)
    with pytest.raises(InputError, match=r"nest more than 30 deep|not JSON"):
        read_results(tmp_path / "there")


def test_the_largest_prediction_of_a_network_has_a_row_in_the_table(result):
    from report_utils.report.tables import table_one, table_one_text

    (found,) = read_results(result[0].parent).values()
    found = recorded_fits("multi_band_2", [found])
    found.predictions[0, 0] = np.finfo(np.float32).max
    with np.errstate(all="ignore"):
        table = table_one({"multi_band_2": found}, n_resamples=50)
    assert table.loc["multi_band_2", "scatter"] > 1e36
    assert "e+3" in table_one_text(table)


def test_a_parquet_catalogue_of_fifty_million_rows(tmp_path):
    path = tmp_path / "list.parquet"
    rows = pa.table({"cluster_id": pa.array(["a"] * 1_000_000), "log10_mass": np.full(1_000_000, 14.0)})
    with pq.ParquetWriter(path, rows.schema) as writer:
        for _ in range(50):
            writer.write_table(rows)
    refused("ingest", path, "-o", tmp_path / "out", pieces=["50000000 rows", "at most 100000"])


def test_a_parquet_catalogue_of_one_long_text(tmp_path):
    path = tmp_path / "list.parquet"
    long = pa.array(["x" * (50 << 20)]).dictionary_encode().take(pa.array([0] * 10_000))
    pq.write_table(pa.table({"cluster_id": long, "log10_mass": np.full(10_000, 14.0)}), path)
    refused("ingest", path, "-o", tmp_path / "out", pieces=["'cluster_id' holds a text of 52428800 bytes"])


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("cluster_id", pa.array([2**50], pa.timestamp("ms"))),
        ("log10_mass", pa.array([2**62], pa.timestamp("us"))),
        ("events", pa.array([["a.fits"]])),
        ("group", pa.array([{"a": 1}])),
    ],
)
def test_a_parquet_catalogue_whose_cells_are_no_text(tmp_path, column, values):
    from report_utils.events import read_catalogue

    table = {"cluster_id": ["a"], "log10_mass": [14.0], "events": ["a.fits"]} | {column: values}
    pq.write_table(pa.table(table), tmp_path / "list.parquet")
    with pytest.raises(InputError, match=f"column '{column}' holds .*; write it as text"):
        read_catalogue(tmp_path / "list.parquet")


def test_a_csv_catalogue_without_end(tmp_path):
    path = tmp_path / "list.csv"
    with path.open("wb") as stream:
        stream.truncate(3 << 30)
    refused("ingest", path, "-o", tmp_path / "out", pieces=["has 3221225472 bytes"])
    path.write_text("cluster_id,log10_mass,events\n" + "a,14,b\n" * 100_001)
    refused("ingest", path, "-o", tmp_path / "out", pieces=["more than 100000 rows"])


def test_a_catalogues_pattern_from_the_root_of_the_disk(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("cluster_id,log10_mass,events\na,14,/**/no-such-list-*.fits\n")
    ended = run_limited("ingest", path, "-o", tmp_path / "out", "--outside-paths", seconds=SECONDS)
    assert (ended.status, ended.peak_mb < MEGABYTES) == (2, True), ended
    assert "row 1: column 'events'" in ended.err


@pytest.mark.parametrize("option", [["--gti", "/dev/zero"], ["--point-sources", "/dev/zero"]])
def test_a_file_beside_the_events_that_never_ends(tmp_path, option):
    (tmp_path / "a.csv").write_text("RA,DEC,energy_kev\n1,2,3\n1.1,2.1,4\n")
    (tmp_path / "list.csv").write_text("cluster_id,log10_mass,events\na,14,a.csv\n")
    ended = run_limited("ingest", tmp_path / "list.csv", "-o", tmp_path / "out", *option, seconds=SECONDS)
    assert (ended.status, ended.peak_mb < MEGABYTES) == (2, True), ended
    assert "/dev/zero" in ended.err


@pytest.fixture
def archive(tmp_path, rng):
    from report_utils.events import EventList
    from report_utils.events.archive_writer import ArchiveWriter

    with ArchiveWriter(tmp_path / "archive") as writer:
        writer.add(EventList(*rng.normal(0, 50, (2, 40)), rng.exponential(2, 40), cluster_id="a", log10_mass=14.0))
    return tmp_path / "archive"


def test_an_archive_whose_index_has_two_million_rows(tmp_path, archive):
    path = archive / "index.parquet"
    schema = pq.read_schema(path)
    text, ones = pa.array(["a"] * 10**6), np.ones(10**6)
    columns = {f.name: text if f.type == pa.string() else pa.array(ones, f.type, safe=False) for f in schema}
    rows = pa.table(columns, schema=schema)
    with pq.ParquetWriter(path, schema) as writer:
        for _ in range(2):
            writer.write_table(rows)
    refused("export", archive, tmp_path / "out", pieces=["index is damaged", "2000000 rows"])


def test_a_list_of_an_archive_that_holds_millions_of_other_events(tmp_path, archive):
    (part,) = (archive / "lists").glob("*.parquet")
    ones = pa.table(dict.fromkeys(("x", "y", "energy"), pa.array(np.ones(1 << 22, np.float32))))
    pq.write_table(ones, part, row_group_size=1 << 22)
    index = pq.read_table(archive / "index.parquet").to_pydict() | {"n_bytes": [part.stat().st_size]}
    pq.write_table(pa.table(index, schema=pq.read_schema(archive / "index.parquet")), archive / "index.parquet")
    refused("export", archive, tmp_path / "out", pieces=[part.name, "4194304 events", "where the index says 40"])


def test_flipped_bits_in_an_index_are_seen(archive):
    from report_utils.events import open_archive

    path = archive / "index.parquet"
    content = path.read_bytes()
    at = content.index(np.float64(14.0).tobytes())
    path.write_bytes(content[: at + 6] + bytes([content[at + 6] ^ 1]) + content[at + 7 :])
    with pytest.raises(InputError, match="index is damaged"):
        open_archive(archive)


def test_the_kinds_of_things_that_are_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "link")
    (tmp_path / "large").write_bytes(b"12345")
    for path, what in (
        (tmp_path / "pipe", "this is a pipe"),
        (tmp_path, "this is a folder"),
        (tmp_path / "no", "there is no such file"),
        (tmp_path / "link", "cannot be read"),
        (tmp_path / ("x" * 5000), "File name too long"),
        (tmp_path / "a\0b", "no file can have this name"),
        (tmp_path / "large", "has 5 bytes, and no such file has more than 4"),
    ):
        with pytest.raises(InputError, match=what):
            demand_file(path, 4)
    assert demand_file(tmp_path / "large", 5) == 5


def test_json_of_the_depth_that_is_allowed(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[" * 30 + "]" * 30)
    assert read_json(path, 100) == json.loads(path.read_text())
    path.write_text("[" * 31 + "]" * 31)
    with pytest.raises(InputError, match="nest more than 30 deep"):
        read_json(path, 100)


def test_what_reaches_a_terminal():
    assert shown("a\x1b[2Jb\nc\u202ed\udcff") == "a\\x1b[2Jb\\nc\\u202ed\\udcff"
    assert shown("größe 3 ×") == "größe 3 ×"
    long = shown("begin" + "x" * 100_000 + "end")
    assert (len(long) < 2100, long[:5], long[-3:]) == (True, "begin", "end")
    assert "(98008 characters)" in long


@pytest.mark.parametrize(
    ("variables", "pieces"),
    [
        ({"REPORT_WORKERS": "abc"}, ["REPORT_WORKERS is 'abc'", "from 1 to 1024"]),
        ({"REPORT_WORKERS": "²"}, ["REPORT_WORKERS is '²'"]),
        ({"REPORT_WORKERS": "0"}, ["REPORT_WORKERS is '0'"]),
        ({"REPORT_WORKERS": "9" * 5000}, ["REPORT_WORKERS is '999"]),
        ({"REPORT_WORKERS": "100000"}, ["REPORT_WORKERS is '100000'"]),
        ({"REPORT_WORKERS": ""}, ["REPORT_WORKERS is ''"]),
    ],
)
def test_a_number_of_workers_that_means_nothing(tmp_path, variables, pieces):
    refused("inspect", tmp_path / "no.fits", pieces=pieces, **variables)


def test_runs_that_would_lie_in_a_file(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "runs"):
        pieces = [f"{place}: cannot be a folder, because {tmp_path / 'file'} is a file", "REPORT_RUNS"]
        for command in (["status"], ["clean", "--stale", "--dry-run"], ["observations"]):
            refused(*command, pieces=pieces, REPORT_PROFILE="smoke", REPORT_RUNS=str(place))


def test_a_profile_is_checked_before_anything_is_computed(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('description = "a"\nseed = 18446744073709551616\nn_pixels = 32\nsource.n_clusters = 20\n')
    refused("fit", "--all", "-p", path, pieces=["seed has 65 bits"], REPORT_RUNS=str(tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_a_name_that_controls_the_terminal_is_escaped(tmp_path):
    refused("inspect", tmp_path / "a\x1b[2J\n\u202eb.fits", pieces=["a\\x1b[2J\\n\\u202eb.fits: there is no such file"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "a.fits", "--pixel-arcsec", "0_492"], "--pixel-arcsec '0_492': not a number"),
        (["inspect", "a.fits", "--energy-max", "1e400"], "--energy-max '1e400': not a number"),
        (["ingest", "a.csv", "-o", "b", "--hubble-h", "nan"], "--hubble-h 'nan': not a number"),
        (["fit", "--minutes", "nan"], "'nan' is not a time"),
        (["inspect", "a.fits/"], "'a.fits/' names a folder"),
        (["ingest", "a.csv/", "-o", "b"], "'a.csv/' names a folder"),
    ],
)
def test_options_that_mean_nothing(arguments, said):
    ended = run_limited(*arguments)
    assert (ended.status, said in ended.err) == (2, True), ended
