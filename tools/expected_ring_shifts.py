"""What the arithmetic of *Where the network looks* predicts, from events and a straight line, without any network.

    python -m tools.expected_ring_shifts

Masses of simulated clusters of another seed are fitted by the number of events and their hardness, the share above
2.5 keV. Then one ring is changed, and the fit says by how much the mass moves.
"""

from __future__ import annotations

import numpy as np

from report_utils.simulation import SimulationSettings, cluster_properties, simulate_observation

SEED, N_CLUSTERS, MOST_EVENTS = 1001, 160, 100_000
EDGES_R500 = (0.0, 0.25, 0.5, 1.0, np.inf)


def counted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log10 masses (n,), and events and hard events by ring (n, 4)."""
    masses, events, hard = [], [], []
    index, settings = 0, SimulationSettings()
    while len(masses) < N_CLUSTERS:
        cluster, seen = cluster_properties(SEED, index, settings), simulate_observation(SEED, index)
        index += 1
        if len(seen) > MOST_EVENTS:
            continue
        radius = np.hypot(seen.x, seen.y) / cluster.r500_arcsec
        masses.append(cluster.log10_mass)
        events.append(np.histogram(radius, EDGES_R500)[0])
        hard.append(np.histogram(radius[seen.energy > 2.5], EDGES_R500)[0])
    return np.array(masses), np.array(events), np.array(hard)


def main() -> None:
    """Print the shares, the hardness and the shifts of each ring."""
    masses, events, hard = counted()
    n, n_hard = events.sum(axis=1), hard.sum(axis=1)

    def hardness(hard: np.ndarray, n: np.ndarray) -> np.ndarray:
        return (hard + 0.5) / (n + 1)

    h = hardness(n_hard, n)
    both = np.column_stack([np.ones(len(n)), np.log10(n), np.log10(h)])
    (constant, per_n, per_h), *_ = np.linalg.lstsq(both, masses)
    one_band = np.polyfit(np.log10(n), masses, 1)
    print(f"log M = {constant:.1f} + {per_n:.2f} log N + {per_h:.2f} log h")
    print(f"log M = {one_band[1]:.1f} + {one_band[0]:.2f} log N, by N alone")
    residual = masses - both @ [constant, per_n, per_h]
    for k in range(len(EDGES_R500) - 1):
        of_rest = hardness(n_hard - hard[:, k], n - events[:, k])
        changed = {
            "global hardness": (n_hard - hard[:, k] + events[:, k] * h, n),
            "hardness of the rest": (n_hard - hard[:, k] + events[:, k] * of_rest, n),
            "emptied": (n_hard - hard[:, k], n - events[:, k]),
        }
        share, ratio = np.mean(events[:, k] / n), np.median(hardness(hard[:, k], events[:, k]) / h)
        ring = f"{EDGES_R500[k]:g} to {EDGES_R500[k + 1]:g} R500"
        print(f"{ring}: {share:.2f} of the events, hardness over the global one {ratio:.2f}")
        for what, (of_hard, of_all) in changed.items():
            shift = per_n * np.log10((of_all + 1) / (n + 1)) + per_h * np.log10(hardness(of_hard, of_all) / h)
            in_fit, apart = np.std(residual - shift) / np.std(residual), np.hypot(1, np.std(shift) / 0.08)
            moved = f"shift {np.mean(shift):+.3f}, spread {np.std(shift):.3f} dex"
            print(f"    {what}: {moved}; scatter times {in_fit:.2f} to {apart:.2f}")


if __name__ == "__main__":
    main()
