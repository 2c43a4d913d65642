"""Compute stored runs and committed results again in a temporary store, and compare them with what is stored."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from report_utils.binning.observations import Observations, bin_observation
from report_utils.binning.transforms import SourceName
from report_utils.errors import InputError
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import Result, is_of_protocol, read_results, shortened
from report_utils.reproduction.run_status import current_key
from report_utils.reproduction.studies import reproduction_of
from report_utils.runs.code_digest import require_code
from report_utils.runs.explain_changes import changes
from report_utils.runs.manifests import machine, versions
from report_utils.runs.ownership import entries
from report_utils.runs.store import Run, RunKey, Store
from report_utils.workers.worker_pool import Task, run_tasks

N_OBSERVATIONS = 16
"""Number of observations that are simulated or read again to verify the data of a profile."""

COUNT_TOLERANCE = 1e-3
"""On another machine or version, the fraction of an observation's events that may lie in other pixels or bands."""

PREDICTION_TOLERANCE = 0.25
"""On another machine or version, the largest RMS difference between predictions, in units of their RMS residual.

``python -m benchmarks.same_numbers`` compares fits with two and four threads, with other vector instructions, without
oneDNN and on JAX with a one-thread fit on TensorFlow. At `smoke` only JAX differs (0.02). At `quick` the differences
are 0.1 to 0.2, compared with 0.4 for another training seed. The book's page *Performance* shows all of them. A
difference in the last bit grows with every training step.
"""


@dataclass(frozen=True)
class Verification:
    """The outcome of computing a run again.

    It is *equal*: bit for bit; *alike*: within the tolerance, on another machine or with other versions; *different*:
    neither; or *damaged*: the run's files do not match its manifest.
    """

    name: str
    result: Literal["equal", "alike", "different", "damaged"]
    detail: str

    @property
    def passed(self) -> bool:
        """Whether the stored run can be trusted."""
        return self.result in {"equal", "alike"}

    def __str__(self) -> str:
        return f"{self.result:<9} {self.name}: {self.detail}"


def stored_runs(reproduction: Reproduction) -> tuple[list[RunKey], int]:
    """Return the keys of a profile's current runs, and the number of stale ones, which cannot be computed again."""
    keys, n_stale = [], 0
    for entry in entries(reproduction.store.root):
        mine = entry.kind == "run" and entry.about.get("profile") == reproduction.profile.label
        if not mine:
            continue
        key = current_key(reproduction, entry.about)
        if key is not None and reproduction.store.folder(key) == entry.path:
            keys.append(key)
        else:
            n_stale += 1
    return keys, n_stale


def committed_runs(reproduction: Reproduction, folder: Path) -> tuple[list[tuple[RunKey, Result]], int]:
    """Return the committed results that today's code can train again, each with its key, and the number of others.

    The others have other observations, another protocol or another backend. Other code is no hindrance: the comparison
    says that it has changed. If there is nothing to train again, that is an InputError.
    """
    pairs, n_others = [], 0
    for result in read_results(folder).values():
        key = current_key(reproduction, result.manifest)
        of_backend = result.inputs["backend"] == reproduction.backend
        if key is not None and of_backend and is_of_protocol(result, reproduction):
            pairs.append((key, result))
        else:
            n_others += 1
    if not pairs:
        others = f"; {n_others} have other observations, another protocol or another backend" if n_others else ""
        msg = f"{folder}: holds no results that profile {reproduction.profile.name} could train again{others}"
        raise InputError(msg)
    return pairs, n_others


def verify_committed(reproduction: Reproduction, pairs: Sequence[tuple[RunKey, Result]]) -> list[Verification]:
    """Train committed results again in a temporary store, and compare them; they are checked when they are read."""
    found = _train_again(reproduction, pairs)
    return [found[key.name] for key, _ in pairs]


def verify(reproduction: Reproduction, keys: Sequence[RunKey], seed: int = 0) -> list[Verification]:
    """Compute stored runs again in a temporary store, and compare them; the seed chooses the observations to bin."""
    found: dict[str, Verification] = {}
    for key in keys:
        if (fault := reproduction.store.fault(key, thorough=True)) is not None:
            found[key.name] = Verification(key.name, "damaged", fault)
    sound = [key for key in keys if key.name not in found]
    for key in (key for key in sound if key.name.startswith("data/")):
        found[key.name] = _verify_observations(_maker(reproduction, key), key, seed)
    stored = [(key, reproduction.store.load(key)) for key in sound if key.name not in found]
    found |= _train_again(reproduction, [(key, run) for key, run in stored if run is not None])
    return [found[key.name] for key in keys if key.name in found]


