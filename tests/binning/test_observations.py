"""What a profile's source decides: thinning for any source, and masses where something is trained."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from report_utils.binning import BAND_EDGES_KEV, band_counts
from report_utils.binning.observations import Observations, bin_observation, half_width_arcsec
from report_utils.errors import InputError
from report_utils.events import ArchiveWriter, EventList, export_observations, open_archive
from report_utils.events.thinning import thin
from report_utils.profiles import load_profile
from report_utils.simulation import cluster_properties, simulate_observation
from report_utils.simulation.cosmology import arcsec_per_mpc

PROFILE = """
description = "a test"
seed = 5
n_pixels = 16
[source]
"""


@pytest.fixture
def observations(tmp_path):
    def of(source, name="tiny"):
        path = tmp_path / f"{name}.toml"
        path.write_text(PROFILE + source)
        return Observations.of(load_profile(path))

    return of


@pytest.fixture
def archive(tmp_path):
    """Three simulated clusters with their AGN-less lists, with and without labels."""

    def make(name="archive", labelled=True, masses=(14.0, 14.1, 14.2)):
        with ArchiveWriter(tmp_path / name) as writer:
            for index, mass in enumerate(masses):
                events = simulate_observation(5, index)
                columns = events.columns() if labelled else {k: v for k, v in events.columns().items() if k != "source"}
                about = {"cluster_id": events.cluster_id, "log10_mass": mass}
                writer.add(EventList(**columns, **about), events.without_agn())
        return f'archive = "{name}"\n'

    return make


def test_a_simulation_is_thinned_and_its_agn_less_lists_with_it(observations):
    whole, thinned = observations("n_clusters = 3"), observations("n_clusters = 3\nmax_events = 500")
    assert len(whole.events(1)) > 500
    events, agn_less = thinned.lists(1, ["observation", "agn_less"])
    expected = thin(simulate_observation(5, 1), 500, 5)
    np.testing.assert_array_equal(events.x, expected.x)
    np.testing.assert_array_equal(agn_less.x, expected.without_agn().x)
    np.testing.assert_array_equal(thinned.events(1, "agn_less").x, agn_less.x)


@pytest.mark.parametrize("labelled", [True, False])
def test_an_archive_is_thinned(observations, archive, labelled):
    source = archive(labelled=labelled)
    whole, thinned = observations(source), observations(source + "max_events = 500")
    events, agn_less = thinned.lists(2, ["observation", "agn_less"])
    all_events, all_agn_less = whole.lists(2, ["observation", "agn_less"])
    np.testing.assert_array_equal(events.x, thin(all_events, 500, 5).x)
    if labelled:
        np.testing.assert_array_equal(agn_less.x, events.without_agn().x)
    else:
        assert len(agn_less) == round(len(all_agn_less) * 500 / len(all_events))
    np.testing.assert_array_equal(thinned.events(2, "agn_less").x, agn_less.x)
    np.testing.assert_array_equal(thinned.events(2).x, events.x)


def test_thinning_changes_the_key_and_nothing_where_there_is_nothing_to_thin(observations):
    plain, thinned, more, unset = (
        observations(f"n_clusters = 3\n{line}")
        for line in ("", "max_events = 500", "max_events = 501", "max_events = 100000000")
    )
    keys = {each.key(load_profile("smoke")).digest for each in (plain, thinned, more, unset)}
    assert len(keys) == 4
    sources = ["observation", "agn_less"]
    (a, known), (b, same), (c, fewer) = (
        bin_observation(each, 0, sources, BAND_EDGES_KEV) for each in (plain, unset, thinned)
    )
    assert known == same
    assert all((a[name] == b[name]).all() for name in ("counts_observation", "counts_agn_less"))
    np.testing.assert_array_equal(a["counts_observation"], band_counts(simulate_observation(5, 0), 16))
    assert c["counts_observation"].sum() == fewer["n_events"] == 500


def test_an_archive_without_masses_cannot_be_trained_on(observations, archive):
    source = archive(masses=(14.0, np.nan, np.nan))
    with pytest.raises(InputError, match="2 of 3 observations have no mass") as caught:
        observations(source)
    assert "tiny.toml" in str(caught.value)
    assert "predict" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert observations(source + "n_clusters = 1").n_clusters == 1


def test_an_export_of_a_profile_is_what_it_bins(observations, archive, tmp_path):
    from report_utils.events import ingest

    thinned = observations(archive() + "max_events = 500")
    ingest(export_observations(thinned.pairs(), tmp_path / "files"), tmp_path / "again")
    again = open_archive(tmp_path / "again")
    for index, (events, agn_less) in enumerate(thinned.pairs()):
        np.testing.assert_array_equal(again.read(index).energy, events.energy)
        np.testing.assert_array_equal(again.read(index, "agn_less").x, agn_less.x)
    assert len(again) == 3


def test_thinning_to_nothing_is_refused(observations):
    with pytest.raises(InputError, match=r"source\.max_events = 0"):
        observations("n_clusters = 3\nmax_events = 0")


@pytest.mark.parametrize("box", ["field", "mpc", "r500"])
def test_a_box_shows_the_events_inside_it(tmp_path, box):
    path = tmp_path / "boxed.toml"
    path.write_text(PROFILE.replace("[source]", f'box = "{box}"\n[source]\nn_clusters = 3'))
    boxed = Observations.of(load_profile(path))
    known = cluster_properties(5, 1)
    half_width = {"field": 517.22, "mpc": 0.6 * arcsec_per_mpc(known.redshift), "r500": known.r500_arcsec}[box]
    assert half_width_arcsec(box, dataclasses.asdict(known)) == pytest.approx(half_width)
    events = simulate_observation(5, 1)
    across, up = np.abs(events.x), np.abs(events.y)
    inside = np.maximum(across, up) <= half_width
    if box == "mpc":  # the strips of the gaps between chips are left out
        inside &= np.minimum(across, up) > half_width * 0.08 / 0.6
    counts, about = bin_observation(boxed, 1, ["observation"], BAND_EDGES_KEV)
    assert counts["counts_observation"].sum() == about["n_events"] == inside.sum()
    edges = np.linspace(-half_width, half_width, 17)
    expected, *_ = np.histogram2d(events.y[inside], events.x[inside], bins=[edges, edges])
    # events within rounding of an edge may fall to either side of it
    assert np.abs(counts["counts_observation"].sum(axis=-1) - expected).sum() <= 4


def test_an_archive_has_only_the_box_of_its_events(tmp_path):
    path = tmp_path / "boxed.toml"
    path.write_text(PROFILE.replace("[source]", 'box = "mpc"\n[source]\narchive = "archive"'))
    with pytest.raises(InputError, match="box = 'mpc' needs the redshifts"):
        load_profile(path)


def test_boxes_have_keys_of_their_own(tmp_path):
    texts = {
        box: PROFILE.replace("[source]", f'box = "{box}"\n[source]\nn_clusters = 3') for box in ("events", "field")
    }
    keys = []
    for box, text in texts.items():
        path = tmp_path / f"{box}.toml"
        path.write_text(text)
        profile = load_profile(path)
        keys.append(Observations.of(profile).key(profile).inputs)
    assert "box" not in keys[0]  # the report's own box is no setting
    assert keys[1]["box"] == "field"


def test_no_event_in_the_box_is_an_error():
    events = EventList(*(np.array([600.0, 700.0]) for _ in range(2)), np.array([1.0, 2.0]), cluster_id="far")
    with pytest.raises(InputError, match="'far': no event lies within 500 arcsec"):
        band_counts(events, 8, BAND_EDGES_KEV, 500.0)
