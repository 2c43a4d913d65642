"""Where X and Y, RA and DEC lie on the sky: units, the header's axes, XMM's own words for these, and the projection."""

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from report_utils.events import inspect_events, read_events
from report_utils.events.positions import BLOCK, sky_centre, to_sky, to_tangent_plane
from report_utils.events.reading import load_events

N = 30
RIGHT_ASCENSION = st.floats(0, 360, exclude_max=True)


@pytest.fixture
def write(write_table):
    """Write a list of two columns of positions, with their unit, and of energies in keV."""

    def make(names, first, second, header=None, *, unit=None, form="D", name="list.fits", **options):
        rng = np.random.default_rng(4)
        columns = [(names[0], form, first), (names[1], form, second), ("ENERGY", "D", rng.uniform(1, 9, len(first)))]
        path = write_table(name, columns, header, **options)
        if unit is not None:
            for column in (1, 2):
                fits.setval(path, f"TUNIT{column}", value=unit, ext=1)
        return path

    return make


@pytest.fixture
def sky():
    rng = np.random.default_rng(5)
    return rng.uniform(29.9, 30.1, N), rng.uniform(19.9, 20.1, N)


ANGLES = {"deg": "deg", "arcmin": "arcmin", "arcsec": "arcsec", "rad": "rad", "degrees": "deg", "DEG": "deg"}


@pytest.mark.parametrize("unit", ANGLES)
def test_right_ascension_in_any_angle(unit, sky, write):
    plain = read_events(write(("RA", "DEC"), *sky, name="plain.fits"))
    given = [(values * units.deg).to_value(ANGLES[unit]) for values in sky]
    path = write(("RA", "DEC"), *given, unit=unit)
    for events in (read_events(path), read_events(path, x="RA", y="DEC")):
        np.testing.assert_allclose(events.x, plain.x, atol=1e-6)
        np.testing.assert_allclose(events.y, plain.y, atol=1e-6)


@pytest.mark.parametrize("unit", ["pixel", "keV", "furlong"])
def test_right_ascension_that_is_not_an_angle(unit, sky, write, refused):
    path = write(("RA", "DEC"), *sky, unit=unit)
    refused(lambda: read_events(path), path, "'RA'", repr(unit), "not an angle", "--x RA --y DEC")
    assert len(read_events(path, x="RA", y="DEC")) == N


@pytest.mark.parametrize("unit", [*ANGLES, "0.05 arcsec", "0.05 ARCSECONDS"])
def test_lengths_on_the_plane_in_any_angle(unit, write):
    x, y = np.random.default_rng(6).uniform(-90, 90, (2, N))  # arcsec
    size = {"0.05 arcsec": 0.05, "0.05 ARCSECONDS": 0.05}.get(unit) or units.Unit(ANGLES[unit]).to("arcsec")
    events = read_events(write(("X", "Y"), x / size, y / size, unit=unit))
    np.testing.assert_allclose(events.x, x, rtol=1e-9)
    np.testing.assert_allclose(events.y, y, rtol=1e-9)


def test_pixels_need_a_size(write, refused):
    x, y = np.random.default_rng(6).uniform(400, 600, (2, N))
    path = write(("X", "Y"), x, y, unit="pixel")
    refused(lambda: read_events(path), path, "'X'", "no TCDLT", "--pixel-arcsec")
    np.testing.assert_allclose(read_events(path, pixel_arcsec=2.0).x, 2 * x)


@pytest.mark.parametrize("keyword", ["TCDLT1", "REFXCDLT"])
def test_a_step_that_is_text_is_named(keyword, write, refused):
    x, y = np.random.default_rng(6).uniform(400, 600, (2, N))
    path = write(("X", "Y"), x, y, {"TELESCOP": "XMM", keyword: "0.1"})
    refused(lambda: read_events(path), path, "'X'", keyword, "'0.1'", "not a number", "--pixel-arcsec")


