"""Section 3.1 of the report: events to band counts, band counts to images, and the symmetries of an image."""

from report_utils.binning.counts import band_counts
from report_utils.binning.symmetry import N_VIEWS, eight_views, view_pixels
from report_utils.binning.transforms import TRANSFORMS, Transform, get_transform, retained_pixels
from report_utils.events.bands import BAND_EDGES_KEV, MOST_BANDS

__all__ = [
    "BAND_EDGES_KEV",
    "MOST_BANDS",
    "N_VIEWS",
    "TRANSFORMS",
    "Transform",
    "band_counts",
    "eight_views",
    "get_transform",
    "retained_pixels",
    "view_pixels",
]
