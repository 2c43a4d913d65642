"""Band counts to images: the report's sixteen transforms (sections 3.1.1-3.1.3 and 3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError, printable
from report_utils.events.bands import BAND_EDGES_KEV, MOST_BANDS, band_names, checked_edges

SourceName = Literal["observation", "agn_less"]

Intervention = Literal[
    "shuffled_energies", "exchanged_hardness", "thinned_copy", "permuted_pixels", "scrambled_azimuth"
]
"""What an experiment does to the counts before an image is made of them (:mod:`report_utils.binning.interventions`)."""

FINE_EDGES_KEV = (0.0, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, inf)
"""Edges of the bands in which experiments count where the report's do not suffice [keV]."""

PercentileRule = Literal["of_occupied", "of_all", "of_events", "ties_emptied"]
"""Readings of the percentile cut (:func:`retained_pixels`); the report's transforms use the first."""


@dataclass(frozen=True)
class Transform:
    """How the events of an observation become an image; each channel is log10(1 + n).

    Parameters
    ----------
    name : str
    title : str
        The model type, as Table 1 of the report names it.
    edges_kev : tuple of float
        Edges of the channels [keV], each channel closed on the right; infinity leaves the last one open.
    source : {"observation", "agn_less"}
        Whose events it takes: the observation's, or those of the same cluster without AGN.
    retained_percentile : float, optional
        Zero the pixels whose counts, over all energies, lie above this percentile.
    percentile_rule : {"of_occupied", "of_all", "of_events", "ties_emptied"}
        Of which values the percentile is taken, and what becomes of pixels equal to it.

    Raises
    ------
    InputError
        If a value is impossible; the message names the transform.
    """

    name: str
    title: str
    edges_kev: tuple[float, ...]
    source: SourceName = "observation"
    retained_percentile: float | None = None
    percentile_rule: PercentileRule = "of_occupied"

    def __post_init__(self) -> None:
        who, retained = f"transform {printable(self.name)!r}", self.retained_percentile
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", self.name):
            msg = f"{who}: a name has up to 41 lower-case letters, digits and underscores: files are named after it"
            raise InputError(msg)
        if self.source not in get_args(SourceName):
            msg = f"{who}: source = {self.source!r}: choose one of {', '.join(get_args(SourceName))}"
            raise InputError(msg)
        if self.percentile_rule not in get_args(PercentileRule):
            rules = ", ".join(get_args(PercentileRule))
            msg = f"{who}: percentile_rule = {self.percentile_rule!r}: choose one of {rules}"
            raise InputError(msg)
        if retained is not None and not 0 < retained < 100:
            msg = f"{who}: retained_percentile = {retained}: a percentile lies between 0 and 100"
            raise InputError(msg)
        try:
            object.__setattr__(self, "edges_kev", checked_edges(self.edges_kev, MOST_BANDS))
        except InputError as error:
            msg = f"{who}: {error}"
            raise InputError(msg) from None

    @property
    def n_channels(self) -> int:
        """Return the number of channels of an image."""
        return len(self.edges_kev) - 1

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the label of each channel [keV]."""
        return band_names(self.edges_kev)

    @property
    def label(self) -> str:
        """Return the title with the channels, to tell the transforms apart in text [keV]."""
        return f"{self.title} ({', '.join(self.channels)} keV)"

    @property
    def counted_edges_kev(self) -> tuple[float, ...]:
        """Return the edges of the bands in which its events are counted [keV]: the report's wherever they suffice."""
        if set(self.edges_kev) <= set(BAND_EDGES_KEV):
            return BAND_EDGES_KEV
        return tuple(sorted({0.0, *self.edges_kev, inf}))

    def described(self) -> dict[str, Any]:
        """Return all that decides its images, as plain values; an open end of the last channel is None."""
        retained = self.retained_percentile
        return {
            "source": self.source,
            "edges_kev": [edge if edge < inf else None for edge in self.edges_kev],
            "retained_percentile": retained,
            "percentile_rule": None if retained is None else self.percentile_rule,
        }

    def bands(self, counted_edges_kev: Sequence[float]) -> tuple[range, ...]:
        """Return which of the bands with these edges each channel is the sum of.

        Raises
        ------
        InputError
            If a channel begins or ends inside a band.
        """
        inside = [edge for edge in self.edges_kev if edge not in counted_edges_kev]
        if inside:
            msg = (
                f"transform {self.name!r}: its edge {inside[0]:g} keV lies inside one of the bands "
                f"{', '.join(band_names(counted_edges_kev))} keV"
            )
            raise InputError(msg)
        at = [counted_edges_kev.index(edge) for edge in self.edges_kev]
        return tuple(range(low, high) for low, high in pairwise(at))

    def __call__(self, counts: NDArray[np.integer]) -> NDArray[np.float32]:
        """Make the image of band counts.

        Parameters
        ----------
        counts : (..., n_pixels, n_pixels, n_bands) integer [events]
            Counted in the bands of :attr:`counted_edges_kev`, which are the report's four for its own transforms.

        Returns
        -------
        image : (..., n_pixels, n_pixels, n_channels) float32 [log10(1 + events)]

        Raises
        ------
        InputError
            If the counts have another shape.
        """
        counts = _checked(counts, len(self.counted_edges_kev) - 1)
        if self.retained_percentile is not None:
            counts = counts * retained_pixels(counts, self.retained_percentile, self.percentile_rule)[..., None]
        bands = self.bands(self.counted_edges_kev)
        if all(len(summed) == 1 for summed in bands):
            channels = counts[..., bands[0].start : bands[-1].stop]
        else:
            channels = np.stack([counts[..., summed.start : summed.stop].sum(axis=-1) for summed in bands], axis=-1)
        # log1p in float32 is exact to its last bit for any count, log10(1 + n) would round 1 + n above 2**24
        return np.log1p(channels, dtype=np.float32) * np.float32(1 / np.log(10))


