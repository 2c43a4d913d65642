"""Where a profile's event lists come from, and what decides the numbers they are binned to."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from report_utils.binning.counts import band_counts
from report_utils.binning.transforms import SourceName
from report_utils.errors import InputError
from report_utils.events import EventList, open_archive
from report_utils.events.bands import BAND_EDGES_KEV
from report_utils.events.thinning import thin, thin_pair
from report_utils.files.disk import write_arrays
from report_utils.profiles import Profile
from report_utils.runs.code_digest import digest, reached_definitions, require_code
from report_utils.runs.store import RunKey
from report_utils.simulation import SimulationSettings, cluster_properties, simulate_observation
from report_utils.workers.progress import advance

_SIMULATED = (
    "binning.observations.bin_chunk",
    "binning.observations._simulated",
    "binning.observations._simulated_properties",
)
_ARCHIVED = ("binning.observations.bin_chunk", "binning.observations._archived")
"""What decides the counts of simulated observations and of an archive's."""


@dataclass(frozen=True)
class Observations:
    """Where a profile's event lists come from; small enough to be sent to a worker process.

    Parameters
    ----------
    n_clusters : int
    n_pixels : int
    seed : int
    settings : SimulationSettings or None
        None where they come from an archive.
    archive : Path or None
    max_events : int or None
        Thin each observation to this many events, drawn by ``seed`` (:mod:`report_utils.events.thinning`).
    """

    n_clusters: int
    n_pixels: int
    seed: int
    settings: SimulationSettings | None
    archive: Path | None
    max_events: int | None = None

    @classmethod
    def of(cls, profile: Profile) -> Observations:
        """Return the observations that a profile names.

        Raises
        ------
        InputError
            If a setting of the simulation is unknown or impossible, or the archive cannot be used or lacks masses.
        """
        if profile.archive_path is None:
            where = f"{profile.path}: source.simulation"
            try:
                settings = SimulationSettings.from_mapping(profile.source.simulation, where)
            except InputError as error:
                msg = f"{where}: {str(error).removeprefix(f'{where}: ')}"
                raise InputError(msg) from None
            n_clusters, thinning = profile.source.n_clusters or 0, profile.source.max_events
            return cls(n_clusters, profile.n_pixels, profile.seed, settings, None, thinning)
        try:
            archived = open_archive(profile.archive_path).observations
        except InputError as error:
            msg = f"{profile.path}: source.archive: {error}"
            raise InputError(msg) from None
        wanted = profile.source.n_clusters or len(archived)
        if wanted > len(archived):
            msg = f"{profile.path}: source.n_clusters = {wanted}, but the archive holds {len(archived)} observations"
            raise InputError(msg)
        unknown = [one.cluster_id for one in archived[:wanted] if not math.isfinite(one.log10_mass)]
        if unknown:
            msg = (
                f"{profile.path}: source.archive: {len(unknown)} of {wanted} observations have no mass (the first is"
                f" {unknown[0]!r}), so nothing can be trained on them: ingest them with masses, or predict theirs"
                " (report-utils predict)"
            )
            raise InputError(msg)
        return cls(wanted, profile.n_pixels, profile.seed, None, profile.archive_path, profile.source.max_events)

    @property
    def has_agn_less(self) -> bool:
        """Tell whether every observation has an AGN-less list."""
        return self.archive is None or open_archive(self.archive).has_agn_less

    def events(self, index: int, source: SourceName = "observation") -> EventList:
        """Return one observation's events."""
        return self.lists(index, [source])[0]

    def lists(self, index: int, sources: Sequence[SourceName]) -> list[EventList]:
        """Return one observation's event lists, by source, thinned where that is asked for."""
        return (_simulated if self.archive is None else _archived)(self, index, sources)

    def pairs(self) -> Iterator[tuple[EventList, EventList | None]]:
        """Yield every observation with its AGN-less list, where all have one."""
        sources: list[SourceName] = ["observation", *(["agn_less"] if self.has_agn_less else [])]
        for index in range(self.n_clusters):
            events, *others = self.lists(index, sources)
            yield events, others[0] if others else None

    def properties(self, index: int) -> dict[str, Any]:
        """Return what else is known of a simulated observation's cluster."""
        return {} if self.archive is not None else _simulated_properties(self, index)

    def key(self, profile: Profile, edges_kev: tuple[float, ...] = BAND_EDGES_KEV) -> RunKey:
        """Return the key of the observations binned in bands with these edges: all that decides their counts."""
        inputs: dict[str, Any] = {"n_clusters": self.n_clusters, "n_pixels": self.n_pixels}
        inputs["inner_edges_kev"] = list(edges_kev[1:-1])
        if self.max_events is not None:
            inputs["thinning"] = {"max_events": self.max_events, "seed": self.seed}
        if self.archive is not None:
            inputs |= {"archive": open_archive(self.archive).digest}
        else:
            inputs |= {"seed": self.seed, "simulation": dataclasses.asdict(self.settings)}
        inputs["code"] = reached_definitions(*self.code_roots)
        other_bands = "" if edges_kev == BAND_EDGES_KEV else f"/{digest(inputs['inner_edges_kev'])[:8]}"
        return RunKey(f"data/{profile.name}{other_bands}", inputs, profile.label)

    @property
    def code_roots(self) -> tuple[str, ...]:
        """Return the names of the definitions by which these observations are made and binned."""
        return _SIMULATED if self.archive is None else _ARCHIVED


def _simulated(observations: Observations, index: int, sources: Sequence[SourceName]) -> list[EventList]:
    whole = simulate_observation(observations.seed, index, settings=observations.settings)
    if observations.max_events is not None:
        whole = thin(whole, observations.max_events, observations.seed)
    return [whole if source == "observation" else whole.without_agn() for source in sources]


def _simulated_properties(observations: Observations, index: int) -> dict[str, Any]:
    return dataclasses.asdict(cluster_properties(observations.seed, index, observations.settings))


def _archived(observations: Observations, index: int, sources: Sequence[SourceName]) -> list[EventList]:
    archive, most, seed = open_archive(observations.archive), observations.max_events, observations.seed
    if most is None:
        return [archive.read(index, source) for source in sources]
    whole = archive.read(index)
    if "agn_less" not in sources:
        return [thin(whole, most, seed) for _ in sources]
    thinned, agn_less = thin_pair(whole, archive.read(index, "agn_less"), most, seed)
    return [thinned if source == "observation" else agn_less for source in sources]


def bin_chunk(
    observations: Observations,
    indices: Iterable[int],
    sources: list[SourceName],
    path: Path,
    code: Mapping[str, str] | None = None,
    edges_kev: tuple[float, ...] = BAND_EDGES_KEV,
) -> None:
    """Bin some observations into an ``.npz`` file: band counts by source, and a column for each known property.

    Runs in a worker process; ``code`` is the code that it must run, as the key of the observations names it.
    """
    if code is not None:
        require_code(code, observations.code_roots)
    arrays: dict[str, list[Any]] = {}
    for index in indices:
        row: dict[str, Any] = observations.properties(index)
        lists = observations.lists(index, sources)
        for source, events in zip(sources, lists, strict=True):
            arrays.setdefault(f"counts_{source}", []).append(band_counts(events, observations.n_pixels, edges_kev))
            row["n_events" if source == "observation" else "n_events_agn_less"] = len(events)
        events = lists[0]
        row |= {"cluster_id": events.cluster_id, "log10_mass": events.log10_mass, "group": events.group}
        for name, value in row.items():
            arrays.setdefault(name, []).append(value)
        advance(1)
    write_arrays(path, {name: np.asarray(values) for name, values in arrays.items()})
