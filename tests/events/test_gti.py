import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from report_utils.events import IngestOptions, read_events
from report_utils.events.gti import merged
from report_utils.events.reading import load_events

GOOD = IngestOptions(gti="file")


def add_gti(path, rows, *, name="GTI", columns=("START", "STOP"), **cards):
    start, stop = np.array(rows, float).reshape(-1, 2).T
    made = [fits.Column(column, "D", array=values) for column, values in zip(columns, (start, stop), strict=True)]
    table = fits.BinTableHDU.from_columns(made, name=name)
    table.header.update(cards)
    with fits.open(path, mode="append") as hdus:
        hdus.append(table)
    return path


def kept_times(path, options=GOOD):
    """Return the times of the events that are left; the fixtures' times are 0, 1, 2, ..."""
    energy = load_events(path, options).events.energy
    return np.flatnonzero(np.isin(read_events(path).energy, energy)).tolist()


def test_events_in_the_intervals_are_kept_with_both_ends(sixte_imaging):
    path = add_gti(sixte_imaging(), [(5, 8), (20.5, 22.5)], name="STDGTI")
    reading = load_events(path, GOOD)
    assert kept_times(path) == [5, 6, 7, 8, 21, 22]
    assert reading.dropped == {"outside the good time intervals": 54}
    assert load_events(path).dropped == {}


def test_intervals_from_another_file(sixte_imaging, tmp_path):
    path = sixte_imaging()
    other = add_gti(sixte_imaging("other.fits"), [(0, 3)])
    assert kept_times(path, IngestOptions(gti=str(other))) == [0, 1, 2, 3]


@pytest.mark.parametrize("cards", [("CCD_ID", "CCD_ID"), ("HDUNAME", "HDUNAME"), ("EXTVER", "EXTVER")])
def test_each_chip_of_chandra_has_its_own(chandra, cards):
    path = chandra(n=40)
    fits.setval(path, "TTYPE2", value="ccd_id", ext=1)
    with fits.open(path, mode="update") as hdus:
        hdus[1].data["ccd_id"] = np.arange(40) % 4  # chips 0 to 3, of which 3 has no good time
    for chip, rows in ((0, [(0, 11)]), (1, [(0, 3), (30, 40)]), (2, [(100, 200)])):
        value = f"GTI{chip}" if cards[0] == "HDUNAME" else chip
        add_gti(path, rows, **{cards[0]: value})
    assert kept_times(path) == [0, 1, 4, 8, 33, 37]
    assert load_events(path, GOOD).dropped == {"outside the good time intervals of ccd_id 0, 1, 2": 34}


def test_one_table_of_one_chip_is_not_for_the_others(chandra):
    path = add_gti(chandra(n=20), [(0, 100)], CCD_ID=3)
    with fits.open(path, mode="update") as hdus:
        hdus[1].data["ccd_id"][5:] = 6
    assert kept_times(path) == [0, 1, 2, 3, 4]


def test_each_camera_of_erosita_has_its_own(erosita):
    path = erosita()
    with fits.open(path, mode="update") as hdus:
        hdus[1].data["TM_NR"] = 1 + np.arange(40) % 2
    add_gti(path, [(0, 4)], name="GTI1")
    add_gti(path, [(3, 9)], name="GTI2")
    add_gti(path, [(0, 1000)], name="FLAREGTI1")  # of another kind
    assert kept_times(path) == [0, 2, 3, 4, 5, 7, 9]


def test_several_tables_without_detectors_cannot_be_told_apart(sixte_imaging, chandra, refused):
    path = add_gti(add_gti(sixte_imaging(), [(0, 9)]), [(20, 30)])
    refused(lambda: load_events(path, GOOD), path, "2 tables", "CCD_ID", "it is not clear")
    path = add_gti(add_gti(chandra(), [(0, 9)], CCD_ID=3), [(20, 30)], CCD_ID=3)
    refused(lambda: load_events(path, GOOD), path, "2 tables", "it is not clear")


