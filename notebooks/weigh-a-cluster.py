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
# # Weigh a cluster
#
# **The question.** What do the networks say of a cluster while you change it?
#
# Here are simulated clusters and three trained networks. Pick a cluster, drag a slider, paint on an image: the
# networks weigh at once what is left. All of it happens in this page, also offline, and nothing leaves your browser.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from report_utils.errors import NotAvailableError
from report_utils.experiments.weigh import NETWORKS, weigh_a_cluster
from report_utils.prediction.trained_networks import trained_networks
from report_utils.report import open_reproduction
from report_utils.report.wording import listing, thousands, untrained_warning

reproduction = open_reproduction(profile)
try:
    for name in NETWORKS:
        reproduction.cross_validation(name)  # the page shows these results, committed ones too, which hold no weights
    widget, missing = weigh_a_cluster(reproduction), ""
    networks = {name: trained_networks(reproduction, name)[0] for name in NETWORKS}
except NotAvailableError as error:
    built = "This copy of the book was built without trained networks; `report-utils build` trains them."
    widget, missing, networks = None, f"**Nothing can be weighed here.** {built}\n\nIn detail: `{error}`", {}
widget or Markdown(missing)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
dead = untrained_warning({NETWORKS[name]: one.why_untrained for name, one in networks.items()})
parts = [dead]
if widget is not None:
    clusters = widget.data["clusters"]
    held = {
        "clusters": f"{len(clusters)}",
        "observations": thousands(sum(len(one["states"]) for one in clusters)),
        "networks": f"{len(networks)}",
        "size": f"{len(widget.html()) / 1e6:.1f} MB",
    }
    parts.append(pd.Series(held, name="on this page").rename_axis("quantity").to_markdown(disable_numparse=True))
Markdown("\n\n".join(filter(None, parts))) if any(parts) else None

# %% [markdown]
# Masses are log₁₀ of $M_{500c}$ in solar masses.
#
# ## Things to try
#
# - **Heat the gas.** Drag the temperature. Hotter gas emits about as many photons, but harder ones. Which network
#   follows?
# - **Move the cluster.** Drag the distance. A distant, massive cluster and a nearby, low-mass one can give the same
#   number of photons. Which network confuses them? [The same cluster, moved](why-2-moved-cluster.ipynb) measures it on
#   many clusters.
# - **Shuffle the energies.** Every pixel keeps its number of events, and every band too. Only the map of which events
#   are hard is gone. Do two bands need the map? [Energy surgery](why-3-energy-surgery.ipynb) trains networks on such
#   images.
# - **Cut out the core,** or the bright dot of an AGN. The report concludes that they matter little. These
#   networks were not trained on images with a hole: [the table](3-3-results.ipynb) has networks that were trained on
#   images without bright pixels.
# - **Thin the events.** How many photons does a mass need? A warning says where the range of the training ends.
#
# One cluster shows what happens, not how often. The pages linked above measure the same on many clusters, with
# predictions that were written first.
#
# ## What the page computes
#
# The networks are those of the first fold. No network of this page was trained on any of these clusters, though it was on
# other snapshots of their halos, unless the profile's folds are grouped. Weights have 16 bits, and an image is
# seen as drawn, not in eight views. The error bar is the scatter of the held-out clusters with similar predicted masses.
# It holds for clusters as they are. A cluster that you have changed may be unlike any of the training, and a network
# does not notice that.
#
# Distances, temperatures and exposures were simulated beforehand with the same random numbers, one change at a time and
# without AGN, whose flux in the simulation is fixed. A moved cluster keeps its mass, its gas and its size in Mpc.
# Thinning, shuffling and cutting change the counts in the page, and the box stays as it was.
#
# An event list of your own is read by the rules of [`read_events`](own-observations.ipynb): names, units and mission decide
# the columns, and what cannot be decided is refused with a reason. It is binned as the training was: the box is that of its
# events. The warnings are those of `report-utils predict`, which also reads other formats and averages all networks
# and views.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
scatters = [
    f"{(one.fit.predictions[:, 0] - one.truth).std():.3f} dex with {NETWORKS[name]}" for name, one in networks.items()
]
n_tested = {len(one.test) for one in networks.values()}
found = (
    f"The scatter of all {n_tested.pop()} held-out clusters of a fold, as they are: {listing(scatters)}."
    if networks
    else ""
)
Markdown(f"**What was found.** {found or 'No network is trained, so nothing was weighed.'}")
