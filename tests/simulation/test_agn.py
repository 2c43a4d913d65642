import numpy as np
import pytest

from report_utils.simulation import SimulationSettings, agn, cluster_properties
from report_utils.simulation.cosmology import CM_PER_MPC, ERG_PER_KEV, luminosity_distance

EDGES = np.linspace(0.2, 10.0, 4901)
CENTRE = 0.5 * (EDGES[1:] + EDGES[:-1])


def test_number_counts_at_the_unit_flux():
    # By hand: K2 = 169.56 x 0.6^0.99 = 102.3 per deg^2 and 1e-14 cgs, over b - 1 = 1.48.
    assert agn.field_counts(1e-14) == pytest.approx(169.56 * 0.6**0.99 / 1.48)
    assert 60 < agn.field_counts(1e-14) < 90


def test_number_counts_are_the_integral_of_a_broken_power_law():
    s = np.geomspace(1e-16, 1e-9, 200_001)
    centre, width = np.sqrt(s[1:] * s[:-1]), np.diff(s)
    bright = 169.56 * 0.6**0.99
    density = np.where(centre < 6e-15, 169.56 * (centre / 1e-14) ** -1.49, bright * (centre / 1e-14) ** -2.48)
    assert agn.field_counts(1e-16) == pytest.approx(np.sum(density * width) / 1e-14, rel=1e-4)


@pytest.mark.parametrize("index", [1.4, 1.8, 2.0, 2.2])
def test_power_law_carries_its_flux(index):
    norm = agn.power_law_norm(np.array([3e-14]), np.array([index]), (0.5, 8.0))
    photons = norm * CENTRE**-index * np.diff(EDGES)
    band = (CENTRE > 0.5) & (CENTRE < 8.0)
    assert np.sum(photons[band] * CENTRE[band]) * ERG_PER_KEV == pytest.approx(3e-14, rel=1e-4)


def test_photon_index_hardens_towards_faint_sources():
    np.testing.assert_allclose(agn.photon_index(np.array([1e-16, 1e-14, 1e-12])), [1.3, 1.8, 2.3], atol=1e-6)


def test_pareto_draws_have_their_slope():
    draws = agn.pareto(np.random.default_rng(1), 200_000, 2.48, 1e-14, 1e-12)
    assert draws.min() >= 1e-14
    assert draws.max() <= 1e-12
    assert np.mean(draws > 2e-14) == pytest.approx((2**-1.48 - 100**-1.48) / (1 - 100**-1.48), abs=0.004)


def clusters(n):
    return [cluster_properties(1, i) for i in range(n)]


def test_cluster_agn_are_about_one_besides_the_centre_and_lie_inside_r500():
    sample = clusters(2000)
    off_centre, central, radii = [], {True: [], False: []}, []
    for cluster in sample:
        sources = agn.cluster_agn(cluster, SimulationSettings())
        distance = np.hypot(*sources.position.T)
        off_centre.append(np.sum(distance > 0))
        central[cluster.cool_core].append(np.sum(distance == 0))
        radii.extend(distance[distance > 0] / cluster.r500_arcsec)
    # Poisson of mean 1 +- 0.4: 2000 clusters give the mean to 0.024. As the page says, that mean is drawn for every
    # observation: the variance is 1 + 0.4^2, and exp(-1 + 0.4^2 / 2) = 40 % have none.
    assert np.mean(off_centre) == pytest.approx(1.0, abs=0.08)
    assert np.var(off_centre) == pytest.approx(1.16, abs=0.15)
    assert np.mean(np.array(off_centre) == 0) == pytest.approx(np.exp(-1 + 0.08), abs=0.035)
    assert np.mean(central[True]) == pytest.approx(0.30, abs=0.06)
    assert np.mean(central[False]) == pytest.approx(0.08, abs=0.025)
    assert np.mean(central[True] + central[False]) == pytest.approx(0.15, abs=0.03)
    # Surface density r^-0.6 puts 0.5^1.4 inside half the radius.
    assert max(radii) <= 1.0
    assert np.mean(np.array(radii) < 0.5) == pytest.approx(0.5**1.4, abs=0.04)


def test_central_agn_have_their_luminosity():
    luminosities, columns = [], []
    for cluster in clusters(1500):
        sources = agn.cluster_agn(cluster, SimulationSettings())
        at_centre = np.hypot(*sources.position.T) == 0
        if at_centre.any():
            low, high = (e / (1 + cluster.redshift) for e in (2.0, 7.0))
            integral = (high**0.2 - low**0.2) / 0.2
            flux = sources.norm[at_centre][0] * integral * ERG_PER_KEV
            distance = luminosity_distance(cluster.redshift) * CM_PER_MPC
            luminosities.append(np.log10(flux * 4 * np.pi * distance**2))
            columns.append(sources.n_h[at_centre][0])
    assert np.mean(luminosities) == pytest.approx(42.6, abs=0.1)
    assert np.std(luminosities) == pytest.approx(0.5, abs=0.08)
    obscured = np.array(columns) > 0
    assert obscured.mean() == pytest.approx(0.5, abs=0.1)
    assert np.all((np.array(columns)[obscured] >= 1e22) & (np.array(columns)[obscured] <= 1e23))


def test_obscuring_gas_takes_the_soft_photons():
    cluster = clusters(1)[0]
    ones = np.ones(1)
    clear = agn.PointSources(np.zeros((1, 2)), 1.8 * ones, ones, 0 * ones, cluster.redshift).photon_flux(EDGES)[0]
    hidden = agn.PointSources(np.zeros((1, 2)), 1.8 * ones, ones, 3e22 * ones, cluster.redshift).photon_flux(EDGES)[0]
    share = hidden / clear
    assert share[CENTRE > 7].min() > 0.8
    assert share[CENTRE < 0.8].max() < 0.01


def test_field_agn_are_added_only_when_asked():
    cluster = clusters(1)[0]
    alone = agn.point_sources(cluster, SimulationSettings())
    crowded = agn.point_sources(cluster, SimulationSettings(field_agn=True))
    area = (1200 / 3600) ** 2
    expected = area * agn.field_counts(2e-17)
    assert len(crowded.norm) - len(alone.norm) == pytest.approx(expected, abs=5 * np.sqrt(expected))
    np.testing.assert_array_equal(crowded.norm[: len(alone.norm)], alone.norm)
