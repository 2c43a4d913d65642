"""A quick picture of an observation in the report's bands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from report_utils.errors import InputError
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.events.eventlist import EventList
from report_utils.files.disk import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FORMATS = (".png", ".pdf", ".svg")


def four_bands(events: EventList, counts: NDArray[np.integer], title: str) -> Figure:
    """Draw the counts of the bands side by side, on one colour scale.

    Parameters
    ----------
    events : EventList
        Whose extent [arcsec] the axes show.
    counts : (n_pixels, n_pixels, n_bands) int [events]
        In the report's bands, as :func:`report_utils.binning.band_counts` gives them for these events.
    title : str
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.0, 3.9), layout="constrained")
    names = band_titles(BAND_EDGES_KEV)
    panels = figure.subplots(1, len(names), sharex=True, sharey=True)
    extent = (events.x.min(), events.x.max(), events.y.min(), events.y.max())
    shape = (extent[1] - extent[0]) / (extent[3] - extent[2])
    top = max(1.0, float(counts.max()))
    for band, (panel, name) in enumerate(zip(panels, names, strict=True)):
        image = panel.imshow(
            np.log10(1.0 + counts[:, :, band]),
            origin="lower",
            extent=extent,
            vmin=0.0,
            vmax=np.log10(1.0 + top),
            interpolation="none",
            aspect="equal" if 0.25 < shape < 4 else "auto",
        )
        panel.set_title(f"{name}: {int(counts[:, :, band].sum())} events", fontsize="medium")
        panel.set_xlabel("x [arcsec]")
    panels[0].set_ylabel("y [arcsec]")
    figure.colorbar(image, ax=panels, label="log10(1 + events)", shrink=0.85)
    figure.suptitle(title)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as the format that its name ends in.

    Raises
    ------
    InputError
        If the name ends otherwise, or the file cannot be written.
    """
    if path.suffix.lower() not in _FORMATS:
        msg = f"{path}: pictures are written as {', '.join(_FORMATS)}; choose a name that ends so"
        raise InputError(msg)
    try:
        with whole_file(path) as temporary:
            figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=130)
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror or error}); check the folder and the space left"
        raise InputError(msg) from None