@pytest.mark.parametrize(("telescope", "size"), [("CHANDRA", 0.492), ("XMM", 0.05)])
def test_pixels_of_a_mission_without_axes(telescope, size, write):
    x, y = np.random.default_rng(6).uniform(400, 600, (2, N))
    path = write(("X", "Y"), x, y, {"TELESCOP": telescope})
    np.testing.assert_allclose(read_events(path, energy_unit="keV").x, size * x, rtol=1e-6)


def axes(step=1 / 3600, unit="deg", kinds=("RA---TAN", "DEC--TAN")):
    cards = {}
    for number, kind, sign in ((1, kinds[0], -1), (2, kinds[1], 1)):
        cards |= {f"TCTYP{number}": kind, f"TCRPX{number}": 500.0, f"TCRVL{number}": 30.0}
        cards |= {f"TCDLT{number}": sign * step, f"TCUNI{number}": unit}
    return cards


@pytest.mark.parametrize("unit", ["deg", "DEGREES", "sky", ""])
def test_an_odd_unit_of_celestial_axes_is_degrees(unit, write):
    x, y = np.random.default_rng(6).uniform(400, 600, (2, N))
    reading = load_events(write(("X", "Y"), x, y, axes(unit=unit)))
    np.testing.assert_allclose(reading.events.x, x - 500, rtol=1e-9)
    assert reading.centre == (30.0, 30.0)
    assert ("TCUNI1 is 'sky'" in reading.layout.positions.why) == (unit == "sky")


def test_an_odd_unit_of_other_axes_is_named(write, refused):
    x, y = np.random.default_rng(6).uniform(400, 600, (2, N))
    path = write(("X", "Y"), x, y, axes(unit="sky", kinds=("X", "Y")))
    refused(lambda: read_events(path), path, "'X'", "TCUNI1", "'sky'", "TCDLT1", "--pixel-arcsec")
    np.testing.assert_allclose(read_events(path, pixel_arcsec=2.0).x, 2 * (x - 500), rtol=1e-9)


def test_a_unit_that_contradicts_the_axis(write, refused):
    x, y = np.random.default_rng(6).uniform(400, 600, (2, N))
    path = write(("X", "Y"), x, y, axes(), unit="0.05 arcsec")
    refused(lambda: read_events(path), path, "'X'", "0.05 arcsec", "TCDLT1", "--pixel-arcsec")
    np.testing.assert_allclose(np.ptp(read_events(path, pixel_arcsec=1.0).x), np.ptp(x))


def xmm_axes(step=0.05 / 3600):
    cards = {}
    for axis, kind, value, sign in (("X", "RA---TAN", 150.0, -1), ("Y", "DEC--TAN", 2.0, 1)):
        cards |= {f"REF{axis}CTYP": kind, f"REF{axis}CRPX": 25921, f"REF{axis}CRVL": value}
        cards |= {f"REF{axis}CDLT": sign * step, f"REF{axis}CUNI": "deg"}
    return cards


@pytest.mark.parametrize("where", ["table", "first header"])
def test_xmm_describes_x_and_y_in_its_own_words(where, write):
    x, y = np.random.default_rng(7).integers(20_000, 30_000, (2, N))
    cards = {"TELESCOP": "XMM", "INSTRUME": "EPN", **xmm_axes()}
    options = {"header": cards} if where == "table" else {"primary": cards}
    path = write(("X", "Y"), x, y, form="J", unit="0.05 arcsec", **options)
    reading = load_events(path)
    np.testing.assert_allclose(reading.events.x, (x - 25921) * 0.05)
    np.testing.assert_allclose(reading.events.y, (y - 25921) * 0.05)
    assert (reading.centre, reading.frame.signs) == ((150.0, 2.0), (-1, 1))


def test_axes_that_contradict_each_other(write, refused):
    x, y = np.random.default_rng(7).integers(400, 600, (2, N))
    path = write(("X", "Y"), x, y, axes() | xmm_axes(), form="J")
    refused(lambda: read_events(path), path, "'X'", "TCDLT1", "REFXCDLT", "--pixel-arcsec")
    assert len(read_events(path, pixel_arcsec=1.0)) == N


