"""The entries of the reproduction status for the numbers of the data, the network, the training and earlier work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from report_utils.binning import BAND_EDGES_KEV, TRANSFORMS
from report_utils.cnn.crossval import fit_from_arrays
from report_utils.report.bootstrap import resample
from report_utils.report.claims import MINIMUM_GROUPS, UNDECIDED, above, within
from report_utils.report.inconsistencies import EARLIER_N_IMAGES
from report_utils.report.intervals import Interval
from report_utils.report.moments import mean_of, moments
from report_utils.report.published import PUBLISHED, Printed
from report_utils.report.status import (
    DATA,
    DIFFERS,
    EARLIER,
    EXACT,
    NETWORK,
    NOT_AVAILABLE,
    NOT_COMPARABLE,
    NOT_OURS,
    PROTOCOL,
    SHOWN,
    UNTESTED,
    Entry,
    Tolerance,
    agreement,
    digests,
    judge_exact,
)

if TYPE_CHECKING:
    from report_utils.reproduction.one_profile import Reproduction

EXTREME_FACTOR = 3.0
OF_EXTREMES = Tolerance(
    f"within a factor of {EXTREME_FACTOR:g}, at the report's number of observations",
    "The least and the most of a sample with a long tail change by such factors from one draw of the same clusters to "
    "the next, and no interval can be computed for them.",
)
MAJORITY = Tolerance("the interval above a half", "The report says a majority, and gives no number.")
_FIRST_LAYERS = "multi_band_4"
ADAMS_RATE = 0.001
"""Adam's learning rate where none is given, of Keras as of Kingma & Ba (2015)."""


def number_entries(reproduction: Reproduction) -> list[Entry]:
    """Return the status of the report's numbers outside Table 1."""
    return [*_data(reproduction), *_network(reproduction), *_protocol(reproduction), *_earlier()]


def _exact(
    kind: str, name: str, printed: Printed, ours: object, page: str, runs: Sequence[str] = (), *, fixed: bool = False
) -> Entry:
    """Compare a setting; a ``fixed`` one is no profile's choice."""
    verdict = judge_exact(ours, printed.value, DIFFERS if fixed else NOT_COMPARABLE)
    words = [_words(value) + (f" {printed.unit}" if printed.unit else "") for value in (printed.value, ours)]
    return Entry(kind, name, printed.where, *words, verdict, EXACT, page, tuple(runs))


def _quoted(kind: str, name: str, printed: Printed, ours: str, page: str) -> Entry:
    """Show a number that no number of ours stands beside, and say why."""
    unit = f" {printed.unit}" if printed.unit else ""
    return Entry(kind, name, printed.where, f"{_words(printed.value)}{unit}", ours, NOT_OURS, UNTESTED, page)


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_words(part) for part in value)
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else _plain(value)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{value}"


def _data(reproduction: Reproduction) -> list[Entry]:
    data, catalogue = PUBLISHED.data, reproduction.catalogue
    runs = (reproduction.data_key.digest,)
    n_events, n = catalogue["n_events"].to_numpy(), len(catalogue)
    entries = [
        _exact(DATA, "observations", data.n_observations, n, "2-data", runs),
        _exact(
            DATA, "observations, rounded", PUBLISHED.own_n_observations_rounded, int(float(f"{n:.2g}")), "2-data", runs
        ),
        _quoted(DATA, "mass of a cluster, at least", data.mass_scale, "as Figure 2 has the masses", "2-data#fig-2"),
    ]
    for name, printed, ours in (
        ("fewest events", data.fewest_events, int(n_events.min())),
        ("most events", data.most_events, int(n_events.max())),
    ):
        ratio = Interval(*[ours / printed.value] * 3)
        comparable = n == data.n_observations.value
        verdict = agreement(within(ratio, EXTREME_FACTOR)) if comparable else NOT_COMPARABLE
        words = (_words(printed.value), _words(ours))
        entries.append(Entry(DATA, name, printed.where, *words, verdict, OF_EXTREMES, "2-data#fig-1", runs))
    percentages = tuple(int(t.retained_percentile) for t in TRANSFORMS.values() if t.retained_percentile)
    channels = tuple(sorted({transform.n_channels for transform in TRANSFORMS.values()}))
    threshold = TRANSFORMS["single_band_thresholded"].edges_kev[-1]
    return [
        *entries,
        _bulk(reproduction),
        _quoted(DATA, "band of a luminosity", data.luminosity_band, "the bands of the images", "baselines"),
        _exact(DATA, "pixels", data.n_pixels, reproduction.profile.n_pixels, "3-1-images", runs),
        _exact(DATA, "channels", data.n_channels, channels, "3-1-images", fixed=True),
        _exact(DATA, "ends of the bands", data.band_edges, BAND_EDGES_KEV, "3-1-images#fig-4", fixed=True),
        _exact(DATA, "threshold of the single band", data.threshold, threshold, "3-1-images", fixed=True),
        _exact(DATA, "retained percentages", data.retained_percentages, percentages, "3-1-images#fig-5", fixed=True),
        _quoted(DATA, "percentage of a caption", data.retained_in_caption, "those of the text", "3-1-images#fig-5"),
    ]


def _bulk(reproduction: Reproduction) -> Entry:
    """Judge that a majority of the masses lies where the report has it: a share does not depend on the size."""
    printed = PUBLISHED.data.bulk_log10_mass
    low, high = printed.value
    masses = reproduction.catalogue["log10_mass"].to_numpy()
    inside = ((masses >= low) & (masses <= high)).astype(float)[None, :, None]
    share = resample([moments(inside)], reproduction.groups).interval(lambda totals: mean_of(totals[..., 0, :]))
    enough = len(np.unique(reproduction.groups)) >= MINIMUM_GROUPS
    return Entry(
        DATA,
        f"share with log10 mass in {low}-{high}",
        printed.where,
        "a majority",
        f"{share:.2f}",
        agreement(above(share, 0.5)) if enough else UNDECIDED,
        MAJORITY,
        "2-data#fig-2",
        (reproduction.data_key.digest,),
        measured=share,
    )


