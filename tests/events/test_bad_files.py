import gzip
import os
import zlib

import numpy as np
import pytest
from astropy.io import fits

from report_utils.events import IngestOptions, read_events
from report_utils.events.reading import load_events
from report_utils.files.input_files import sha256_of


def test_missing_file_and_folder(refused, tmp_path):
    refused(lambda: read_events(tmp_path / "no.fits"), tmp_path / "no.fits", "no such file")
    refused(lambda: read_events(tmp_path), tmp_path, "folder")


def test_pipes_and_devices(refused, tmp_path):
    os.mkfifo(tmp_path / "pipe.fits")
    (tmp_path / "zero.fits").symlink_to("/dev/zero")
    for name in ("pipe.fits", "zero.fits"):
        refused(lambda name=name: read_events(tmp_path / name), tmp_path / name, "not a file; copy what it holds")
        refused(lambda name=name: read_events(tmp_path / name, rmf=tmp_path / name), "not a file; copy what it holds")
        refused(lambda name=name: sha256_of(tmp_path / name), "not a file; copy what it holds")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"cluster_id,log10_mass\n", "not a FITS file"),
        (b"SIMPLE  = garbage", "FITS"),
        (b"\x1f\x8bxx", "gzip"),
    ],
)
def test_not_fits(refused, tmp_path, content, why):
    path = tmp_path / "bad.fits"
    path.write_bytes(content)
    refused(lambda: read_events(path), path, why)


def test_an_image_holds_no_events(refused, tmp_path):
    path = tmp_path / "image.fits"
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(path)
    refused(lambda: read_events(path), path, "no binary table")


def test_zero_rows(refused, chandra):
    path = chandra(n=0, x=[], y=[], energy=[])
    refused(lambda: read_events(path), path, "no rows")


@pytest.mark.parametrize("packed", [False, True])
def test_cut_off_file_names_the_row_where_it_ends(refused, chandra, tmp_path, packed):
    whole = chandra(n=2000)
    with fits.open(whole) as hdus:
        start, row_bytes = hdus[1].fileinfo()["datLoc"], hdus[1].header["NAXIS1"]
    content = whole.read_bytes()[: start + 700 * row_bytes + 3]
    path = tmp_path / "cut.fits"
    path.write_bytes(gzip.compress(content) if packed else content)
    refused(lambda: read_events(path), path, "row 701", "2000 rows", "cut off")


def test_cut_off_gzip_stream_names_the_row_where_it_ends(refused, chandra, tmp_path):
    content = chandra(n=5000).read_bytes()
    packed = gzip.compress(content)[:-60_000]
    path = tmp_path / "cut.fits.gz"
    path.write_bytes(packed)
    with fits.open(tmp_path / "evt2.fits") as hdus:
        start, row_bytes = hdus[1].fileinfo()["datLoc"], hdus[1].header["NAXIS1"]
    whole = zlib.decompressobj(wbits=31).decompress(packed)
    row = (len(whole) - start) // row_bytes + 1
    assert 100 < row < 4000
    refused(lambda: read_events(path), path, f"row {row}:", "5000 rows", "cut off")


