"""The numbers that the report prints, and where each stands.

The report is M. Lovig, *Understanding the effects of energy band splitting in X-ray cluster mass estimation*
(STAT 626, May 2024). Nothing here is computed; :mod:`report_utils.report.compared_numbers` says what of ours stands
beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from report_utils.binning import Transform
    from report_utils.profiles import Profile

T = TypeVar("T")

EARLIER_N_IMAGES = 7896
"""Images in the abstract of Ntampaka et al. (2019), ApJ 876, 82; the report quotes around 7000 observations."""


@dataclass(frozen=True)
class Printed(Generic[T]):
    """A value as the report prints it, where, and its unit."""

    value: T
    where: str
    unit: str = ""


@dataclass(frozen=True)
class DataNumbers:
    """What sections 1 to 3.1 say of the observations and their images."""

    mass_scale: Printed[float] = Printed(1e14, "section 1 (and above)", "solar masses")
    luminosity_band: Printed[tuple[float, float]] = Printed((0.0, 3.0), "section 1, an example", "keV")
    n_observations: Printed[int] = Printed(3286, "section 2")
    n_observations_rounded: Printed[int] = Printed(3300, "section 3.3")
    fewest_events: Printed[int] = Printed(736, "section 2")
    most_events: Printed[int] = Printed(6_558_594, "section 2")
    histogram_limit: Printed[int] = Printed(100_000, "section 2 and Figure 1")
    bulk_log10_mass: Printed[tuple[float, float]] = Printed((13.6, 14.3), "caption of Figure 2", "log10 solar masses")
    n_pixels: Printed[int] = Printed(128, "section 3.1", "pixels a side")
    n_channels: Printed[tuple[int, ...]] = Printed((1, 2, 3, 4), "section 3.1")
    band_edges: Printed[tuple[float, ...]] = Printed((0.0, 2.5, 5.0, 7.5, float("inf")), "section 3.1.2", "keV")
    threshold: Printed[float] = Printed(7.5, "section 3.1.1", "keV")
    retained_percentages: Printed[tuple[int, ...]] = Printed((99, 95, 90, 75, 50, 25), "section 3.1.3", "per cent")
    retained_in_caption: Printed[int] = Printed(4, "caption of Figure 5", "per cent")


@dataclass(frozen=True)
class NetworkNumbers:
    """What Figure 6 and section 3.2 say of the network, besides :data:`LAYERS`."""

    n_parameters: Printed[int] = Printed(58_869, "Figure 6: total, and all of them trainable")
    model_size: Printed[float] = Printed(229.96, "Figure 6", "KB")
    convolution_kernel: Printed[tuple[int, int]] = Printed((3, 3), "section 3.2")
    pooling_window: Printed[tuple[int, int]] = Printed((2, 2), "section 3.2")
    pooling_stride: Printed[tuple[int, int]] = Printed((2, 2), "section 3.2")


@dataclass(frozen=True)
class TrainingNumbers:
    """How sections 3.2 and 3.3 train and test; the loss is not printed."""

    epochs: Printed[int] = Printed(100, "section 3.2")
    batch_size: Printed[int] = Printed(16, "section 3.2")
    optimizer: Printed[str] = Printed("Adam", "section 3.2")
    learning_rate: Printed[float] = Printed(0.0005, "section 3.2")
    share_of_default_rate: Printed[float] = Printed(0.5, "section 3.2: half of the default")
    n_folds: Printed[int] = Printed(10, "section 3.3")
    test_fraction: Printed[float] = Printed(0.1, "section 3.3")
    n_views: Printed[int] = Printed(8, "section 3.2: every quarter turn and axial flip")


@dataclass(frozen=True)
class DynamicsNumbers:
    """How section 4.1 trains; the size of the noise is not printed."""

    n_phases: Printed[int] = Printed(4, "section 4.1")
    epochs_before_noise: Printed[int] = Printed(50, "section 4.1")
    epochs_after_noise: Printed[int] = Printed(1, "section 4.1")
    disordered_rows: Printed[tuple[int, int]] = Printed((50, 150), "section 4.1, third observation", "row of Figure 10")
    varying_rows: Printed[tuple[int, int]] = Printed((50, 100), "section 4.2", "row of Figure 11")
    hard_row: Printed[int] = Printed(249, "section 4.1, third observation", "row of Figure 10")


@dataclass(frozen=True)
class PrintedLayer:
    """One line of Figure 6: the layer's name, class, output shape without the batch, and parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


