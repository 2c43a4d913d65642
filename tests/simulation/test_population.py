import numpy as np
import pytest
from scipy.special import ndtri

from report_utils.errors import InputError
from report_utils.simulation import SimulationSettings
from report_utils.simulation.population import (
    N_HALOS,
    N_OBSERVATIONS,
    _history,
    completeness,
    halo_state,
    locate,
    mass_distribution,
    mass_shares,
    random_rotation,
)
from report_utils.simulation.tables import load_table

SETTINGS = SimulationSettings()


def test_a_block_holds_each_pair_of_halo_and_snapshot_at_most_once():
    pairs = [locate(3, i) for i in range(N_OBSERVATIONS)]
    assert len(set(pairs)) == N_OBSERVATIONS
    assert {halo for halo, _ in pairs} == set(range(N_HALOS))


def test_further_indices_are_other_halos():
    assert {locate(3, i)[0] // N_HALOS for i in range(N_OBSERVATIONS, 2 * N_OBSERVATIONS, 97)} == {1}
    assert locate(3, 50 * N_OBSERVATIONS + 5)[0] // N_HALOS == 50


@pytest.mark.parametrize("n", [1, 11, 48, 100, 1200, N_OBSERVATIONS])
def test_first_observations_hold_every_snapshot_equally_often(n):
    counts = np.bincount([locate(5, i)[1] for i in range(n)], minlength=11)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(("seed", "index"), [(-1, 0), (0, -1), (0, 1.5), ("1", 0), (True, 0)])
def test_seed_and_index_must_be_natural_numbers(seed, index):
    with pytest.raises(InputError, match="give an integer of 0 or more"):
        locate(seed, index)


def test_mass_function_table_is_tinker_2008_by_colossus():
    cosmology = pytest.importorskip("colossus.cosmology.cosmology")
    mass_function = pytest.importorskip("colossus.lss.mass_function")
    parameters = {"flat": True, "H0": 70.4, "Om0": 0.272, "Ob0": 0.0456, "sigma8": 0.809, "ns": 0.963}
    cosmo = cosmology.setCosmology("magneticum-test", params=parameters, persistence="")
    table = load_table("mass_function")
    mass = 10.0 ** np.array([13.65, 14.1, 15.0])
    computed = mass_function.massFunction(
        mass * cosmo.h, 0.2125, mdef="500c", model="tinker08", q_in="M", q_out="dndlnM"
    )
    row = list(np.round(table["redshift"], 4)).index(0.2125)
    tabulated = np.exp(np.interp(np.log10(mass), table["log10_mass"], np.log(table["dn_dlnM"][row])))
    np.testing.assert_allclose(tabulated, computed * cosmo.h**3, rtol=2e-3)


def test_completeness_is_logistic():
    got = completeness(np.array([13.0, 14.05, 14.05 + 0.12 * np.log(3)]), SETTINGS)
    np.testing.assert_allclose(got, [0.0, 0.5, 0.75])


def test_masses_follow_the_mass_function_at_each_snapshot():
    for snapshot in (0, 10):
        grid, cumulative = mass_distribution(SETTINGS, snapshot)
        masses = []
        for block in range(4):
            for slot in range(N_OBSERVATIONS):
                index = block * N_OBSERVATIONS + slot
                if locate(2, index)[1] == snapshot:
                    masses.append(halo_state(2, index, SETTINGS).log10_mass)
        shares = np.interp(masses, grid, cumulative)
        assert len(masses) > 1150
        assert shares.mean() == pytest.approx(0.5, abs=0.005)
        assert np.sort(shares)[len(shares) // 4] == pytest.approx(0.25, abs=0.01)


def test_mass_ranks_persist_between_snapshots():
    shares = np.concatenate([mass_shares(9, block) for block in range(5)], axis=1)
    latent = ndtri(shares)
    assert np.corrcoef(latent[3], latent[4])[0, 1] == pytest.approx(0.95, abs=0.01)
    assert np.corrcoef(latent[0], latent[10])[0, 1] == pytest.approx(0.95**10, abs=0.1)


def test_every_snapshot_of_a_block_fills_the_mass_distribution():
    shares = np.sort(mass_shares(9, 0), axis=1)
    np.testing.assert_array_equal(np.floor(shares * N_HALOS), np.tile(np.arange(N_HALOS), (11, 1)))


def test_scatters_persist_between_snapshots():
    scatters = np.array([_history(9, halo)[0][:, 0] for halo in range(1500)])
    assert np.corrcoef(scatters[:, 3], scatters[:, 4])[0, 1] == pytest.approx(0.7, abs=0.05)
    assert np.corrcoef(scatters[:, 3], scatters[:, 5])[0, 1] == pytest.approx(0.49, abs=0.07)
    np.testing.assert_allclose(scatters.std(axis=0), 1.0, atol=0.08)


def test_scatters_of_temperature_and_gas_mass_are_correlated():
    states = [halo_state(4, i, SETTINGS) for i in range(3000)]
    temperature, mass = (np.array([getattr(s, n) for s in states]) for n in ("temperature_scatter", "gas_mass_scatter"))
    # 3000 observations of 300 halos: about 900 independent pairs, so 0.03 of scatter.
    assert np.corrcoef(temperature, mass)[0, 1] == pytest.approx(0.3, abs=0.1)
    assert np.mean([s.cool_core for s in states]) == pytest.approx(0.3, abs=0.08)


def test_a_halo_keeps_its_shape_and_core_but_not_its_sight():
    states = {}
    for i in range(N_OBSERVATIONS):
        state = halo_state(6, i, SETTINGS)
        states.setdefault(state.halo, []).append(state)
    several = next(group for group in states.values() if len(group) == 11)
    assert all(np.array_equal(s.axes, several[0].axes) for s in several)
    assert len({s.cool_core for s in several}) == 1
    assert len({s.n_h for s in several}) == 11
    assert all(1e20 <= s.n_h <= 5e20 for s in several)


def test_axes_are_orthogonal_with_product_one():
    for halo in range(50):
        axes = _history(8, halo)[2]
        gram = axes @ axes.T
        lengths = np.sqrt(np.diag(gram))
        np.testing.assert_allclose(gram, np.diag(lengths**2), atol=1e-12)
        assert np.prod(lengths) == pytest.approx(1.0)
        assert 0.5 - 1e-9 <= lengths.min() / lengths.max() <= 1.0


def test_rotations_are_uniform():
    rng = np.random.default_rng(0)
    third = np.array([random_rotation(rng)[2] for _ in range(4000)])
    # A uniform direction has components of mean 0 and variance 1/3.
    np.testing.assert_allclose(third.mean(axis=0), 0.0, atol=0.04)
    np.testing.assert_allclose((third**2).mean(axis=0), 1 / 3, atol=0.02)
