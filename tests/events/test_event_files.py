"""Tables that are not FITS: what decides, and that the same events come out of each format."""

import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from report_utils.events import IngestOptions, event_files, inspect_events, read_events
from report_utils.events import csv_table as csv_module
from report_utils.events.reading import load_events
from report_utils.files import input_files

STATED = {"x": "U", "y": "V", "energy": "W", "energy_unit": "eV", "pixel_arcsec": 0.5}


@pytest.fixture
def columns():
    rng = np.random.default_rng(4)
    n = 500
    return {"RA": rng.uniform(9.9, 10.1, n), "DEC": rng.uniform(19.9, 20.1, n), "energy": rng.uniform(0.3, 9, n)}


def write_csv(path, columns, **options):
    pd.DataFrame(columns).to_csv(path, index=False, **options)
    return path


def write_parquet(path, columns, **options):
    pd.DataFrame(columns).to_parquet(path, index=False, **options)
    return path


def write_npz(path, columns):
    np.savez(path, **columns)
    return path


def write_fits(path, columns):
    fits.BinTableHDU.from_columns(
        [
            fits.Column(name, {"f4": "E", "f8": "D"}[values.dtype.str[1:]], array=values)
            for name, values in columns.items()
        ]
    ).writeto(path)
    return path


WRITERS = {"csv": write_csv, "csv.gz": write_csv, "parquet": write_parquet, "npz": write_npz, "fits": write_fits}


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_gives_the_same_events(suffix, columns, tmp_path, same):
    path = WRITERS[suffix](tmp_path / f"list.{suffix}", columns)
    events = read_events(path, energy_unit="keV")
    same(events, read_events(write_fits(tmp_path / "other.fits", columns)))
    np.testing.assert_array_equal(events.energy, columns["energy"])
    assert events.x.dtype == np.float64


@pytest.mark.parametrize("suffix", WRITERS)
def test_columns_that_the_user_names(suffix, tmp_path):
    rng = np.random.default_rng(5)
    columns = {
        "T": np.arange(40.0),
        "U": rng.uniform(0, 9, 40),
        "V": rng.uniform(0, 9, 40),
        "W": np.linspace(300, 9000, 40),
    }
    path = WRITERS[suffix](tmp_path / f"list.{suffix}", columns)
    reading = load_events(path, IngestOptions(**STATED))
    np.testing.assert_array_equal(reading.events.x, columns["U"] * 0.5)
    np.testing.assert_array_equal(reading.events.energy, columns["W"] / 1000)
    assert reading.frame is None
    assert "as stated" in reading.layout.reasons[0]
    np.testing.assert_array_equal(read_events(path, **STATED).y, columns["V"] * 0.5)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_what_names_do_not_decide_is_asked_for(suffix, columns, tmp_path, refused):
    write = WRITERS[suffix]
    path = write(tmp_path / f"unit.{suffix}", columns)
    refused(lambda: read_events(path), path, "'energy'", "unit cannot be decided", "--energy-unit")
    path = write(
        tmp_path / f"pixels.{suffix}", {"x": columns["RA"], "y": columns["DEC"], "energy_kev": columns["energy"]}
    )
    refused(lambda: read_events(path), path, "'x'", "--pixel-arcsec")
    path = write(tmp_path / f"names.{suffix}", {"a": columns["RA"], "b": columns["DEC"], "c": columns["energy"]})
    refused(lambda: read_events(path), path, "it has a, b, c", "--x X --y Y", "--energy E")
    path = write(tmp_path / f"both.{suffix}", columns | {"ra_deg": columns["RA"]})
    refused(lambda: read_events(path, energy_unit="keV"), path, "'RA' and 'ra_deg'")


@pytest.mark.parametrize(
    ("name", "factor"),
    [("energy_keV", 1), ("Energy [keV]", 1), ("ENERGY (eV)", 1000), ("signal_kev", 1), ("PI eV", 1000)],
)
def test_a_unit_in_the_name_decides(name, factor, columns, tmp_path):
    energy = columns.pop("energy")
    reading = load_events(write_csv(tmp_path / "list.csv", columns | {name: energy * factor}))
    np.testing.assert_allclose(reading.events.energy, energy, rtol=1e-14)
    assert "as its name says" in reading.layout.reasons[1]


def test_a_unit_in_the_name_is_held_against_the_values(columns, tmp_path, refused):
    path = write_csv(tmp_path / "list.csv", columns | {"energy_ev": columns.pop("energy")})
    refused(lambda: read_events(path), path, "its name says eV", "looks like keV")
    assert read_events(path, energy_unit="keV").energy.max() < 10


def test_positions_in_arcsec_by_name(columns, tmp_path):
    names = {"x_arcsec": columns["RA"], "Y (arcsec)": columns["DEC"], "energy_kev": columns["energy"]}
    np.testing.assert_array_equal(read_events(write_npz(tmp_path / "list.npz", names)).x, columns["RA"])


def test_raw_pixels_are_not_right_ascensions(tmp_path, refused):
    columns = {"RAWX": np.arange(9.0), "RAWY": np.arange(9.0), "energy_kev": np.arange(9.0)}
    path = write_csv(tmp_path / "list.csv", columns)
    refused(lambda: read_events(path, x="RAWX", y="RAWY"), path, "'RAWX'", "pixel")