@dataclass(frozen=True)
class ExperimentTransform(Transform):
    """A transform of an experiment; :func:`report_utils.binning.interventions.experiment_images` makes its images.

    Parameters
    ----------
    intervention : str, optional
        What is done to the counts first.
    distance_channel : bool
        A further channel holds log10 of the luminosity distance [Gpc] in every pixel: the redshift is known.
    """

    intervention: Intervention | None = None
    distance_channel: bool = False

    @property
    def needs_sample(self) -> bool:
        """Tell whether its images need more than the counts of one observation."""
        return self.intervention is not None or self.distance_channel

    @property
    def n_channels(self) -> int:
        """Return the number of channels of an image."""
        return super().n_channels + self.distance_channel

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the label of each channel [keV]; that of the distance has no energies."""
        return (*super().channels, *(["distance"] if self.distance_channel else []))

    @property
    def counted_edges_kev(self) -> tuple[float, ...]:
        """Return the edges of the bands in which its events are counted [keV]: the report's or the fine ones."""
        known = (BAND_EDGES_KEV, FINE_EDGES_KEV)
        return next((edges for edges in known if set(self.edges_kev) <= set(edges)), super().counted_edges_kev)

    def described(self) -> dict[str, Any]:
        """Return all that decides its images, as plain values."""
        return super().described() | {"intervention": self.intervention, "distance_channel": self.distance_channel}

    def __call__(self, counts: NDArray[np.integer]) -> NDArray[np.float32]:
        """Make the image of band counts, if nothing but the counts is needed.

        Raises
        ------
        InputError
            If there is an intervention or a distance, which need the whole sample.
        """
        if self.needs_sample:
            msg = f"transform {self.name!r} needs the whole sample; make its images by experiment_images"
            raise InputError(msg)
        return super().__call__(counts)


