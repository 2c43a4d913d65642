"""The figures of the book: each function takes arrays and returns a matplotlib figure."""

from report_utils.report.figures.network import architecture
from report_utils.report.figures.observations import (
    band_images,
    colour_limits,
    event_map,
    events_by_mass,
    events_histogram,
    mass_histogram,
    median_remaining,
    remaining,
    retained_images,
    single_band_images,
    symmetry_views,
    transform_images,
)
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
    "architecture",
    "band_images",
    "claims_forest",
    "colour_limits",
    "dynamics_likeness",
    "event_map",
    "events_by_mass",
    "events_histogram",
    "figure_nine",
    "learning_curves",
    "mass_histogram",
    "median_remaining",
    "nothing_trained",
    "predicted_masses",
    "remaining",
    "residuals_and_predictions",
    "retained_images",
    "scatter_by_bands",
    "scatter_by_mass",
    "single_band_images",
    "svg_text",
    "symmetry_views",
    "transform_images",
    "use_book_style",
]
