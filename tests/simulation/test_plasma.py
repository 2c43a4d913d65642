import numpy as np
import pytest

from report_utils.simulation import plasma, telescope
from report_utils.simulation.observe import observed_energies


@pytest.mark.parametrize(
    ("temperature", "expected"), [(1.085, 8.94e-24), (2.725, 5.98e-24), (5.437, 5.75e-24), (10.849, 5.25e-24)]
)
def test_cooling_function_agrees_with_apec(temperature, expected):
    # The four temperatures lie on AtomDB's own grid (to the digits given), so interpolation adds next to
    # nothing.
    assert plasma.cooling_function(np.array([temperature]), np.array([0.3]))[0] == pytest.approx(expected, rel=3e-3)


def test_emissivity_is_linear_in_abundance_and_in_ln_temperature():
    table = plasma.load_table("apec")
    between = np.exp(0.5 * (np.log(table["kT"][10]) + np.log(table["kT"][11])))
    got = plasma.emissivity(np.array([between]), np.array([0.7]))[0]
    ends = [table["cosmic"][i] + 0.7 * table["metal"][i] for i in (10, 11)]
    np.testing.assert_allclose(got, 0.5 * (ends[0] + ends[1]), rtol=1e-5)


def test_emissivity_outside_the_table_is_that_of_its_edge():
    cold, edge = plasma.emissivity(np.array([0.01, plasma.load_table("apec")["kT"][0]]), np.full(2, 0.3))
    np.testing.assert_allclose(cold, edge, rtol=1e-6)


def test_cross_section_is_that_of_morrison_and_mccammon():
    # By hand at 1 keV: (120.6 + 169.3 - 47.7) 1e-24 cm^2, and at 5 keV: (433.9 - 12 + 18.75) / 125 1e-24
    # cm^2.
    np.testing.assert_allclose(plasma.cross_section(np.array([1.0, 5.0])), [242.2e-24, 440.65e-24 / 125], rtol=1e-12)
    assert plasma.transmission(np.array([1.0]), 2e20)[0] == pytest.approx(np.exp(-0.04844))


def test_cross_section_is_continuous_but_for_the_absorption_edges():
    edges = np.array([0.1, 0.4, 1.84, 4.038])
    below, above = plasma.cross_section(edges * (1 - 1e-9)), plasma.cross_section(edges * (1 + 1e-9))
    np.testing.assert_allclose(below, above, rtol=0.1)
    # The iron K edge doubles the iron part, so it must be seen.
    assert plasma.cross_section(np.array([7.2]))[0] > 1.2 * plasma.cross_section(np.array([7.0]))[0]


@pytest.mark.parametrize(
    ("temperature", "fractions"),
    [
        (1, (0.988, 0.012, 0.0003, 0.0)),
        (2, (0.925, 0.068, 0.007, 0.0001)),
        (3, (0.878, 0.106, 0.016, 0.0004)),
        (5, (0.823, 0.147, 0.029, 0.001)),
        (10, (0.769, 0.186, 0.043, 0.003)),
    ],
)
def test_band_fractions_against_the_physics_notes(temperature, fractions):
    energies = observed_energies(0.2)
    centre = 0.5 * (energies.edges[1:] + energies.edges[:-1])
    rate = plasma.emissivity(np.array([temperature]), np.array([0.3]), energies.bins)[0]
    rate = rate * energies.area * plasma.transmission(centre, 2e20)
    bands = np.array([rate[(centre > low) & (centre <= high)].sum() for low, high in BANDS])
    # The notes round to three digits (one or two in the highest bands) and do not blur the energies.
    np.testing.assert_allclose(bands / bands.sum(), fractions, atol=1.5e-3)


BANDS = ((telescope.LOWEST_KEV, 2.5), (2.5, 5.0), (5.0, 7.5), (7.5, telescope.HIGHEST_KEV))
