"""From the sky to the tangent plane and back (gnomonic projection).

Calabretta & Greisen 2002, A&A 395, 1077, section 5.1.3 (TAN), written out in standard coordinates
(xi to the east, eta to the north) about the tangent point.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ARCSEC_PER_RADIAN = np.degrees(1.0) * 3600.0
BLOCK = 1 << 17
"""Events projected at a time: the temporaries stay in the processor's cache."""


def sky_centre(ra: NDArray, dec: NDArray) -> tuple[float, float]:
    """Return the direction of the mean unit vector, which knows nothing of the seam at RA 0 / 360.

    Parameters
    ----------
    ra, dec : (n_events,) float [deg]

    Returns
    -------
    ra, dec : float [deg]
        RA in [0, 360).
    """
    total = np.zeros(3)
    for start in range(0, len(ra), BLOCK):
        alpha = np.radians(ra[start : start + BLOCK], dtype=np.float64)
        delta = np.radians(dec[start : start + BLOCK], dtype=np.float64)
        cos_delta = np.cos(delta)
        total += (cos_delta @ np.cos(alpha), cos_delta @ np.sin(alpha), np.sin(delta).sum())
    x, y, z = total
    return float(np.degrees(np.arctan2(y, x)) % 360.0), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def to_tangent_plane(
    ra: NDArray, dec: NDArray, centre: tuple[float, float], *, dtype: type = np.float64
) -> tuple[NDArray, NDArray, NDArray]:
    """Project sky positions onto the plane that touches the sphere at ``centre``.

    Parameters
    ----------
    ra, dec : (n_events,) float [deg]
    centre : (ra, dec) [deg]
    dtype : float32 or float64
        Precision of the result; the arithmetic is float64.

    Returns
    -------
    xi, eta : (n_events,) dtype [arcsec]
        Eastwards and northwards.
    cosine : (n_events,) float32
        Cosine of the angle to the tangent point; a position with a cosine of zero or less has no projection.
    """
    xi, eta = np.empty(len(ra), dtype), np.empty(len(ra), dtype)
    cosine = np.empty(len(ra), np.float32)
    alpha0, delta0 = np.radians(centre)
    sin0, cos0 = np.sin(delta0), np.cos(delta0)
    for start in range(0, len(ra), BLOCK):
        part = slice(start, start + BLOCK)
        alpha = np.radians(ra[part], dtype=np.float64) - alpha0
        delta = np.radians(dec[part], dtype=np.float64)
        sin_delta, cos_delta = np.sin(delta), np.cos(delta)
        along = cos_delta * np.cos(alpha)
        towards = sin_delta * sin0 + along * cos0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = ARCSEC_PER_RADIAN / towards
            xi[part] = cos_delta * np.sin(alpha) * scale
            eta[part] = (sin_delta * cos0 - along * sin0) * scale
        cosine[part] = towards
    return xi, eta, cosine


def to_sky(xi: NDArray, eta: NDArray, centre: tuple[float, float]) -> tuple[NDArray, NDArray]:
    """Undo :func:`to_tangent_plane`.

    Parameters
    ----------
    xi, eta : (n_events,) float [arcsec]
    centre : (ra, dec) [deg]

    Returns
    -------
    ra, dec : (n_events,) float64 [deg]
        RA in [0, 360).
    """
    alpha0, delta0 = np.radians(centre)
    sin0, cos0 = np.sin(delta0), np.cos(delta0)
    east = np.asarray(xi, np.float64) / ARCSEC_PER_RADIAN
    north = np.asarray(eta, np.float64) / ARCSEC_PER_RADIAN
    forward = cos0 - north * sin0
    ra = np.degrees(alpha0 + np.arctan2(east, forward)) % 360.0
    dec = np.degrees(np.arctan2(sin0 + north * cos0, np.hypot(east, forward)))
    return ra, dec
