import warnings

import numpy as np
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from report_utils.events import EventList, Source, inspect_events, read_events, write_sixte
from report_utils.events.reading import load_events
from report_utils.events.sixte import AGN_SOURCE_IDS, content_digest, written_digest


def columns(dtype, n):
    width = 32 if dtype is np.float32 else 64
    # Whole milliarcseconds: doubles near RA 180 resolve 1e-10 arcsec.
    place = st.integers(-2_000_000, 2_000_000).map(lambda value: value / 1000)
    energy = st.floats(0, 45, width=width)
    return st.tuples(
        hnp.arrays(dtype, n, elements=place.map(dtype)),
        hnp.arrays(dtype, n, elements=place.map(dtype)),
        hnp.arrays(dtype, n, elements=energy),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    dtype=st.sampled_from([np.float32, np.float64]),
    n=st.integers(2, 60),
    labelled=st.booleans(),
)
def test_round_trip_is_exact_to_the_files_own_precision(tmp_path, data, dtype, n, labelled):
    x, y, energy = data.draw(columns(dtype, n))
    x[0], x[1], y[0], y[1] = -2000, 2000, -2000, 2000  # not all at one position
    source = data.draw(hnp.arrays(np.int8, n, elements=st.sampled_from([int(label) for label in Source])))
    events = EventList(x, y, energy, source if labelled else None)
    write_sixte(tmp_path / "e.fits", events, overwrite=True)
    back = read_events(tmp_path / "e.fits", agn_source_ids=AGN_SOURCE_IDS if labelled else ())
    np.testing.assert_array_equal(back.energy, energy)
    assert (back.x.dtype, back.energy.dtype) == (dtype, dtype)
    # The file's own precision: RA as a double and the way there and back, 1e-9 arcsec.
    np.testing.assert_allclose(back.x, x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back.y, y, rtol=0, atol=1e-9)
    if dtype is np.float32:
        np.testing.assert_array_equal(back.x, x)
        np.testing.assert_array_equal(back.y, y)
    if labelled:
        np.testing.assert_array_equal(back.source, source)
    else:
        assert back.source is None


def test_float32_lists_come_back_to_the_last_bit(tmp_path, observation, same):
    events = observation(20_000, seed=3, cluster_id="", log10_mass=np.nan)
    write_sixte(tmp_path / "e.fits", events)
    same(read_events(tmp_path / "e.fits", agn_source_ids=AGN_SOURCE_IDS), events)


def test_astropy_reads_sixtes_columns(tmp_path, observation):
    events = observation(10)
    write_sixte(tmp_path / "e.fits", events, pointing=(0.0, 45.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(tmp_path / "e.fits") as hdus:
            hdus.verify("exception")
            table, header = hdus["EVENTS"].data, hdus["EVENTS"].header
            names = "TIME FRAME PHA PI SIGNAL RAWX RAWY RA DEC PH_ID SRC_ID TYPE NPIXELS PILEUP SIGNALS PHAS"
            assert table.names == names.split()
            assert table["SIGNALS"].shape == table["PHAS"].shape == (10, 9)
            assert table["SRC_ID"].shape == table["PH_ID"].shape == (10, 2)
            np.testing.assert_array_equal(table["SIGNALS"].sum(axis=1), events.energy)
            ids = np.select([events.source == Source.AGN, events.source == Source.BACKGROUND], [2, -1], 1)
            np.testing.assert_array_equal(table["SRC_ID"][:, 0], ids)
            assert ((table["RA"] >= 0) & (table["RA"] < 360)).all()
            assert (header["RA_PNT"], header["DEC_PNT"], header["SRCAGN"], header["SRCBKG"]) == (
                0.0,
                45.0,
                2,
                -1,
            )
    assert inspect_events(tmp_path / "e.fits").layout.name == "SIXTE imaging events"
    np.testing.assert_allclose(read_events(tmp_path / "e.fits").x, events.x, atol=1e-6)


def test_labels_are_not_taken_from_src_id_unasked(tmp_path, observation):
    write_sixte(tmp_path / "e.fits", observation())
    assert read_events(tmp_path / "e.fits").source is None


def test_gzipped_is_the_same_and_always_the_same_bytes(tmp_path, observation, same):
    events = observation(5000)
    for name in ("a.fits", "a.fits.gz", "b.fits.gz"):
        write_sixte(tmp_path / name, events)
    assert (tmp_path / "a.fits.gz").stat().st_size < 0.6 * (tmp_path / "a.fits").stat().st_size
    assert (tmp_path / "a.fits.gz").read_bytes() == (tmp_path / "b.fits.gz").read_bytes()
    same(read_events(tmp_path / "a.fits.gz"), read_events(tmp_path / "a.fits"))


def test_an_existing_file_stays_unless_told(tmp_path, observation, refused):
    path = tmp_path / "e.fits"
    write_sixte(path, observation(10))
    refused(lambda: write_sixte(path, observation(20)), path, "exists")
    assert load_events(path).n_rows == 10
    write_sixte(path, observation(20), overwrite=True)
    assert load_events(path).n_rows == 20


def test_what_cannot_be_written(tmp_path, observation, refused):
    refused(lambda: write_sixte(tmp_path / "no" / "e.fits", observation()), "folder does not exist")
    events = observation(5)
    energy = events.energy.copy()
    energy[3] = np.nan
    bad = EventList(events.x, events.y, energy)
    refused(lambda: write_sixte(tmp_path / "e.fits", bad), "row 4", "'energy'")
    assert list(tmp_path.iterdir()) == []


def test_the_digest_follows_values_and_precision_only(tmp_path, observation):
    events = observation(cluster_id="a")
    assert content_digest(events) == content_digest(observation(cluster_id="b"))
    assert content_digest(events) != content_digest(observation(seed=1))
    assert content_digest(events) != content_digest(EventList(events.x, events.y, events.energy))
    write_sixte(tmp_path / "e.fits", events)
    assert written_digest(tmp_path / "e.fits") == content_digest(events)
    (tmp_path / "other.fits").write_bytes(b"no FITS")
    assert written_digest(tmp_path / "other.fits") is None
