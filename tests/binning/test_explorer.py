"""What the image explorer is given to show."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from tests.test_widgets import read_packed

from report_utils.binning import BAND_EDGES_KEV, TRANSFORMS, Transform, band_counts
from report_utils.binning.explorer import image_explorer
from report_utils.errors import InputError
from report_utils.events import EventList


def some_events(seed, n_events=3000, name="A1795"):
    """A bright middle and a spike of many events in one pixel."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_t(2, size=(2, n_events)).clip(-40, 60)
    spike = np.full(2 * n_events, 3.0)
    energy = np.concatenate([rng.exponential(2, n_events), rng.uniform(0, 4, 2 * n_events)])
    return EventList(np.append(x, spike), np.append(y, spike), energy, cluster_id=name, log10_mass=14.5)


def test_the_page_holds_the_counts_themselves():
    observations, agn_less = [some_events(1), some_events(2)], [some_events(3), some_events(4)]
    data = image_explorer(observations, agn_less, n_pixels=16).data
    for sources, *lists in zip(data["examples"], observations, agn_less, strict=True):
        for events, name in zip(lists, ("observation", "agn_less"), strict=True):
            held = sources["sources"][name]
            counts = read_packed(held["counts"], (4, 16, 16)).transpose(1, 2, 0)
            np.testing.assert_array_equal(counts, band_counts(events, 16))
            assert held["box"] == [events.x.min(), events.x.max(), events.y.min(), events.y.max()]


def test_all_transforms_are_offered_and_defined_as_they_are():
    data = image_explorer([some_events(1)], [some_events(2)], n_pixels=8).data
    assert [entry["name"] for entry in data["transforms"]] == list(TRANSFORMS)
    for entry in data["transforms"]:
        transform = TRANSFORMS[entry["name"]]
        assert entry["bands"] == [list(summed) for summed in transform.bands(BAND_EDGES_KEV)]
        assert entry["source"] == transform.source
        assert entry["percentile"] == transform.retained_percentile
        assert len(entry["channels"]) == transform.n_channels
    assert data["transforms"][data["first"]]["name"] == "multi_band_4"


def test_without_agn_less_lists_their_transforms_are_left_out():
    data = image_explorer([some_events(1)], n_pixels=8).data
    names = [entry["name"] for entry in data["transforms"]]
    assert names == [name for name, each in TRANSFORMS.items() if each.source == "observation"]
    assert set(data["examples"][0]["sources"]) == {"observation"}


def test_transforms_with_other_edges_are_offered_too():
    """The page's counts are so fine that each channel is a sum of some: here 0-1, 1-2.5, 2.5-5, 5-7.5 and above."""
    soft = Transform("soft_split", "Soft split", (0, 1, 2.5))
    data = image_explorer([some_events(1)], n_pixels=16, transforms={**TRANSFORMS, "soft_split": soft}).data
    counts = read_packed(data["examples"][0]["sources"]["observation"]["counts"], (5, 16, 16))
    np.testing.assert_array_equal(counts, band_counts(some_events(1), 16, (0, 1, 2.5, 5, 7.5, inf)).transpose(2, 0, 1))
    bands = {entry["name"]: entry["bands"] for entry in data["transforms"]}
    assert bands["soft_split"] == [[0], [1]]
    assert bands["multi_band_2"] == [[0, 1], [2]]
    assert bands["single_band"] == [[0, 1, 2, 3, 4]]
    assert data["transforms"][-1]["channels"] == ["0-1 keV", "1-2.5 keV"]


def test_names_say_what_is_known():
    known = some_events(1)
    unknown = EventList(known.x, known.y, known.energy)
    data = image_explorer([known, unknown], n_pixels=8).data
    assert [example["name"] for example in data["examples"]] == ["log M = 14.50, A1795", "observation"]


def test_it_is_the_same_every_time():
    first, again = (image_explorer([some_events(1)], n_pixels=8) for _ in range(2))
    assert first.html() == again.html()
    assert "http" not in first.html()


def test_bad_input_is_named():
    with pytest.raises(InputError, match="no observation"):
        image_explorer([])
    with pytest.raises(InputError, match="every transform needs AGN-less observations"):
        image_explorer([some_events(1)], transforms={"agn_less_1": TRANSFORMS["agn_less_1"]})
    with pytest.raises(InputError, match="1 AGN-less observations given for 2"):
        image_explorer([some_events(1), some_events(2)], [some_events(1)])
