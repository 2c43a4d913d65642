"""Settings that change one thing: it changes, and nothing else does."""

import dataclasses

import numpy as np
import pytest

from report_utils.simulation import SimulationSettings, cluster_properties, expected_counts, simulate_observation
from report_utils.simulation.agn import cluster_agn
from report_utils.simulation.cosmology import luminosity_distance
from report_utils.simulation.gas import mean_temperature

SEED = 9
INTRINSIC = ("halo", "snapshot", "log10_mass", "temperature_keV", "gas_mass", "r500_mpc", "luminosity", "n_h")


def properties(n=30, **settings):
    return [cluster_properties(SEED, index, SimulationSettings(**settings)) for index in range(n)]


def test_moved_clusters_stay_the_same_clusters():
    for here, there in zip(properties(), properties(distance_redshift=0.3), strict=True):
        assert there.redshift == 0.3
        assert {name: getattr(here, name) for name in INTRINSIC} == {name: getattr(there, name) for name in INTRINSIC}


def test_the_counts_of_a_moved_cluster_fall_with_the_square_of_its_distance():
    # up to the shift of the spectrum and the edge of the field
    near, far = (expected_counts(SEED, 4, settings=SimulationSettings(distance_redshift=z)).gas for z in (0.25, 0.35))
    ratio = (luminosity_distance(0.35) / luminosity_distance(0.25)) ** 2
    assert near / far == pytest.approx(ratio, rel=0.12)


def test_a_cluster_moved_to_where_it_is_gives_the_same_events():
    here = cluster_properties(SEED, 3)
    moved = simulate_observation(SEED, 3, settings=SimulationSettings(distance_redshift=here.redshift))
    np.testing.assert_array_equal(moved.energy, simulate_observation(SEED, 3).energy)


def test_all_clusters_at_one_redshift_keep_their_masses():
    for here, there in zip(properties(), properties(redshift=0.2, sigma_ln_temperature=0), strict=True):
        assert (there.redshift, there.log10_mass) == (0.2, here.log10_mass)
        assert there.temperature_keV == pytest.approx(mean_temperature(here.log10_mass, 0.2))


def test_hotter_gas_has_the_same_density():
    for cold, hot in zip(properties(), properties(temperature_factor=1.5), strict=True):
        assert hot.temperature_keV == pytest.approx(1.5 * cold.temperature_keV)
        assert hot.gas_mass == cold.gas_mass


def test_temperatures_regardless_of_mass_have_the_same_distribution():
    own, others = properties(400), properties(400, temperature_follows_mass=False)
    mass = [cluster.log10_mass for cluster in own]
    temperatures = [np.log([cluster.temperature_keV for cluster in sample]) for sample in (own, others)]
    assert np.corrcoef(mass, temperatures[0])[0, 1] > 0.9
    assert abs(np.corrcoef(mass, temperatures[1])[0, 1]) < 0.15
    assert temperatures[1].mean() == pytest.approx(temperatures[0].mean(), abs=0.06)
    assert temperatures[1].std() == pytest.approx(temperatures[0].std(), rel=0.15)


def test_iron_scatters_by_one_factor_and_moves_the_luminosity_of_cool_clusters():
    own, others = properties(), properties(sigma_ln_iron=0.5)
    ratio = np.array([other.luminosity / one.luminosity for one, other in zip(own, others, strict=True)])
    assert 0.02 < ratio.std() < 0.5
    assert all(one.temperature_keV == other.temperature_keV for one, other in zip(own, others, strict=True))


def test_more_halos_are_seen_less_often():
    few, many = (len({cluster.halo for cluster in properties(600, n_halos=n)}) for n in (300, 3000))
    assert few == pytest.approx(260, abs=20)
    assert many > 530
    masses = [np.sort([cluster.log10_mass for cluster in properties(600, n_halos=n)]) for n in (300, 3000)]
    np.testing.assert_allclose(masses[0].mean(), masses[1].mean(), atol=0.03)


def test_agn_with_luminosities_dim_with_distance_and_are_more_in_heavy_clusters():
    settings = SimulationSettings(agn_by_luminosity=True)
    cluster = cluster_properties(SEED, 0)
    placed = [dataclasses.replace(cluster, halo=halo, redshift=0.25, log10_mass=14.1) for halo in range(300)]
    as_fluxes = sum(len(cluster_agn(one, SimulationSettings()).norm) for one in placed)
    assert sum(len(cluster_agn(one, settings).norm) for one in placed) == as_fluxes  # at the pivot nothing changes
    heavy = [dataclasses.replace(one, log10_mass=14.5) for one in placed]
    assert sum(len(cluster_agn(one, settings).norm) for one in heavy) > 1.8 * as_fluxes
    far = [dataclasses.replace(one, redshift=0.45) for one in placed]
    norms = [np.median(np.concatenate([cluster_agn(one, settings).norm for one in sample])) for sample in (placed, far)]
    dimming = (luminosity_distance(0.25) / luminosity_distance(0.45)) ** 2
    assert norms[1] / norms[0] == pytest.approx(dimming, rel=0.1)