def test_what_is_missing_or_damaged(sixte_imaging, photons, tmp_path, refused):
    path = sixte_imaging()
    refused(lambda: load_events(path, GOOD), path, "holds no good time intervals")
    other = add_gti(sixte_imaging("none.fits"), [(0, 9)], columns=("BEGIN", "END"))
    refused(lambda: read_events(path, gti=str(other)), other, "no good time intervals")
    missing = tmp_path / "missing.fits"
    refused(lambda: read_events(path, gti=str(missing)), missing, "no such file")
    good = add_gti(sixte_imaging("good.fits"), [(0, 9)])
    refused(lambda: read_events(photons(), gti=str(good)), "'TIME'")
    for name, row in (("back.fits", (5, 2)), ("nan.fits", (np.nan, 2)), ("inf.fits", (0, np.inf))):
        bad = add_gti(sixte_imaging(name), [(0, 1), row])
        refused(lambda bad=bad: load_events(bad, GOOD), bad, "row 2:", "not an interval")
    nothing = add_gti(sixte_imaging("nothing.fits"), [(1000, 2000)])
    refused(lambda: load_events(nothing, GOOD), nothing, "no events are left of 60 rows", "good time")
    empty = add_gti(sixte_imaging("empty.fits"), np.zeros((0, 2)))
    refused(lambda: load_events(empty, GOOD), empty, "no events are left")
    text = tmp_path / "list.csv"
    text.write_text("RA,DEC,energy_kev\n1,2,3\n")
    refused(lambda: load_events(text, GOOD), text, "holds no good time intervals", "FITS")


def test_intervals_behind_or_in_a_damaged_table_are_not_passed_over(sixte_imaging, refused):
    """With some of the intervals alone, good events would be left out without a word."""
    path = sixte_imaging()
    add_gti(path, [(10, 20)])
    add_gti(path, [(30, 40)])
    content = path.read_bytes()
    last = content.rindex(b"TFORM1")
    path.write_bytes(content[:last] + b"TFORM1  = 'Z       '          " + content[last + 30 :])
    refused(lambda: load_events(path, GOOD), path, "TFORM1")
    assert len(load_events(path).events) > 0


def test_clocks_must_agree(sixte_imaging, refused):
    path = sixte_imaging(header={"MJDREF": 55000.0})
    same = add_gti(sixte_imaging("same.fits"), [(0, 9)], MJDREFI=54999, MJDREFF=1.0)
    assert len(kept_times(path, IngestOptions(gti=str(same)))) == 10
    late = add_gti(sixte_imaging("late.fits"), [(0, 9)], MJDREF=55000.0, TIMEZERO=3.0)
    refused(lambda: read_events(path, gti=str(late)), late, "MJDREF", "differ by 3 s")


def test_a_time_that_is_not_a_number_is_in_no_interval(sixte_imaging):
    path = add_gti(sixte_imaging(), [(0, 100)])
    with fits.open(path, mode="update") as hdus:
        hdus["EVENTS"].data["TIME"][4] = np.nan
    assert load_events(path, GOOD).dropped == {"outside the good time intervals": 1}


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=12),
    st.lists(st.integers(-5, 80), min_size=1, max_size=40),
)
def test_the_union_of_intervals_holds_what_any_of_them_holds(rows, times):
    start = np.array([row[0] for row in rows], float)
    stop = start + np.array([row[1] for row in rows], float)
    time = np.array(times, float)
    expected = ((time[:, None] >= start) & (time[:, None] <= stop)).any(axis=1)
    union = merged(start, stop)
    np.testing.assert_array_equal(union.contains(time), expected)
    assert (union.start[1:] > union.stop[:-1]).all()


def test_the_real_lists_lie_in_their_good_times(real_list):
    for name in ("chandra_m82_slice.fits", "sixte_xrism_cluster.evt"):
        assert load_events(real_list(name), GOOD).dropped == {}
