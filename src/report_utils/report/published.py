"""Every number that the report prints, with where it stands, and where the report contradicts itself.

The report is M. Lovig, *Understanding the effects of energy band splitting in X-ray cluster mass estimation*
(STAT 626, May 2024). Nothing here is computed; what the report does not print is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from report_utils.report.inconsistencies import INCONSISTENCIES, Inconsistency

T = TypeVar("T")

_ALL_BANDS = "0-2.5, ..., 7.5+"


@dataclass(frozen=True)
class Printed(Generic[T]):
    """A value as the report prints it, its unit, and where."""

    value: T
    where: str
    unit: str = ""


@dataclass(frozen=True)
class TableRow:
    """One row of Table 1, or of a transform that Table 1 leaves out (bias and scatter ``None``).

    Attributes
    ----------
    transform : str
        The name in :data:`report_utils.binning.TRANSFORMS`.
    model, channels : str
        Table 1's *Model Type* and *Channels*, or the same made up in its manner.
    bias, scatter : float or None [dex]
        Mean and standard deviation of prediction minus truth; ``None`` where the report prints none.
    where : str
    """

    transform: str
    model: str
    channels: str
    bias: float | None
    scatter: float | None
    where: str = "Table 1"

    @property
    def printed(self) -> bool:
        """Whether the report prints this row."""
        return self.scatter is not None


@dataclass(frozen=True)
class Layer:
    """One line of Figure 6: the layer's name, class, output shape without the batch, and parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class DataDescription:
    """What section 2 says of its data."""

    n_observations: Printed[int]
    fewest_events: Printed[int]
    most_events: Printed[int]
    histogram_limit: Printed[int]
    bulk_log10_mass: Printed[tuple[float, float]]
    n_pixels: Printed[int]
    band_edges: Printed[tuple[float, ...]]
    threshold: Printed[float]
    retained_percentages: Printed[tuple[int, ...]]


@dataclass(frozen=True)
class TrainingProtocol:
    """How sections 3.2 and 3.3 train and test."""

    epochs: Printed[int]
    batch_size: Printed[int]
    optimizer: Printed[str]
    learning_rate: Printed[float]
    n_folds: Printed[int]
    test_fraction: Printed[float]
    n_views: Printed[int]
    convolution_kernel: Printed[tuple[int, int]]
    pooling_window: Printed[tuple[int, int]]
    loss: None = None


@dataclass(frozen=True)
class DynamicsProtocol:
    """How section 4.1 trains; the size of the noise is not printed."""

    n_phases: Printed[int]
    epochs_before_noise: Printed[int]
    epochs_after_noise: Printed[int]
    disordered_rows: Printed[tuple[int, int]]
    varying_rows: Printed[tuple[int, int]]
    hard_row: Printed[int]
    noise: None = None

    @property
    def n_epochs(self) -> int:
        """Columns of Figure 10 before the truth."""
        return self.n_phases.value * (self.epochs_before_noise.value + self.epochs_after_noise.value)


@dataclass(frozen=True)
class Published:
    """All of it: see :data:`PUBLISHED`."""

    title: str
    author: str
    date: str
    rows: MappingProxyType[str, TableRow]
    data: DataDescription
    layers: tuple[Layer, ...]
    n_parameters: Printed[int]
    model_size: Printed[float]
    training: TrainingProtocol
    dynamics: DynamicsProtocol
    earlier_scatter: Printed[float]
    earlier_n_observations: Printed[int]
    own_n_observations_rounded: Printed[int]
    best_scatter_in_text: Printed[float]
    inconsistencies: tuple[Inconsistency, ...]

    @property
    def best_row(self) -> TableRow:
        """The row with the smallest printed scatter (bold in Table 1)."""
        return min((row for row in self.rows.values() if row.printed), key=lambda row: row.scatter)

    @property
    def least_biased_row(self) -> TableRow:
        """The row with the smallest printed bias, whatever its sign (bold in Table 1)."""
        return min((row for row in self.rows.values() if row.printed), key=lambda row: abs(row.bias))

    @property
    def figure_nine(self) -> tuple[str, ...]:
        """The transforms in the order of Figure 9."""
        return tuple(name for name in self.rows if name != "single_band_thresholded")