@pytest.mark.parametrize("name", ["RA_CORR", "RAJ2000", "ra_deg", "RA"])
def test_right_ascensions_by_other_names(name, columns, tmp_path):
    path = write_csv(tmp_path / "list.csv", {name: columns["RA"], "DEC": columns["DEC"], "e": columns["energy"]})
    events = read_events(path, x=name, y="DEC", energy="e", energy_unit="keV")
    np.testing.assert_array_equal(events.x, read_events(write_csv(tmp_path / "b.csv", columns), energy_unit="keV").x)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_as_people_write_it(delimiter, ending, tmp_path):
    lines = [
        "# exported",
        "\ufeffRA, DEC ,Energy [keV] , note",
        "10.0,20.0,1.5,a",
        "",
        "  10.01 , 20.01, 2.5, b",
        "10.02,20.02,,c",
    ]
    lines[0] = lines[0] if delimiter == "," else "#"
    path = tmp_path / "list.csv"
    text = ending.join(lines).replace(",", delimiter)
    path.write_bytes(text.encode())
    reading = load_events(path, IngestOptions(drop_invalid=True))
    assert reading.events.energy.tolist() == [1.5, 2.5]
    assert reading.dropped == {"column 'Energy [keV]' is not a finite number": 1}


@pytest.mark.parametrize(
    ("row", "pieces"),
    [
        ("10,20,high", ("row 301:", "'energy'", "'high'", "not a number")),
        ("10,20", ("row 301:", "Expected 3 columns, got 2")),
        ("10,20,1,2", ("row 301:", "Expected 3 columns, got 4")),
        ("10,20,-3", ("row 301:", "negative")),
        ("10,20,1e300", ("row 301:", "above 10000 keV")),
        ("10,20,", ("row 301:", "'energy' is not a finite number")),
    ],
)
@pytest.mark.parametrize("block", [1 << 22, 1000])
def test_a_bad_line_is_named_by_its_row(row, pieces, block, columns, tmp_path, refused, monkeypatch):
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", block)
    path = write_csv(tmp_path / "list.csv", columns)
    lines = path.read_text().splitlines()
    lines[301] = row
    path.write_text("\n".join(lines) + "\n")
    refused(lambda: read_events(path, energy_unit="keV"), path, *pieces)


def test_blocks_leave_no_seam(columns, tmp_path, same, monkeypatch):
    path = write_csv(tmp_path / "list.csv", columns)
    whole = read_events(path, energy_unit="keV")
    monkeypatch.setattr(csv_module, "_BLOCK_BYTES", 300)
    same(read_events(path, energy_unit="keV"), whole)