def test_flipped_bits_in_a_gzip_stream(refused, chandra, tmp_path):
    flipped = bytearray(gzip.compress(chandra(n=5000).read_bytes(), compresslevel=0))
    flipped[len(flipped) // 2] ^= 1
    path = tmp_path / "flipped.fits.gz"
    path.write_bytes(bytes(flipped))
    refused(lambda: read_events(path), path, "checksum")


def test_missing_columns_are_named_with_those_that_are_there(refused, chandra):
    refused(lambda: read_events(path), path := chandra("e.fits", drop=("energy", "pi")), "'ENERGY'", "ccd_id")
    refused(lambda: read_events(path), path := chandra("x.fits", drop=("x",)), "'x'/'y'", "ccd_id")
    path = chandra()
    refused(lambda: read_events(path, energy="PULSE", energy_unit="eV"), path, "'PULSE'", "ccd_id")
    refused(lambda: read_events(path, agn_source_ids=(1,)), path, "SRC_ID")


def test_two_columns_of_one_name_are_ambiguous(refused, chandra):
    path = chandra()
    with fits.open(path, mode="update") as hdus:
        hdus[1].header["TTYPE6"] = "ENERGY"
    refused(lambda: read_events(path), path, "2 columns")


def test_undecidable_units(refused, chandra, erosita, sixte_imaging, write_table):
    path = chandra("pi.fits", drop=("energy",), header={"TELESCOP": "SOMETHING"})
    refused(lambda: read_events(path), path, "'pi'", "cannot be decided", "energy_unit", "--channel-kev", "--rmf")
    path = erosita(header={"TELESCOP": "SOMETHING"})
    refused(lambda: read_events(path), path, "'PI'", "cannot be decided")
    path = chandra("kev.fits", energy=np.linspace(0.5, 9, 50))
    refused(lambda: read_events(path), path, "'energy'", "looks like keV")
    assert read_events(path, energy_unit="keV").energy.max() == 9
    columns = [(name, "E", np.linspace(1, 9, 10)) for name in ("X", "Y", "ENERGY")]
    path = write_table("pixels.fits", columns)
    refused(lambda: read_events(path), path, "'X'", "pixel_arcsec")


@pytest.mark.parametrize(
    ("value", "what"),
    [(np.nan, "not a finite number"), (-1.0, "negative"), (np.inf, "not a finite number"), (3e8, "above")],
)
def test_bad_energies_name_their_first_row(refused, sixte_imaging, value, what):
    signal = np.full(60, 2.0)
    signal[[6, 20, 21]] = value
    path = sixte_imaging(signal=signal)
    refused(lambda: read_events(path), path, "row 7:", "'SIGNAL'", what, "3 such rows")
    reading = load_events(path, IngestOptions(drop_invalid=True))
    assert len(reading.events) == 57
    assert list(reading.dropped.values()) == [3]


def test_secondary_pixels_of_erosita_are_dropped_and_counted(refused, erosita):
    pi = np.linspace(300, 5000, 40)
    pi[[3, 9]] = -pi[[3, 9]]
    path = erosita(pi=pi)
    reading = load_events(path)
    np.testing.assert_allclose(reading.events.energy, pi[pi > 0] / 1000, rtol=1e-6)
    assert reading.dropped == {"PI negative: secondary pixels": 2}
    pi[20] = np.nan  # which no convention explains; the row's number is that in the file
    refused(lambda: read_events(erosita("nan.fits", pi=pi)), "row 21:", "'PI'", "finite", "1 such rows", "drop")
    other = erosita("other.fits", pi=-np.abs(pi), header={"TELESCOP": "OTHER", "INSTRUME": "X"})
    refused(lambda: read_events(other, energy_unit="eV"), other, "row 1:", "negative")


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("RA", np.nan, "finite"),
        ("DEC", 91.0, "not an angle"),
        ("RA", 1e30, "not an angle"),
        ("RA", 200.0, "from the field"),
    ],
)
def test_bad_sky_positions(refused, sixte_imaging, column, value, what):
    ra, dec = np.linspace(10, 10.2, 60), np.linspace(20, 20.2, 60)
    {"RA": ra, "DEC": dec}[column][4] = value
    path = sixte_imaging(ra=ra, dec=dec)
    refused(lambda: read_events(path), path, "row 5:", f"'{column}'", what, "1 such rows")
    dropped = read_events(path, drop_invalid=True)
    clean = read_events(sixte_imaging("clean.fits", ra=np.linspace(10, 10.2, 60), dec=np.linspace(20, 20.2, 60)))
    np.testing.assert_array_equal(dropped.x, np.delete(clean.x, 4))


def test_bad_pixels(refused, chandra):
    x = np.linspace(4000, 4200, 50)
    x[0] = np.nan
    path = chandra(x=x)
    refused(lambda: read_events(path), path, "row 1:", "'x'", "not a finite number")
    assert len(read_events(path, drop_invalid=True)) == 49
    x[0] = 1e12
    path = chandra("far.fits", x=x)
    refused(lambda: read_events(path), path, "row 1:", "'x'", "from the field")


