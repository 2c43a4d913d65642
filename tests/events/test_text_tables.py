"""Text as other programs write it: numpy.savetxt, spreadsheets, ECSV, comments; for event lists and catalogues."""

import gzip
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from report_utils.events import read_catalogue, read_events
from report_utils.events.csv_table import open_csv
from report_utils.files.plain_numbers import real, whole

BANDS = (100, 150, 100, 50)


@pytest.fixture
def columns():
    """An event list with 100, 150, 100 and 50 events in the four bands."""
    rng = np.random.default_rng(2)
    edges = ((0.2, 2.4), (2.6, 4.9), (5.1, 7.4), (7.6, 9.9))
    energy = np.concatenate([rng.uniform(*edge, n) for edge, n in zip(edges, BANDS, strict=True)])
    n = len(energy)
    return {"RA": rng.uniform(9.9, 10.1, n), "DEC": rng.uniform(19.9, 20.1, n), "energy_kev": energy}


def written(columns, **options):
    text = io.StringIO()
    np.savetxt(text, np.stack(list(columns.values()), axis=1), **options)
    return text.getvalue()


def bands(events):
    return tuple(np.histogram(events.energy, [0.0, 2.5, 5.0, 7.5, 100.0])[0])


def agrees(path, columns):
    events = read_events(path)
    assert bands(events) == BANDS
    np.testing.assert_allclose(events.energy, columns["energy_kev"], rtol=1e-15)
    expected = read_events(table_of(path.with_name("plain.csv"), columns))
    np.testing.assert_allclose(events.x, expected.x, atol=1e-9)
    np.testing.assert_allclose(events.y, expected.y, atol=1e-9)


def table_of(path, columns):
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {"header": "RA,DEC,energy_kev", "delimiter": ","},
        {"header": "made by hand\nRA,DEC,energy_kev", "delimiter": ","},
        {"header": "RA,DEC,energy_kev"},
        {"header": "RA DEC energy_kev"},
        {"header": "RA DEC energy_kev", "fmt": "%28.19e"},
        {"header": "RA\tDEC\tenergy_kev", "delimiter": "\t"},
        {"header": "RA;DEC;energy_kev", "delimiter": ";", "comments": "#"},
        {"header": "RA,DEC,energy_kev", "delimiter": ",", "comments": ""},
        {"header": "RA DEC energy_kev", "comments": "", "newline": "\r\n"},
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_numpy_writes(options, packed, columns, tmp_path):
    path = tmp_path / ("list.csv.gz" if packed else "list.txt")
    content = written(columns, **options).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    agrees(path, columns)


def test_what_numpy_writes_with_the_wrong_number_of_names(columns, tmp_path, refused):
    path = tmp_path / "list.txt"
    path.write_text(written(columns, header="RA,DEC", delimiter=","))
    refused(lambda: read_events(path), path, "there is no column", "name those to use")


@pytest.mark.parametrize("delimiter", [" ", ","])
def test_ecsv_with_its_units(delimiter, columns, tmp_path):
    from astropy import units
    from astropy.table import Table

    table = Table(columns | {"note": ["a b, c"] * len(columns["RA"])})
    table["RA"].unit, table["DEC"].unit, table["energy_kev"].unit = units.deg, units.deg, units.keV
    table["note"].description = "a long text that is wrapped over several lines " * 5
    table.meta["made"] = {"by": ["hand", 1.5]}
    path = tmp_path / "list.ecsv"
    table.write(path, format="ascii.ecsv", delimiter=delimiter)
    agrees(path, columns)
    found = open_csv(path)
    assert [found.value(f"TUNIT{number}") for number in (1, 2, 3, 4)] == ["deg", "deg", "keV", None]


