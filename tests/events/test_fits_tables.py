"""Tables of FITS files beyond the ordinary: several of one name, packed, as text, with odd headers."""

import gzip
import re

import numpy as np
import pytest
from astropy.io import fits

from report_utils.binning import band_counts
from report_utils.events import inspect_events, read_events
from report_utils.events.reading import load_events

BANDS = [100, 150, 100, 50]
N = sum(BANDS)


def columns(part=slice(None)):
    """RA, DEC and ENERGY of 400 events, or of some of them, as astropy's columns."""
    rng = np.random.default_rng(21)
    edges = ((0.3, 2.5), (2.6, 5.0), (5.1, 7.5), (7.6, 12.0))
    energies = np.concatenate([rng.uniform(*edge, number) for edge, number in zip(edges, BANDS, strict=True)])
    order = rng.permutation(N)
    values = {"RA": rng.uniform(29.9, 30.1, N), "DEC": rng.uniform(19.9, 20.1, N), "ENERGY": energies[order]}
    unit = {"RA": "deg", "DEC": "deg", "ENERGY": "keV"}
    return [fits.Column(name, "D", unit=unit[name], array=given[part]) for name, given in values.items()]


def table(part=slice(None), name="EVENTS"):
    return fits.BinTableHDU.from_columns(columns(part), name=name)


def bands(events):
    return band_counts(events, n_pixels=8).sum(axis=(0, 1)).tolist()


def damage(path, number):
    """Give the first column of a table, counted from 1, a format that FITS does not know."""
    content = path.read_bytes()
    start = [found.start() for found in re.finditer(b"TFORM1", content)][number - 1]
    path.write_bytes(content[:start] + b"TFORM1  = 'Z       '          " + content[start + 30 :])


@pytest.fixture
def write(tmp_path):
    def make(*hdus, name="list.fits", packed=False):
        path = tmp_path / name
        fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
        if packed:
            path.write_bytes(gzip.compress(path.read_bytes()))
        return path

    return make


@pytest.mark.parametrize("packed", [False, True])
def test_several_tables_of_events_are_a_choice(packed, write, refused):
    path = write(table(slice(250)), table(name="OTHER"), table(slice(250, None)), packed=packed)
    refused(lambda: read_events(path), path, "2 tables EVENTS", "number 1 with 250", "number 3 with 150", "--table all")
    refused(lambda: read_events(path, table="events"), path, "2 tables EVENTS", "--table 1")
    assert [len(read_events(path, table=number)) for number in (1, 3)] == [250, 150]
    whole = read_events(path, table="all")
    assert bands(whole) == BANDS
    np.testing.assert_array_equal(whole.energy, read_events(path, table="OTHER").energy)


def test_an_empty_table_of_events_does_not_hide_another(write, refused):
    path = write(table(slice(0)), table(), name="first.fits")
    assert bands(read_events(path)) == BANDS
    assert bands(read_events(path, table="all")) == BANDS
    path = write(table(), table(slice(0)), name="last.fits")
    assert bands(read_events(path)) == BANDS
    path = write(table(slice(0)), table(slice(0)), name="both.fits")
    refused(lambda: read_events(path), path, "no rows")
    refused(lambda: read_events(path, table="all"), path, "no table called EVENTS has rows")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda other: other.columns.change_unit("ENERGY", "eV"), "TUNIT of column 'ENERGY'"),
        (lambda other: other.header.update(TELESCOP="SWIFT"), "TELESCOP"),
        (lambda other: other.header.update(REFXCUNI="arcsec"), "REFXCUNI"),
        (lambda other: other.header.update(REFYCTYP="GLON-TAN"), "REFYCTYP"),
        (lambda other: other.columns.change_name("ENERGY", "PI"), "energy, pi"),
    ],
)
def test_tables_that_differ_are_not_one_list(change, what, write, refused):
    other = table(slice(250, None))
    change(other)
    path = write(table(slice(250)), other)
    refused(lambda: read_events(path, table="all"), path, "cannot be read as one list", what, "--table 1")


def test_tables_of_which_one_looks_like_ev_are_not_one_list(write, refused):
    first, other = table(slice(250)), table(slice(250, None))
    for one in (first, other):
        one.columns.change_unit("ENERGY", "")
    alike = write(first, other, name="keV.fits")
    assert bands(read_events(alike, table="all")) == BANDS
    other.data["ENERGY"] *= 1000
    path = write(first, other)
    refused(lambda: read_events(path, table="all"), path, "nothing states its unit", "keV (number 1)", "eV (number 2)")
    assert bands(read_events(path, table=2)) == bands(read_events(alike, table=2))


def test_a_choice_wins_over_other_tables_that_are_damaged(write):
    path = write(table(), table(slice(5), name="BROKEN"))
    damage(path, 2)
    assert bands(read_events(path)) == BANDS


