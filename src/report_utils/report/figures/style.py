"""The look of the book's figures: colour-blind safe, vector graphics, the same bytes from the same data."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from report_utils.report.figures.data import data_bundle
from report_utils.widgets import Widget

OURS, PRINTED, AGN_LESS, NEUTRAL = "#0173b2", "#de8f05", "#029e73", "#949494"
"""From seaborn's ``colorblind`` palette."""

IMAGE_MAP = "viridis"
ONE_EVENT = 0.30103
"""log10(1 + 1), the smallest upper end of a colour scale: an empty image is then not drawn as noise."""

_EMBEDDED = re.compile(r"(data:image/png;base64,\s*)([A-Za-z0-9+/=\s]+)")
_STYLE = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
    "axes.grid": False,
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 11.5,  # "small" is then 9.6 points, and "x-small" 8
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "report-utils",
    "svg.fonttype": "path",
    "image.interpolation": "none",
}


def use_book_style() -> None:
    """Set matplotlib's and seaborn's defaults for a page, and make notebooks show figures as SVG and keep their data.

    The user's ``matplotlibrc`` is ignored, and the font is the one that comes with matplotlib.

    Images keep their own resolution inside the SVG. Fixed identifiers and no date make two drawings of the same data
    equal.
    """
    import seaborn
    from matplotlib import style

    style.use("default")
    seaborn.set_theme(style="ticks", palette="colorblind", font="DejaVu Sans", rc=_STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    shell = get_ipython()
    if shell is not None:
        set_matplotlib_formats("svg")
        shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, svg_text)
        shell.display_formatter.mimebundle_formatter.for_type(Figure, data_bundle)
        shell.display_formatter.mimebundle_formatter.for_type(Widget, lambda widget: data_bundle(widget.figure))


def svg_text(figure: Figure) -> str:
    """Return a figure as SVG, the same for the same data; a palette makes its images less than half as large."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return _EMBEDDED.sub(lambda match: match[1] + _with_palette(match[2]), buffer.getvalue())


def _with_palette(encoded: str) -> str:
    """Store a base64 PNG of at most 256 colours with a palette, without loss; leave any other as it is."""
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        pixels = np.asarray(image.convert("RGBA"))
    colours, codes = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    if len(colours) > 256 or (colours[:, 3] < 255).any():
        return encoded
    small = Image.fromarray(codes.reshape(pixels.shape[:2]).astype(np.uint8), mode="P")
    small.putpalette(colours[:, :3].tobytes())
    buffer = io.BytesIO()
    small.save(buffer, format="png", optimize=True)
    shorter = base64.b64encode(buffer.getvalue()).decode()
    return min(encoded, shorter, key=len)


def grid(n_rows: int, n_columns: int, *, width: float = 8.0, height: float = 4.0) -> tuple[Figure, np.ndarray]:
    """Return a figure and its ``(n_rows, n_columns)`` axes."""
    figure = Figure(figsize=(width, height), layout="constrained")  # pyplot does not keep it in memory
    return figure, figure.subplots(n_rows, n_columns, squeeze=False)


def show_image(ax: Axes, image: np.ndarray, *, extent: tuple | None = None, limits: tuple | None = None):
    """Draw one channel ``(n_pixels, n_pixels)`` [log10(1 + events)] with y upwards, and return the drawn image.

    ``extent`` is (left, right, bottom, top) [arcsec]; without it the axes have pixel numbers. Pixels are square in both
    cases, as the network sees them. ``limits`` are those of the colours.
    """
    low, high = (0.0, max(float(image.max()), ONE_EVENT)) if limits is None else limits
    return ax.imshow(
        image,
        origin="lower",
        extent=extent,
        cmap=IMAGE_MAP,
        vmin=low,
        vmax=high,
        interpolation="none",
        aspect="equal" if extent is None else "auto",
    )


def small_colour_bar(figure: Figure, image: AxesImage, ax: Axes) -> None:
    """Add a colour bar with few, small numbers."""
    # an inset is as high as the image
    bar = figure.colorbar(image, cax=ax.inset_axes((1.04, 0.0, 0.06, 1.0)))
    bar.ax.tick_params(labelsize="x-small")
    bar.locator = MaxNLocator(4)
    bar.update_ticks()


def without_ticks(ax: Axes) -> None:
    """Remove ticks and their labels, and keep the frame."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(True)