def _train_again(reproduction: Reproduction, pairs: Sequence[tuple[RunKey, Run]]) -> dict[str, Verification]:
    """Train the runs of these keys in a temporary store, and compare each with the stored one beside its key."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="report-utils-verify-") as folder:
        again, makers = Store(Path(folder)), {key.name: _maker(reproduction, key) for key, _ in pairs}
        tasks = [makers[key.name].training_task(key, again) for key, _ in pairs]
        run_tasks(tasks, f"Verifying ({len(tasks)} runs)")
        for key, stored in pairs:
            log10_mass = makers[key.name].dataset.log10_mass
            found[key.name] = compare_runs(stored, again.load(key), log10_mass)
    return found


def _maker(reproduction: Reproduction, key: RunKey) -> Reproduction:
    """Return the reproduction that computes a run: the profile itself, or its variant in a study."""
    return reproduction_of(reproduction, key.name) or reproduction


def compare_runs(stored: Run, computed: Run, log10_mass: np.ndarray) -> Verification:
    """Compare a stored fit or dynamics with the same computed again; ``log10_mass``: (n_clusters,) [log10 Msun].

    What was not stored, such as the weights of a committed result, is not compared.
    """
    name, seconds = stored.manifest["name"], computed.manifest["seconds"]
    if stored.manifest["files"].items() <= computed.manifest["files"].items():
        return Verification(name, "equal", f"bit for bit, computed in {seconds:.1f} s")
    since = changes(stored.manifest["inputs"], computed.manifest["inputs"])
    elsewhere = "; ".join(filter(None, [_elsewhere(stored.manifest, computed.manifest), shortened(since)]))
    before, now = stored.array("predictions"), computed.array("predictions")
    if before.shape != now.shape or not np.array_equal(stored.array("cluster"), computed.array("cluster")):
        return Verification(name, "different", "it has other test clusters")
    truth = log10_mass[stored.array("cluster")][:, None]
    apart, scatter = _root_mean_square(now - before), _root_mean_square(before - truth)
    detail = f"predictions are {apart:.2g} dex apart (root mean square; {apart / scatter:.2g} of their residuals)"
    if not elsewhere:
        return Verification(name, "different", f"{detail} on the same machine with the same versions")
    alike = apart <= PREDICTION_TOLERANCE * scatter
    return Verification(name, "alike" if alike else "different", f"{detail}; {elsewhere}")


def _bin_again(
    observations: Observations,
    index: int,
    sources: Sequence[SourceName],
    edges_kev: tuple[float, ...],
    code: Mapping[str, str],
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Bin one observation with the code that a key names; runs in a worker process."""
    require_code(code, observations.code_roots)
    return bin_observation(observations, index, sources, edges_kev)


def _verify_observations(reproduction: Reproduction, key: RunKey, seed: int) -> Verification:
    """Bin some observations again, and compare their counts and catalogue values with the stored ones."""
    edges_kev = (0.0, *key.inputs["inner_edges_kev"], math.inf)
    dataset, observations = reproduction.binned(edges_kev), reproduction.observations
    generator = np.random.default_rng([seed, 0])
    chosen = np.sort(generator.permutation(observations.n_clusters)[:N_OBSERVATIONS]).tolist()
    sources: list[SourceName] = ["observation", *(["agn_less"] if observations.has_agn_less else [])]
    arguments = {"observations": observations, "sources": sources, "edges_kev": edges_kev, "code": key.inputs["code"]}
    tasks = [Task(f"observation {index}", _bin_again, arguments | {"index": index}, 1.0) for index in chosen]
    binned = run_tasks(tasks, f"Verifying ({len(chosen)} observations)")
    elsewhere = _elsewhere(dataset.run.manifest, {"machine": machine() | {"threads": 1}, "versions": versions()})
    catalogue, moved, others = dataset.run.facts()["catalogue"], 0.0, set()
    for index, (counts, known) in zip(chosen, binned, strict=True):
        for name, now in counts.items():
            before = dataset.run.array(name, mapped=True)[index]
            moved = max(moved, float(np.abs(now - before).sum() / max(before.sum(), 1)))
        others |= {
            name
            for name, value in known.items()
            if not _same(np.asarray(value).item(), catalogue[name][index], COUNT_TOLERANCE if elsewhere else 0.0)
        }
    text = f"{len(chosen)} of {observations.n_clusters} observations"
    if moved == 0 and not others:
        return Verification(key.name, "equal", f"{text}, bit for bit{f' although {elsewhere}' if elsewhere else ''}")
    detail = f"{text}: up to {moved:.2g} of an observation's events lie in other pixels or bands"
    if others:
        detail += f", and these values differ: {', '.join(sorted(others))}"
    alike = bool(elsewhere) and moved <= COUNT_TOLERANCE and not others
    where = elsewhere or "on the same machine with the same versions"
    return Verification(key.name, "alike" if alike else "different", f"{detail}; {where}")


def _elsewhere(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Describe how machine and versions differ; if it is empty, the bits must be the same."""
    deciding = [
        {
            "machine": {**about.get("machine", {}), "system": None},
            "versions": {**about.get("versions", {}), "report-utils": None},
        }
        for about in (before, now)
    ]
    if before.get("name", "").startswith("data/"):  # binned by one-thread workers, stored by their parent
        deciding[0]["machine"]["threads"] = 1
    return ", ".join(changes(*deciding))


def _same(now: Any, before: Any, tolerance: float) -> bool:
    numbers = isinstance(now, int | float) and isinstance(before, int | float)
    return math.isclose(now, before, rel_tol=tolerance) if numbers else now == before


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
