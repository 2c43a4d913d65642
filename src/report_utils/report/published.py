"""Every number that the report prints, with where it stands, and where the report contradicts itself.

The report is M. Lovig, *Understanding the effects of energy band splitting in X-ray cluster mass estimation*
(STAT 626, May 2024). Nothing here is computed; what the report does not print is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from report_utils.report.inconsistencies import INCONSISTENCIES, Inconsistency
from report_utils.report.printed_tables import Layer, TableRow, layers, table_rows

T = TypeVar("T")


@dataclass(frozen=True)
class Printed(Generic[T]):
    """A value as the report prints it, its unit, and where."""

    value: T
    where: str
    unit: str = ""


@dataclass(frozen=True)
class DataDescription:
    """What sections 1 to 3.1 say of the data and its images."""

    mass_scale: Printed[float]
    luminosity_band: Printed[tuple[float, float]]
    n_observations: Printed[int]
    fewest_events: Printed[int]
    most_events: Printed[int]
    histogram_limit: Printed[int]
    bulk_log10_mass: Printed[tuple[float, float]]
    n_pixels: Printed[int]
    n_channels: Printed[tuple[int, ...]]
    n_examples: Printed[int]
    band_edges: Printed[tuple[float, ...]]
    threshold: Printed[float]
    retained_percentages: Printed[tuple[int, ...]]
    retained_in_caption: Printed[int]
    fewest_bands_that_help: Printed[int]


@dataclass(frozen=True)
class TrainingProtocol:
    """How sections 3.2 and 3.3 train and test."""

    epochs: Printed[int]
    batch_size: Printed[int]
    optimizer: Printed[str]
    learning_rate: Printed[float]
    share_of_default_rate: Printed[float]
    n_folds: Printed[int]
    test_fraction: Printed[float]
    n_views: Printed[int]
    quarter_turn: Printed[float]
    n_view_examples: Printed[int]
    n_channels_drawn: Printed[int]
    convolution_kernel: Printed[tuple[int, int]]
    pooling_window: Printed[tuple[int, int]]
    pooling_stride: Printed[tuple[int, int]]
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
    n_frozen_parameters: Printed[int]
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


def _published() -> Published:
    rows = table_rows()
    return Published(
        title="Understanding the effects of energy band splitting in X-ray cluster mass estimation",
        author="Max Lovig",
        date="May 2024",
        rows=MappingProxyType({row.transform: row for row in rows}),
        data=DataDescription(
            mass_scale=Printed(1e14, "section 1 (and above)", "solar masses"),
            luminosity_band=Printed((0.0, 3.0), "section 1, an example", "keV"),
            n_observations=Printed(3286, "section 2"),
            fewest_events=Printed(736, "section 2", "events"),
            most_events=Printed(6_558_594, "section 2", "events"),
            histogram_limit=Printed(100_000, "section 2 and Figure 1", "events"),
            bulk_log10_mass=Printed((13.6, 14.3), "caption of Figure 2", "log10 solar masses"),
            n_pixels=Printed(128, "section 3.1", "pixels a side"),
            n_channels=Printed((1, 2, 3, 4), "section 3.1"),
            n_examples=Printed(6, "section 3.1.1 and Figure 3", "clusters"),
            band_edges=Printed((0.0, 2.5, 5.0, 7.5, float("inf")), "section 3.1.2", "keV"),
            threshold=Printed(7.5, "section 3.1.1", "keV"),
            retained_percentages=Printed((99, 95, 90, 75, 50, 25), "section 3.1.3", "per cent"),
            retained_in_caption=Printed(4, "caption of Figure 5", "per cent"),
            fewest_bands_that_help=Printed(2, "abstract: at least two bins", "bands"),
        ),
        layers=layers(),
        n_parameters=Printed(58_869, "Figure 6: total, and all of them trainable"),
        n_frozen_parameters=Printed(0, "Figure 6: non-trainable"),
        model_size=Printed(229.96, "Figure 6", "KB"),
        training=TrainingProtocol(
            epochs=Printed(100, "section 3.2"),
            batch_size=Printed(16, "section 3.2"),
            optimizer=Printed("Adam", "section 3.2"),
            learning_rate=Printed(0.0005, "section 3.2"),
            share_of_default_rate=Printed(0.5, "section 3.2: half of the default"),
            n_folds=Printed(10, "section 3.3"),
            test_fraction=Printed(0.1, "section 3.3"),
            n_views=Printed(8, "section 3.2: every quarter turn and axial flip"),
            quarter_turn=Printed(90.0, "section 3.2", "degrees"),
            n_view_examples=Printed(2, "section 3.2 and Figure 8, beside the image itself"),
            n_channels_drawn=Printed(4, "section 3.2 and Figure 7"),
            convolution_kernel=Printed((3, 3), "section 3.2"),
            pooling_window=Printed((2, 2), "section 3.2"),
            pooling_stride=Printed((2, 2), "section 3.2"),
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
