"""What of ours stands beside each number that the report prints outside Table 1: one table.

To compare one more number, add it to :mod:`report_utils.report.printed_numbers` and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from report_utils.binning import TRANSFORMS
from report_utils.report.intervals import (
    AGREES,
    DIFFERS,
    FAILS,
    HOLDS,
    MINIMUM_GROUPS,
    UNDECIDED,
    Interval,
    above,
    within,
)
from report_utils.report.printed_numbers import EARLIER_N_IMAGES, PUBLISHED, Printed, PrintedLayer
from report_utils.report.resampling import resample
from report_utils.report.statistics import mean_of, moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from report_utils.reproduction.one_profile import Reproduction

SHOWN = "shown"
NOT_COMPARABLE = "not comparable at this profile"
NOT_OURS = "quoted, not reproduced"

DATA, NETWORK, PROTOCOL, EARLIER = "Data and images", "Network (Figure 6)", "Training protocol", "Earlier work"

FOUR_BANDS = "multi_band_4"
EXTREME_FACTOR = 3.0
ADAMS_RATE = 0.001
"""Adam's default learning rate, in Keras as in Kingma & Ba (2015)."""


def agreement(verdict: str) -> str:
    """Turn the verdict of an equivalence test into one on a printed number."""
    return {HOLDS: AGREES, FAILS: DIFFERS}.get(verdict, verdict)


@dataclass(frozen=True)
class Tolerance:
    """When a number of ours agrees with a printed one, and the reason for this rule.

    ``judge`` is the rule itself: from our value, the printed one and the Reproduction to a verdict.
    """

    words: str
    reason: str
    judge: Callable[[Any, Any, Reproduction], str] = field(compare=False)


def _within_a_factor(ours: float, printed: float, reproduction: Reproduction) -> str:
    if reproduction.observations.n_clusters != PUBLISHED.data.n_observations.value:
        return NOT_COMPARABLE
    return agreement(within(Interval(*[ours / printed] * 3), EXTREME_FACTOR))


def _majority(ours: Interval, printed: object, reproduction: Reproduction) -> str:  # noqa: ARG001
    enough = len(np.unique(reproduction.groups)) >= MINIMUM_GROUPS
    return agreement(above(ours, 0.5)) if enough else UNDECIDED


_NO_SCATTER = "It is a setting, or follows from the architecture, and has no scatter."
SETTING = Tolerance("equal", _NO_SCATTER, lambda ours, printed, _: AGREES if ours == printed else NOT_COMPARABLE)
FIXED = Tolerance("equal", _NO_SCATTER, lambda ours, printed, _: AGREES if ours == printed else DIFFERS)
"""Of what no profile chooses: any other value is a fault."""
OF_EXTREMES = Tolerance(
    f"within a factor of {EXTREME_FACTOR:g}, at the report's number of observations",
    "The extremes of a sample with a long tail change by such factors between draws of the same clusters, and no "
    "interval can be computed for them.",
    _within_a_factor,
)
MAJORITY = Tolerance("the interval above a half", "The report says a majority, and gives no number.", _majority)
QUOTED = Tolerance("", "", lambda *_: NOT_OURS)
OF_OTHERS = Tolerance("", "Of other clusters, which are not at hand.", lambda *_: NOT_OURS)
SEE_THE_PAGE = Tolerance("", "", lambda *_: SHOWN)


@dataclass(frozen=True)
class ComparedNumber:
    """A printed number and what of ours stands beside it, in the table ``kind`` of the status page.

    ``ours`` is from a Reproduction to our value, for NETWORK from the weights of a network trained on four bands; or
    words where there is no such value. ``page`` shows it, with the figure after ``#`` where there is one. ``made_of``
    says what it is computed from, where the profile and the number of observations do not decide it. ``printed_words``
    is the printed value, where the report gives it in words.
    """

    kind: str
    name: str
    printed: Printed
    ours: Callable[[Any], Any] | str
    page: str
    tolerance: Tolerance = SETTING
    made_of: Literal["", "data", "dynamics"] = ""
    printed_words: str = ""


def share_of_masses(reproduction: Reproduction) -> Interval:
    """Return the share of the masses in the range that the report names; a share does not depend on the size."""
    low, high = PUBLISHED.data.bulk_log10_mass.value
    masses = reproduction.catalogue["log10_mass"].to_numpy()
    inside = ((masses >= low) & (masses <= high)).astype(float)[None, :, None]
    return resample([moments(inside)], reproduction.groups).interval(lambda totals: mean_of(totals[..., 0, :]))


def _layer(place: int, layer: PrintedLayer) -> ComparedNumber:
    """Compare the parameters of a layer with those of ours at a place among the layers that have any."""

    def ours(weights: list[NDArray]) -> int:
        kernels = [number for number, array in enumerate(weights) if array.ndim > 1]  # a layer begins with its kernel
        sizes = np.add.reduceat([array.size for array in weights], kernels)
        return int(sizes[place]) if layer.parameters and place < len(sizes) else 0

    printed = Printed(layer.parameters, "Figure 6", "parameters")
    return ComparedNumber(NETWORK, f"{layer.name} ({layer.kind})", printed, ours, "3-2-network", FIXED)


def _layers() -> list[ComparedNumber]:
    places = np.cumsum([layer.parameters > 0 for layer in PUBLISHED.layers]) - 1
    return [_layer(int(place), layer) for place, layer in zip(places, PUBLISHED.layers, strict=True)]


def _n_events(reproduction: Reproduction) -> NDArray:
    return reproduction.catalogue["n_events"].to_numpy()


