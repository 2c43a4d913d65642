"""Table 1 and Figure 6 of the report, line by line."""

from __future__ import annotations

from dataclasses import dataclass

_ALL_BANDS = "0-2.5, ..., 7.5+"


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


def table_rows() -> tuple[TableRow, ...]:
    """Return Table 1, and after it the transforms that it leaves out."""
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


def layers() -> tuple[Layer, ...]:
    """Return Figure 6 from top to bottom."""
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
