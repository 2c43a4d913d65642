"""One observation: the list of its X-ray events."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError


class Source(IntEnum):
    """Where an event comes from."""

    GAS = 0
    AGN = 1
    BACKGROUND = 2


@dataclass(frozen=True, eq=False)
class EventList:
    """One cluster's X-ray events (report, section 2).

    Parameters
    ----------
    x, y : (n_events,) float32 or float64 [arcsec]
        Positions on the tangent plane, x along columns and y along rows of an image.
    energy : (n_events,) float32 or float64 [keV]
    source : (n_events,) int8, optional
        A :class:`Source` label for each event; ``None`` if unknown.
    cluster_id : str
        The observation's name in its catalogue.
    log10_mass : float
        log10 of M500c in solar masses; NaN if unknown.
    group : str
        The halo that the observation shows, which other observations may share; empty if unknown.

    Raises
    ------
    InputError
        If the columns are not one-dimensional floating-point arrays of one length.
    """

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    energy: NDArray[np.floating]
    source: NDArray[np.int8] | None = None
    cluster_id: str = ""
    log10_mass: float = float("nan")
    group: str = ""

    def __post_init__(self) -> None:
        for name in ("x", "y", "energy"):
            column = np.asarray(getattr(self, name))
            if column.dtype.kind in "iu":
                column = column.astype(np.float64)
            if column.dtype not in (np.float32, np.float64) or not column.dtype.isnative:
                if column.dtype.kind != "f":
                    msg = f"{self.label}: column {name!r} holds {column.dtype}, not numbers"
                    raise InputError(msg)
                column = column.astype(np.float32 if column.dtype.itemsize <= 4 else np.float64)
            if column.ndim != 1:
                msg = f"{self.label}: column {name!r} has shape {column.shape}; one value for each event is needed"
                raise InputError(msg)
            object.__setattr__(self, name, column)
        if self.source is not None:
            object.__setattr__(self, "source", np.asarray(self.source, dtype=np.int8))
        lengths = {name: len(column) for name, column in self.columns().items()}
        if len(set(lengths.values())) > 1:
            msg = f"{self.label}: columns differ in length: {lengths}"
            raise InputError(msg)

    @property
    def label(self) -> str:
        """The name that messages use for this observation."""
        return f"observation {self.cluster_id!r}" if self.cluster_id else "observation"

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.energy)

    def columns(self) -> dict[str, NDArray]:
        """Return the columns by name, ``source`` only if it is known."""
        columns = {"x": self.x, "y": self.y, "energy": self.energy}
        if self.source is not None:
            columns["source"] = self.source
        return columns

    def select(self, keep: NDArray) -> EventList:
        """Return the events chosen by a mask or an index array of shape ``(n_events,)``."""
        return replace(self, **{name: column[keep] for name, column in self.columns().items()})

    def without_agn(self) -> EventList:
        """Return the same observation without its AGN events (the report's *AGN-less*).

        Raises
        ------
        InputError
            If the events carry no source label.
        """
        if self.source is None:
            msg = f"{self.label}: events carry no source label, so its AGN cannot be removed; give an AGN-less list"
            raise InputError(msg)
        return self.select(self.source != Source.AGN)


def content_digest(events: EventList) -> str:
    """Return the SHA-256 of the events' columns: names, precisions and values, nothing of mass or name."""
    digest = hashlib.sha256()
    for name, column in events.columns().items():
        digest.update(f"{name}:{column.dtype.str}:{len(column)};".encode())
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()
