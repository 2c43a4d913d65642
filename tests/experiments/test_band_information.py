"""What bands can tell: against two bands' textbook formula, simulated events, and limits that are known."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from report_utils.binning.transforms import FINE_EDGES_KEV
from report_utils.experiments.band_information import (
    BandSpectrum,
    band_spectrum,
    best_edges,
    merged,
    scatter_from_bands,
    scatter_of_sample,
    temperature_information,
)
from report_utils.experiments.expected_scatter import expected_one_and_two
from report_utils.simulation import simulate_observation


@pytest.fixture(scope="module")
def spectrum():
    return band_spectrum(1001, 3, FINE_EDGES_KEV)


def test_expected_bands_are_the_means_of_simulated_ones(spectrum):
    events = simulate_observation(1001, 3)
    counted = np.histogram(events.energy, np.clip(FINE_EDGES_KEV, 0, 1e3))[0]
    expected = spectrum.gas + spectrum.agn
    assert counted == pytest.approx(expected, abs=5 * np.sqrt(expected).max(), rel=0.05)


def test_information_of_two_bands_is_that_of_a_binomial():
    share, slope, total = 0.2, 0.3, 1000.0  # dp / d log10 T = 0.3
    counts = total * np.array([1 - share, share])
    hotter = np.array([-slope / (1 - share), slope / share])
    assert temperature_information(counts, hotter) == pytest.approx(total * slope**2 / (share * (1 - share)))
    assert temperature_information(counts, hotter + 5) == pytest.approx(temperature_information(counts, hotter))


def test_merging_bands_keeps_events_and_loses_information(spectrum):
    coarse = merged(spectrum, FINE_EDGES_KEV, (0, 2.5, inf))
    assert coarse.gas.sum() == pytest.approx(spectrum.gas.sum())
    assert coarse.gas @ coarse.hotter == pytest.approx(spectrum.gas @ spectrum.hotter)
    information = [temperature_information(one.gas, one.hotter) for one in (coarse, spectrum)]
    assert 0 < information[0] < information[1]


def test_one_band_is_the_one_band_of_scaling_relations(spectrum):
    whole = merged(spectrum, FINE_EDGES_KEV, (0, inf))
    for apart in (True, False):
        assert scatter_from_bands(whole, agn_told_apart=apart) == pytest.approx(expected_one_and_two()[0])


def test_bands_that_follow_nothing_tell_nothing(spectrum):
    nothing = np.zeros_like(spectrum.gas)
    flat = BandSpectrum(spectrum.gas, nothing, nothing, nothing, nothing)
    assert scatter_from_bands(flat, agn_told_apart=False) == pytest.approx(expected_one_and_two()[0])


def test_unknown_agn_cost_and_more_bands_never_do(spectrum):
    apart, together = (scatter_from_bands(spectrum, agn_told_apart=apart) for apart in (True, False))
    assert apart <= together
    assert scatter_from_bands(replace(spectrum, agn=0 * spectrum.agn), agn_told_apart=False) == pytest.approx(apart)
    order = best_edges([spectrum], FINE_EDGES_KEV, agn_told_apart=False)
    assert sorted(order) == list(FINE_EDGES_KEV[1:-1])
    scatters = [
        scatter_of_sample([spectrum], FINE_EDGES_KEV, sorted({0, *order[:n], inf}), agn_told_apart=False)
        for n in range(len(order) + 1)
    ]
    assert scatters == sorted(scatters, reverse=True)
