import dataclasses

import numpy as np
import pytest

from report_utils.events import EventList
from report_utils.events.thinning import thin, thin_pair


@pytest.fixture
def numbered():
    """An observation whose x is each event's place in it."""

    def make(n=1000, cluster_id="c", source=None):
        place = np.arange(n, dtype=np.float64)
        return EventList(place, place[::-1] + 1, np.ones(n), source, cluster_id=cluster_id, log10_mass=14.0, group="h")

    return make


def test_so_many_are_kept_in_their_order_and_none_twice(numbered):
    kept = thin(numbered(), 137, seed=3)
    assert len(kept) == 137
    assert (np.diff(kept.x) > 0).all()
    assert (kept.cluster_id, kept.log10_mass, kept.group) == ("c", 14.0, "h")


def test_a_short_list_stays_as_it_is(numbered):
    events = numbered(50)
    assert thin(events, 50, seed=1) is events
    assert len(thin(events, 49, seed=1)) == 49


def test_seed_and_name_decide_and_nothing_else(numbered):
    first = thin(numbered(), 100, seed=1).x
    np.testing.assert_array_equal(thin(numbered(), 100, seed=1).x, first)
    heavier = dataclasses.replace(numbered(), log10_mass=15.0, group="", energy=np.full(1000, 7.0))
    np.testing.assert_array_equal(thin(heavier, 100, seed=1).x, first)
    assert not np.array_equal(thin(numbered(), 100, seed=2).x, first)
    assert not np.array_equal(thin(numbered(cluster_id="d"), 100, seed=1).x, first)


def test_fewer_events_are_a_subset_of_more(numbered):
    many, few = (set(thin(numbered(), n, seed=5).x) for n in (400, 40))
    assert few < many


def test_every_event_is_equally_likely(numbered):
    """Each of 1000 events is kept 2000 * 0.1 = 200 times, with a binomial spread of 13.4."""
    times = np.zeros(1000)
    for seed in range(2000):
        times[thin(numbered(), 100, seed).x.astype(int)] += 1
    assert times.sum() == 2000 * 100
    assert abs(times - 200).max() < 5.5 * 13.4  # a thousand Gaussian draws stay within 5.5 spreads
    assert 12.5 < times.std() < 14.5


def test_agn_less_lists_follow_the_labels(numbered):
    source = np.arange(1000, dtype=np.int8) % 3
    events, agn_less = thin_pair(numbered(source=source), numbered(source=source).without_agn(), 200, seed=1)
    assert len(events) == 200
    np.testing.assert_array_equal(agn_less.x, events.without_agn().x)


def test_a_list_of_its_own_loses_the_same_fraction(numbered):
    events, agn_less = thin_pair(numbered(1000), numbered(600), 200, seed=1)
    assert (len(events), len(agn_less)) == (200, 120)
    np.testing.assert_array_equal(events.x, thin(numbered(1000), 200, seed=1).x)
    untouched = thin_pair(numbered(1000), numbered(1200), 1000, seed=1)
    assert [len(each) for each in untouched] == [1000, 1200]
    assert len(thin_pair(numbered(1000), numbered(3), 10, seed=1)[1]) == 1
    assert len(thin_pair(numbered(1000), numbered(0), 10, seed=1)[1]) == 0


def test_thinnings_that_mean_nothing_are_refused(numbered, refused):
    refused(lambda: thin(numbered(), 0, seed=1), "max_events=0")
    refused(lambda: thin_pair(numbered(), numbered(), 10, seed=-1), "thin_seed=-1")