def test_text_that_is_not_a_table(tmp_path, refused):
    def written(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    refused(lambda: read_events(path), path := written(b"just words\nand more\n"), "line 1", "'just words'")
    refused(lambda: read_events(path), path := written(b"\x00\x01\x02,\xff\n"), "line 1 is not text")
    refused(lambda: read_events(path), path := written(b"RA,DEC,energy_kev\n"), "no rows")
    refused(lambda: read_events(path), path := written(b"RA,DEC,energy_kev\n\n\n"), "no rows")
    refused(lambda: read_events(path), path := written(b"1.0,2.0,3.0\n1.0,2.0,3.0\n"), "it has 1.0, 2.0, 3.0")
    refused(lambda: read_events(path), path := written(b"RA,ra,DEC,energy_kev\n1,1,2,3\n"), "'RA' and 'ra'")
    refused(lambda: read_events(path), path := written(b"# x\n" * (1 << 17)), "no line of names")
    refused(lambda: read_events(path), path := written(b"RA,DEC,energy_kev\n" + b"1" * (9 << 20)), "a line is longer")
    packed = gzip.compress(b"RA,DEC,energy_kev\n" + b"10.0,20.0,1.0\n" * 5000, compresslevel=0)
    refused(lambda: read_events(path), path := written(packed[:-3000], "list.csv.gz"), "gzip", "ended before")


def test_parquet_types_nulls_and_row_groups(columns, tmp_path, refused):
    frame = pd.DataFrame(columns).astype({"energy": "float32"})
    frame.loc[7, "energy"] = None
    frame["name"] = "text"
    frame["whole"] = pd.array([None, *range(499)], dtype="Int32")
    path = write_parquet(tmp_path / "list.parquet", frame, row_group_size=60)
    refused(lambda: read_events(path, energy_unit="keV"), path, "row 8:", "not a finite number")
    events = read_events(path, energy_unit="keV", drop_invalid=True)
    assert events.energy.dtype == np.float32
    np.testing.assert_array_equal(events.energy, np.delete(frame["energy"].to_numpy(), 7))
    whole = load_events(path, IngestOptions(energy="whole", energy_unit="eV", drop_invalid=True))
    assert whole.dropped == {"column 'whole' is not a finite number": 1}
    refused(lambda: read_events(path, energy="name", energy_unit="keV"), path, "'name'", "string", "not a number")


def test_parquet_that_is_cut_off_or_empty(columns, tmp_path, refused):
    path = write_parquet(tmp_path / "list.parquet", columns)
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    refused(lambda: read_events(path), path, "Parquet")
    path.write_bytes(content[:4] + b"\xff" * 30 + content[34:])
    refused(lambda: read_events(path, energy_unit="keV"), path, "Parquet")
    path = write_parquet(tmp_path / "none.parquet", {name: values[:0] for name, values in columns.items()})
    refused(lambda: read_events(path, energy_unit="keV"), path, "no rows")


def test_npz_members_that_are_not_columns(columns, tmp_path, refused):
    odd = {"flag": columns["RA"] > 10, "pair": np.zeros((500, 2)), "one": np.float64(3), "text": np.array(["a"] * 500)}
    path = write_npz(tmp_path / "list.npz", columns | odd | {"who": np.array([{}], dtype=object)})
    assert len(read_events(path, energy_unit="keV")) == 500
    for name in ("pair", "text", "one", "who", "flag"):
        refused(lambda name=name: read_events(path, energy=name, energy_unit="keV"), path, repr(name), "not a number")
    path = write_npz(tmp_path / "short.npz", columns | {"energy": columns["energy"][:99]})
    refused(lambda: read_events(path, energy_unit="keV"), path, "RA 500", "energy 99")
    path.write_bytes(path.read_bytes()[:-100])
    refused(lambda: read_events(path), path, "NPZ", "copy or download it again")


@pytest.mark.parametrize("short", [["energy"], ["RA"], ["RA", "DEC", "energy"]], ids=" ".join)
def test_npz_arrays_that_end_before_their_values_do(columns, tmp_path, refused, short):
    """Five values are missing; with its header, the array has as many bytes as its values would need."""
    path = write_npz(tmp_path / "list.npz", columns)
    cut = tmp_path / "cut.npz"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(cut, "w") as other:
        for member in archive.namelist():
            content = archive.read(member)
            other.writestr(member, content[:-40] if member.removesuffix(".npy") in short else content)
    refused(lambda: read_events(cut, energy_unit="keV"), cut, f"array {short[0]} ends before its 500 values do")


def test_npz_compressed_as_numpy_never_does_is_refused(columns, tmp_path, refused):
    """What bzip2 unpacks from some bytes has no limit."""
    path = write_npz(tmp_path / "list.npz", columns)
    other = tmp_path / "bzip2.npz"
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(other, "w", zipfile.ZIP_BZIP2) as packed:
        for member in archive.namelist():
            packed.writestr(member, archive.read(member))
    refused(lambda: read_events(other, energy_unit="keV"), other, "NumPy does not use", "savez_compressed")


def test_npz_integers_and_single_precision(columns, tmp_path):
    columns |= {"energy": np.arange(500, 1000, dtype=">i2"), "RA": columns["RA"].astype(np.float32)}
    events = read_events(write_npz(tmp_path / "list.npz", columns), energy_unit="eV")
    np.testing.assert_array_equal(events.energy, (columns["energy"] / np.float32(1000)).astype(np.float32))
    assert events.energy.dtype == np.float32


def test_files_of_other_formats(tmp_path, refused):
    def written(content, name):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    refused(lambda: read_events(path), path := written(b"\x89HDF\r\n\x1a\n" + bytes(90), "a.h5"), "HDF5", "Parquet")
    refused(lambda: read_events(path), path := written(gzip.compress(b"PAR1" + bytes(90)), "a.parquet.gz"), "unpack it")
    refused(lambda: read_events(path), path := written(b"RA,DEC\n1,2\n", "a.evt"), "not a FITS file", ".csv")
    refused(lambda: read_events(path), path := written(b"PAR1", "a.parquet"), "Parquet")


@pytest.mark.parametrize("suffix", WRITERS)
def test_more_rows_than_memory_holds_are_refused(suffix, columns, tmp_path, refused, monkeypatch):
    path = WRITERS[suffix](tmp_path / f"list.{suffix}", columns)
    monkeypatch.setattr(event_files, "MAX_ROWS", 499)
    refused(lambda: read_events(path, energy_unit="keV"), path, "500 rows or more", "memory", "split")


def test_packed_files_that_unpack_without_end(columns, tmp_path, refused, monkeypatch):
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress(b"RA,DEC,energy_kev\n" + b"\n" * (64 << 20)))
    monkeypatch.setattr(input_files, "MAX_UNPACKED", 32 << 20)
    refused(lambda: read_events(path), path, "unpacks to more than")
    whole = write_fits(tmp_path / "a.fits", columns).read_bytes()
    packed = tmp_path / "a.fits.gz"
    packed.write_bytes(gzip.compress(whole + bytes(64 << 20)))
    refused(lambda: read_events(packed), packed, "unpacks to more than")


def test_inspect_names_the_format(columns, tmp_path):
    found = inspect_events(write_csv(tmp_path / "list.csv", columns), IngestOptions(energy_unit="keV"))
    assert (found.layout.name, len(found.events)) == ("CSV table", 500)
    assert "mission not given" in str(found)
    assert found.could_drop == {}
