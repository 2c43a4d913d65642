import numpy as np
import pytest

from report_utils.simulation import N_OBSERVATIONS, SimulationSettings, cluster_properties
from report_utils.simulation.checks import (
    band_fractions,
    event_band_fractions,
    example_spectrum,
    pratt_luminosity,
    relations,
    sample_table,
)
from report_utils.simulation.profile_checks import radial_profiles

SEED = 626
SETTINGS = SimulationSettings()


@pytest.fixture(scope="module")
def bright():
    """Return an undisturbed, bright cluster that fits on the chips, for each kind of core."""
    chosen = {}
    for index in range(400):
        cluster = cluster_properties(SEED, index, SETTINGS)
        flux = cluster.luminosity / cluster.redshift**2
        if cluster.n_clumps == 0 and cluster.r500_arcsec < 400 and flux > chosen.get(cluster.cool_core, (0, 0))[0]:
            chosen[cluster.cool_core] = (flux, index)
    return {core: index for core, (_, index) in chosen.items()}


@pytest.mark.parametrize("cool_core", [True, False])
def test_profiles_measured_from_events_are_those_put_in(bright, cool_core):
    profiles = radial_profiles(SEED, bright[cool_core], SETTINGS, np.geomspace(0.03, 1.0, 9))
    np.testing.assert_allclose(profiles.brightness, profiles.expected_brightness, rtol=0.08)
    pull = (profiles.temperature - profiles.expected_temperature) / profiles.temperature_error
    # The statistical error is a few percent a ring; the one-temperature fit adds a bias of about as much.
    np.testing.assert_allclose(profiles.temperature, profiles.expected_temperature, rtol=0.15)
    assert np.abs(pull).mean() < 2.5
    outwards = profiles.temperature[-1] < profiles.temperature[4]
    assert outwards
    if cool_core:
        assert profiles.expected_temperature[0] < 0.9 * profiles.expected_temperature.max()


def test_spectrum_of_events_is_the_expected_one(bright):
    spectrum = example_spectrum(SEED, bright[False], SETTINGS, np.linspace(0.3, 10.0, 49))
    ratio = spectrum.counts.sum() / spectrum.expected.sum()
    assert ratio == pytest.approx(1.0, abs=0.02)
    well = spectrum.expected > 25
    deviations = (spectrum.counts - ratio * spectrum.expected)[well] / np.sqrt(spectrum.expected[well])
    # About 35 bins: the standard deviation of a unit normal to 0.12.
    assert 0.6 < deviations.std() < 1.5


def test_bands_of_events_are_those_of_their_gas(bright):
    cluster = cluster_properties(SEED, bright[False], SETTINGS)
    measured = event_band_fractions(SEED, [bright[False]], SETTINGS)[0]
    assert measured.sum() == pytest.approx(1.0)
    one = band_fractions(np.array([cluster.temperature_keV]), cluster.redshift, cluster.n_h)[0]
    # The gas has many temperatures and is seen off axis, so the fractions agree but roughly.
    np.testing.assert_allclose(measured[:2], one[:2], atol=0.03)


def test_hotter_gas_is_harder():
    fractions = band_fractions(np.array([1.0, 2.0, 4.0, 8.0]), 0.2)
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0)
    assert np.all(np.diff(fractions[:, 0]) < 0)
    assert np.all(np.diff(fractions[:, 1:], axis=0) > 0)
    assert fractions[:, 3].max() < 0.004


def test_relation_of_pratt_at_its_pivot():
    assert pratt_luminosity(np.log10(2e14), 0.0) == pytest.approx(0.62 * 0.83e44)


def test_relations_recover_a_made_up_power_law():
    table = sample_table(SEED, 150, SETTINGS)
    assert set(table["cluster_id"]) == {f"s{SEED}-{i:05d}" for i in range(150)}
    e_z = (0.272 * (1 + table["redshift"]) ** 3 + 0.728) ** 0.5
    noise = np.random.default_rng(1).standard_normal((2, len(table)))
    mass = 10 ** table["log10_mass"] / 1e14
    table["luminosity"] = 1e44 * e_z ** (7 / 3) * mass**1.5 * np.exp(0.3 * noise[0])
    table["luminosity_core_excised"] = 5e43 * e_z ** (7 / 3) * mass**1.5
    table["temperature_keV"] = 3.0 * e_z ** (2 / 3) * mass**0.6 * np.exp(0.1 * (noise[0] + noise[1]))
    got = relations(table)
    assert got.luminosity_slope == pytest.approx(1.5, abs=0.15)
    assert got.luminosity_scatter == pytest.approx(0.3, abs=0.06)
    assert got.core_excised_scatter == pytest.approx(0.0, abs=1e-9)
    assert got.temperature_scatter == pytest.approx(0.1 * np.sqrt(2), abs=0.03)
    assert got.correlation == pytest.approx(np.sqrt(0.5), abs=0.15)


def test_the_sample_has_the_size_of_the_report():
    assert N_OBSERVATIONS == 3286
