"""Catalogues as other programs write them, CSV and Parquet, and the one file that a pattern means in them."""

import fnmatch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from report_utils.events import catalogue_cells, read_catalogue
from report_utils.events.catalogue_cells import FileSearch

ECSV = """# %ECSV 1.0
# ---
# datatype:
# - {name: cluster_id, datatype: string}
# - {name: log10_mass, datatype: float64}
# - {name: events, datatype: string}
# schema: astropy-2.0
cluster_id log10_mass events
001 14.25 a.fits
B 13.7 "b c.fits"
"""
NAMES = ("a.fits", "b.fits.gz", "[x].fits", ".hidden.fits", "c2.fits")


def catalogue(tmp_path, text):
    for name in ("a.fits", "b c.fits"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    return tmp_path / "list.csv"


@pytest.mark.parametrize(
    "text",
    [
        "# clusters of 2026\n# masses: M500c\ncluster_id,log10_mass,events\n001,14.25,a.fits\nB,13.7,b c.fits\n",
        "# cluster_id,log10_mass,events\n001,14.25,a.fits\nB,13.7,b c.fits\n",
        "sep=;\ncluster_id;log10_mass;events\n001;14.25;a.fits\nB;13.7;b c.fits\n",
        "\ufeffsep=;\r\n#\r\ncluster_id;log10_mass;events\r\n001;14.25;a.fits\r\nB;13.7;b c.fits\r\n",
        "cluster_id log10_mass events\n001 14.25   a.fits\nB 13.7 'b c.fits'\n".replace("'", '"'),
        ECSV,
    ],
)
def test_catalogues_may_begin_as_event_lists_do(text, tmp_path):
    rows = read_catalogue(catalogue(tmp_path, text))
    assert [(row.row, row.cluster_id, row.log10_mass, row.events.name) for row in rows] == [
        (1, "001", 14.25, "a.fits"),
        (2, "B", 13.7, "b c.fits"),
    ]


def test_bytes_columns_of_parquet_catalogues_are_text(tmp_path):
    catalogue(tmp_path, "")
    path = tmp_path / "list.parquet"
    names = pa.array([b"001", b"B\0\0"], pa.binary())
    files = pa.array([b"a.fits\0\0", b"b c.fits"], pa.binary(8))
    pq.write_table(pa.table({"cluster_id": names, "log10_mass": [14.25, 13.7], "events": files}), path)
    rows = read_catalogue(path)
    assert [(row.cluster_id, row.log10_mass, row.events.name) for row in rows] == [
        ("001", 14.25, "a.fits"),
        ("B", 13.7, "b c.fits"),
    ]


def test_bytes_that_are_not_text_are_refused(tmp_path, refused):
    path = tmp_path / "list.parquet"
    table = {"cluster_id": pa.array([b"\xff"]), "log10_mass": [14.0], "events": ["a.fits"]}
    pq.write_table(pa.table(table), path)
    refused(lambda: read_catalogue(path), path, "'cluster_id'", "not text in UTF-8")


@pytest.mark.parametrize(
    ("header", "row", "pieces"),
    [
        ("cluster_id,mass_msun,events", "A,1_6e13,a.fits", ("'mass_msun'", "'1_6e13' is not a number")),
        ("cluster_id,log10_mass,events", "A,1_4.2,a.fits", ("'log10_mass'", "'1_4.2' is not a number")),
        ("cluster_id,log10_mass,events,pixel_arcsec", "A,14,a.fits,0_5", ("0_5", "not a number")),
        ("cluster_id,log10_mass,events,ra_centre,dec_centre", "A,14,a.fits,1_0,2", ("'1_0'",)),
    ],
)
def test_numbers_with_underscores_are_refused(header, row, pieces, tmp_path, refused):
    path = catalogue(tmp_path, f"{header}\n{row}\n")
    refused(lambda: read_catalogue(path), path, "row 1", *pieces)


def test_two_columns_of_one_name_in_a_parquet_catalogue(tmp_path, refused):
    path = tmp_path / "list.parquet"
    arrays = [pa.array(["A"]), pa.array([14.0]), pa.array([15.0]), pa.array(["a.fits"])]
    for twice in ("log10_mass", "LOG10_MASS "):
        pq.write_table(pa.Table.from_arrays(arrays, ["cluster_id", "log10_mass", twice, "events"]), path)
        refused(lambda: read_catalogue(path), path, "column 'log10_mass' is there twice")


@pytest.mark.parametrize("events", ["a.fits/", "./a.fits/.", "*/"])
def test_a_path_that_ends_with_a_slash_is_not_a_file(events, tmp_path, refused):
    path = catalogue(tmp_path, f"cluster_id,log10_mass,events\nA,14,{events}\n")
    refused(lambda: read_catalogue(path), path, "row 1", "'events'", "names a folder")


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "x" * 201, "a\u202eb"])
def test_names_that_cannot_be_printed(name, tmp_path, refused):
    path = catalogue(tmp_path, f"cluster_id,log10_mass,events\n{name},14,a.fits\n")
    message = refused(lambda: read_catalogue(path), path, "row 1", "'cluster_id'", "is not a name")
    assert message.isprintable()


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        (tmp_path / name).touch()
    (tmp_path / "one.fits").mkdir()
    (tmp_path / "one.fits" / "inner.fits").touch()
    return tmp_path


@pytest.mark.parametrize("pattern", ["a.*", "b*", "?.fits", "[[]*", "[[]x].fits", ".hid*", "c?.fits", "*x*"])
def test_a_pattern_finds_the_file_that_it_matches(folder, pattern):
    (name,) = [name for name in NAMES if fnmatch.fnmatch(name, pattern)]
    assert FileSearch().locate(pattern, "A", folder) == folder / name
    assert FileSearch().locate(f"one.fits/../{pattern}", "A", folder).samefile(folder / name)


def test_neither_hidden_files_nor_folders_match(folder, refused):
    refused(lambda: FileSearch().locate("*.fits", "A", folder), "matches 3 files ([x].fits, a.fits, c2.fits)")
    refused(lambda: FileSearch().locate("one*", "A", folder), "no file matches 'one*'")
    refused(lambda: FileSearch().locate("none/*.fits", "A", folder), "no file matches 'none/*.fits'")


def test_only_the_files_name_may_be_a_pattern(folder, refused):
    assert FileSearch().locate("one.fits/in*", "A", folder) == folder / "one.fits" / "inner.fits"
    for pattern in ("**/inner.fits", "o*/inner.fits"):
        refused(
            lambda pattern=pattern: FileSearch().locate(pattern, "A", folder), "only a file's name may be a pattern"
        )


def test_first_letters_spare_comparisons_and_the_rest_are_bounded(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(catalogue_cells, "MAX_NAMES", 100)
    for number in range(100):
        (tmp_path / f"c{number:03}_evt2.fits").touch()
    search = FileSearch()
    for number in range(100):
        assert search.locate("{cluster_id}_*", f"c{number:03}", tmp_path) == tmp_path / f"c{number:03}_evt2.fits"
    refused(lambda: search.locate("*_evt2.fits", "A", tmp_path), "'*_evt2.fits'", "more than 100 names")