LAYERS = (
    PrintedLayer("conv2d", "Conv2D", (128, 128, 16), 592),
    PrintedLayer("max_pooling2d", "MaxPooling2D", (64, 64, 16), 0),
    PrintedLayer("conv2d_1", "Conv2D", (64, 64, 32), 4640),
    PrintedLayer("max_pooling2d_1", "MaxPooling2D", (32, 32, 32), 0),
    PrintedLayer("conv2d_2", "Conv2D", (32, 32, 64), 18496),
    PrintedLayer("max_pooling2d_2", "MaxPooling2D", (16, 16, 64), 0),
    PrintedLayer("global_average_pooling2d", "GlobalAveragePooling2D", (64,), 0),
    PrintedLayer("dense", "Dense", (200,), 13000),
    PrintedLayer("dense_1", "Dense", (100,), 20100),
    PrintedLayer("dense_2", "Dense", (20,), 2020),
    PrintedLayer("dense_3", "Dense", (1,), 21),
)
"""Figure 6 from top to bottom."""


@dataclass(frozen=True)
class TableRow:
    """One row of Table 1, or one made in its manner for a transform that Table 1 leaves out.

    ``model`` is Table 1's *Model Type*, and ``bands`` [keV] are what each channel of the image counts. ``bias`` and
    ``scatter`` [dex] are mean and standard deviation of prediction minus truth; None where the report prints none.
    """

    transform: str
    model: str
    bands: tuple[str, ...]
    bias: float | None = None
    scatter: float | None = None
    where: str = "Table 1"

    @property
    def printed(self) -> bool:
        """Whether the report prints this row."""
        return self.scatter is not None

    @property
    def channels(self) -> str:
        """The bands as Table 1's *Channels* abbreviates them."""
        return ", ".join(self.bands if len(self.bands) < 3 else (self.bands[0], "...", self.bands[-1]))


def _rows() -> Mapping[str, TableRow]:
    bands = ("0-2.5", "2.5-5", "5-7.5", "7.5+")
    cited = "sections 3.3 and 4.2 cite it as a table's content, but no table prints it"
    rows = (
        TableRow("single_band", "Single Band", ("0+",), 0.00086, 0.11253),
        TableRow("multi_band_1", "Multi-Band", bands[:1], -0.00173, 0.11744),
        TableRow("multi_band_2", "Multi-Band", bands[:2], 0.00317, 0.06345),
        TableRow("multi_band_3", "Multi-Band", bands[:3], -0.00059, 0.05903),
        TableRow("multi_band_4", "Multi-Band", bands, 0.00333, 0.05818),
        TableRow("retained_99", "99% Retained", bands, 0.00013, 0.05903),
        TableRow("retained_95", "95% Retained", bands, 0.00075, 0.06131),
        TableRow("retained_90", "90% Retained", bands, -0.00161, 0.06076),
        TableRow("retained_75", "75% Retained", bands, 0.00365, 0.06253),
        TableRow("retained_50", "50% Retained", bands, 0.00190, 0.06363),
        TableRow("retained_25", "25% Retained", bands, -0.00438, 0.06481),
        *(TableRow(f"agn_less_{k}", "AGN-less", bands[:k], where=cited) for k in (1, 2, 3, 4)),
        TableRow("single_band_thresholded", "Single Band", ("0-7.5",), where="footnote 3, in words only"),
    )
    return {row.transform: row for row in rows}


@dataclass(frozen=True)
class Published:
    """All of it: see :data:`PUBLISHED`."""

    rows: Mapping[str, TableRow] = field(default_factory=_rows)
    data: DataNumbers = DataNumbers()
    layers: tuple[PrintedLayer, ...] = LAYERS
    network: NetworkNumbers = NetworkNumbers()
    training: TrainingNumbers = TrainingNumbers()
    dynamics: DynamicsNumbers = DynamicsNumbers()
    earlier_scatter: Printed[float] = Printed(0.051, "section 3.3, of Ntampaka et al. (2019)", "dex")
    earlier_n_observations: Printed[int] = Printed(7000, "section 3.3 (around)")
    best_scatter_in_text: Printed[float] = Printed(0.06196, "section 3.3", "dex")

    @property
    def best_row(self) -> TableRow:
        """The row with the smallest printed scatter (bold in Table 1)."""
        return min((row for row in self.rows.values() if row.printed), key=lambda row: row.scatter)


PUBLISHED = Published()


def table_row(transform: Transform) -> TableRow:
    """Return a transform's row of Table 1.

    Printed numbers hold for the bands that they were printed for. A transform with other bands, or one that the
    report does not have, gets a row made in the same manner, without printed numbers.
    """
    if has_reports_bands(transform):
        return PUBLISHED.rows[transform.name]
    return TableRow(transform.name, transform.title, transform.channels, where="not in the report")


def has_reports_bands(transform: Transform) -> bool:
    """Tell whether the report has a transform of this name with the same bands."""
    row = PUBLISHED.rows.get(transform.name)
    return row is not None and row.bands == transform.channels


def has_reports_size(profile: Profile, n_clusters: int) -> bool:
    """Tell whether a profile has the report's observations, pixels and folds: only then do scatters compare."""
    return (
        n_clusters == PUBLISHED.data.n_observations.value
        and profile.n_pixels == PUBLISHED.data.n_pixels.value
        and profile.folds.run == profile.folds.n_folds == PUBLISHED.training.n_folds.value
    )