@pytest.mark.parametrize("form", ["J", "E"])
@pytest.mark.parametrize("null", [False, True])
def test_events_of_xmm_without_position_are_left_out_and_counted(form, null, write):
    x, y = np.random.default_rng(7).integers(20_000, 30_000, (2, N))
    x[[3, 8]] = y[[3, 8]] = y[20] = -99999999
    cards = {"TELESCOP": "XMM", "INSTRUME": "EMOS1", **xmm_axes()}
    path = write(("X", "Y"), x, y, cards, form=form)
    if null and form == "J":
        for column in (1, 2):
            fits.setval(path, f"TNULL{column}", value=-99999999, ext=1)
    reading = load_events(path)
    assert reading.dropped == {"X, Y of -99999999: no position": 3}
    assert np.abs(reading.events.x).max() < 400
    assert "3 rows, X, Y of -99999999" in str(inspect_events(path))


def wcs_of(centre):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.cdelt, wcs.wcs.crpix = centre, [1 / 3600, 1 / 3600], [0, 0]
    return wcs


@pytest.mark.parametrize("centre", [(150.0, 2.2), (0.001, -30.0), (359.9, 69.7), (12.0, 89.5), (200.0, -90.0)])
def test_agrees_with_wcslib(centre):
    rng = np.random.default_rng(1)
    xi, eta = rng.uniform(-3000, 3000, (2, 500))
    ra, dec = wcs_of(centre).wcs_pix2world(xi, eta, 0)  # crpix counts from 1, these pixels from 0
    x, y, cosine = to_tangent_plane(ra, dec, centre)
    np.testing.assert_allclose(x, xi + 1, atol=1e-6)
    np.testing.assert_allclose(y, eta + 1, atol=1e-6)
    assert (cosine > 0.99).all()


def test_one_arcsec_east_and_north():
    # To first order dx = dRA cos(DEC), dy = dDEC, by the definition of the standard coordinates.
    x, y, _ = to_tangent_plane(np.array([40 + 1 / 3600, 40.0]), np.array([60.0, 60 + 1 / 3600]), (40.0, 60.0))
    np.testing.assert_allclose(x, [0.5, 0.0], atol=1e-5)
    np.testing.assert_allclose(y, [0.0, 1.0], atol=1e-5)


@given(ra=RIGHT_ASCENSION, dec=st.floats(-89.9, 89.9), x=st.floats(-9000, 9000), y=st.floats(-9000, 9000))
def test_there_and_back(ra, dec, x, y):
    back = to_tangent_plane(*to_sky(np.array([x]), np.array([y]), (ra, dec)), (ra, dec))
    # A double near 360 deg is good to 6e-14 deg, 2e-10 arcsec; towards the pole RA counts for less.
    np.testing.assert_allclose((back[0][0], back[1][0]), (x, y), atol=2e-9)


@given(ra=RIGHT_ASCENSION, dec=st.floats(-80, 80))
def test_the_centre_of_a_field_knows_no_seam(ra, dec):
    x, y = np.array([-100.0, 100, 0, 0]), np.array([0, 0, -100.0, 100])
    centre = sky_centre(*to_sky(x, y, (ra, dec)))
    offset = to_tangent_plane(np.array(centre[:1]), np.array(centre[1:]), (ra, dec))
    np.testing.assert_allclose((offset[0][0], offset[1][0]), (0, 0), atol=1e-6)


def test_blocks_leave_no_seam_and_the_back_of_the_sphere_is_seen():
    ra, dec = np.full(2 * BLOCK + 3, 10.0), np.linspace(-1, 1, 2 * BLOCK + 3)
    x, y, _ = to_tangent_plane(ra, dec, (10.0, 0.0), dtype=np.float32)
    assert x.dtype == y.dtype == np.float32
    assert (np.diff(y) > 0).all()
    assert to_tangent_plane(np.array([190.0]), np.array([0.0]), (10.0, 0.0))[2][0] < 0
