"""What is left out of a list, and counted: cuts that were asked for, unusable and repeated events."""

import json

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from report_utils.events import EventList, IngestOptions, ingest, inspect_events, open_archive, read_events
from report_utils.events.positions import to_sky
from report_utils.events.reading import demand_extent, load_events, median_centre, repeated_rows


def with_column(path, name, values):
    with fits.open(path, mode="update") as hdus:
        hdus["EVENTS"].data[name] = values
    return path


def test_nothing_is_left_out_unless_asked_for(chandra, sixte_imaging, erosita, photons):
    for path in (chandra(), sixte_imaging(), erosita(), photons()):
        assert load_events(path).dropped == load_events(path, IngestOptions()).dropped == {}


def test_energy_limits_are_kept_themselves(photons):
    energy = np.array([0.49, 0.5, 2.3, 7.0, 7.01], np.float32)
    path = photons(n=5, energy=energy)
    reading = load_events(path, IngestOptions(energy_min=0.5, energy_max=7.0))
    np.testing.assert_array_equal(reading.events.energy, energy[1:4])
    assert reading.dropped == {"energy below 0.5 keV": 1, "energy above 7 keV": 1}
    # 2.3 keV is no exact float32: a limit of the same name must still keep it
    assert len(read_events(path, energy_min=2.3)) == 3


@pytest.mark.parametrize(
    ("layout", "column", "values", "good"),
    [
        ("chandra", "grade", [0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 3, 4, 6]),
        ("erosita", "PAT_TYP", [-1, 0, 1, 2, 3, 4, 5], [1, 2, 3, 4]),
        ("sixte_imaging", "TYPE", [-1, 0, 4, 12, -2], [0, 4, 12]),
    ],
)
def test_good_grades_are_those_of_the_mission(layout, column, values, good, request):
    path = request.getfixturevalue(layout)()
    n = len(fits.getdata(path, 1))
    grades = np.resize(values, n)
    reading = load_events(with_column(path, column, grades), IngestOptions(good_grades=True))
    kept = np.isin(grades, good)
    np.testing.assert_array_equal(reading.events.energy, read_events(path).energy[kept])
    ((reason, count),) = reading.dropped.items()
    assert column in reason
    assert count == n - kept.sum()


def test_good_grades_of_a_calorimeter(write_table):
    grading = np.array([0, 1, 2, 3, -1, -2, -31, -4], float)  # invalid, piled up, cross talk (SIXTE)
    places = np.linspace(10, 10.1, 8)
    columns = [("SIGNAL", "D", np.arange(1, 9)), ("RA", "D", places), ("DEC", "D", places), ("GRADING", "I", grading)]
    columns += [("TYPE", "I", np.full(8, -1))]  # GRADING goes first
    path = write_table("xifu.evt", columns, {"TELESCOP": "ATHENA"})
    reading = load_events(path, IngestOptions(good_grades=True))
    assert reading.events.energy.tolist() == [1, 2, 3, 4]
    assert reading.dropped == {"GRADING below 0": 4}


def test_a_mission_without_grades_has_no_good_ones(photons, chandra, refused):
    for path in (photons(), chandra(drop=("grade",))):
        refused(lambda path=path: read_events(path, good_grades=True), path, "good_grades", "mission")


def test_background_goes_by_source_id(sixte_imaging, photons, refused):
    src = np.resize([5, -1, 7, 9], 60)
    path = sixte_imaging(src=src)
    reading = load_events(path, IngestOptions(background_source_ids=(-1, 9)))
    np.testing.assert_array_equal(reading.events.energy, read_events(path).energy[np.isin(src, [5, 7])])
    assert reading.dropped == {"SRC_ID -1, 9: background": 30}
    labelled = load_events(path, IngestOptions(agn_source_ids=(7,), background_source_ids=(-1,)))
    assert np.bincount(labelled.events.source).tolist() == [30, 15]
    refused(
        lambda: IngestOptions(agn_source_ids=(7,), background_source_ids=(7,)),
        "source id 7",
        "AGN and as background",
    )
    path = photons()
    fits.setval(path, "TTYPE4", value="ID", ext=1)
    refused(lambda: read_events(path, background_source_ids=(-1,)), path, "'SRC_ID'")