def test_tables_behind_a_damaged_one_are_still_seen(write, refused):
    path = write(table(slice(250)), table(slice(5), name="BROKEN"), table(slice(250, None)))
    damage(path, 2)
    refused(lambda: read_events(path), path, "2 tables EVENTS", "number 1 with 250", "number 3 with 150")
    assert bands(read_events(path, table="all")) == BANDS


def test_a_damaged_table_of_events_is_not_passed_over(write, refused):
    path = write(table(slice(250)), table(slice(250, None)))
    damage(path, 2)
    refused(lambda: read_events(path), path, "TFORM1")


def test_a_table_that_fpack_has_compressed(write, refused):
    packed = table()
    packed.header["ZTABLE"] = True
    path = write(packed)
    refused(lambda: read_events(path), path, "EVENTS", "fpack", "funpack")
    path = write(table(), packed, name="second.fits")
    refused(lambda: read_events(path, table="all"), path, "EVENTS", "fpack", "funpack")


def test_headers_that_are_padded_with_nul(write):
    path = write(table())
    content = path.read_bytes()
    start = content.rindex(b"END" + b" " * 77) + 3
    end = -(-start // 2880) * 2880
    padded = content[:start] + b"\0" * (end - start) + content[end:]
    path.write_bytes(padded)
    assert bands(read_events(path)) == BANDS
    np.testing.assert_array_equal(read_events(path).energy, fits.getdata(write(table(), name="b.fits"))["ENERGY"])


@pytest.mark.parametrize("keyword", ["TSCAL3", "TZERO3"])
def test_a_scale_that_is_text(keyword, write, refused):
    made = table()
    made.header[keyword] = "1.0"
    path = write(made)
    refused(lambda: read_events(path), path, "'ENERGY'", keyword, "'1.0'", "correct the header")
    other = table()
    other.header[keyword] = "1.0"
    other.columns.change_name("ENERGY", "E")
    other.columns.add_col(fits.Column("ENERGY", "D", unit="keV", array=columns()[2].array))
    path = write(other, name="other.fits")
    assert bands(read_events(path)) == BANDS  # a column that is not read does not matter


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_written_as_text(packed, write, refused):
    given = columns()
    forms = ["F14.9", "E20.12", "D20.12"]
    made = [fits.Column(one.name, form, unit=one.unit, array=one.array) for one, form in zip(given, forms, strict=True)]
    names = fits.Column("WHO", "A4", array=np.full(N, "ab"))
    path = write(fits.TableHDU.from_columns([names, *made], name="EVENTS"), packed=packed)
    reading = load_events(path)
    assert bands(reading.events) == BANDS
    np.testing.assert_allclose(reading.events.energy, given[2].array, rtol=1e-11)
    assert inspect_events(path).n_rows == N
    refused(lambda: read_events(path, energy="WHO", energy_unit="keV"), path, "'WHO'", "'A4'", "not a number")


def test_text_that_is_not_a_number(write, refused):
    made = [fits.Column(one.name, "F14.9", unit=one.unit, array=one.array) for one in columns()]
    path = write(fits.TableHDU.from_columns(made, name="EVENTS"))
    content = path.read_bytes()
    with fits.open(path) as hdus:
        start = hdus[1].fileinfo()["datLoc"] + 6 * hdus[1].header["NAXIS1"] + hdus[1].header["TBCOL3"] - 1
    path.write_bytes(content[:start] + b"   high       " + content[start + 14 :])
    refused(lambda: read_events(path), path, "row 7:", "'ENERGY'", "'high'".upper(), "not a number")
    path.write_bytes(content[:start] + b" " * 14 + content[start + 14 :])
    refused(lambda: read_events(path), path, "row 7:", "'ENERGY'", "not a finite number")
    assert len(read_events(path, drop_invalid=True)) == N - 1
    path.write_bytes(content[: start + 3])
    refused(lambda: read_events(path), path, "row 7:", "cut off")


@pytest.mark.parametrize(("keyword", "value"), [("TBCOL3", 9000), ("TBCOL3", 0), ("TFORM3", "F900.1")])
def test_text_that_lies_outside_its_row(keyword, value, write, refused):
    made = [fits.Column(one.name, "F14.9", unit=one.unit, array=one.array) for one in columns()]
    path = write(fits.TableHDU.from_columns(made, name="EVENTS"))
    content = path.read_bytes()
    start = content.rindex(f"{keyword:<8}=".encode())
    card = f"{keyword:<8}= {value if isinstance(value, int) else repr(value)}".ljust(80).encode()
    path.write_bytes(content[:start] + card + content[start + 80 :])
    refused(lambda: read_events(path), path, "'ENERGY'", "lies outside its row", "correct the header")