def _rows() -> tuple[TableRow, ...]:
    not_printed = "sections 3.3 and 4.2 cite it as a table's content, but no table prints it"
    two, three = "0-2.5, 2.5-5", "0-2.5, ..., 5-7.5"
    return (
        TableRow("single_band", "Single Band", "0+", 0.00086, 0.11253),
        TableRow("multi_band_1", "Multi-Band", "0-2.5", -0.00173, 0.11744),
        TableRow("multi_band_2", "Multi-Band", two, 0.00317, 0.06345),
        TableRow("multi_band_3", "Multi-Band", three, -0.00059, 0.05903),
        TableRow("multi_band_4", "Multi-Band", _ALL_BANDS, 0.00333, 0.05818),
        TableRow("retained_99", "99% Retained", _ALL_BANDS, 0.00013, 0.05903),
        TableRow("retained_95", "95% Retained", _ALL_BANDS, 0.00075, 0.06131),
        TableRow("retained_90", "90% Retained", _ALL_BANDS, -0.00161, 0.06076),
        TableRow("retained_75", "75% Retained", _ALL_BANDS, 0.00365, 0.06253),
        TableRow("retained_50", "50% Retained", _ALL_BANDS, 0.00190, 0.06363),
        TableRow("retained_25", "25% Retained", _ALL_BANDS, -0.00438, 0.06481),
        TableRow("agn_less_1", "AGN-less", "0-2.5", None, None, not_printed),
        TableRow("agn_less_2", "AGN-less", two, None, None, not_printed),
        TableRow("agn_less_3", "AGN-less", three, None, None, not_printed),
        TableRow("agn_less_4", "AGN-less", _ALL_BANDS, None, None, not_printed),
        TableRow("single_band_thresholded", "Single Band", "0-7.5", None, None, "footnote 3, in words only"),
    )


def _layers() -> tuple[Layer, ...]:
    return (
        Layer("conv2d", "Conv2D", (128, 128, 16), 592),
        Layer("max_pooling2d", "MaxPooling2D", (64, 64, 16), 0),
        Layer("conv2d_1", "Conv2D", (64, 64, 32), 4640),
        Layer("max_pooling2d_1", "MaxPooling2D", (32, 32, 32), 0),
        Layer("conv2d_2", "Conv2D", (32, 32, 64), 18496),
        Layer("max_pooling2d_2", "MaxPooling2D", (16, 16, 64), 0),
        Layer("global_average_pooling2d", "GlobalAveragePooling2D", (64,), 0),
        Layer("dense", "Dense", (200,), 13000),
        Layer("dense_1", "Dense", (100,), 20100),
        Layer("dense_2", "Dense", (20,), 2020),
        Layer("dense_3", "Dense", (1,), 21),
    )


def _published() -> Published:
    rows = _rows()
    return Published(
        title="Understanding the effects of energy band splitting in X-ray cluster mass estimation",
        author="Max Lovig",
        date="May 2024",
        rows=MappingProxyType({row.transform: row for row in rows}),
        data=DataDescription(
            n_observations=Printed(3286, "section 2"),
            fewest_events=Printed(736, "section 2", "events"),
            most_events=Printed(6_558_594, "section 2", "events"),
            histogram_limit=Printed(100_000, "section 2 and Figure 1", "events"),
            bulk_log10_mass=Printed((13.6, 14.3), "caption of Figure 2", "log10 solar masses"),
            n_pixels=Printed(128, "section 3.1", "pixels a side"),
            band_edges=Printed((0.0, 2.5, 5.0, 7.5, float("inf")), "section 3.1.2", "keV"),
            threshold=Printed(7.5, "section 3.1.1", "keV"),
            retained_percentages=Printed((99, 95, 90, 75, 50, 25), "section 3.1.3", "per cent"),
        ),
        layers=_layers(),
        n_parameters=Printed(58_869, "Figure 6"),
        model_size=Printed(229.96, "Figure 6", "KB"),
        training=TrainingProtocol(
            epochs=Printed(100, "section 3.2"),
            batch_size=Printed(16, "section 3.2"),
            optimizer=Printed("Adam", "section 3.2"),
            learning_rate=Printed(0.0005, "section 3.2"),
            n_folds=Printed(10, "section 3.3"),
            test_fraction=Printed(0.1, "section 3.3"),
            n_views=Printed(8, "section 3.2: every quarter turn and axial flip"),
            convolution_kernel=Printed((3, 3), "section 3.2"),
            pooling_window=Printed((2, 2), "section 3.2"),
        ),
        dynamics=DynamicsProtocol(
            n_phases=Printed(4, "section 4.1"),
            epochs_before_noise=Printed(50, "section 4.1"),
            epochs_after_noise=Printed(1, "section 4.1"),
            disordered_rows=Printed((50, 150), "section 4.1, third observation", "row of Figure 10"),
            varying_rows=Printed((50, 100), "section 4.2", "row of Figure 11"),
            hard_row=Printed(249, "section 4.1, third observation", "row of Figure 10"),
        ),
        earlier_scatter=Printed(0.051, "section 3.3, of Ntampaka et al. (2019)", "dex"),
        earlier_n_observations=Printed(7000, "section 3.3 (around)"),
        own_n_observations_rounded=Printed(3300, "section 3.3"),
        best_scatter_in_text=Printed(0.06196, "section 3.3", "dex"),
        inconsistencies=INCONSISTENCIES,
    )


PUBLISHED = _published()