@pytest.mark.parametrize(("unit", "factor"), [("keV", 1.0), ("eV", 1e3), ("MeV", 1e-3), ("J", 1.602176634e-16)])
def test_the_units_of_ecsv_decide(unit, factor, columns, tmp_path):
    from astropy.table import Table

    energy = columns.pop("energy_kev")
    table = Table({"RA": np.radians(columns["RA"]), "DEC": columns["DEC"] * 60, "energy": energy * factor})
    table["RA"].unit, table["DEC"].unit, table["energy"].unit = "rad", "arcmin", unit
    path = tmp_path / "list.csv"
    table.write(path, format="ascii.ecsv")
    events = read_events(path)
    assert bands(events) == BANDS
    np.testing.assert_allclose(events.energy, energy, rtol=1e-12)
    expected = read_events(table_of(path.with_name("plain.csv"), columns | {"energy_kev": energy}))
    np.testing.assert_allclose(events.x, expected.x, atol=1e-6)
    np.testing.assert_allclose(events.y, expected.y, atol=1e-6)


def test_a_damaged_ecsv_header_is_refused(tmp_path, refused):
    path = tmp_path / "list.csv"
    path.write_text("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: [RA\nRA DEC\n1 2\n")
    refused(lambda: read_events(path), path, "its header is no YAML")


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;\r"])
def test_the_line_that_tells_a_spreadsheet_the_separator(first, columns, tmp_path):
    text = table_of(tmp_path / "plain.csv", columns).read_text().replace(",", ";")
    path = tmp_path / "list.csv"
    path.write_text(f"{first}\n# exported\n{text}", encoding="utf-8")
    agrees(path, columns)


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


def test_bytes_that_are_no_text_are_refused(tmp_path, refused):
    path = tmp_path / "list.parquet"
    table = {"cluster_id": pa.array([b"\xff"]), "log10_mass": [14.0], "events": ["a.fits"]}
    pq.write_table(pa.table(table), path)
    refused(lambda: read_catalogue(path), path, "'cluster_id'", "no text in UTF-8")


@pytest.mark.parametrize(
    "text", ["1_6e13", "1_6", "１４", "0x1p3", "1e400", "nan", "inf", "1,5", "1e99999", "9" * 200, ""]
)
def test_only_plain_numbers_are_numbers(text):
    assert real(text) is None
    assert whole(text) is None


@pytest.mark.parametrize(("text", "value"), [("1.6e13", 1.6e13), (" +.5 ", 0.5), ("-3.", -3.0), ("14", 14.0)])
def test_plain_numbers(text, value):
    assert real(text) == value


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


def test_numbers_with_underscores_in_an_event_list(columns, tmp_path, refused):
    path = table_of(tmp_path / "list.csv", columns)
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace(".", "_", 1)
    path.write_text("\n".join(lines))
    refused(lambda: read_events(path), path, "row 3", "not a number")


def test_two_columns_of_one_name_in_a_parquet_catalogue(tmp_path, refused):
    path = tmp_path / "list.parquet"
    arrays = [pa.array(["A"]), pa.array([14.0]), pa.array([15.0]), pa.array(["a.fits"])]
    for twice in ("log10_mass", "LOG10_MASS "):
        pq.write_table(pa.Table.from_arrays(arrays, ["cluster_id", "log10_mass", twice, "events"]), path)
        refused(lambda: read_catalogue(path), path, "column 'log10_mass' is there twice")


@pytest.mark.parametrize("events", ["a.fits/", "./a.fits/.", "*/"])
def test_a_path_that_ends_with_a_slash_is_no_file(events, tmp_path, refused):
    path = catalogue(tmp_path, f"cluster_id,log10_mass,events\nA,14,{events}\n")
    refused(lambda: read_catalogue(path), path, "row 1", "'events'", "names a folder")


@pytest.mark.parametrize("name", ["a\x1b[2Jb", "x" * 201, "a\u202eb"])
def test_names_that_cannot_be_printed(name, tmp_path, refused):
    path = catalogue(tmp_path, f"cluster_id,log10_mass,events\n{name},14,a.fits\n")
    message = refused(lambda: read_catalogue(path), path, "row 1", "'cluster_id'", "is no name")
    assert message.isprintable()
