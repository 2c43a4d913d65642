"""Band counts to images: the report's sixteen transforms (sections 3.1.1-3.1.3 and 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from report_utils.binning.counts import N_BANDS
from report_utils.errors import InputError

SourceName = Literal["observation", "agn_less"]

PercentileRule = Literal["of_occupied", "of_all", "of_events", "ties_emptied"]
"""Readings of the percentile cut, see :func:`retained_pixels`; the report's transforms use the first."""

_BANDS = ("0-2.5", "2.5-5", "5-7.5", "7.5+")


@dataclass(frozen=True)
class Transform:
    """How band counts become an image; each channel is log10(1 + n).

    Parameters
    ----------
    name : str
    title : str
        The model type as Table 1 of the report names it.
    channels : tuple of str
        Label of each channel [keV].
    bands : tuple of tuple of int
        The bands that are summed for each channel.
    source : {"observation", "agn_less"}
        Whose band counts it takes: the observation's, or those of the same cluster without AGN.
    retained_percentile : float, optional
        Zero the pixels whose counts over all bands lie above this percentile.
    percentile_rule : {"of_occupied", "of_all", "of_events", "ties_emptied"}
        Of which values the percentile is taken, and what becomes of pixels equal to it.
    """

    name: str
    title: str
    channels: tuple[str, ...]
    bands: tuple[tuple[int, ...], ...]
    source: SourceName = "observation"
    retained_percentile: float | None = None
    percentile_rule: PercentileRule = "of_occupied"

    def described(self) -> dict[str, Any]:
        """Return all that decides an image, as plain values; what it is called decides nothing."""
        names = ("bands", "source", "retained_percentile", "percentile_rule")
        return {name: getattr(self, name) for name in names}

    @property
    def n_channels(self) -> int:
        """Return the number of channels of an image."""
        return len(self.channels)

    @property
    def label(self) -> str:
        """Return the title with the channels, to tell the transforms apart in text [keV]."""
        return f"{self.title} ({', '.join(self.channels)} keV)"

    def __call__(self, counts: NDArray[np.integer]) -> NDArray[np.float32]:
        """Make the image of band counts.

        Parameters
        ----------
        counts : (..., n_pixels, n_pixels, 4) integer [events]

        Returns
        -------
        image : (..., n_pixels, n_pixels, n_channels) float32 [log10(1 + events)]

        Raises
        ------
        InputError
            If the counts have another shape.
        """
        counts = _checked(counts)
        if self.retained_percentile is not None:
            counts = counts * retained_pixels(counts, self.retained_percentile, self.percentile_rule)[..., None]
        if all(len(bands) == 1 for bands in self.bands):
            channels = counts[..., : self.n_channels]
        else:
            channels = np.stack([counts[..., list(bands)].sum(axis=-1) for bands in self.bands], axis=-1)
        # log1p in float32 is exact to its last bit for any count, log10(1 + n) would round 1 + n above 2**24
        return np.log1p(channels, dtype=np.float32) * np.float32(1 / np.log(10))


def retained_pixels(
    counts: NDArray[np.integer], percentile: float, rule: PercentileRule = "of_occupied"
) -> NDArray[np.bool_]:
    """Tell which pixels the percentile cut keeps (report, section 3.1.3).

    A pixel is kept when its counts over all bands, s, do not exceed a percentile of s in its own image. The report
    leaves open among which values the percentile is taken and what happens to ties. This project's choice is
    ``"of_occupied"``: the occupied pixels, and pixels equal to the percentile are kept, since ties would otherwise
    empty most images.

    Parameters
    ----------
    counts : (..., n_pixels, n_pixels, 4) integer [events]
    percentile : float
        Between 0 and 100.
    rule : {"of_occupied", "of_all", "of_events", "ties_emptied"}
        Other readings of the report's text: the percentile of all pixels, empty ones included; of all events, each
        with the s of its pixel ("the bottom p % of observations"); of the occupied pixels, those equal to it
        emptied as well.

    Returns
    -------
    kept : (..., n_pixels, n_pixels) bool
        Empty pixels count as kept.
    """
    total = _checked(counts).sum(axis=-1)
    flat = total.reshape(-1, total.shape[-2] * total.shape[-1])
    limits = np.array([_limit(s, percentile, rule) if s.any() else 0.0 for s in flat])
    limits = limits.reshape(total.shape[:-2])[..., None, None]
    if rule == "ties_emptied":
        return (total < limits) | (total == 0)
    return total <= limits


def _limit(s: NDArray[np.integer], percentile: float, rule: PercentileRule) -> float:
    if rule == "of_all":
        return np.percentile(s, percentile)
    occupied = s[s > 0]
    if rule == "of_events":
        return np.percentile(occupied, percentile, weights=occupied, method="inverted_cdf")
    return np.percentile(occupied, percentile)


def _checked(counts: NDArray[np.integer]) -> NDArray[np.integer]:
    counts = np.asarray(counts)
    if counts.ndim < 3 or counts.shape[-1] != N_BANDS or counts.dtype.kind not in "iu":
        msg = f"band counts are integers of shape (..., rows, columns, {N_BANDS}), not {counts.dtype} of {counts.shape}"
        raise InputError(msg)
    return counts


def _first_bands(n_channels: int) -> dict[str, tuple]:
    return {"channels": _BANDS[:n_channels], "bands": tuple((band,) for band in range(n_channels))}


def _all_transforms() -> Mapping[str, Transform]:
    transforms = [
        Transform("single_band", "Single Band", ("0+",), (tuple(range(N_BANDS)),)),
        Transform("single_band_thresholded", "Single Band, thresholded", ("0-7.5",), (tuple(range(N_BANDS - 1)),)),
    ]
    transforms += [Transform(f"multi_band_{k}", "Multi-Band", **_first_bands(k)) for k in range(1, N_BANDS + 1)]
    transforms += [
        Transform(f"retained_{p}", f"{p}% Retained", retained_percentile=p, **_first_bands(N_BANDS))
        for p in (99, 95, 90, 75, 50, 25)
    ]
    transforms += [
        Transform(f"agn_less_{k}", "AGN-less", source="agn_less", **_first_bands(k)) for k in range(1, N_BANDS + 1)
    ]
    return MappingProxyType({transform.name: transform for transform in transforms})


TRANSFORMS: Mapping[str, Transform] = _all_transforms()
"""The sixteen transforms by name, in the report's order."""

_RULE_TITLES: Mapping[PercentileRule, str] = MappingProxyType(
    {"of_all": "of all pixels", "of_events": "of the events", "ties_emptied": "ties emptied"}
)


def _other_readings() -> Mapping[str, Transform]:
    readings = [
        replace(
            transform,
            name=f"{transform.name}_{rule}",
            title=f"{transform.title}, {title}",
            percentile_rule=rule,
        )
        for transform in TRANSFORMS.values()
        if transform.retained_percentile is not None
        for rule, title in _RULE_TITLES.items()
    ]
    return MappingProxyType({transform.name: transform for transform in readings})


OTHER_READINGS: Mapping[str, Transform] = _other_readings()
"""The percentile cuts as the report's text could be read as well, by names such as ``retained_25_of_all``."""


def get_transform(name: str) -> Transform:
    """Return a transform by name.

    Raises
    ------
    InputError
        If there is none of that name; the message lists the report's sixteen.
    """
    transform = TRANSFORMS.get(name) or OTHER_READINGS.get(name)
    if transform is None:
        msg = f"unknown transform {name!r}; choose one of {', '.join(TRANSFORMS)}"
        raise InputError(msg)
    return transform