def _network(reproduction: Reproduction) -> list[Entry]:
    """Compare Figure 6 with the weights of a network that was trained on four bands."""
    key = reproduction.fit_key(_FIRST_LAYERS, 0)
    run = reproduction.store.load(key)
    runs, page = (key.digest,), "3-2-network"
    if run is None:
        return [Entry(NETWORK, "Figure 6", "Figure 6", "", "not trained", NOT_AVAILABLE, page=page)]
    weights = fit_from_arrays(run.array, run.facts()).weights
    sizes = iter([kernel.size + biases.size for kernel, biases in zip(weights[::2], weights[1::2], strict=True)])
    entries = []
    for layer in PUBLISHED.layers:
        ours = next(sizes, 0) if layer.kind in {"Conv2D", "Dense"} else 0  # the others have nothing to train
        printed = Printed(layer.parameters, "Figure 6", "parameters")
        entries.append(_exact(NETWORK, f"{layer.name} ({layer.kind})", printed, ours, page, runs, fixed=True))
    n_parameters = int(sum(weight.size for weight in weights))
    kibibytes = round(sum(weight.nbytes for weight in weights) / 1024, 2)
    kernel = tuple(int(n) for n in weights[0].shape[:2])
    return [
        *entries,
        _exact(NETWORK, "all layers", PUBLISHED.n_parameters, n_parameters, page, runs, fixed=True),
        _exact(NETWORK, "size", PUBLISHED.model_size, kibibytes, page, runs, fixed=True),
        _exact(NETWORK, "convolution", PUBLISHED.training.convolution_kernel, kernel, page, runs, fixed=True),
    ]


def _protocol(reproduction: Reproduction) -> list[Entry]:
    profile, printed, phases = reproduction.profile, PUBLISHED.training, PUBLISHED.dynamics
    training, page = profile.training, "3-2-network"
    fold_of = reproduction.fold_of()
    tested = round(float(np.mean(fold_of == 0)), 2)
    shown = [
        Entry(PROTOCOL, name, number.where, _words(number.value), "see the page", SHOWN, UNTESTED, page)
        for name, number in (
            ("optimiser", printed.optimizer),
            ("pooling window", printed.pooling_window),
            ("pooling stride", printed.pooling_stride),
        )
    ]
    section_4 = "4-1-dynamics-multi-band"
    return [
        _exact(PROTOCOL, "epochs", printed.epochs, training.epochs, page),
        _exact(PROTOCOL, "images in a batch", printed.batch_size, training.batch_size, page),
        _exact(PROTOCOL, "learning rate", printed.learning_rate, training.learning_rate, page),
        _exact(PROTOCOL, "of Adam's default", printed.share_of_default_rate, training.learning_rate / ADAMS_RATE, page),
        _exact(PROTOCOL, "folds trained", printed.n_folds, profile.folds.run, page),
        _exact(PROTOCOL, "share of a test set", printed.test_fraction, tested, page),
        *shown,
        _exact(PROTOCOL, "epochs before the noise", phases.epochs_before_noise, profile.dynamics.epochs, section_4),
        *_of_a_dynamics(reproduction),
        *(
            _quoted(PROTOCOL, name, rows, "a row is another cluster here", place)
            for name, rows, place in (
                ("rows that are put in order", phases.disordered_rows, section_4),
                ("row that stays hard", phases.hard_row, section_4),
                ("rows that vary without AGN", phases.varying_rows, "4-2-comparison"),
            )
        ),
    ]


def _of_a_dynamics(reproduction: Reproduction) -> list[Entry]:
    """Count what was recorded of a network with four bands."""
    printed, profile = PUBLISHED.dynamics, reproduction.profile
    counted = {
        "views of a cluster": (PUBLISHED.training.n_views, "3-2-network#fig-8"),
        "phases of a dynamics": (printed.n_phases, "4-1-dynamics-multi-band"),
        "epochs after it": (printed.epochs_after_noise, "4-1-dynamics-multi-band"),
    }
    if _FIRST_LAYERS not in reproduction.dynamics_transforms:
        return [
            Entry(PROTOCOL, name, number.where, _words(number.value), "not recorded", NOT_AVAILABLE, UNTESTED, page)
            for name, (number, page) in counted.items()
        ]
    dynamics = reproduction.dynamics(_FIRST_LAYERS)
    runs = digests(reproduction.runs(dynamics=[_FIRST_LAYERS]))
    n_after = len(dynamics.phase) // dynamics.n_phases - profile.dynamics.epochs
    ours = (dynamics.predictions.shape[2], dynamics.n_phases, n_after)
    return [
        _exact(PROTOCOL, name, number, measured, page, runs, fixed=True)
        for (name, (number, page)), measured in zip(counted.items(), ours, strict=True)
    ]


def _earlier() -> list[Entry]:
    page, earlier, n_images = "1-introduction", PUBLISHED.earlier_scatter, PUBLISHED.earlier_n_observations
    quoted = Tolerance("", "Of other clusters, which are not at hand.")
    return [
        Entry(EARLIER, "standard deviation", earlier.where, f"{earlier.value} dex", "", NOT_OURS, quoted, page),
        Entry(
            EARLIER,
            "observations",
            n_images.where,
            f"around {_words(n_images.value)}",
            f"{_words(EARLIER_N_IMAGES)} in the work itself",
            NOT_OURS,
            quoted,
            page,
        ),
    ]
