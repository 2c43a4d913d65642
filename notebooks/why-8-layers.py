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
# # What the last layers know
#
# **The question.** What do the last layers of a network tell about a cluster besides its mass, with one band and with
# two, and does the last layer need it?
#
# The report leaves this to future work: clusters are to be grouped by their place in the penultimate layer, to see
# which of them gained from further bands. Here that layer is also read. A *linear probe* is a regression from a layer's
# outputs to a known quantity (Alain & Bengio 2016). What a probe can read, the network need not use. So the
# direction of one quantity is erased from the layer in closed form (LEACE: Belrose et al. 2023), and the network's own
# last layer reads what remains.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before any layer was read.*
#
# Six quantities of 1500 simulated clusters of another seed (no photon drawn) give the arithmetic: log of mass M,
# temperature T, luminosity distance D, luminosity L, counts (L / D²) and the temperature that is seen, T / (1 + z).
# Suppose that a network with one band knew the counts, and the angular size of R500 to 0.05 dex, and that two
# bands added T / (1 + z) to 0.03 dex. Linear regression on what is known then explains these shares of the variance:
#
# | R² | log M | log T | log D | log L | log counts | log T / (1 + z) | the last at fixed mass |
# |---|---|---|---|---|---|---|---|
# | one band | 0.48 | 0.42 | 0.86 | 0.65 | 1.00 | 0.59 | 0.37 |
# | two bands | 0.90 | 0.94 | 0.94 | 0.87 | 1.00 | 0.96 | 0.37 |
# | mass alone | 1 | 0.95 | 0.00 | 0.84 | 0.32 | 0.92 | 0 |
#
# Two things in it are against intuition. *Distance is no secret*: at nearly the same flux limit for all, bright
# observations are near, so that counts alone explain 0.69 of the variance of log D. And *T / (1 + z) is nearly the mass*:
# they correlate by 0.96, so a network that knows one knows the other. What T / (1 + z) says beyond the mass is small
# (0.042 dex) and is mostly the redshift, which one band shows almost as well.
#
# 1. *T / (1 + z)*. From the pooled features (64) R² is 0.45 to 0.80 with one band and at least 0.88 with two. The difference is at least 0.15.
# 2. *Distance* is read in both: R² from the pooled features is 0.55 to 0.92 with one band and 0.65 to 0.97 with two.
# 3. *The way to the mass.* The 20-unit layer tells the mass as well as the pooled features do (R² within 0.05), and less of
#    the distance with two bands: it needs only what makes the mass.
# 4. *Shuffled labels* are not read: their mean R² is 0.02 or less everywhere.
# 5. *Groups in the map.* They are slices of a continuum: no grouping reaches a silhouette of 0.6. The slices are
#    cut along counts and mass (these explain at least 0.5 of their own variance between groups). The second band helps most at the ends of the mass
#    range, not in its middle: root mean squares of residuals fall by the factors 0.38, 0.57 and 0.39 in the light, middle and heavy thirds,
#    for one band pulls towards the mean. The report's conjecture says the middle.
# 6. *Erased* from the 20-unit layer with two bands. The scatter of what the network's last layer then reads, over the scatter before: for T / (1 + z) 2.0 to
#    3.3 (arithmetic: 3.1), counts 1.2 to 2.3 (2.05), T / (1 + z) at fixed mass 1.05 to 2.0 (1.5), counts at fixed
#    mass 0.95 to 1.25 (1.02), random directions 1.00 to 1.6.
# 7. *Complete?* After the erasure a linear probe reads T / (1 + z) with R² of 0.02 or less. Neighbours in the layer still know it
#    (R² above 0.1), as the layer is curved.
# 8. *Selective?* No: with T / (1 + z) a linear probe loses the mass (R² at most 0.15; arithmetic 0.02), while it keeps
#    more than half of its R² of log D. Erasing T / (1 + z) erases mass; only the version at fixed mass tests the thermometer
#    apart from mass.
#
# **The rule.** Probes are ridge regressions on standardised features (means over the eight views), cross-validated over
# the held-out clusters of one network in five parts that keep halos whole; so is the erasure. A label is shuffled
# 20 times. Each fold's network is judged by itself. A range is *as predicted* if the value lies in it
# with every network, *not as predicted* if its 95 % interval, halos resampled, lies outside with every network, else
# *undecided*. Groups are those of k-means in the standardised 20-unit layer of the two-band network, with the k of 2 to 6 of the
# largest silhouette; thirds are thirds of the mass that two bands predict. Random directions are 50, isotropic in the whitened layer; their median counts.

# %% [markdown]
# **What was found.** Nothing yet: no layer has been read.