def _epochs_after_noise(reproduction: Reproduction) -> int:
    dynamics = reproduction.dynamics(FOUR_BANDS)
    return len(dynamics.phase) // dynamics.n_phases - reproduction.profile.dynamics.epochs


def _comparisons() -> tuple[ComparedNumber, ...]:
    data, network, training, dynamics = PUBLISHED.data, PUBLISHED.network, PUBLISHED.training, PUBLISHED.dynamics
    of_data, of_protocol, of_earlier = (partial(ComparedNumber, kind) for kind in (DATA, PROTOCOL, EARLIER))
    of_network = partial(ComparedNumber, NETWORK, page="3-2-network", tolerance=FIXED)
    page, in_phases = "3-2-network", "4-1-dynamics-multi-band"
    extreme, shown, recorded = (OF_EXTREMES, "data"), ("see the page", page, SEE_THE_PAGE), (FIXED, "dynamics")
    share = "share with log10 mass in {}-{}".format(*data.bulk_log10_mass.value)
    other_row = "a row is another cluster here"
    in_the_work = f"{EARLIER_N_IMAGES:,} in the work itself".replace(",", "\u202f")
    reports = [transform for name, transform in TRANSFORMS.items() if name in PUBLISHED.rows]
    channels = tuple(sorted({transform.n_channels for transform in reports}))
    percentages = tuple(int(one.retained_percentile) for one in reports if one.retained_percentile)
    return (
        of_data("observations", data.n_observations, lambda r: r.observations.n_clusters, "2-data"),
        of_data(
            "observations, rounded",
            data.n_observations_rounded,
            lambda r: int(float(f"{r.observations.n_clusters:.2g}")),
            "2-data",
        ),
        of_data("mass of a cluster, at least", data.mass_scale, "as Figure 2 has the masses", "2-data#fig-2", QUOTED),
        of_data("fewest events", data.fewest_events, lambda r: int(_n_events(r).min()), "2-data#fig-1", *extreme),
        of_data("most events", data.most_events, lambda r: int(_n_events(r).max()), "2-data#fig-1", *extreme),
        of_data(share, data.bulk_log10_mass, share_of_masses, "2-data#fig-2", MAJORITY, "data", "a majority"),
        of_data("band of a luminosity", data.luminosity_band, "the bands of the images", "baselines", QUOTED),
        of_data("pixels", data.n_pixels, lambda r: r.profile.n_pixels, "3-1-images"),
        of_data("channels", data.n_channels, lambda _: channels, "3-1-images"),
        of_data("ends of the bands", data.band_edges, lambda _: TRANSFORMS[FOUR_BANDS].edges_kev, "3-1-images#fig-4"),
        of_data(
            "threshold of the single band",
            data.threshold,
            lambda _: TRANSFORMS["single_band_thresholded"].edges_kev[-1],
            "3-1-images",
        ),
        of_data("retained percentages", data.retained_percentages, lambda _: percentages, "3-1-images#fig-5"),
        of_data("percentage of a caption", data.retained_in_caption, "those of the text", "3-1-images#fig-5", QUOTED),
        *_layers(),
        of_network("all layers", network.n_parameters, lambda weights: sum(one.size for one in weights)),
        of_network("size", network.model_size, lambda weights: round(sum(one.nbytes for one in weights) / 1024, 2)),
        of_network("convolution", network.convolution_kernel, lambda weights: weights[0].shape[:2]),
        of_protocol("epochs", training.epochs, lambda r: r.profile.training.epochs, page),
        of_protocol("images in a batch", training.batch_size, lambda r: r.profile.training.batch_size, page),
        of_protocol("learning rate", training.learning_rate, lambda r: r.profile.training.learning_rate, page),
        of_protocol(
            "of Adam's default",
            training.share_of_default_rate,
            lambda r: r.profile.training.learning_rate / ADAMS_RATE,
            page,
        ),
        of_protocol("folds trained", training.n_folds, lambda r: r.profile.folds.run, page),
        of_protocol(
            "share of a test set",
            training.test_fraction,
            lambda r: round(float(np.mean(r.fold_of() == 0)), 2),
            page,
            SETTING,
            "data",
        ),
        of_protocol("optimiser", training.optimizer, *shown),
        of_protocol("pooling window", network.pooling_window, *shown),
        of_protocol("pooling stride", network.pooling_stride, *shown),
        of_protocol(
            "epochs before the noise", dynamics.epochs_before_noise, lambda r: r.profile.dynamics.epochs, in_phases
        ),
        of_protocol(
            "views of a cluster",
            training.n_views,
            lambda r: r.dynamics(FOUR_BANDS).predictions.shape[2],
            "3-2-network#fig-8",
            *recorded,
        ),
        of_protocol(
            "phases of a dynamics", dynamics.n_phases, lambda r: r.dynamics(FOUR_BANDS).n_phases, in_phases, *recorded
        ),
        of_protocol("epochs after it", dynamics.epochs_after_noise, _epochs_after_noise, in_phases, *recorded),
        of_protocol("rows that are put in order", dynamics.disordered_rows, other_row, in_phases, QUOTED),
        of_protocol("row that stays hard", dynamics.hard_row, other_row, in_phases, QUOTED),
        of_protocol("rows that vary without AGN", dynamics.varying_rows, other_row, "4-2-comparison", QUOTED),
        of_earlier("standard deviation", PUBLISHED.earlier_scatter, "", "1-introduction", OF_OTHERS),
        of_earlier(
            "observations",
            PUBLISHED.earlier_n_observations,
            in_the_work,
            "1-introduction",
            OF_OTHERS,
            printed_words="around 7\u202f000",
        ),
    )


COMPARISONS = _comparisons()
"""Every number outside Table 1 that ours stands beside, in the order of the status page."""
