"""What several pages draw alike: the style, images of observations, residuals. Other figures stand in notebooks."""

from report_utils.report.figures.images import (
    BANDS,
    COLOUR_BAR,
    band_images,
    colour_limits,
    example_rows,
    median_remaining,
    remaining,
    transform_images,
)
from report_utils.report.figures.residuals import (
    draw_predictions,
    draw_residuals,
    mass_limits,
    nothing_trained,
    residual_limit,
)
from report_utils.report.figures.style import svg_text, use_book_style

__all__ = [
    "BANDS",
    "COLOUR_BAR",
    "band_images",
    "colour_limits",
    "draw_predictions",
    "draw_residuals",
    "example_rows",
    "mass_limits",
    "median_remaining",
    "nothing_trained",
    "remaining",
    "residual_limit",
    "svg_text",
    "transform_images",
    "use_book_style",
]