def test_rows_that_cleaning_leaves_out_need_not_be_usable(erosita, refused):
    pi = np.linspace(300, 5000, 40)
    pi[[3, 9]] *= -1  # secondary pixels, which belong to no valid pattern here
    path = with_column(erosita(pi=pi), "PAT_TYP", np.where(pi < 0, 0, 1))
    assert load_events(path).dropped == {"PI negative: secondary pixels": 2}
    assert load_events(path, IngestOptions(good_grades=True)).dropped == {"PAT_TYP other than 1, 2, 3, 4": 2}
    pi[[3, 9]] = np.nan
    path = with_column(erosita("b.fits", pi=pi), "PAT_TYP", np.where(np.arange(40) < 2, 0, 1))
    refused(lambda: read_events(path, good_grades=True), path, "row 4:", "2 such rows of 40")
    path = with_column(erosita("c.fits", pi=pi), "PAT_TYP", np.where(np.isnan(pi), 0, 1))
    assert load_events(path, IngestOptions(good_grades=True)).dropped == {"PAT_TYP other than 1, 2, 3, 4": 2}


def test_steps_are_counted_in_their_order_and_each_row_once(erosita):
    pi = np.linspace(300, 5000, 40)
    pi[[0, 1, 2]] = -100
    path = with_column(erosita(pi=pi), "PAT_TYP", np.where(np.arange(40) < 2, 0, 1))
    options = IngestOptions(drop_invalid=True, good_grades=True, energy_min=1.0, energy_max=4.0, region_arcsec=200.0)
    reading = load_events(path, options)
    reasons = list(reading.dropped)
    assert reasons[:4] == [
        "PAT_TYP other than 1, 2, 3, 4",
        "PI negative: secondary pixels",
        "energy below 1 keV",
        "energy above 4 keV",
    ]
    assert "further than 200 arcsec" in reasons[4]
    assert reading.dropped[reasons[0]] == 2
    assert reading.dropped[reasons[1]] == 1
    assert reading.n_rows - sum(reading.dropped.values()) == len(reading.events)


def test_region_about_a_place_on_the_sky(sixte_imaging, chandra, write_table, refused):
    offsets = np.array([-50.0, -30.0, 0.0, 29.0, 31.0])
    ra, dec = to_sky(offsets, np.zeros(5), (0.001, 60.0))  # across RA 0
    path = sixte_imaging(
        n=5, ra=ra, dec=dec + np.array([0, 0, 1, 0, 0]) / 3600, header={"RA_PNT": 0.0, "DEC_PNT": 60.0}
    )
    reading = load_events(path, IngestOptions(region_arcsec=30.5, region_centre=(0.001, 60.0)))
    np.testing.assert_array_equal(reading.events.energy, read_events(path).energy[1:4])
    assert reading.dropped == {"further than 30.5 arcsec from the region's centre": 2}
    # 0.001 deg east of the pointing at DEC 60: 1.8 arcsec
    np.testing.assert_allclose(reading.region_xy, (1.8, 0.0), atol=1e-3)
    far = IngestOptions(region_arcsec=30.5, region_centre=(180.0, -60.0))
    refused(lambda: load_events(path, far), path, "other side of the sky")
    off = IngestOptions(region_arcsec=30.5, region_centre=(0.0, 59.0))
    refused(lambda: load_events(path, off), path, "no events are left of 5 rows", "5: further than")
    plain = write_table("plain.fits", [(name, "E", np.arange(9.0)) for name in ("X", "Y", "ENERGY")])
    centred = IngestOptions(pixel_arcsec=1.0, region_arcsec=3.0, region_centre=(0.0, 59.0))
    refused(lambda: load_events(plain, centred), plain, "does not say where on the sky")


