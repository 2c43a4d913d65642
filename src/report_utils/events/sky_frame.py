"""Where on the sky the plane of an event list lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from report_utils.events.axes import axis_of
from report_utils.events.column_mapping import Layout
from report_utils.events.projection import to_tangent_plane
from report_utils.events.table import Table


@dataclass(frozen=True)
class SkyFrame:
    """The tangent plane that x and y are measured on.

    Parameters
    ----------
    centre : (ra, dec) [deg]
        Where x = y = 0 touches the sky.
    signs : (+1 or -1, +1 or -1)
        Whether x grows eastwards (+1) or westwards (-1), and y northwards or southwards.
    """

    centre: tuple[float, float]
    signs: tuple[int, int] = (1, 1)

    def on_plane(self, ra: NDArray, dec: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Return x, y [arcsec] of places on the sky, and which of them have a place on the plane at all.

        Parameters
        ----------
        ra, dec : (n,) float [deg]

        Returns
        -------
        x, y : (n,) float64 [arcsec]
        visible : (n,) bool
        """
        x, y, cosine = to_tangent_plane(np.asarray(ra, float), np.asarray(dec, float), self.centre)
        return self.signs[0] * x, self.signs[1] * y, cosine > 0


def frame_of_pixels(table: Table, layout: Layout) -> SkyFrame | None:
    """Return the plane of sky pixels, or None where the header does not tell it.

    That takes TCTYP of RA---TAN and DEC--TAN, the reference pixel TCRPX and its place TCRVL, a TCDLT that is
    the size the pixels are read with (or XMM's words for these), and no rotation (FITS standard 4.0, section 8.2,
    table 22).
    """
    numbers = (layout.x.number, layout.y.number)
    axes = axis_of(table, layout.x), axis_of(table, layout.y)
    known = all(None not in (axis.pixel, axis.value, axis.step) for axis in axes)
    if tuple(axis.kind for axis in axes) != ("RA---TAN", "DEC--TAN") or not known or _is_turned(table, numbers):
        return None
    steps = [axis.step for axis in axes]
    if not np.allclose(np.abs(steps) * 3600.0, layout.scale, rtol=0.01):
        return None
    return SkyFrame((axes[0].value, axes[1].value), (1 if steps[0] > 0 else -1, 1 if steps[1] > 0 else -1))


def _is_turned(table: Table, numbers: tuple[int, int]) -> bool:
    x, y = numbers
    mixed = [f"{word}{i}_{j}" for word in ("TPC", "TP", "TCD", "TC") for i, j in ((x, y), (y, x))]
    return any(table.real(keyword) for keyword in (f"TCROT{x}", f"TCROT{y}", *mixed))
