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
# # 1 Introduction
#
# **The question.** Why weigh galaxy clusters, why with a neural network, and what does the report want to learn?
#
# ## The problem
#
# Galaxy clusters are the largest objects that gravity holds together: a hundred to a few thousand galaxies
# in a halo of dark matter of more than $10^{14}$ solar masses, filled with gas at tens of millions of
# kelvin. The number of clusters of each mass, and how it changed over time, depends on the composition of
# the universe, so a census of clusters measures it. The census needs masses, and masses cannot be seen.
# What can be seen, among other things, is the X-ray emission of the hot gas.
#
# The classical methods reduce an observation to a single number. The **luminosity** counts photons, mostly
# below a few keV: more gas, more light. The emission grows with the square of the density. A dense core is therefore
# bright although it holds little of the mass, so excising the core helps. The **temperature** follows from the photons'
# energies. In a halo in equilibrium it depends on the depth of the potential,

# %% [markdown]
# $$
# E(z)\, M_{500} \propto T^{\alpha},
# $$ (eq-mass-temperature)
#
# with $E(z)$ the expansion rate in units of today's and $M_{500}$ the mass inside the radius in which the
# mean density is 500 times critical {cite}`Arnaud2005`. For halos that differ in scale alone $\alpha$ is 3/2;
# measurements find it somewhat larger. Both numbers ignore the picture, and the observer must choose between them.
# A network that is trained on images and true masses makes that choice by itself: its last layers are a summary that
# was learned for this purpose.
#
# ## Earlier work
#
# Ntampaka and colleagues {cite}`Ntampaka2019` were the first to learn masses from X-ray images. They used mock Chandra
# images of clusters from a cosmological simulation, in one energy band, and found less scatter than with a
# core-excised luminosity. Networks have also measured cluster masses from the velocities of galaxies
# {cite}`HoThesis2022`, from the lensing of the microwave background {cite}`Gupta2021`, and from combined mock
# observations {cite}`Yan2020`. The work of Ho and colleagues {cite}`Ho2023` is the closest to the report: they
# compare networks with one and three X-ray bands, and explain what the networks look at.
#
# ## The report's three aims
#
# 1. Images that are **harder and more realistic** than those of {cite}`Ntampaka2019`: more kinds of
#    clusters, and instrumental effects.
# 2. **Many ways to make an image** of the same photons, compared with the same network.
# 3. The finding that **splitting the photons by energy** helps most, and **a new picture** of why: what the
#    network predicts for each cluster while bands are added.
#
# ## How a prediction is judged
#
# The network is trained on $y = \log_{10}(M_{500c} / M_\odot)$. For a test cluster $i$ seen from side $v$
# (eight rotations and flips) with prediction $\hat y_{iv}$ the residual is
#
# $$
# r_{iv} = \hat y_{iv} - y_i ,
# $$ (eq-residual)
#
# in dex; 0.1 dex is 26% of the mass. The report's table gives **bias** and **scatter**, the mean and the
# standard deviation of all $r_{iv}$. The eight views of a cluster share its photons, and several
# observations may show the same halo at different times. They are therefore not independent, and intervals must
# take that into account.
#
# The scatters below are the report's, whatever profile the book is built with; the reproduction's own stand on the
# other pages. The earlier work had other clusters.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from report_utils.report import PUBLISHED
from report_utils.report.printed_numbers import EARLIER_N_IMAGES
from report_utils.report.wording import thousands

best, single = PUBLISHED.best_row, PUBLISHED.rows["single_band"]
images = thousands(PUBLISHED.data.n_observations.value)
printed = {
    "the report, a single band": (images, f"{single.scatter:.5f}"),
    f"the report, at best ({len(best.bands)} bands)": (images, f"{best.scatter:.5f}"),
    "earlier work, as the report quotes it": (thousands(EARLIER_N_IMAGES), f"{PUBLISHED.earlier_scatter.value}"),
}
table = pd.DataFrame(printed, index=["images", "scatter [dex]"]).T
Markdown(table.rename_axis("result").to_markdown(disable_numparse=True, colalign=("left", "right", "right")))

# %% [markdown]
# **In short.** A census of clusters measures the universe, and a census needs masses. A network finds its own
# summary of a picture, where the classical methods keep a single number. The report wants to learn which picture is
# best.