def test_region_in_sky_pixels_that_grow_westwards(chandra):
    # TCDLT < 0: a source 10 arcsec east of the reference point lies at x = -10 arcsec
    x = 4096.5 + np.array([-10.0, 0.0, 10.0]) / 0.492
    path = chandra(n=3, x=x, y=4096.5 + np.array([1.0, 0.0, -1.0]), energy=[500, 600, 700])
    east = tuple(float(angle[0]) for angle in to_sky(np.array([10.0]), np.array([0.0]), (30.0, 30.0)))
    events = read_events(path, region_arcsec=11.0, region_centre=east)
    np.testing.assert_allclose(events.energy, [0.5, 0.6])


def test_the_events_own_centre_is_not_moved_by_an_agn_at_the_edge():
    rng = np.random.default_rng(3)
    cluster = rng.normal((100.0, -40.0), 30.0, (6000, 2))
    agn = rng.normal((400.0, 300.0), 1.0, (4000, 2))
    field = rng.uniform(-500, 500, (3000, 2))
    x, y = np.concatenate([cluster, agn, field]).T
    centre = median_centre(EventList(x, y, np.ones_like(x)), 120.0)
    # the median of n normal deviates scatters by 1.25 sigma / sqrt(n) = 0.5 arcsec; the field pulls a little
    np.testing.assert_allclose(centre, (100.0, -40.0), atol=2.5)
    assert abs(np.mean(x) - 100) > 50
    many = EventList(np.tile(x, 200), np.tile(y, 200), np.ones(200 * len(x)))
    np.testing.assert_allclose(median_centre(many, 120.0), centre, atol=1.5)


def test_region_about_the_events_own_centre(chandra):
    rng = np.random.default_rng(3)
    x, y = 4200 + rng.normal(0, 20, (2, 500))
    reading = load_events(chandra(n=500, x=x, y=y), IngestOptions(region_arcsec=10.0))
    ((reason, count),) = reading.dropped.items()
    assert reason == "further than 10 arcsec from the region's centre"
    np.testing.assert_allclose(reading.region_xy, (50.9, 50.9), atol=2.0)  # (4200 - 4096.5) * 0.492
    whole = read_events(chandra("b.fits", n=500, x=x, y=y))
    near = np.hypot(whole.x - 50.9, whole.y - 50.9) <= 10
    assert abs(count - (~near).sum()) < 25


@pytest.mark.parametrize(
    ("options", "pieces"),
    [
        ({"energy_min": -1.0}, ("energy_min=-1.0", "keV")),
        ({"energy_max": float("nan")}, ("energy_max=nan",)),
        ({"energy_min": 3.0, "energy_max": 2.0}, ("energy_max must be larger",)),
        ({"region_arcsec": 0.0}, ("region_arcsec=0.0", "arcsec")),
        ({"region_centre": (10.0, 20.0)}, ("region_centre=(10.0, 20.0)", "region_arcsec=ARCSEC")),
        ({"region_arcsec": 9.0, "region_centre": (10.0, 120.0)}, ("not a place on the sky",)),
        ({"region_arcsec": 9.0, "region_centre": (float("nan"), 10.0)}, ("region_centre=nan", "RA,DEC")),
        ({"region_arcsec": 9.0, "region_centre": "180"}, ("region_centre='180'", "RA,DEC")),
        ({"background_source_ids": "2;3"}, ("background_source_ids='2;3'", "commas")),
        ({"max_events": 0}, ("max_events=0", "1 or more")),
        ({"agn_source_ids": (2,), "point_sources": "agn.csv"}, ("choose one",)),
        ({"good_grade": True}, ("'good_grade'", "good_grades")),
    ],
)
def test_options_that_mean_nothing(options, pieces, refused):
    refused(lambda: IngestOptions(**options), *pieces)


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
    rows = np.random.default_rng(3).integers(0, 30, (20_000, 3)).astype(dtype)
    expected = pd.DataFrame(rows).duplicated().to_numpy()
    np.testing.assert_array_equal(repeated_rows(list(rows.T)), expected)


@pytest.fixture
def tiles(erosita):
    """An eSASS list of 40 events of which 12 are there again, as where two sky tiles overlap."""
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
