import numpy as np
import pytest

from report_utils.simulation import telescope

ENERGIES = np.array([0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8])


def test_effective_area_is_that_of_the_early_mission():
    expected = [98, 424, 621, 420, 348, 377, 319, 201, 101, 38]
    np.testing.assert_allclose(telescope.effective_area(ENERGIES), expected, atol=0.6)


@pytest.mark.parametrize(
    ("energy", "expected"),
    [
        (1.5, (0.990, 0.945, 0.855, 0.767, 0.690)),
        (4.0, (0.988, 0.934, 0.823, 0.709, 0.604)),
        (6.0, (0.978, 0.885, 0.681, 0.505, 0.384)),
        (8.0, (0.965, 0.851, 0.581, 0.381, 0.277)),
    ],
)
def test_vignetting(energy, expected):
    offsets = 60.0 * np.array([2, 5, 10, 15, 20])
    np.testing.assert_allclose(telescope.vignetting(offsets, energy), expected, atol=1e-6)
    assert telescope.vignetting(np.array([0.0]), energy)[0] == 1.0


def test_vignetting_between_its_energies_lies_between():
    low, middle, high = (telescope.vignetting(np.array([600.0]), e)[0] for e in (4.0, 5.0, 6.0))
    assert middle == pytest.approx(0.5 * (low + high))
    assert telescope.vignetting(np.array([600.0]), 0.5)[0] == telescope.vignetting(np.array([600.0]), 1.5)[0]


def photons(n, x=0.0, y=0.0, energy=1.5):
    return (np.full(n, value, dtype=np.float32) for value in (x, y, energy))


@pytest.mark.parametrize("energy", [1.0, 1.5, 4.0, 6.4])
def test_energy_resolution(energy):
    _, _, e = telescope.detect(*photons(200_000, energy=energy), (0.0, 1e5), np.random.default_rng(1))
    expected_fwhm = np.sqrt(63.0**2 + 9758.0 * energy) * 1e-3
    # 200 000 events give a standard deviation to 0.16 %; four times that.
    assert 2.3548 * e.std() == pytest.approx(expected_fwhm, rel=0.0065)
    assert e.mean() == pytest.approx(energy, abs=5 * expected_fwhm / 2.35 / 447)


@pytest.mark.parametrize(("offset", "expected", "tolerance"), [(0, 0.5, 0.01), (600, 12.0, 0.1), (900, 24.0, 0.5)])
def test_half_the_events_of_a_point_fall_in_the_half_power_diameter(offset, expected, tolerance):
    assert telescope.half_power_diameter(offset) == pytest.approx(expected, abs=tolerance)
    if offset == 900:
        return  # beyond the chips
    direction = np.array([-0.6, -0.8]) * offset
    x, y, _ = telescope.detect(*photons(100_000, *direction), (0.0, 1e5), np.random.default_rng(2))
    inside = np.hypot(x - direction[0], y - direction[1]) < 0.5 * telescope.half_power_diameter(offset)
    # A binomial share of 1/2 of about 85 000 events scatters by 0.0017; the offset is looked up in rings of
    # 4 arcsec.
    assert inside.mean() == pytest.approx(0.5, abs=0.012)


def test_vignetting_is_applied_to_photons():
    x, _, _ = telescope.detect(*photons(100_000, -360.0, -480.0, 6.0), (0.0, 1e5), np.random.default_rng(3))
    assert len(x) / 100_000 == pytest.approx(0.681, abs=0.007)


def test_events_keep_to_the_band():
    _, _, low = telescope.detect(*photons(20_000, energy=0.3), (0.0, 1e5), np.random.default_rng(4))
    _, _, high = telescope.detect(*photons(20_000, energy=9.95), (0.0, 1e5), np.random.default_rng(5))
    assert low.min() >= 0.3
    assert high.max() <= 10.0
    # Half of the photons at the very edge are measured outside.
    assert len(low) / 20_000 == pytest.approx(0.5, abs=0.02)


def test_field_is_four_chips_with_gaps():
    assert pytest.approx(16.97, abs=0.01) == 2 * telescope.HALF_FIELD_ARCSEC / 60
    assert pytest.approx(10.8, abs=0.1) == 2 * telescope.HALF_GAP_ARCSEC
    gap_x, gap_y = (-a for a in telescope.AIM_POINT_ARCSEC)
    assert not telescope.on_chip(np.array([gap_x]), np.array([100.0]))[0]
    assert not telescope.on_chip(np.array([100.0]), np.array([gap_y]))[0]
    assert telescope.on_chip(np.array([0.0]), np.array([0.0]))[0]
    assert not telescope.on_chip(np.array([gap_x + 510.0]), np.array([0.0]))[0]


def test_dither_smears_the_gap():
    rng = np.random.default_rng(6)
    n = 400_000
    x = (rng.uniform(-30.0, 30.0, n) - telescope.AIM_POINT_ARCSEC[0]).astype(np.float32)
    y = np.full(n, 200.0, dtype=np.float32)
    caught = telescope.dithered_on_chip(x, y, (0.0, 3e5), rng)
    position = x + telescope.AIM_POINT_ARCSEC[0]
    share = [caught[np.abs(np.abs(position) - at) < 0.25].mean() for at in (0.25, 5.4, 13.0, 20.0)]
    # In the middle of the gap the chip is seen when |8 sin| > 5.41: 1 - 2/pi arcsin(5.41/8) = 0.527 of the
    # time.
    assert share[0] == pytest.approx(0.527, abs=0.03)
    # 13 arcsec from the middle it is missed when 8 sin > 13 - 5.41: for arccos(7.59 / 8) / pi of the time.
    assert share[2] == pytest.approx(1 - np.arccos(7.59 / 8) / np.pi, abs=0.03)
    assert share[3] == 1.0
    # The dither loses as much as a still detector, in total.
    still = np.mean(np.abs(position) > telescope.HALF_GAP_ARCSEC)
    assert caught.mean() == pytest.approx(still, abs=0.003)


def test_particle_background_has_the_measured_rates():
    x, y, energy = telescope.particle_background(300_000.0, np.random.default_rng(7))
    area = (2 * (telescope.HALF_FIELD_ARCSEC - telescope.HALF_GAP_ARCSEC) / 60) ** 2
    expected = {(0.3, 2.5): 9.8e-4, (2.5, 5.0): 8.5e-4, (5.0, 7.5): 9.9e-4, (7.5, 10.0): 1.33e-3}
    for (low, high), rate in expected.items():
        assert np.mean((energy > low) & (energy <= high)) * len(energy) / area / 3e5 == pytest.approx(rate, rel=0.02)
    assert np.abs(x).max() < telescope.HALF_FIELD_ARCSEC + telescope.AIM_POINT_ARCSEC[0] + 8.1
    assert x.dtype == y.dtype == energy.dtype == np.float32


def test_detection_is_single_precision_and_shuffles():
    rng = np.random.default_rng(8)
    x = np.linspace(-300, 300, 1000, dtype=np.float32)
    y = np.full(1000, 100.0, dtype=np.float32)
    columns = telescope.detect(x, y, np.full(1000, 1.5, dtype=np.float32), (0.0, 1e5), rng)
    assert all(column.dtype == np.float32 for column in columns)
    rank = np.arange(len(columns[0]))
    assert abs(np.corrcoef(columns[0], rank)[0, 1]) < 0.15
