"""The options of an ingest that decide what ends up in the archive."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from report_utils.errors import InputError
from report_utils.events.catalogue import CatalogueRow
from report_utils.events.cleaning import Cleaning
from report_utils.events.files import sha256_of
from report_utils.events.gti import IN_FILE
from report_utils.events.reading import Invalid
from report_utils.events.thinning import check_thinning

READER = 4
"""Raised when reading changes its result for a file, so that archives are brought up to date."""


@dataclass(frozen=True)
class Recipe:
    """What an ingest does with every event list.

    Parameters
    ----------
    invalid : "error" or "drop"
        What becomes of rows that cannot be used.
    cleaning : Cleaning
        Which events are left out although their values can be used.
    agn_source_ids : tuple of int
        Values of SRC_ID that are AGN; clusters without another way to an AGN-less list get one by leaving these
        out.
    max_events : int, optional
        Keep at most so many events of each cluster (:mod:`report_utils.events.thinning`).
    thin_seed : int
        With the cluster's name it decides which.
    """

    invalid: Invalid = "error"
    cleaning: Cleaning = field(default_factory=Cleaning)
    agn_source_ids: tuple[int, ...] = ()
    max_events: int | None = None
    thin_seed: int = 0

    def __post_init__(self) -> None:
        if self.invalid not in ("error", "drop"):
            msg = f"invalid={self.invalid!r} is not known; use 'error' or 'drop'"
            raise InputError(msg)
        check_thinning(1 if self.max_events is None else self.max_events, self.thin_seed)
        object.__setattr__(self, "agn_source_ids", tuple(sorted(set(self.agn_source_ids))))

    def check_files(self) -> None:
        """Refuse a recipe whose own files cannot be read, before every observation is refused for it.

        Raises
        ------
        InputError
        """
        if self._gti_file is not None:
            sha256_of(self._gti_file)

    @property
    def _gti_file(self) -> Path | None:
        return None if self.cleaning.gti in ("", IN_FILE) else Path(self.cleaning.gti)

    def cleaning_of(self, row: CatalogueRow) -> Cleaning:
        """Return the cleaning of one observation: a region, where one is cut out, has the row's own centre."""
        if row.centre is None or self.cleaning.region_arcsec is None:
            return self.cleaning
        return replace(self.cleaning, region_centre=row.centre)

    def text(self, row: CatalogueRow) -> str:
        """Return JSON that is the same where everything that decides an observation's events is, its files aside.

        Raises
        ------
        InputError
            If a file that it depends on cannot be read.
        """
        request = asdict(row.request)
        if row.request.rmf is not None:
            request["rmf"] = sha256_of(Path(row.request.rmf))
        said = {**asdict(self), "cleaning": asdict(self.cleaning_of(row)), "request": request}
        if self.max_events is None:
            del said["thin_seed"]
        if self._gti_file is not None:
            said["gti_sha256"] = sha256_of(self._gti_file)
        if row.point_sources is not None:
            said["point_sources_sha256"] = sha256_of(row.point_sources)
        return json.dumps({**said, "reader": READER}, sort_keys=True)
