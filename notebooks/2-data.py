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
# # 2 Problem and data
#
# **The question.** What exactly is one observation, how many are there, and how do they differ?
#
# No real cluster comes with its true mass. The report therefore learns from simulated clusters, whose masses
# are known, seen by a simulated telescope. Formally, the masses, the numbers of photons, their positions and their
# energies come from a joint distribution $P$ on
#
# $$
# \underbrace{\mathbb{R}_+}_{\text{mass}} \times \underbrace{\mathbb{N}}_{\text{photons}} \times
# \Big(\underbrace{\mathbb{R}^2}_{\text{position}} \times \underbrace{\mathbb{R}_+}_{\text{energy}}\Big)^{n},
# $$ (eq-data)
#
# and the aim is the conditional mean of the logarithm of the mass, given the photons. No image is labelled with its
# distance, and what it shows determines the distance only in part. Distance and mass are therefore confused: a nearby
# low-mass cluster and a distant massive one may give equally many photons.
#
# The report's own observations were made with SIXTE {cite}`Dauser2019` from hydrodynamical simulations and
# are not public. A profile of this book either simulates its observations or names an archive of the reader's own
# event lists. The simulation is built from the physics of the gas and of the telescope, Chandra's ACIS-I camera
# {cite}`Garmire2003`; [the next page](2-simulation.ipynb) compares it with published relations. Its default exposure
# and completeness were fitted to the report's description of its data, which is the subject of this page, and to
# nothing else. What is said here about the report's data need not hold for an archive.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import BAND_EDGES_KEV
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.wording import thousands

figures.use_book_style()
reproduction = open_reproduction(profile)
catalogue = reproduction.catalogue
n_events, masses = catalogue["n_events"].to_numpy(), catalogue["log10_mass"].to_numpy()
printed = PUBLISHED.data
SOURCE = "simulated" if reproduction.profile.archive_path is None else "archived"
Markdown(f"This build shows **{thousands(len(catalogue))} {SOURCE} observations**.")