def test_all_rows_bad(refused, sixte_imaging):
    path = sixte_imaging(ra=np.full(60, np.nan))
    refused(lambda: read_events(path), path, "row 1:", "60 such rows")
    refused(lambda: read_events(path, drop_invalid=True), path, "no events")


def test_all_events_at_one_position(refused, chandra):
    path = chandra(x=np.full(50, 4000.0), y=np.full(50, 4000.0))
    refused(lambda: read_events(path), path, "at one position", "position columns")
    path = chandra("line.fits", x=np.full(50, 4000.0))
    refused(lambda: read_events(path), path, "at one x")


def test_integer_nulls_are_not_values(refused, erosita):
    path = erosita(coordinates="J", ra=np.linspace(130, 130.039, 40))
    fits.setval(path, "TNULL2", value=130_002_000, ext=1)
    refused(lambda: read_events(path), path, "row 3:", "'RA'", "not a finite number")


def test_text_and_vectors_where_numbers_belong(refused, write_table):
    good = np.linspace(1, 2, 10)
    columns = [("RA", "D", good), ("DEC", "D", good), ("ENERGY", "8A", np.full(10, "high"))]
    path = write_table("text.fits", columns)
    refused(lambda: read_events(path), path, "'ENERGY'", "'8A'", "not a number")
    columns[2] = ("ENERGY", "PE()", np.array([np.ones(2, np.float32)] * 10, dtype=object))
    path = write_table("variable.fits", columns)
    refused(lambda: read_events(path), path, "'ENERGY'", "not a number")


def test_several_values_where_one_belongs(refused, sixte_imaging, write_table):
    good = np.linspace(1, 2, 10)
    columns = [("RA", "D", good), ("DEC", "D", good), ("ENERGY", "2E", np.ones((10, 2)))]
    path = write_table("pairs.fits", columns)
    refused(lambda: read_events(path), path, "'ENERGY'", "'2E'", "several values an event")
    assert read_events(sixte_imaging(), agn_source_ids=(5,)).source.min() == 1  # of SRC_ID(2), the first


def test_headers_that_contradict_themselves(refused, chandra):
    def changed(name, **cards):
        path = chandra(name)
        content = path.read_bytes()
        for key, value in cards.items():
            start = content.index(f"{key:<8}= ".encode())
            content = content[:start] + f"{key:<8}= {value:>20}".encode() + content[start + 30 :]
        path.write_bytes(content)
        return path

    path = changed("rows.fits", NAXIS2=10**12)
    refused(lambda: read_events(path), path, "cut off")
    path = changed("width.fits", NAXIS1=7)
    refused(lambda: read_events(path), path, "NAXIS1")
    path = changed("form.fits", TFORM7="'Z'")
    refused(lambda: read_events(path), path, "TFORM7")
    path = changed("pixel.fits", TCDLT4=0.0)
    refused(lambda: read_events(path), path, "TCDLT")


def test_tables_that_are_not_events(refused, write_table, chandra):
    path = write_table("gti.fits", [("START", "D", [0.0]), ("STOP", "D", [1.0])], extname="GTI")
    refused(lambda: read_events(path), path, "no column", "START")
    path = chandra()
    refused(lambda: read_events(path, table="GTI"), path, "'GTI'", "EVENTS")


def test_options_that_are_not_known(refused, chandra):
    path = chandra()
    refused(lambda: read_events(path, invalid="drop"), "'invalid'", "drop_invalid")
    refused(lambda: read_events(path, energy_unit="parsec"), "'parsec'", "keV", "'channel'")
    refused(lambda: read_events(path, x="x"), "both")
    refused(lambda: read_events(path, x="x", y="y", pixel_arcsec=-1.0), "pixel")
    refused(lambda: read_events(path, x="x", y="x", energy_unit="eV"), path, "serve twice")
