"""What the page "Weigh a cluster" is given: networks of 16 bits, and clusters that no network of it was trained on."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.made_up_runs import store_fits
from tests.profile_files import write_profile
from tests.test_widgets import read_packed

from report_utils.errors import NotAvailableError
from report_utils.events import ArchiveWriter
from report_utils.experiments.weigh import (
    MOST_CLUSTERS,
    NETWORKS,
    REDSHIFTS,
    changes,
    chosen_rows,
    reading_facts,
    weigh_a_cluster,
)
from report_utils.prediction.trained_networks import trained_networks
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.store import Store
from report_utils.simulation import SimulationSettings, simulate_observation


@pytest.fixture(scope="module")
def reproduction(tmp_path_factory):
    """Sixty clusters, and networks as they are before training."""
    folder = tmp_path_factory.mktemp("weigh")
    short = "n_clusters = 60\nsimulation = {exposure_s = 20_000.0}"  # a fifteenth of the events, and of the time
    write_profile(folder / "tiny.toml", ("n_clusters = 20", short))
    made = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    for name in NETWORKS:
        store_fits(made, name, with_network=True)
    return made


@pytest.fixture(scope="module")
def widget(reproduction):
    return weigh_a_cluster(reproduction)


def test_no_network_of_the_page_was_trained_on_its_clusters(reproduction, widget):
    rows = [cluster["row"] for cluster in widget.data["clusters"]]
    assert len(rows) == 6  # a tenth of sixty
    assert set(reproduction.fold_of()[rows]) == {0}
    truth = [cluster["truth"] for cluster in widget.data["clusters"]]
    assert truth == sorted(truth)
    np.testing.assert_array_equal(truth, reproduction.dataset.log10_mass[rows])


def test_the_page_holds_the_counts_themselves(reproduction, widget):
    for cluster in widget.data["clusters"]:
        cubes = read_packed(cluster["cubes"], (len(cluster["states"]), 4, 16, 16)).transpose(0, 2, 3, 1)
        np.testing.assert_array_equal(cubes[0], reproduction.counts()[cluster["row"]])
        kinds = [state["kind"] for state in cluster["states"]]
        if "agn" in kinds:
            np.testing.assert_array_equal(cubes[kinds.index("agn")], reproduction.counts("agn_less")[cluster["row"]])
            assert "with AGN" in cluster["words"]
        else:
            np.testing.assert_array_equal(cubes[0], reproduction.counts("agn_less")[cluster["row"]])
            assert "without AGN" in cluster["words"]
        at = [
            (state["value"], cube.sum())
            for state, cube in zip(cluster["states"], cubes, strict=True)
            if state["kind"] == "exposure"
        ]
        assert [events for _, events in sorted(at)] == sorted(events for _, events in at)


def test_weights_have_sixteen_bits(reproduction, widget):
    for entry, name in zip(widget.data["networks"], NETWORKS, strict=True):
        network = trained_networks(reproduction, name)[0]
        bits = read_packed(entry["weights"], (-1,)).astype(np.uint16).view(np.float16)
        exact = np.concatenate([weight.ravel() for weight in network.fit.weights])
        assert len(bits) == sum(int(np.prod(shape)) for shape in entry["shapes"])
        np.testing.assert_allclose(bits, exact, rtol=2**-11, atol=2**-24)
        residual = network.fit.predictions[:, 0] - network.truth
        assert entry["error"]["scatter"] == pytest.approx([residual.std(ddof=1)])


def test_one_thing_is_changed_at_a_time_and_nothing_too_bright_is_simulated():
    settings, known = SimulationSettings(), {"n_events_agn_less": 20_000, "redshift": 0.2, "temperature_keV": 4.0}
    found = list(changes(settings, known))
    assert all(len(changed) == 1 for _, changed in found)
    redshifts = [state["redshift"] for state, _ in found if state["kind"] == "distance"]
    assert redshifts == [z for z in REDSHIFTS if z != 0.2]
    temperatures = {
        state["value"]: changed["temperature_factor"] for state, changed in found if state["kind"] == "temperature"
    }
    assert all(value == pytest.approx(4.0 * factor) for value, factor in temperatures.items())
    bright = [state for state, _ in changes(settings, known | {"n_events_agn_less": 900_000})]
    assert min(state["redshift"] for state in bright if state["kind"] == "distance") > 0.2
    assert max(state["value"] for state in bright if state["kind"] == "exposure") < 300


def test_the_chosen_clusters_differ(reproduction):
    rows = chosen_rows(reproduction, np.arange(60))
    assert len(set(rows)) == MOST_CLUSTERS
    first = reproduction.catalogue.iloc[rows[:12]]
    assert set(first["cool_core"]) == {True, False}
    assert set(first["n_events"] != first["n_events_agn_less"]) == {True, False}
    third = reproduction.catalogue["log10_mass"].quantile([1 / 3, 2 / 3]).to_numpy()
    assert set(np.searchsorted(third, first["log10_mass"])) == {0, 1, 2}


def test_observations_from_files_are_not_observed_again(tmp_path):
    with ArchiveWriter(tmp_path / "archive") as writer:
        for index in range(20):
            writer.add(simulate_observation(5, index, settings=SimulationSettings(exposure_s=20_000.0)))
    write_profile(tmp_path / "own.toml", ("n_clusters = 20", 'archive = "archive"'))
    made = Reproduction(tmp_path / "own.toml", Store(tmp_path / "runs"))
    for name in NETWORKS:
        store_fits(made, name, with_network=True)
    clusters = weigh_a_cluster(made).data["clusters"]
    assert {state["kind"] for cluster in clusters for state in cluster["states"]} <= {"own", "agn"}


def test_without_networks_it_says_what_it_needs(tmp_path):
    write_profile(tmp_path / "none.toml")
    made = Reproduction(tmp_path / "none.toml", Store(tmp_path / "runs"))
    with pytest.raises(NotAvailableError, match="train them with: report-utils fit single_band"):
        weigh_a_cluster(made)


def test_another_kind_of_network_is_not_computed(reproduction, monkeypatch):
    monkeypatch.setattr("report_utils.cnn.fused_forward.stands_for", lambda model: False)
    with pytest.raises(NotAvailableError, match="another kind than the report's"):
        weigh_a_cluster(reproduction)


def test_what_reading_needs_to_know_is_plain():
    facts = json.loads(json.dumps(reading_facts()))
    assert facts["energyUnits"]["ev"]["inverse"] == 1000
    assert "mev" not in facts["energyUnits"]  # meV and MeV differ
    assert facts["angleUnits"]["arcmin"] == pytest.approx(1 / 60)
    assert {one["mission"] for one in facts["missions"]} >= {"chandra", "erosita", "xmm"}


def test_without_scripts_the_page_has_the_predictions(widget):
    assert widget.plain.count("<tr>") == 1 + len(widget.data["clusters"])
    assert "http" not in widget.html()
