"""What several pages draw alike: the style, images of observations, residuals. Other figures stand in notebooks."""

from report_utils.report.figures.images import band_images, colour_limits, median_remaining, remaining, transform_images
from report_utils.report.figures.predictions import predicted_masses
from report_utils.report.figures.results import (
    figure_nine,
    learning_curves,
    nothing_trained,
    residuals_and_predictions,
    scatter_by_mass,
)
from report_utils.report.figures.style import svg_text, use_book_style
from report_utils.report.figures.summary import claims_forest, dynamics_likeness, scatter_by_bands

__all__ = [
    "band_images",
    "claims_forest",
    "colour_limits",
    "dynamics_likeness",
    "figure_nine",
    "learning_curves",
    "median_remaining",
    "nothing_trained",
    "predicted_masses",
    "remaining",
    "residuals_and_predictions",
    "scatter_by_bands",
    "scatter_by_mass",
    "svg_text",
    "transform_images",
    "use_book_style",
]
