import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from report_utils.errors import InputError
from report_utils.events.eventlist import Source
from report_utils.simulation import (
    SimulationSettings,
    cluster_properties,
    expected_counts,
    simulate_observation,
)

SHORT = SimulationSettings(exposure_s=20_000.0)
EVERYTHING = SimulationSettings(exposure_s=20_000.0, field_agn=True, particle_background=True)


def digest(events):
    columns = (events.x, events.y, events.energy, events.source)
    return [column.tobytes() for column in columns], events.cluster_id, events.log10_mass, events.group


def one_digest(index):
    return digest(simulate_observation(7, index, settings=SHORT))


def same(one, other):
    return digest(one) == digest(other)


def test_observations_do_not_depend_on_order():
    forwards = {i: one_digest(i) for i in (0, 1, 2, 3500)}
    backwards = {i: one_digest(i) for i in (3500, 2, 1, 0)}
    assert forwards == backwards
    assert forwards[0] != forwards[1]


def test_observations_do_not_depend_on_the_process():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(one_digest, 4).result() == one_digest(4)


def test_global_random_state_is_neither_used_nor_moved():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = one_digest(5)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.random.seed(99)  # noqa: NPY002
    assert one_digest(5) == first


def test_seeds_differ():
    assert not same(simulate_observation(1, 0, settings=SHORT), simulate_observation(2, 0, settings=SHORT))


@pytest.mark.parametrize("settings", [SHORT, EVERYTHING])
@pytest.mark.parametrize("index", [0, 11, 23])
def test_agn_less_is_the_same_observation_without_its_agn(index, settings):
    full = simulate_observation(7, index, settings=settings)
    agn_less = simulate_observation(7, index, agn=False, settings=settings)
    assert not np.any(agn_less.source == Source.AGN)
    assert same(full.without_agn(), agn_less)


def test_some_observations_do_hold_agn():
    assert any(np.any(simulate_observation(7, i, settings=SHORT).source == Source.AGN) for i in range(6))


def test_an_event_list_as_others_expect_it():
    events = simulate_observation(3, 17, settings=SHORT)
    cluster = cluster_properties(3, 17, SHORT)
    assert events.cluster_id == "s3-00017"
    assert events.group == cluster.group == f"s3-h{cluster.halo:04d}"
    assert events.log10_mass == cluster.log10_mass
    assert events.x.dtype == events.y.dtype == events.energy.dtype == np.float32
    assert events.source.dtype == np.int8
    assert events.energy.min() >= 0.3
    assert events.energy.max() <= 10.0
    assert all(np.isfinite(column).all() for column in events.columns().values())


def test_numbers_of_events_are_poisson_about_the_expected():
    # Sixty observations: normalised deviations have mean 0 +- 0.13 and standard deviation 1; the
    # expectation's own percent of error adds little at these counts.
    deviations = []
    for i in range(60):
        expected = expected_counts(7, i, settings=SHORT).total
        deviations.append((len(simulate_observation(7, i, settings=SHORT)) - expected) / np.sqrt(expected))
    assert np.mean(deviations) == pytest.approx(0.0, abs=0.5)
    assert 0.75 < np.std(deviations) < 1.4


def test_label_shares_are_those_expected():
    counts, expected = np.zeros(3), np.zeros(3)
    for i in range(25):
        events = simulate_observation(8, i, settings=EVERYTHING)
        counts += np.bincount(events.source, minlength=3)
        e = expected_counts(8, i, settings=EVERYTHING)
        expected += (e.gas, e.agn, e.background)
    np.testing.assert_allclose(counts, expected, rtol=0.02, atol=4 * np.sqrt(expected.max()))
    np.testing.assert_allclose(counts[2], expected[2], rtol=0.01)
    assert np.all(counts > 0)


def test_sources_are_mixed_through_the_list():
    events = simulate_observation(8, 0, settings=EVERYTHING)
    n = len(events)
    for source in (Source.GAS, Source.BACKGROUND, Source.AGN):
        rank = np.flatnonzero(events.source == source) / n
        # A uniform variable's mean scatters by 0.29 / sqrt(n).
        assert rank.mean() == pytest.approx(0.5, abs=5 * 0.29 / np.sqrt(len(rank)))
    half = n // 2
    assert events.energy[:half].mean() == pytest.approx(events.energy[half:].mean(), rel=0.05)


def test_a_longer_exposure_gives_more_events():
    longer = SimulationSettings(exposure_s=80_000.0)
    ratio = expected_counts(7, 3, settings=longer).total / expected_counts(7, 3, settings=SHORT).total
    assert ratio == pytest.approx(4.0)


def test_events_lie_on_the_field_around_the_cluster():
    events = simulate_observation(7, 2, settings=SHORT)
    assert np.abs(events.x).max() < 600
    assert np.abs(np.median(events.x)) < 60


def test_bad_arguments_are_one_line():
    with pytest.raises(InputError, match=r"simulation index is -3; give an integer of 0 or more"):
        simulate_observation(1, -3)
