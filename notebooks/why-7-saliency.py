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
# # Where the network looks
#
# **The question.** Which parts of an image make the predicted mass, before and after the second band?
#
# The report leaves this to future work and names two methods: integrated gradients and LIME. Both say what a network
# does with one image. Neither says what it would lose without a part of it. That is measured here as well: the
# *hardness* of a ring (the share of its events above 2.5 keV) is neutralised, or the ring is emptied, and the scatter
# of the same networks on the same held-out clusters is compared.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before any trained network was asked.*
#
# Rings have radii in R500: 0 to 0.25, 0.25 to 0.5, 0.5 to 1, beyond 1. *Neutralised* means that each event of the ring
# is in the hard band with a probability that is the same in all of the ring, while the number of events in each pixel
# stays. The probability is the hardness of the whole observation, or of the rest of the observation without the ring. The
# first leaves the ring's own events in the average, so it removes the map alone. The second removes all that
# the ring says about temperature.
#
# Suppose that a network used only N, the number of events, and h, the hardness of all of them. A least-squares fit to
# 160 simulated clusters of another seed, of up to 100,000 events each, gives log M = 14.6 + 0.09 log N + 0.94 log h. The
# rings then hold these shares of the events and these hardnesses, and changing them moves the predicted mass by a
# standard deviation of:
#
# | ring [R500] | share of events | hardness over the global one | global hardness [dex] | hardness of the rest [dex] | ring emptied [dex] | pixels |
# |---|---|---|---|---|---|---|
# | 0 to 0.25 | 0.51 | 1.12 | 0.033 | 0.083 | 0.085 | 9 |
# | 0.25 to 0.5 | 0.22 | 1.02 | 0.020 | 0.036 | 0.038 | 28 |
# | 0.5 to 1 | 0.20 | 0.81 | 0.024 | 0.051 | 0.057 | 110 |
# | beyond 1 | 0.07 | 0.39 | 0.012 | 0.014 | 0.012 | the rest |
#
# Events of the core are harder in spite of cool cores, for an AGN is harder than gas, and gas cools outwards. With a scatter of
# about 0.08 dex before, and shifts that do not depend on the residual, the scatter grows by the factor
# sqrt(1 + (shift / 0.08)²). In the fit itself shifts do depend on residuals and the factor is smaller, so that it
# ranges between the two. Hence, for two bands:
#
# 1. *Map alone* (global hardness): the scatter grows by a factor of 1.01 to 1.09 for 0 to 0.25 R500, 1.01 to 1.05 for 0.25 to 0.5, 0.98 to 1.05
#    for 0.5 to 1, and 0.99 to 1.02 beyond. All rings at once: 1.00 to 1.15. The map of hardness is nearly worthless.
# 2. *All that a ring says* (hardness of the rest): 1.04 to 1.45 for 0 to 0.25 R500, which is the largest growth of the four; 1.03 to
#    1.10 for 0.25 to 0.5; 0.96 to 1.20 for 0.5 to 1; 0.99 to 1.03 beyond.
# 3. *Emptied*: images with a hole lie outside of what the network was trained on, so the scatter grows by more than
#    arithmetic says (by 1.06 to 1.46 for the core), and more than with hardness neutralised: at least by a factor of 1.5 for the core. The
#    network with one band suffers less there than that with two: it has log M = 13.3 + 0.18 log N, in
#    which an empty core moves masses by −0.06 dex with a standard deviation of 0.03.
# 4. *The other possibility.* A network that averages logarithms over pixels may weigh rings by pixels rather than by events. Then
#    the ring from 0.5 to 1 R500, with twelve times the pixels of the core, makes the largest growth in 2.
# 5. *Integrated gradients.* From black, attributions add up to the difference of predictions within 1 % of it in the median cluster (with
#    64 steps). In the second band most of the absolute attribution lies inside R500. A network with
#    weights drawn at random has other maps: Spearman's correlation of its signed maps with those of the trained one is below 0.5 in
#    the median cluster. The size of attributions may still agree, as both are multiplied by the image.
# 6. *The three baselines* (black, the mean image, the image thinned to a tenth of its events) give different shares by ring,
#    by more than 0.1 in at least one: an attribution answers the question "compared with what?".
# 7. *LIME* on the same superpixels agrees with integrated gradients from black in the order of superpixels (Spearman above 0.5 in the
#    median cluster), since a superpixel switched off is black.
#
# **The rule.** A range in 1 and 2 is *as predicted* if the 95 % interval of the ratio of scatters, halos resampled,
# lies inside it in both folds, *not as predicted* if it lies outside in both, else *undecided*. An order (3, 4) holds if the
# interval of the ratio of the two scatters excludes 1 in both folds. Numbers in 5 to 7 are judged
# in each fold by themselves; both must agree. Scatter is the standard deviation of residuals; shifts of
# their mean are shown beside it.

# %% [markdown]
# **What was found.** Nothing yet: the networks have not been asked.
