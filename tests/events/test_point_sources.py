from dataclasses import replace

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits

from report_utils.events import IngestOptions
from report_utils.events.point_sources import PointSourceList, mask_point_sources, read_point_sources
from report_utils.events.reading import load_events


def text_list(tmp_path, text, name="sources.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def circles(*rows):
    ra, dec, radius = np.array(rows, float).T
    return PointSourceList("here", ra, dec, radius)


def test_circles_take_out_what_lies_in_them(sixte_imaging):
    rng = np.random.default_rng(2)
    ra, dec = (359.9 + rng.uniform(0, 0.2, 4000)) % 360, rng.uniform(79.9, 80.1, 4000)
    path = sixte_imaging(
        n=4000, ra=ra, dec=dec, signal=np.linspace(1, 5, 4000), header={"RA_PNT": 0.0, "DEC_PNT": 80.0}
    )
    sources = circles((359.95, 80.02, 30.0), (0.05, 79.95, 60.0), (0.049, 79.95, 20.0), (100.0, -80.0, 100.0))
    events, n_masked = mask_point_sources(load_events(path), sources)
    places = SkyCoord(ra, dec, unit="deg")
    inside = np.zeros(4000, bool)
    for alpha, delta, radius in zip(sources.ra, sources.dec, sources.radius, strict=True):
        inside |= places.separation(SkyCoord(alpha, delta, unit="deg")).arcsec <= radius
    assert n_masked == inside.sum() > 50
    np.testing.assert_array_equal(events.energy, np.linspace(1, 5, 4000).astype(np.float32)[~inside])


def test_of_no_events_none_are_masked(sixte_imaging):
    reading = load_events(sixte_imaging())
    empty = replace(reading, events=reading.events.select(np.zeros(len(reading.events), bool)))
    events, n_masked = mask_point_sources(empty, circles((0.0, 0.0, 5.0)))
    assert (len(events), n_masked) == (0, 0)


def test_far_from_the_tangent_point_a_circle_is_still_one(sixte_imaging):
    # At 10 deg the plane stretches a radius by 1 / cos(10 deg)^2, 3 percent; the circle is that on the sky.
    rng = np.random.default_rng(2)
    ra, dec = 10.0 + rng.uniform(-0.05, 0.05, 3000), rng.uniform(-0.05, 0.05, 3000)
    reading = load_events(sixte_imaging(n=3000, ra=ra, dec=dec, header={"RA_PNT": 0.0, "DEC_PNT": 0.0}))
    far = replace(reading, frame=reading.frame)
    inside = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(10.0, 0.0, unit="deg")).arcsec <= 150
    assert mask_point_sources(far, circles((10.0, 0.0, 150.0)))[1] == inside.sum()


@pytest.mark.parametrize("eastwards", [False, True])
def test_sky_pixels_know_their_place(chandra, eastwards):
    sign = 1 if eastwards else -1
    step = 0.492 / 3600
    rng = np.random.default_rng(1)
    x, y = rng.uniform(3900, 4300, (2, 2000))
    path = chandra(n=2000, x=x, y=y, header={"TCDLT4": sign * step, "TCDLT5": step})
    # astropy's own world coordinates of the same pixels
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [30.0, 30.0]
    wcs.wcs.crpix, wcs.wcs.cdelt = [4096.5, 4096.5], [sign * step, step]
    ra, dec = wcs.wcs_pix2world(np.float32(x), np.float32(y), 1)
    source = wcs.wcs_pix2world([[4150.0, 4020.0]], 1)[0]
    inside = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(*source, unit="deg")).arcsec <= 12.0
    events, n_masked = mask_point_sources(load_events(path), circles((*source, 12.0)))
    assert n_masked == inside.sum() > 5
    np.testing.assert_array_equal(events.x, load_events(path).events.x[~inside])


