"""X-ray emission of hot gas and its absorption on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from report_utils.simulation.cosmology import ERG_PER_KEV
from report_utils.simulation.tables import load_table

# Photoelectric cross-section of neutral gas, Morrison & McCammon (1983), Table 2: upper edges [keV],
# coefficients.
_EDGES = np.array([0.1, 0.284, 0.4, 0.532, 0.707, 0.867, 1.303, 1.84, 2.471, 3.21, 4.038, 7.111, 8.331, 10.0])
_C0 = np.array([17.3, 34.6, 78.1, 71.4, 95.5, 308.9, 120.6, 141.3, 202.7, 342.7, 352.2, 433.9, 629.0, 701.2])
_C1 = np.array([608.1, 267.9, 18.8, 66.8, 145.8, -380.6, 169.3, 146.8, 104.7, 18.7, 18.7, -2.4, 30.9, 25.2])
_C2 = np.array([-2150.0, -476.1, 4.3, -51.4, -61.1, 294.0, -47.7, -31.5, -17.0, 0.0, 0.0, 0.75, 0.0, 0.0])


def rest_edges() -> NDArray[np.float64]:
    """Return the edges of the emissivity's rest-frame energy bins, (n_bins + 1,) [keV]."""
    return load_table("apec")["edges"]


def emissivity(temperature: NDArray, iron: NDArray, bins: slice = slice(None)) -> NDArray[np.float32]:
    """Return the photon emissivity of gas in collisional equilibrium.

    AtomDB 3.0.8 / APEC (Smith et al. 2001; Foster et al. 2012): cosmic part plus abundance times metal part,
    each linear in ln kT between the table's temperatures.

    Parameters
    ----------
    temperature : (n,) [keV]
        Held inside the table's range, 0.137 to 27 keV.
    iron : (n,) [solar, Anders & Grevesse 1989]
        Abundance of all metals.
    bins : slice
        Which energy bins of :func:`rest_edges`.

    Returns
    -------
    (n, n_bins) [photons s^-1 cm^3 per bin, for unit n_e n_H]
    """
    table = load_table("apec")
    grid = np.log(table["kT"])
    ln_t = np.clip(np.log(temperature), grid[0], grid[-1])
    low = np.clip(np.searchsorted(grid, ln_t, side="right") - 1, 0, len(grid) - 2)
    weight = ((ln_t - grid[low]) / (grid[low + 1] - grid[low])).astype(np.float32)[:, None]
    abundance = np.asarray(iron, dtype=np.float32)[:, None]
    cosmic, metal = table["cosmic"][:, bins], table["metal"][:, bins]
    return (1.0 - weight) * (cosmic[low] + abundance * metal[low]) + weight * (
        cosmic[low + 1] + abundance * metal[low + 1]
    )


def cooling_function(
    temperature: NDArray, iron: NDArray, low_kev: float = 0.5, high_kev: float = 2.0
) -> NDArray[np.float64]:
    """Return the energy emitted in a rest-frame band, (n,) [erg s^-1 cm^3, for unit n_e n_H]."""
    edges = rest_edges()
    centre = 0.5 * (edges[1:] + edges[:-1])
    first, last = np.searchsorted(centre, [low_kev, high_kev])
    bins = slice(int(first), int(last))
    photons = emissivity(np.atleast_1d(temperature), np.atleast_1d(iron), bins)
    return photons.astype(np.float64) @ centre[bins] * ERG_PER_KEV


def cross_section(energy: NDArray) -> NDArray[np.float64]:
    """Return the absorption cross-section per hydrogen atom [cm^2].

    Morrison & McCammon (1983), Table 2; the last piece is continued above 10 keV.

    Parameters
    ----------
    energy : array [keV]
        From 0.03 keV.
    """
    energy = np.asarray(energy, dtype=np.float64)
    piece = np.minimum(np.searchsorted(_EDGES, energy, side="left"), len(_C0) - 1)
    return (_C0[piece] + _C1[piece] * energy + _C2[piece] * energy**2) / energy**3 * 1e-24


def transmission(energy: NDArray, n_h: float) -> NDArray[np.float64]:
    """Return the share of photons of an energy [keV] that passes a hydrogen column [cm^-2]."""
    return np.exp(-n_h * cross_section(energy))
