"""Where a profile's event lists come from, and what decides their band counts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning.counts import band_counts
from report_utils.binning.transforms import SourceName
from report_utils.errors import InputError
from report_utils.events import EventList, open_archive
from report_utils.events.bands import BAND_EDGES_KEV
from report_utils.events.thinning import thin, thin_pair
from report_utils.files.disk import flush_file, write_arrays, write_row
from report_utils.profiles import Profile
from report_utils.runs.code_digest import digest, reached_definitions, require_code
from report_utils.runs.store import RunKey
from report_utils.simulation import SimulationSettings, cluster_properties, simulate_observation
from report_utils.simulation.cosmology import arcsec_per_mpc
from report_utils.simulation.telescope import DITHER_AMPLITUDE_ARCSEC, HALF_FIELD_ARCSEC
from report_utils.workers.progress import advance

_SIMULATED = (
    "binning.observations.bin_observation",
    "binning.observations._simulated",
    "binning.observations._simulated_properties",
)
_ARCHIVED = ("binning.observations.bin_observation", "binning.observations._archived")
"""The code that decides the counts of simulated observations, and of an archive's."""


BOX_HALF_WIDTH_MPC = 0.6
"""Half the width of a box of fixed size [Mpc]: even at the nearest snapshot, z = 0.066, the camera sees all of it."""

GAP_HALF_WIDTH_MPC = 0.08
"""Half the width of the gap between chips, dither included, at the farthest snapshot, z = 0.47 [Mpc]."""


@dataclass(frozen=True)
class Observations:
    """Where a profile's event lists come from; small enough to be sent to a worker process.

    Parameters
    ----------
    n_clusters : int
    n_pixels : int
    seed : int
    settings : SimulationSettings or None
        None if they come from an archive.
    archive : Path or None
    box : str
        What each image shows (:class:`report_utils.profiles.Profile`).
    max_events : int or None
        Thin each observation to this many events, drawn by ``seed`` (:mod:`report_utils.events.thinning`).
    """

    n_clusters: int
    n_pixels: int
    seed: int
    settings: SimulationSettings | None
    archive: Path | None
    max_events: int | None = None
    box: str = "events"

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
            return cls(n_clusters, profile.n_pixels, profile.seed, settings, None, thinning, profile.box)
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
        """Return one observation's event lists, in the order of the sources, thinned if the profile says so."""
        return (_simulated if self.archive is None else _archived)(self, index, sources)

    def pairs(self) -> Iterator[tuple[EventList, EventList | None]]:
        """Yield every observation with its AGN-less list, or None if some observation has none."""
        sources: list[SourceName] = ["observation", *(["agn_less"] if self.has_agn_less else [])]
        for index in range(self.n_clusters):
            events, *others = self.lists(index, sources)
            yield events, others[0] if others else None

    def properties(self, index: int) -> dict[str, Any]:
        """Return the true properties of a simulated cluster; nothing for an archive."""
        return {} if self.archive is not None else _simulated_properties(self, index)

    def key(self, profile: Profile, edges_kev: tuple[float, ...] = BAND_EDGES_KEV) -> RunKey:
        """Return the key of the observations binned in bands with these edges: all that decides their counts."""
        inputs: dict[str, Any] = {"n_clusters": self.n_clusters, "n_pixels": self.n_pixels}
        inputs["inner_edges_kev"] = list(edges_kev[1:-1])
        if self.max_events is not None:
            inputs["thinning"] = {"max_events": self.max_events, "seed": self.seed}
        if self.box != "events":
            inputs["box"] = self.box
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
    lists = [whole if source == "observation" else whole.without_agn() for source in sources]
    if observations.box == "events":
        return lists
    half_width = half_width_arcsec(observations.box, observations.properties(index))
    return [each.select(_is_inside(each, half_width, observations.box)) for each in lists]


def half_width_arcsec(box: str, properties: Mapping[str, Any]) -> float | None:
    """Return half the width of the square that an image shows [arcsec]; None for the events' own box.

    Parameters
    ----------
    box : str
        As in :class:`report_utils.profiles.Profile`.
    properties : mapping
        Of the cluster, by the names of :class:`report_utils.simulation.Cluster`.
    """
    if box == "field":
        return HALF_FIELD_ARCSEC + DITHER_AMPLITUDE_ARCSEC
    if box == "mpc":
        return BOX_HALF_WIDTH_MPC * arcsec_per_mpc(properties["redshift"])
    return properties["r500_arcsec"] if box == "r500" else None


def _is_inside(events: EventList, half_width: float, box: str) -> NDArray[np.bool_]:
    """Tell which events an image shows.

    In a box of fixed size in Mpc, the gaps between the chips would tell the redshift. The strips that the gaps cross in
    the farthest observation are left out of all.
    """
    across, up = np.abs(events.x), np.abs(events.y)
    inside = np.maximum(across, up) <= half_width
    if box == "mpc":
        inside &= np.minimum(across, up) > half_width * (GAP_HALF_WIDTH_MPC / BOX_HALF_WIDTH_MPC)
    return inside


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


def bin_observation(
    observations: Observations, index: int, sources: Sequence[SourceName], edges_kev: tuple[float, ...]
) -> tuple[dict[str, NDArray[np.int32]], dict[str, Any]]:
    """Return an observation's band counts by the name of their array, and what is known of it."""
    lists = dict(zip(sources, observations.lists(index, sources), strict=True))
    known: dict[str, Any] = observations.properties(index)
    half_width = half_width_arcsec(observations.box, known)
    counts = {
        f"counts_{source}": band_counts(each, observations.n_pixels, edges_kev, half_width)
        for source, each in lists.items()
    }
    for source, each in lists.items():
        known["n_events" if source == "observation" else "n_events_agn_less"] = len(each)
    events = lists[sources[0]]
    known |= {"cluster_id": events.cluster_id, "log10_mass": events.log10_mass, "group": events.group}
    return counts, known


def bin_chunk(
    observations: Observations,
    indices: Sequence[int],
    sources: Sequence[SourceName],
    folder: Path,
    edges_kev: tuple[float, ...],
    code: Mapping[str, str] | None = None,
) -> None:
    """Bin some observations; their counts are written to their rows of the arrays in a folder.

    What else is known of them goes into the file :func:`chunk_path`, which is written last: it says that the counts
    are on disk. Runs in a worker process; ``code`` is the code that it must run, as the key of the observations has it.
    """
    if code is not None:
        require_code(code, observations.code_roots)
    columns: dict[str, list[Any]] = {}
    for index in indices:
        counts, known = bin_observation(observations, index, sources, edges_kev)
        for name, values in counts.items():
            write_row(folder / f"{name}.npy", index, values)
        for name, value in known.items():
            columns.setdefault(name, []).append(value)
        advance(1)
    for source in sources:
        flush_file(folder / f"counts_{source}.npy")
    write_arrays(chunk_path(folder, indices), {name: np.asarray(values) for name, values in columns.items()})


def chunk_path(folder: Path, indices: Sequence[int]) -> Path:
    """Return the file that says that some observations are binned, and what is known of them."""
    return folder / f"chunk-{indices[0]:06d}.npz"