def test_labels_and_names_stay_with_the_events(sixte_imaging):
    reading = load_events(
        sixte_imaging(n=4, ra=[10.0, 10.01, 10.02, 10.03], dec=[20.0, 20.0, 20.0, 20.01]),
        IngestOptions(agn_source_ids=(5,)),
    )
    reading = replace(reading, events=replace(reading.events, cluster_id="A", group="g"))
    events, n_masked = mask_point_sources(reading, circles((10.01, 20.0, 5.0)))
    assert (n_masked, len(events), events.cluster_id, events.group, events.source.tolist()) == (
        1,
        3,
        "A",
        "g",
        [1, 1, 1],
    )


@pytest.mark.parametrize(
    "cards",
    [
        {"TCTYP4": "DETX", "TCTYP5": "DETY"},
        {"TPC4_5": 0.3},
        {"TCROT5": 12.0},
        {"TCRVL4": None},
        {"TCDLT4": -0.001, "TCDLT5": 0.001, "TCUNI4": "arcmin", "TCUNI5": "arcmin"},
    ],
)
def test_pixels_without_a_place_cannot_be_masked(chandra, cards, refused):
    path = chandra()
    with fits.open(path, mode="update") as hdus:
        for key, value in cards.items():
            if value is None:
                del hdus[1].header[key]
            else:
                hdus[1].header[key] = value
    reading = load_events(path)
    assert reading.frame is None
    refused(lambda: mask_point_sources(reading, circles((30.0, 30.0, 5.0))), path, "where on the sky")


@pytest.mark.parametrize(
    ("column", "factor"),
    [("RADIUS", 1), ("radius_arcsec", 1), ("Radius [arcmin]", 60), ("RADIUS_DEG", 3600)],
)
def test_lists_as_text(column, factor, tmp_path):
    path = text_list(tmp_path, f"name,RA,DEC,{column}\na,10.0,20.0,{5 / factor!r}\nb,359.0,-20.0,{2.5 / factor!r}\n")
    sources = read_point_sources(path)
    assert (len(sources), sources.path) == (2, path)
    np.testing.assert_allclose(sources.radius, [5.0, 2.5])
    assert sources.ra.tolist() == [10.0, 359.0]


@pytest.mark.parametrize(("unit", "factor"), [(None, 1), ("arcmin", 60), ("pixel", 1)])
def test_lists_as_fits(unit, factor, write_table, tmp_path):
    columns = [("RA", "D", [10.0, 11.0]), ("DEC", "D", [1.0, 2.0]), ("RADIUS", "E", [0.5, 0.25])]
    path = write_table("src.fits", columns, {"TUNIT3": unit} if unit else {}, extname="SRCLIST")
    np.testing.assert_allclose(read_point_sources(path).radius, np.array([0.5, 0.25]) * factor)


def test_lists_that_cannot_be_used(tmp_path, refused):
    for text, pieces in (
        ("RA,DEC\n1,2\n", ("no column RADIUS", "RA, DEC")),
        ("RA,DEC,RADIUS,RADIUS_DEG\n1,2,3,4\n", ("several radii",)),
        ("X,Y,RADIUS\n1,2,3\n", ("'RA'",)),
        ("RA,DEC,RADIUS\n", ("no rows",)),
        ("RA,DEC,RADIUS\n1,2,3\n1,2,-3\n", ("row 2:", "'RADIUS'", "not the radius")),
        ("RA,DEC,RADIUS\n1,2,\n", ("row 1:", "not the radius")),
        ("RA,DEC,RADIUS_DEG\n1,2,3\n", ("row 1:", "3 deg", "not the radius of a point source")),
        ("RA,DEC,RADIUS\n1,92,3\n", ("row 1:", "'DEC'", "not an angle")),
        ("RA,DEC,RADIUS\n1,2,big\n", ("row 1:", "'big'")),
    ):
        path = text_list(tmp_path, text)
        refused(lambda path=path: read_point_sources(path), path, *pieces)
    refused(lambda: read_point_sources(tmp_path / "no.csv"), "no such file")