def retained_pixels(
    counts: NDArray[np.integer], percentile: float, rule: PercentileRule = "of_occupied"
) -> NDArray[np.bool_]:
    """Tell which pixels the percentile cut keeps (report, section 3.1.3).

    A pixel is kept if its counts over all bands, s, do not exceed a percentile of s in its own image. The report
    does not say of which values the percentile is taken, nor what happens to ties. This project's choice is
    ``"of_occupied"``: the occupied pixels, and pixels equal to the percentile are kept, since ties would otherwise
    empty most images.

    Parameters
    ----------
    counts : (..., n_pixels, n_pixels, n_bands) integer [events]
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


def _checked(counts: NDArray[np.integer], n_bands: int | None = None) -> NDArray[np.integer]:
    counts = np.asarray(counts)
    if counts.ndim < 3 or n_bands not in {None, counts.shape[-1]} or counts.dtype.kind not in "iu":
        shape = f"(..., rows, columns, {n_bands or 'bands'})"
        msg = f"band counts are integers of shape {shape}, not {counts.dtype} of {counts.shape}"
        raise InputError(msg)
    return counts


def _by_name(*transforms: Transform) -> Mapping[str, Transform]:
    table = {transform.name: transform for transform in transforms}
    if len(table) < len(transforms):
        names = [transform.name for transform in transforms]
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"transform {twice!r}: two transforms have this name; give one of them another"
        raise InputError(msg)
    return MappingProxyType(table)


TRANSFORMS: Mapping[str, Transform] = _by_name(
    Transform("single_band", "Single Band", (0, inf)),
    Transform("single_band_thresholded", "Single Band, thresholded", (0, 7.5)),
    *(Transform(f"multi_band_{k}", "Multi-Band", BAND_EDGES_KEV[: k + 1]) for k in (1, 2, 3, 4)),
    *(
        Transform(f"retained_{p}", f"{p}% Retained", BAND_EDGES_KEV, retained_percentile=p)
        for p in (99, 95, 90, 75, 50, 25)
    ),
    *(Transform(f"agn_less_{k}", "AGN-less", BAND_EDGES_KEV[: k + 1], source="agn_less") for k in (1, 2, 3, 4)),
    # A transform of your own is one more line, such as
    # Transform("soft_split", "Soft split", (0, 1, 2.5)),
)
"""The transforms by name: the report's sixteen in its order, and further ones.

A line more adds a transform: its page, its row of Table 1, its panel of Figure 9. Only its own fits are then trained.
"""

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
"""The percentile cuts in other readings of the report's text, by names such as ``retained_25_of_all``."""


def _experiments() -> Mapping[str, Transform]:
    def of(name: str, suffix: str, title: str, **changes: Any) -> ExperimentTransform:
        base = TRANSFORMS[name]
        return ExperimentTransform(f"{name}_{suffix}", f"{base.title}, {title}", base.edges_kev, base.source, **changes)

    two_bands = "multi_band_2"
    of_images: tuple[Intervention, ...] = ("permuted_pixels", "scrambled_azimuth")
    of_energies: tuple[Intervention, ...] = ("shuffled_energies", "exchanged_hardness", "thinned_copy")
    made = [of(name, "with_distance", "distance known", distance_channel=True) for name in ("single_band", two_bands)]
    made += [of(two_bands, kind, kind.replace("_", " "), intervention=kind) for kind in of_energies]
    made += [
        of(name, kind, kind.replace("_", " "), intervention=kind)
        for kind in of_images
        for name in ("single_band", two_bands, "agn_less_1", "agn_less_2")
    ]
    made += [
        ExperimentTransform(f"cut_{edge:g}".replace(".", "_"), f"Cut at {edge:g} keV", (0, edge, inf))
        for edge in (0.7, 1, 1.5, 2.5, 4)
    ]
    return MappingProxyType({transform.name: transform for transform in made})


EXPERIMENTS: Mapping[str, Transform] = _experiments()
"""The transforms of the study of the second band, by names such as ``multi_band_2_thinned_copy`` and ``cut_1_5``."""


def get_transform(name: str) -> Transform:
    """Return a transform by name.

    Raises
    ------
    InputError
        If there is no transform of that name; the message lists those there are.
    """
    transform = TRANSFORMS.get(name) or OTHER_READINGS.get(name) or EXPERIMENTS.get(name)
    if transform is None:
        of_studies = ", ".join((*OTHER_READINGS, *EXPERIMENTS))
        msg = f"unknown transform {name!r}; choose one of {', '.join(TRANSFORMS)}; studies also train {of_studies}"
        raise InputError(msg)
    return transform
