# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The same cluster, moved
#
# **The question.** How far does the predicted mass move if only the cluster's distance changes, or only its
# temperature?
#
# Occluding a part of an image makes an image that no telescope would take. A simulation can do better. Here it observes
# the same clusters again, with the same seeds and the same gas. Only one thing is changed: the distance, the
# temperature, the exposure, or the AGN. The trained networks of one band, of the lowest band and of two bands look at
# the new images. The true mass never changes, so a network that knew it would not move at all.
#
# ## Prediction
#
# *Written before any network was shown such an image.*
#
# Move a cluster to the luminosity distance $D_L$ and leave it as it is. Its counts fall by 2 dex per dex of distance.
# Were the mass read from counts alone at a fixed distance, $N \propto M^{\alpha}$ with $\alpha = 1.62$, it would move by
# $-2/\alpha = -1.23$ dex per dex. A regression that does not know the distance moves less. It has seen light, near
# clusters with the counts of heavy, far ones, so it trusts the counts less, and it has the angular size as well.
#
# A thermometer sees $T/(1+z)$. At a fixed mass, $M \propto T^{1.71}$ lets it move by 1.71 dex per dex of temperature.
# With distance it moves only as $1+z$ does:
#
# $$
# \frac{\mathrm{d} \log M}{\mathrm{d} \log D_L} = -1.71 \, \frac{\mathrm{d} \log (1+z)}{\mathrm{d} \log D_L} ,
# $$ (eq-thermometer-moved)
#
# with the numbers below for the grid of distances used here. Counts hardly depend on temperature: the cooling function
# is flat in these bands.
#
# These extremes bracket what is possible. The predicted ranges come from regressions of the mass on the observables
# of 110 simulated clusters of another seed. There are six for each kind of network: events of AGN are told apart or
# not, and the angular size is not seen, seen to 0.15 dex, or known. Each regression says how far its mass moves per dex
# of each change, and how far AGN move it on average over the clusters that have some. The predicted range goes
# from the lowest of the six to the highest, and on both sides further by a quarter of that end or by 0.1 dex
# per dex, whichever is more (by 0.01 dex for AGN).
#
# *The rule.* A prediction holds if the 95% interval of the mean over clusters lies inside its range, fails if it lies
# outside, and is undecided otherwise. Three comparisons on the same clusters are predicted as well: with two bands, the
# mass moves less with distance than with one, more with temperature, and less with exposure. Each holds if the
# interval of the difference excludes zero *and* each network alone says the same; a difference below the spread
# between networks is no effect.
#
# *The clusters.* Those that no network concerned was trained on, the first of each halo in the order of the catalogue,
# if its AGN-less list has from 1,000 to 60,000 events, and no more than 48. Halos are resampled. Other snapshots of
# their halos were in training, as everywhere in this book, unless folds are grouped.
#
# *The changes.* The distances are those of the redshifts 0.1, 0.15, 0.21, 0.29 and 0.42, the temperature is multiplied
# by 0.75, 1 and 1.33, the exposure by 0.25, 0.5 and 1, all on lists without AGN, because member AGN have fixed fluxes here
# and would not dim. AGN are added where the cluster is. A slope is that of least squares within each cluster.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown

from report_utils.experiments.expected_scatter import SLOPE_OF_MASS_WITH_TEMPERATURE
from report_utils.experiments.moved_clusters import CHANGES, expected_responses, slopes_within
from report_utils.report import figures, open_reproduction
from report_utils.report.tables import markdown_table
from report_utils.simulation.cosmology import luminosity_distance

reproduction = open_reproduction(profile)
figures.use_book_style()
REDSHIFTS = (0.1, 0.15, 0.21, 0.29, 0.42)
FACTORS = {"temperature": (0.75, 1.0, 1.33), "exposure": (0.25, 0.5, 1.0)}
NETWORKS = {"single_band": "one band", "multi_band_1": "lowest band", "multi_band_2": "two bands"}
BANDS = {"single_band": (0, 1, 2, 3), "multi_band_1": (0,), "multi_band_2": (0, 1)}
PER_DEX = {change: "dex" if change == "AGN" else "dex per dex" for change in CHANGES}
log10_distance = np.log10([luminosity_distance(z) for z in REDSHIFTS])


def widened(low, high, least):
    """The range with its margins."""
    return low - max(abs(low) / 4, least), high + max(abs(high) / 4, least)


arithmetic = {name: expected_responses(bands) for name, bands in BANDS.items()}
predicted = {
    name: {change: widened(*ends, 0.01 if change == "AGN" else 0.1) for change, ends in of_each.items()}
    for name, of_each in arithmetic.items()
}


def range_text(ends):
    return "{:.2f} to {:.2f}".format(*ends).replace("-", "−")


stretch = slopes_within(log10_distance, np.log10(1 + np.array(REDSHIFTS)))
rows = [
    [change, PER_DEX[change], label, range_text(arithmetic[name][change]), range_text(predicted[name][change])]
    for change in CHANGES
    for name, label in NETWORKS.items()
]
Markdown(
    f"Over this grid log (1 + z) follows log D with the slope {stretch:.2f}: a thermometer moves by "
    f"−{SLOPE_OF_MASS_WITH_TEMPERATURE * stretch:.2f} dex per dex of distance.\n\n"
    + markdown_table(["Changed", "Unit", "Network", "Six regressions", "Predicted"], rows, "lllrr")
)

# %% [markdown]
# **What was found.** Nothing yet: no network has been asked.
