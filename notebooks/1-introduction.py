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
# # Introduction
#
# **The question.** Why weigh galaxy clusters, why with a neural network, and what does the report set out
# to learn?
#
# ## The problem
#
# Galaxy clusters are the largest objects that gravity holds together: a hundred to a few thousand galaxies
# in a halo of dark matter of more than $10^{14}$ solar masses, filled with gas at tens of millions of
# degrees. How many there are of each mass, and how that changed over time, depends on the composition of
# the universe, so a census of clusters measures it. The census needs masses, and masses cannot be seen.
# What can be seen, among other things, is the X-ray light of the hot gas.
#
# The classical ways boil an observation down to a single number. The **luminosity** counts photons, mostly
# below a few keV: more gas, more light. It also depends on how the gas is packed, since two particles must
# meet to emit, so a dense core shines without weighing much. Leaving the core out helps. The
# **temperature** is what the photons' energies tell of; in a halo in equilibrium it goes with the depth of
# the potential,

# %% [markdown]
# $$
# E(z)\, M_{500} \propto T^{\alpha},
# $$ (eq-mass-temperature)
#
# with $E(z)$ the expansion rate in units of today's and $M_{500}$ the mass inside the radius in which the
# mean density is 500 times critical {cite}`Arnaud2005`; $\alpha$ is 3/2 for halos that differ in scale
# alone, and measured somewhat larger. Both numbers throw away the picture, and which number is best remains
# the observer's choice. A network that is trained on images and true masses makes that choice by itself:
# its last layers are a summary that was learned for the purpose.
#
# ## Earlier work
#
# Masses were first learned from X-ray images by Ntampaka and colleagues {cite}`Ntampaka2019`: mock Chandra
# images of clusters from a cosmological simulation, in one energy band, with less scatter than a
# core-excised luminosity. Networks have also weighed clusters by the motions of their galaxies
# {cite}`HoThesis2022`, by the lensing of the microwave background {cite}`Gupta2021`, and from combined mock
# observations {cite}`Yan2020`. Closest to the report is the work of Ho and colleagues {cite}`Ho2023`, who
# compare networks with one and three X-ray bands, and explain what they look at.
#
# ## The report's three aims
#
# 1. Images that are **harder and more realistic** than those of {cite}`Ntampaka2019`: more kinds of
#    clusters, and the telescope's errors.
# 2. **Many ways to make an image** of the same photons, held against each other with the same network.
# 3. The finding that **splitting the photons by energy** helps most, and **a new picture** of why: what the
#    network predicts for each cluster while bands are added.
#
# ## What a prediction is held to
#
# The network is trained on $y = \log_{10}(M_{500c} / M_\odot)$. For a test cluster $i$ seen from side $v$
# (eight rotations and flips) with prediction $\hat y_{iv}$ the residual is
#
# $$
# r_{iv} = \hat y_{iv} - y_i ,
# $$ (eq-residual)
#
# in dex; 0.1 dex are 26% of the mass. The report's table gives **bias** and **scatter**, the mean and the
# standard deviation of all $r_{iv}$. The eight views of a cluster share its photons, and several
# observations show the same halo at different times, so they are not independent, and intervals must
# respect that.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import PUBLISHED
from report_utils.report.inconsistencies import EARLIER_N_IMAGES
from report_utils.report.sentences import thousands

best, single = PUBLISHED.best_row, PUBLISHED.rows["single_band"]
earlier = PUBLISHED.earlier_scatter
Markdown(
    "**What was found.** Clusters are weighed because a census of them measures the universe, and by a network "
    "because it finds its own summary of a picture, where the classical ways keep a single number. The report sets "
    f"out to learn which picture is best: it prints a scatter of {single.scatter:.5f} dex for a single band and "
    f"{best.scatter:.5f} dex at best, with four, and quotes {earlier.value} dex for the earlier work, on other "
    f"clusters ({thousands(EARLIER_N_IMAGES)} images). These numbers are the report's, whatever profile the book is "
    "built with. Our own stand on the other pages, with 95% intervals."
)
