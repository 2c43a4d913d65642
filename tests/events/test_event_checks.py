"""Lists of which no image can be made, and events that are in a list twice: found, counted, dropped if asked."""

import json

import numpy as np
import pytest

from report_utils.events import EventList, IngestOptions, ingest, inspect_events, open_archive
from report_utils.events.event_checks import demand_extent, repeated_rows
from report_utils.events.reading import load_events

DROP = IngestOptions(drop_repeated=True)


def test_lists_without_an_image(refused):
    good = np.array([1.0, 2.0])
    demand_extent(EventList(good, good, good), "here")
    refused(lambda: demand_extent(EventList(good[:0], good[:0], good[:0]), "here"), "here", "no events")
    refused(lambda: demand_extent(EventList(good[:1], good[:1], good[:1]), "here"), "at one position")
    refused(lambda: demand_extent(EventList(good, np.ones(2), good), "here"), "'y'", "at one y")


def test_rows_are_compared_to_the_last_bit():
    x = np.array([1.0, 2.0, 1.0, 1.0, 1.0, np.nan, np.nan, 0.0, -0.0])
    y = np.array([5.0, 5.0, 5.0, np.nextafter(5.0, 6.0), 5.0, 5.0, 5.0, 5.0, 5.0], np.float64)
    np.testing.assert_array_equal(np.flatnonzero(repeated_rows([x, y])), [2, 4, 8])  # NaN equals nothing; -0 is 0
    assert repeated_rows([x[:2], y[:2]]) is None
    assert repeated_rows([x[:0], y[:0]]) is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_pandas_says_of_many_rows(dtype):
    import pandas as pd

    rows = np.random.default_rng(3).integers(0, 30, (20_000, 3)).astype(dtype)
    expected = pd.DataFrame(rows).duplicated().to_numpy()
    np.testing.assert_array_equal(repeated_rows(list(rows.T)), expected)


@pytest.fixture
def tiles(erosita):
    """An eSASS list of 40 events of which 12 are there again, as where two sky tiles overlap."""
    from astropy.io import fits

    path = erosita(header={"RA_PNT": 130.0, "DEC_PNT": -1.0})
    with fits.open(path) as hdus:
        table = hdus[1].data
        rows = np.concatenate([table, table[5:17]])
        fits.BinTableHDU(rows, header=hdus[1].header).writeto(path.with_name("tiles.fits"))
    return path, path.with_name("tiles.fits")


def test_events_of_overlapping_tiles(tiles, same):
    one, both = tiles
    found = inspect_events(both)
    assert (found.n_repeated, len(found.events), found.n_rows) == (12, 52, 52)
    assert "repeated: 12 events have time, position and energy of an earlier one; they are kept" in str(found)
    cleaned = inspect_events(both, DROP)
    assert (cleaned.n_repeated, len(cleaned.events), cleaned.dropped) == (0, 40, {"repeats an earlier event": 12})
    assert "repeated:" not in str(cleaned)
    same(cleaned.events, load_events(one).events)
    assert (inspect_events(one).n_repeated, inspect_events(one, DROP).dropped) == (0, {})


def test_photons_of_one_pixel_and_channel_at_other_times_are_not_repeats(chandra):
    ones = np.full(50, 4000.0)
    path = chandra(x=np.r_[4001.0, ones[1:]], y=np.r_[4001.0, ones[1:]], energy=np.full(50, 1500.0))
    assert inspect_events(path).n_repeated == 0
    timeless = chandra("timeless.fits", x=np.r_[4001.0, ones[1:]], y=np.r_[4001.0, ones[1:]], drop=("time",),
                       energy=np.full(50, 1500.0))  # fmt: skip
    assert inspect_events(timeless).n_repeated == 48


ROWS = 40
DAYS = np.array([f"2020-01-01T00:00:{second:02d}" for second in range(ROWS)])


@pytest.mark.parametrize("kind", ["csv", "date", "text", "intervals", "scaled"])
def test_times_that_are_not_numbers_hide_no_events(kind, tmp_path, refused):
    rng = np.random.default_rng(4)
    columns = {
        "RA": rng.integers(9, 11, ROWS) / 1.0,
        "DEC": rng.integers(9, 11, ROWS) / 1.0,
        "energy_keV": np.ones(ROWS),
    }
    times = {"date": DAYS.astype("M8[s]"), "intervals": np.zeros(2)}.get(kind, DAYS)
    path = tmp_path / {"csv": "list.csv", "scaled": "list.fits"}.get(kind, "list.npz")
    if kind == "csv":
        rows = zip(*columns.values(), times, strict=True)
        path.write_text("\n".join(["RA,DEC,energy_keV,time", *(",".join(map(str, row)) for row in rows)]))
    elif kind == "scaled":
        from astropy.io import fits

        energy, kev = columns.pop("energy_keV"), "keV"
        given = [fits.Column(name, "D", "deg", array=values) for name, values in columns.items()]
        given += [fits.Column("ENERGY", "D", kev, array=energy), fits.Column("TIME", "D", "s", array=np.arange(ROWS))]
        table = fits.BinTableHDU.from_columns(given, name="EVENTS")
        table.header["TSCAL4"] = "one"
        table.writeto(path)
    else:
        np.savez(path, **columns, time=times)
    found = load_events(path)
    assert (len(found.events), found.n_repeated) == (ROWS, 0)
    refused(lambda: load_events(path, DROP), path, "which events repeat", "--drop-repeated")


def test_a_row_that_cannot_be_used_is_that_and_no_repeat(sixte_imaging):
    signal = np.linspace(1, 9, 60).astype(np.float32)
    path = sixte_imaging(signal=np.where(np.arange(60) < 4, np.float32(-1), signal))
    reading = load_events(path, DROP.with_changes(drop_invalid=True))
    assert reading.dropped == {"column 'SIGNAL' is negative": 4}


def test_ingest_counts_them_and_drops_them_where_asked(tiles, tmp_path):
    _, both = tiles
    (tmp_path / "list.csv").write_text(f"cluster_id,log10_mass,events\nA,14.1,{both.name}\n")
    report = ingest(tmp_path / "list.csv", tmp_path / "archive")
    assert report.repeated == {"A": {"observation": 12}}
    assert "repeated: 12 events of 1 observations" in str(report)
    assert len(open_archive(tmp_path / "archive").read("A")) == 52
    again = ingest(tmp_path / "list.csv", tmp_path / "archive")
    assert (again.unchanged, again.repeated) == (("A",), {"A": {"observation": 12}})
    report = ingest(tmp_path / "list.csv", tmp_path / "archive", DROP)
    assert (report.updated, report.repeated) == (("A",), {})
    assert report.dropped == {"A": {"observation": {"repeats an earlier event": 12}}}
    assert len(open_archive(tmp_path / "archive").read("A")) == 40
    written = json.loads((tmp_path / "archive" / "ingest-report.json").read_text())
    assert (written["repeated"], written["dropped_in_all"]) == ({}, {"observation": {"repeats an earlier event": 12}})
