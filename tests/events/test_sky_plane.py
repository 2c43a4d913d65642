import numpy as np
import pytest
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from report_utils.events.sky_plane import BLOCK, sky_centre, to_sky, to_tangent_plane

RIGHT_ASCENSION = st.floats(0, 360, exclude_max=True)


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
