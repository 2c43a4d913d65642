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
# # Is it an image problem?
#
# **The question.** The network sees images. Does it need them, or would a few numbers do?
#
# Two experiments. A *ladder* gives boosted trees more and more of what an image shows, up to the hardness in rings, and
# puts the network beside them. *Destroyed images* are what networks are trained on from nothing: pixels in random order,
# or the pixels of each ring in random order.
#
# The simulation limits every answer. Its clusters are smooth ellipsoids with universal profiles, a few clumps, and AGN as
# points. There are no shocks, no sloshing, no filaments. **There is little morphology to learn from**, so this page can
# show what a network needs for *these* images. It cannot show that morphology is useless in real ones.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before the trees of this page were fitted and before any network had been trained on a destroyed image.*
#
# **What was known.** Scatters of the book's networks, and those of trees on total counts, stand on other pages. A draft of
# the simulation gave 0.226 dex from total counts without AGN, 0.160 from ring counts in one band and 0.095 in two; and
# 0.137 and 0.073 with the network.
#
# **The ladder.** The arithmetic of [](why-1-hidden-or-known) gives 0.194 dex from counts, 0.181 with an angular size known
# to 0.15 dex, and 0.079 from counts and hardness. The image does not show the size as an angle, because its box is the
# extremes of the events: the size is in pixels, and says less. AGN spoil the hardness. Rings show a core that
# is too bright, and hardness in rings shows AGN, so both should help a little. The network sees AGN as points.
# Each step over the one before:
#
# | Ratio of scatters | Predicted |
# |:--|--:|
# | size in pixels added to totals | 0.85 to 1.05 |
# | hardness added | 0.4 to 0.75 |
# | counts in rings added | 0.8 to 1 |
# | hardness in rings added | 0.85 to 1 |
# | network of two bands, over the trees at the top | 0.7 to 1 |
# | network of one band, over trees on rings of one band | 0.75 to 1.05 |
#
# **The floors.** From truths, with straight lines in logarithms: 0.057 dex from the temperature, 0.051 with the redshift,
# 0.043 with the luminosity too.
#
# | Ratio of scatters | Predicted |
# |:--|--:|
# | true T and z, over true T | 0.8 to 1 |
# | true T, L and z, over true T and z | 0.75 to 1 |
# | network of two bands, over true T | 1.1 to 1.8 |
#
# **Destroyed images**, over real ones. If the steps of the ladder above hardness are small, a network loses little when
# pixels are permuted: totals, hardness and the histogram of pixels stay, and for a round cluster the histogram is almost
# its profile. Predicted are 1 to 1.4 with one band and 1.05 to 1.5 with two, where AGN must be told from gas. Without
# AGN there is less to lose: 0.95 to 1.3 with either. A scrambled azimuth leaves the profile and the bright pixels of
# AGN, and should change nothing: 1/1.15 to 1.15 in all four.
#
# **The rule.** As predicted if the 95% interval lies inside the range, not as predicted if it lies outside, else
# undecided.
