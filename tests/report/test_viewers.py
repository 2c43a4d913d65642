"""The dynamics viewer in the words of the report."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from tests.test_widgets import read_packed

from report_utils.binning import TRANSFORMS
from report_utils.dynamics import Recording, epoch_phases
from report_utils.report.figures import cluster_viewer


def test_clusters_have_their_names_and_the_images_that_each_network_saw():
    rng = np.random.default_rng(0)
    counts = {source: rng.poisson(2, (9, 8, 8, 4)) for source in ("observation", "agn_less")}
    names = [f"A{number}" for number in range(9)]
    reproduction = SimpleNamespace(catalogue=pd.DataFrame({"cluster_id": names}), counts=counts.get)
    cluster = np.array([7, 2, 4])
    truth = np.array([14.5, 13.9, 14.2])
    bands = [f"{n} band{'s' if n > 1 else ''}" for n in (1, 2, 3, 4)]
    options = {"item_ids": cluster, "group": cluster, "phase": epoch_phases(4, 2), "phase_names": bands}
    dynamics = [
        Recording.from_arrays(rng.normal(14, 0.2, (12, 3, 8)), truth, name=name, views=8, **options)
        for name in ("multi_band_4", "agn_less_4")
    ]
    data = cluster_viewer(reproduction, *dynamics, figure=Figure(figsize=(1, 1))).data
    assert data["labels"] == ["A2", "A4", "A7"]
    assert data["titles"] == ["Multi-Band", "AGN-less"]
    assert data["phases"] == ["1 band", "2 bands", "3 bands", "4 bands"]
    assert data["unit"] == "dex"
    for images, (source, held) in zip(data["images"], counts.items(), strict=True):
        assert images["channels"] == ["0-2.5 keV", "2.5-5 keV", "5-7.5 keV", "7.5+ keV"]
        shades = read_packed(images["values"], (3, 4, 8, 8))
        name = {"observation": "multi_band_4", "agn_less": "agn_less_4"}[source]
        image = TRANSFORMS[name](held[2]).transpose(2, 0, 1)[:, ::-1]  # A2 comes first; y upwards
        expected = np.rint(63 * (image - image.min()) / np.ptp(image))
        np.testing.assert_allclose(shades[0], expected, atol=1)
