"""Experiments on the counts of a sample: one kind of information is destroyed, and the others stay."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from report_utils.binning.dataset import Dataset, aligned_images
from report_utils.binning.transforms import ExperimentTransform, Intervention, Transform
from report_utils.errors import InputError
from report_utils.simulation.cosmology import luminosity_distance

_CHUNK = 64

Counts = NDArray[np.integer]


def _rebinned(pixels: Counts, bands: NDArray[np.int8], shape: tuple[int, ...]) -> Counts:
    """Return the counts of events of which the pixel and the band are known."""
    n_bands = shape[-1]
    return np.bincount(pixels * n_bands + bands, minlength=int(np.prod(shape))).reshape(shape)


def shuffled_energies(counts: Counts, _index: int, _totals: Counts, rng: np.random.Generator) -> Counts:
    """Deal the energies of an observation's events out among them: its spectrum stays, the map of hardness goes."""
    shape, flat = counts.shape, counts.reshape(-1, counts.shape[-1])
    bands = np.repeat(np.arange(shape[-1], dtype=np.int8), flat.sum(axis=0))
    return _rebinned(np.repeat(np.arange(len(flat)), flat.sum(axis=1)), rng.permutation(bands), shape)


def exchanged_hardness(counts: Counts, index: int, totals: Counts, rng: np.random.Generator) -> Counts:
    """Draw each event's band from the spectrum of another observation, the one next to it in number of events."""
    shape, flat = counts.shape, counts.reshape(-1, counts.shape[-1])
    order = np.argsort(totals.sum(axis=1), kind="stable")
    place = int(np.flatnonzero(order == index)[0])
    partner = order[place ^ 1 if place ^ 1 < len(order) else place - 1]
    other, of_pixels = totals[partner], flat.sum(axis=1)
    if partner == index:
        msg = "there is no second observation to exchange the hardness with; add observations, or leave this out"
        raise InputError(msg)
    if of_pixels.any() and not other.any():
        msg = (
            f"observation {index} exchanges its hardness with observation {partner} (counted from 0), which has no "
            "events; remove that observation"
        )
        raise InputError(msg)
    n_of_bands = rng.multinomial(of_pixels.sum(), other / max(other.sum(), 1))
    bands = rng.permutation(np.repeat(np.arange(shape[-1], dtype=np.int8), n_of_bands))
    return _rebinned(np.repeat(np.arange(len(flat)), of_pixels), bands, shape)


def thinned_copy(counts: Counts, _index: int, totals: Counts, rng: np.random.Generator) -> Counts:
    """Replace each further band by a random part of the first: event numbers stay typical, and no spectrum is left.

    The part is the same in every observation. One that followed the observation's own ratio would tell its hardness.
    """
    first = totals[:, 0]
    if not first.any():
        msg = (
            "no observation has an event in the first band, which the further bands are to be copies of; add "
            "observations with events of lower energy, or leave this out"
        )
        raise InputError(msg)
    share = np.median(totals[first > 0] / first[first > 0, None], axis=0).clip(0, 1)
    copies = [counts[..., :1], *(rng.binomial(counts[..., :1], part) for part in share[1:])]
    return np.concatenate(copies, axis=-1)


def permuted_pixels(counts: Counts, _index: int, _totals: Counts, rng: np.random.Generator) -> Counts:
    """Put an image's pixels into random order, all bands alike: the histogram stays, the shape goes."""
    flat = counts.reshape(-1, counts.shape[-1])
    return flat[rng.permutation(len(flat))].reshape(counts.shape)


def scrambled_azimuth(counts: Counts, _index: int, _totals: Counts, rng: np.random.Generator) -> Counts:
    """Put the pixels of each ring about the centroid into random order: the radial profile stays, the rest goes."""
    ring = rings(counts).ravel()
    flat = counts.reshape(-1, counts.shape[-1])
    dealt = np.empty_like(flat)
    dealt[np.argsort(ring, kind="stable")] = flat[np.lexsort((rng.random(len(ring)), ring))]
    return dealt.reshape(counts.shape)


def rings(counts: Counts) -> NDArray[np.int64]:
    """Return the ring of each pixel, one pixel wide, about the centroid of all events, ``(n_pixels, n_pixels)``."""
    total = counts.sum(axis=-1, dtype=np.float64)
    along = np.arange(len(total))
    weight = max(total.sum(), 1.0)
    centre = total.sum(axis=1) @ along / weight, total.sum(axis=0) @ along / weight
    return np.hypot(*np.meshgrid(along - centre[0], along - centre[1], indexing="ij")).astype(np.int64)


Alter = Callable[[Counts, int, Counts, np.random.Generator], Counts]
"""From an observation's counts (n_pixels, n_pixels, n_bands), its row, every observation's totals by band
(n_clusters, n_bands) and a generator to the counts after an intervention."""

INTERVENTIONS: Mapping[Intervention, Alter] = MappingProxyType(
    {
        "shuffled_energies": shuffled_energies,
        "exchanged_hardness": exchanged_hardness,
        "thinned_copy": thinned_copy,
        "permuted_pixels": permuted_pixels,
        "scrambled_azimuth": scrambled_azimuth,
    }
)
"""Each function has the name of its intervention, by which a fit's key finds it."""


def experiment_images(dataset: Dataset, transform: Transform) -> NDArray[np.float32]:
    """Return the images of all observations, ``(n_clusters, n_pixels, n_pixels, n_channels)``, of any transform.

    Raises
    ------
    InputError
        If the observations do not allow the intervention, or the transform shows distances that are not known.
    """
    if not isinstance(transform, ExperimentTransform) or not transform.needs_sample:
        return dataset.images(transform)
    alter = None if transform.intervention is None else INTERVENTIONS[transform.intervention]
    try:
        return altered_images(dataset, transform, alter)
    except InputError as error:
        msg = f"transform {transform.name!r}: {error}"
        raise InputError(msg) from None


def altered_images(dataset: Dataset, transform: ExperimentTransform, alter: Alter | None) -> NDArray[np.float32]:
    """Return the images of a transform that needs the whole sample, with its intervention."""
    counts = dataset.counts(transform.source)
    totals = np.concatenate(
        [counts[i : i + _CHUNK].sum(axis=(1, 2), dtype=np.int64) for i in range(0, len(counts), _CHUNK)]
    )
    images = aligned_images((*counts.shape[:3], transform.n_channels))
    for start in range(0, len(counts), _CHUNK):
        part = np.asarray(dataset.counts(transform.source)[start : start + _CHUNK])
        if alter is not None:
            rows = enumerate(part, start)
            part = np.stack([alter(one, row, totals, generator(transform.intervention, row)) for row, one in rows])
        images[start : start + _CHUNK, ..., : len(transform.edges_kev) - 1] = Transform.__call__(transform, part)
    if transform.distance_channel:
        images[..., -1] = log_distance(dataset)[:, None, None]
    return images


def generator(kind: Intervention, row: int) -> np.random.Generator:
    """Return the generator of an intervention on an observation: the same row is altered the same way each time."""
    return np.random.default_rng([zlib.crc32(kind.encode()), row])


def log_distance(dataset: Dataset) -> NDArray[np.float64]:
    """Return log10 of each observation's luminosity distance [Gpc], ``(n_clusters,)``.

    Raises
    ------
    InputError
        If the redshifts are not known.
    """
    if "redshift" not in dataset.catalogue:
        msg = "these observations have no redshifts, so their distances cannot be shown to a network"
        raise InputError(msg)
    return np.log10([luminosity_distance(z) / 1000 for z in dataset.catalogue["redshift"]])
