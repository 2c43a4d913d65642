"""Text event lists as other programs write them: numpy.savetxt, spreadsheets, ECSV, comments."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest

from report_utils.events import read_events
from report_utils.events.csv_table import open_csv

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
    refused(lambda: read_events(path), path, "its header is not YAML")


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;\r"])
def test_the_line_that_tells_a_spreadsheet_the_separator(first, columns, tmp_path):
    text = table_of(tmp_path / "plain.csv", columns).read_text().replace(",", ";")
    path = tmp_path / "list.csv"
    path.write_text(f"{first}\n# exported\n{text}", encoding="utf-8")
    agrees(path, columns)


def test_numbers_with_underscores_in_an_event_list(columns, tmp_path, refused):
    path = table_of(tmp_path / "list.csv", columns)
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace(".", "_", 1)
    path.write_text("\n".join(lines))
    refused(lambda: read_events(path), path, "row 3", "not a number")
