"""The dynamics viewer in the words of this report: clusters, bands, masses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report_utils.binning import get_transform
from report_utils.dynamics import Recording, dynamics_viewer
from report_utils.reproduction.one_profile import Reproduction
from report_utils.widgets import Widget

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def cluster_viewer(reproduction: Reproduction, *dynamics: Recording, figure: Figure | None = None) -> Widget:
    """Return the viewer of a reproduction's dynamics, with the images that the networks saw; ``figure`` is plain."""
    first = dynamics[0]
    transforms = [get_transform(each.name) for each in dynamics]
    names = reproduction.catalogue["cluster_id"].to_numpy()
    return dynamics_viewer(
        *dynamics,
        titles=[transform.title for transform in transforms],
        labels=[str(name) for name in names[first.item]],
        item="cluster",
        quantity="log₁₀ M₅₀₀ [M☉]",
        unit="dex",
        # row 0 of an image has the lowest y and is drawn at the bottom
        images=[
            np.flip(each(reproduction.counts(each.source, each.counted_edges_kev)[first.item]), axis=1)
            for each in transforms
        ],
        channels=[f"{channel} keV" for channel in transforms[0].channels],
        figure=figure,
    )
