import gzip
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from report_utils.events import IngestOptions, Source, inspect_events, read_events
from report_utils.events.reading import load_events


def tangent_plane(ra, dec, centre):
    """Astropy's own projection: intermediate world coordinates [arcsec], x eastwards."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = centre
    wcs.wcs.cdelt = [1 / 3600, 1 / 3600]
    wcs.wcs.crpix = [0, 0]
    return wcs.wcs_world2pix(ra, dec, 0)[0] + 1, wcs.wcs_world2pix(ra, dec, 0)[1] + 1


def test_chandra_pixels_become_arcsec_about_the_reference_pixel(chandra):
    path = chandra(n=3, x=[4096.5, 4097.5, 4086.5], y=[4096.5, 4094.5, 4100.5], energy=[2500, 7500, 510])
    events = read_events(path)
    np.testing.assert_allclose(events.x, [0, 0.492, -4.92], rtol=1e-6)
    np.testing.assert_allclose(events.y, [0, -0.984, 1.968], rtol=1e-6)
    assert events.energy.tolist() == [2.5, 7.5, np.float32(0.51)]
    assert (events.x.dtype, events.energy.dtype) == (np.float32, np.float32)
    assert events.source is None


def test_chandra_tcdlt_is_honoured_and_the_mission_fills_in_for_it(chandra):
    binned = chandra(
        "binned.fits",
        n=2,
        x=[4096.5, 4097.5],
        y=[4096.5, 4097.5],
        header={"TCDLT4": -1 / 3600, "TCDLT5": 1 / 3600},
    )
    np.testing.assert_allclose(read_events(binned).x, [0, 1.0], rtol=1e-6)
    plain = chandra("plain.fits", n=2, x=[4096.5, 4097.5], y=[4096.5, 4097.5])
    with fits.open(plain, mode="update") as hdus:
        for key in ("TCDLT4", "TCDLT5"):
            del hdus[1].header[key]
    np.testing.assert_allclose(read_events(plain).x, [0, 0.492], rtol=1e-6)


def test_sixte_imaging_is_projected_about_its_pointing(sixte_imaging):
    path = sixte_imaging()
    data = fits.getdata(path, 1)
    x, y = tangent_plane(data["RA"], data["DEC"], (10.1, 20.1))
    events = read_events(path)
    np.testing.assert_allclose(events.x, x, atol=1e-7)
    np.testing.assert_allclose(events.y, y, atol=1e-7)
    assert events.x.dtype == np.float64
    assert events.energy.dtype == np.float32
    np.testing.assert_array_equal(events.energy, data["SIGNAL"])


def test_sixte_positions_come_from_the_sky_even_where_a_later_tool_has_added_xy(sixte_imaging):
    plain = read_events(sixte_imaging("a.fits"))
    pixels = read_events(sixte_imaging("b.fits", extra=[("X", "J", np.arange(60)), ("Y", "J", np.arange(60))]))
    np.testing.assert_array_equal(plain.x, pixels.x)


def test_calorimeter_layout(write_table):
    rng = np.random.default_rng(0)
    columns = [
        ("TIME", "D", np.arange(20)),
        ("SIGNAL", "D", rng.uniform(0.3, 9, 20)),
        ("GRADE1", "J", np.zeros(20)),
        ("RA", "D", rng.uniform(0, 0.05, 20)),
        ("DEC", "D", rng.uniform(0, 0.05, 20)),
        ("DETX", "E", rng.uniform(0, 0.005, 20)),
        ("DETY", "E", rng.uniform(0, 0.005, 20)),
        ("GRADING", "I", np.zeros(20)),
        ("SRC_ID", "J", np.arange(20)),
    ]
    path = write_table("xifu.evt", columns, {"TELESCOP": "ATHENA", "RA_PNT": 0.0, "DEC_PNT": 0.0})
    events = read_events(path)
    assert events.energy.dtype == np.float64
    assert 170 < np.ptp(events.x) <= 180
    assert inspect_events(path).layout.name == "SIXTE calorimeter events"


def test_photon_list_in_the_second_extension(photons):
    catalogue = fits.BinTableHDU.from_columns(
        [fits.Column(name, "E", array=np.ones(2)) for name in ("RA", "DEC", "E_MIN", "E_MAX", "FLUX")],
        name="SRC_CAT",
    )
    path = photons(
        before=[catalogue],
        ra=np.array([45, 45.001]),
        dec=np.array([3, 3.001]),
        energy=np.array([1.0, 3.0]),
        n=2,
    )
    events = read_events(path)
    assert events.energy.tolist() == [1.0, 3.0]
    assert events.x.dtype == np.float32
    np.testing.assert_allclose(np.ptp(events.x), 3.6 * np.cos(np.radians(3)), rtol=2e-3)  # RA in float32: 0.014 arcsec
    assert abs(events.x.sum()) < 0.02  # without a pointing, the events' own centre is the tangent point


@pytest.mark.parametrize(
    ("extname", "extra", "cards"),
    [
        ("PHOTONS", [("TIME", "D", np.arange(30)), ("PH_ID", "J", np.arange(30))], {"MJDREF": 55000.0}),  # SIXTE
        ("PHLIST", [], {"HDUCLASS": "HEASARC/SIMPUT", "HDUCLAS1": "PHOTONS", "REFRA": 0.0, "REFDEC": 0.0}),  # SIMPUT
        ("PHOTONLIST", [("POL_DIR", "E", np.zeros(30))], {}),  # another name decides nothing
    ],
)
def test_photon_lists_of_several_tools(extname, extra, cards, write_table):
    rng = np.random.default_rng(6)
    ra, dec, energy = rng.uniform(44.9, 45.1, 30), rng.uniform(2.9, 3.1, 30), rng.uniform(0.2, 9, 30)
    columns = [*extra, ("ENERGY", "E", energy), ("RA", "D", ra), ("DEC", "D", dec), ("SRC_ID", "J", np.arange(30))]
    path = write_table("photons.fits", columns, cards, extname=extname)
    reading = load_events(path, IngestOptions(agn_source_ids=(3,)))
    x, y = tangent_plane(ra, dec, reading.centre)
    np.testing.assert_allclose(reading.events.x, x, atol=1e-6)
    np.testing.assert_allclose(reading.events.y, y, atol=1e-6)
    np.testing.assert_array_equal(reading.events.energy, energy.astype(np.float32))
    assert (reading.layout.name, reading.layout.energies.unit) == ("photon list", "keV")
    assert np.flatnonzero(reading.events.source == Source.AGN).tolist() == [3]


def test_erosita_scaled_integers_and_ev(erosita):
    path = erosita(
        n=3, coordinates="J", ra=[130.0, 130.01, 129.99], dec=[-1.0, -1.01, -0.99], pi=[2500.0, 5000.0, 300.0]
    )
    assert fits.getheader(path, 1)["TSCAL2"] == 1e-6
    events = read_events(path)
    x, y = tangent_plane([130.0, 130.01, 129.99], [-1.0, -1.01, -0.99], load_events(path).centre)
    np.testing.assert_allclose(events.x, x, atol=0.002)  # half of the integers' step, 0.0018 arcsec
    np.testing.assert_allclose(events.y, y, atol=0.002)
    assert events.energy.tolist() == [2.5, 5.0, np.float32(0.3)]


@pytest.mark.parametrize("pointing", [{}, {"RA_PNT": 0.0, "DEC_PNT": 60.0}, {"RA_PNT": 359.99, "DEC_PNT": 60.0}])
def test_the_seam_of_right_ascension_does_not_tear_a_field(sixte_imaging, pointing):
    ra = np.array([359.99, 359.995, 0.0, 0.005, 0.01])
    dec = np.array([60.0, 59.99, 60.01, 60.0, 60.0])
    header = {"RA_PNT": None, "DEC_PNT": None} | pointing
    events = read_events(sixte_imaging(n=5, ra=ra, dec=dec, header=header))
    np.testing.assert_allclose(np.diff(events.x), 18 * np.cos(np.radians(dec[:-1] + dec[1:]) / 2), rtol=2e-3)
    negative = read_events(sixte_imaging("n.fits", n=5, ra=np.where(ra > 180, ra - 360, ra), dec=dec, header=header))
    np.testing.assert_allclose(negative.x, events.x, atol=1e-6)


def test_a_pointing_far_from_the_events_is_not_the_tangent_point(sixte_imaging):
    reading = load_events(sixte_imaging(header={"RA_PNT": 100.0, "DEC_PNT": -20.0}))
    np.testing.assert_allclose(reading.centre, (10.1, 20.1), atol=0.05)


def test_names_in_any_case_and_gzip(chandra, tmp_path):
    path = chandra()
    upper = tmp_path / "upper.fits"
    with fits.open(path) as hdus:
        for number, name in enumerate(hdus[1].columns.names, 1):
            hdus[1].header[f"TTYPE{number}"] = name.upper()
        hdus.writeto(upper)
    packed = tmp_path / "evt2.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    unnamed = tmp_path / "packed_without_suffix.fits"
    unnamed.write_bytes(packed.read_bytes())
    for other in (upper, packed, unnamed):
        np.testing.assert_array_equal(read_events(other).x, read_events(path).x)


def test_source_ids_label_events_only_when_the_user_says_which_are_agn(sixte_imaging):
    path = sixte_imaging(n=4, src=np.array([5, 2, -1, 7]))
    assert read_events(path).source is None
    labelled = read_events(path, agn_source_ids=(2, 7)).source
    assert labelled.tolist() == [Source.GAS, Source.AGN, Source.BACKGROUND, Source.AGN]
    assert labelled.dtype == np.int8


def test_nothing_valid_is_dropped(sixte_imaging):
    signal = np.array([0.0, 0.1, 25.0, 3.0, 3.0], np.float32)
    ra = np.array([10.1, 10.1, 10.2, 10.15, 10.15])
    events = read_events(sixte_imaging(n=5, signal=signal, ra=ra, dec=np.array([20.1, 20.1, 20.2, 20.15, 20.15])))
    np.testing.assert_array_equal(events.energy, signal)  # zero, low and high energies and the duplicated row


def test_without_any_unit_a_median_that_only_ev_can_have_is_ev(photons, sixte_imaging):
    energy = np.linspace(400, 8000, 30)
    np.testing.assert_allclose(read_events(photons(energy=energy)).energy, energy / 1000, rtol=1e-6)
    assert load_events(photons("b.fits", energy=energy)).layout.name == "photon list (ENERGY taken for eV)"
    path = sixte_imaging(signal=np.linspace(400, 8000, 60))
    assert "cannot be keV" in str(inspect_events(path))


def test_stated_columns_and_units_overrule_names(write_table):
    rng = np.random.default_rng(3)
    columns = [(name, "E", rng.uniform(1, 9, 10)) for name in ("U", "V", "W")]
    path = write_table("plain.fits", columns)
    events = read_events(path, x="u", y="v", pixel_arcsec=2.0, energy="w", energy_unit="keV")
    data = fits.getdata(path, 1)
    np.testing.assert_allclose(events.x, 2 * data["U"], rtol=1e-6)
    np.testing.assert_array_equal(events.energy, data["W"])
    stated = read_events(path, x="U", y="V", pixel_arcsec=2.0, energy="W", energy_unit="eV")
    np.testing.assert_allclose(stated.energy, data["W"] / 1000, rtol=1e-6)


def test_a_stated_unit_wins_whatever_the_values_look_like(write_table):
    places = np.linspace(1, 2, 10)
    path = write_table(
        "plain.fits", [("RA", "E", places), ("DEC", "E", places), ("PI", "E", np.linspace(300, 9000, 10))]
    )
    assert read_events(path, energy="PI", energy_unit="eV").energy.max() == 9.0
    assert read_events(path, energy="PI", energy_unit="keV").energy.max() == 9000.0


def test_the_mission_decides_where_its_files_have_wrong_units(erosita):
    path = erosita()
    with fits.open(path, mode="update") as hdus:
        hdus[1].header["TUNIT6"] = "deg"
    assert 0.2 <= read_events(path).energy.min() < read_events(path).energy.max() <= 8.0


def test_mission_of_the_first_header_counts(chandra):
    path = chandra(energy=np.linspace(500, 900, 50))
    with fits.open(path, mode="update") as hdus:
        hdus[0].header["TELESCOP"] = hdus[1].header.pop("TELESCOP")
    assert "mission chandra" in str(inspect_events(path))


def test_several_chips_and_long_lists_are_read_as_astropy_reads_them(sixte_imaging):
    rng = np.random.default_rng(5)
    n = 150_000  # more than one block of rows
    signal = rng.uniform(0.3, 9, n).astype(np.float32)
    path = sixte_imaging(n=n, signal=signal)
    data = fits.getdata(path, 1)
    events = read_events(path)
    np.testing.assert_array_equal(events.energy, data["SIGNAL"])
    np.testing.assert_allclose(events.x, tangent_plane(data["RA"], data["DEC"], (10.1, 20.1))[0], atol=1e-7)
    assert events.energy.dtype.isnative


def test_memory_is_that_of_the_columns_and_a_block_of_rows(sixte_imaging):
    n = 300_000
    path = sixte_imaging(n=n)
    tracemalloc.start()
    try:
        events = read_events(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(events) == n
    # RA, DEC, x, y in doubles, energy and checks: 60 bytes an event, 400 MB for 6.6 million rows.
    assert peak < 60 * n + (25 << 20)


def test_name_mass_and_group_are_handed_on(chandra):
    events = read_events(chandra(), cluster_id="A", log10_mass=14.2, group="h")
    assert (events.cluster_id, events.log10_mass, events.group) == ("A", 14.2, "h")


@pytest.mark.parametrize(
    ("name", "bands"),
    [("chandra_m82_slice.fits", (2645, 1047, 269, 651)), ("sixte_xrism_cluster.evt", (112, 1954, 1614, 165))],
)
def test_real_lists(real_list, name, bands):
    path = real_list(name)
    events = read_events(path)
    edges = [-np.inf, 2.5, 5.0, 7.5, np.inf]
    counts = [int(((events.energy > low) & (events.energy <= high)).sum()) for low, high in pairwise(edges)]
    assert tuple(counts) == bands
    assert inspect_events(path).band_counts == bands


def test_real_chandra_list_agrees_with_its_own_sky_coordinates(real_list):
    path = real_list("chandra_m82_slice.fits")
    events, data = read_events(path), fits.getdata(path, 1)
    np.testing.assert_allclose(events.x, (data["x"].astype(float) - 4096.5) * 0.492, atol=1e-4)
    np.testing.assert_array_equal(events.energy, (data["energy"].astype(float) / 1000).astype(np.float32))