# %% [markdown]
# ## One observation
#
# An observation is a list of photons. These are the first lines of the one with the median number of events:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
row = int(np.argsort(n_events, kind="stable")[len(catalogue) // 2])
events = reproduction.example_events(row)
lines = pd.DataFrame({"x [arcsec]": events.x, "y [arcsec]": events.y, "energy [keV]": events.energy})
Markdown(lines.head().to_markdown(index=False, floatfmt=(".2f", ".2f", ".3f")))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(
    f"It has {thousands(len(events))} events, {np.mean(events.energy > BAND_EDGES_KEV[1]):.0%} of them above "
    f"{BAND_EDGES_KEV[1]:g} keV; its cluster has $\\log_{{10}} M_{{500c}} = {events.log10_mass:.2f}$."
)

# %% mystnb={"figure": {"caption": "**One observation.** Left: the positions of its photons, coloured by energy. Right: the number of photons at each energy; dashed lines mark the upper ends of the report's first three bands. What lies beyond the first line is left out by the first band and held by bands 2 to 4.", "name": "fig-one-observation"}, "image": {"alt": "Left: scatter plot of photon positions. Right: histogram of photon energies with band edges."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 3.6), layout="constrained")
left, right = figure.subplots(1, 2)
points = left.scatter(events.x, events.y, c=np.log10(events.energy), s=2, lw=0, cmap="viridis", rasterized=True)
left.set(aspect="equal", xlabel="x [arcsec]", ylabel="y [arcsec]")
bar = figure.colorbar(points, ax=left, ticks=np.log10([0.5, 1, 2, 5]))
bar.set_ticklabels(["0.5", "1", "2", "5"])
bar.ax.set_title("keV", fontsize="medium")
bins = np.geomspace(max(events.energy.min(), 0.1), events.energy.max() * 1.001, 60)
right.hist(events.energy, bins=bins, color=OURS)
for edge in BAND_EDGES_KEV[1:-1]:
    right.axvline(edge, color=NEUTRAL, ls="--", lw=1)
right.set(xscale="log", xlabel="energy [keV]; dashed: where bands end", ylabel="events")
right.set_xticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
right.minorticks_off()
figure

# %% [markdown]
# ## All observations

# %% mystnb={"figure": {"caption": "**Figure 1.** Number of events in an observation, for observations with fewer than 100 000 events, as in the report.", "name": "fig-1"}, "image": {"alt": "Histogram of the number of events per observation below one hundred thousand."}} tags=["hide-input"]
limit = printed.histogram_limit.value
figure = Figure(figsize=(7.0, 3.4), layout="constrained")
ax = figure.subplots()
ax.hist(n_events[n_events < limit], bins=np.linspace(0, limit, 51), color=OURS)
ax.set(xlabel="events in an observation", ylabel="observations", xlim=(0, limit))
ax.xaxis.set_major_formatter(lambda value, _: thousands(value))
figure

# %% mystnb={"figure": {"caption": "**Figure 2.** True masses. The majority of the report's clusters lie in the shaded range. Most of these are groups and poor clusters.", "name": "fig-2"}, "image": {"alt": "Histogram of the logarithm of the true masses with the report's main range shaded."}} tags=["hide-input"]
low, high = printed.bulk_log10_mass.value
step = 0.05
edges = np.arange(np.floor(masses.min() / step), np.ceil(masses.max() / step) + 1.5) * step
figure = Figure(figsize=(7.0, 3.4), layout="constrained")
ax = figure.subplots()
ax.axvspan(low, high, color=PRINTED, alpha=0.18, lw=0, label="most clusters of the report")
ax.hist(masses, bins=edges, color=OURS, label="this reproduction")
ax.set(xlabel=r"$\log_{10} M_{500c}\ [M_\odot]$", ylabel="observations")
ax.legend()
figure

# %% mystnb={"figure": {"caption": "**Events against mass.** Dashed lines: the fewest and the most events in the report's observations. At fixed mass, distance and the state of the core change the number of events.", "name": "fig-events-by-mass"}, "image": {"alt": "Number of events against logarithm of mass on a logarithmic scale, with the report's minimum and maximum."}} tags=["hide-input"]
figure = Figure(figsize=(7.0, 3.6), layout="constrained")
ax = figure.subplots()
dots = {"ms": 3 if len(n_events) > 500 else 6, "alpha": 0.5, "mew": 0, "rasterized": True}
ax.plot(masses, n_events, ".", color=OURS, label="this reproduction", **dots)
ax.axhline(printed.fewest_events.value, color=PRINTED, ls="--", label="the report's fewest and most")
ax.axhline(printed.most_events.value, color=PRINTED, ls="--")
ax.set(yscale="log", xlabel=r"$\log_{10} M_{500c}\ [M_\odot]$", ylabel="events in an observation")
figure.legend(loc="outside upper right", ncols=2, fontsize="small")
figure

# %% [markdown]
# The report calls its telescope Chandra and its simulator SIXTE. It does not say whether a halo is observed at several
# times in its life. Where this book knows the halo of each observation, intervals resample whole halos, and folds can
# keep a halo together. Without that knowledge each observation counts as a halo of its own.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
knows_halos = bool((catalogue["group"] != "").any())
within = (masses >= low) & (masses <= high)
quantities = {
    "observations": (thousands(printed.n_observations.value), thousands(len(catalogue))),
    "fewest events": (thousands(printed.fewest_events.value), thousands(n_events.min())),
    "most events": (thousands(printed.most_events.value), thousands(n_events.max())),
    "share below 100 000 events": ("not printed", f"{np.mean(n_events < limit):.0%}"),
    f"share with log10 mass in {low}-{high}": ("a majority (Figure 2)", f"{np.mean(within):.0%}"),
    "median log10 mass": ("not printed", f"{np.median(masses):.2f}"),
    "halos": ("not printed", thousands(len(np.unique(reproduction.groups))) if knows_halos else "not known"),
}
Markdown(
    pd.DataFrame(quantities, index=["in the report", "here"])
    .T.rename_axis("quantity")
    .to_markdown(disable_numparse=True)
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
alike = np.argsort(np.abs(masses - np.median(masses)), kind="stable")[: max(2, len(masses) // 10)]
few, many = np.percentile(n_events[alike], [5, 95])
Markdown(
    "**What was found.** Among the tenth of the clusters whose masses lie closest to the median, the number of photons spans "
    f"a factor of {many / few:.0f}, from the 5th to the 95th percentile."
)
