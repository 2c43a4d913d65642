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
# # Problem and data
#
# **The question.** What exactly is one observation, how many are there, and how do they differ?
#
# No real cluster comes with its true mass. The report therefore learns from simulated ones, whose masses
# are known, observed by a simulated telescope. Formally, masses, numbers of photons, their places and their
# energies come from a joint distribution $P$ on
#
# $$
# \underbrace{\mathbb{R}_+}_{\text{mass}} \times \underbrace{\mathbb{N}}_{\text{photons}} \times
# \Big(\underbrace{\mathbb{R}^2}_{\text{place}} \times \underbrace{\mathbb{R}_+}_{\text{energy}}\Big)^{n},
# $$ (eq-data)
#
# and the aim is the conditional mean of the logarithm of the mass, given the photons. No
# image carries a label of the distance. What it shows tells the distance in part only, so distance and mass are
# confused: a nearby light cluster and a distant heavy one may give equally many photons.
#
# The report's own observations were made with SIXTE {cite}`Dauser2019` from hydrodynamical simulations, and
# are not public. A profile of this book either simulates observations or names an archive of the reader's own
# event lists.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
from IPython.display import Markdown

from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.sentences import provenance, source_words, thousands
from report_utils.report.tables import markdown_table

reproduction = open_reproduction(profile)
figures.use_book_style()
catalogue = reproduction.catalogue
is_simulated = reproduction.profile.archive_path is None
Markdown(
    f"This build shows {source_words(reproduction.profile)}. "
    + (
        "They are made from the physics of the gas and of the telescope; [the next page](2-simulation.ipynb) checks "
        "that simulation against published relations. Its default exposure and completeness were fitted to the "
        "report's description of its data, which is what this page shows, and to nothing else."
        if is_simulated
        else "What is said of the report's data need not hold for them; the numbers below stand side by side."
    )
)

# %% [markdown]
# ## One observation

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
row = int(np.argsort(catalogue["n_events"].to_numpy(), kind="stable")[len(catalogue) // 2])
events = reproduction.example_events(row)
columns = ((events.x, ".2f"), (events.y, ".2f"), (events.energy, ".3f"))
first = [[f"{of[i]:{spec}}".replace("-", "−") for of, spec in columns] for i in range(min(5, len(events)))]
Markdown(
    f"The observation with the median number of events holds {thousands(len(events))} of them, of a cluster "
    f"with $\\log_{{10}} M_{{500c}} = {events.log10_mass:.2f}$. It is a list; these are its first lines:\n\n"
    + markdown_table(["x [arcsec]", "y [arcsec]", "energy [keV]"], first, "rrr")
)

# %% mystnb={"figure": {"caption": "**One observation.** Left: where its photons arrived, coloured by energy. Right: how many at each energy; dashed lines are the upper ends of the report's first three bands. Notice how few photons lie beyond the first line: they are all that a second band adds.", "name": "fig-one-observation"}, "image": {"alt": "Left: scatter plot of photon positions. Right: histogram of photon energies with band edges."}} tags=["hide-input"]
figures.event_map(events.x, events.y, events.energy)

# %% [markdown]
# ## All observations

# %% mystnb={"figure": {"caption": "**Figure 1.** Number of events in an observation, for those with fewer than 100 000, as in the report. Notice the long tail: most observations are faint, and a few bright.", "name": "fig-1"}, "image": {"alt": "Histogram of the number of events per observation below one hundred thousand."}} tags=["hide-input"]
figures.events_histogram(catalogue["n_events"])

# %% mystnb={"figure": {"caption": "**Figure 2.** True masses. The shaded range is where the report finds most of its clusters. Notice the tail of heavy ones, which the network sees seldom.", "name": "fig-2"}, "image": {"alt": "Histogram of the logarithm of the true masses with the report's main range shaded."}} tags=["hide-input"]
figures.mass_histogram(catalogue["log10_mass"])

# %% mystnb={"figure": {"caption": "**Events against mass.** Dashed: the fewest and the most events of the report's observations. Notice how wide the band is at any mass: distance and the state of the core move a cluster up and down.", "name": "fig-events-by-mass"}, "image": {"alt": "Number of events against logarithm of mass on a logarithmic scale, with the report's minimum and maximum."}} tags=["hide-input"]
figures.events_by_mass(catalogue["log10_mass"], catalogue["n_events"])

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
knows_halos = bool((catalogue["group"] != "").any())
telescope = (
    "the simulation here is of Chandra's ACIS-I camera {cite}`Garmire2003`"
    if is_simulated
    else "the archive's observations are taken as they are"
)
halos = (
    "here each observation knows its halo, so that intervals can respect it and folds can keep halos together"
    if knows_halos
    else "these observations do not name their halos, so each counts as one of its own"
)
Markdown(
    f"Two places in the report need a choice. It calls the telescope Chandra and the simulator SIXTE; {telescope}. "
    f"And the same halo may be observed at several times in its life, which the report does not mention; {halos}."
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
data = PUBLISHED.data
n_events, masses = catalogue["n_events"].to_numpy(), catalogue["log10_mass"].to_numpy()
low, high = data.bulk_log10_mass.value
rows = [
    ["observations", thousands(data.n_observations.value), thousands(len(catalogue))],
    ["fewest events", thousands(data.fewest_events.value), thousands(n_events.min())],
    ["most events", thousands(data.most_events.value), thousands(n_events.max())],
    ["share below 100 000 events", "the great majority (Figure 1)", f"{np.mean(n_events < 100_000):.0%}"],
    [
        f"share with log10 mass in {low}-{high}",
        "a majority (Figure 2)",
        f"{np.mean((masses >= low) & (masses <= high)):.0%}",
    ],
    ["median log10 mass", "not printed", f"{np.median(masses):.2f}"],
    ["halos", "not printed", thousands(len(np.unique(reproduction.groups))) if knows_halos else "not known"],
]
alike = np.argsort(np.abs(masses - np.median(masses)), kind="stable")[: max(2, len(masses) // 10)]
few, many = np.percentile(n_events[alike], [5, 95])
Markdown(
    markdown_table(["quantity", "in the report", "here"], rows, "lrr")
    + f"\n\n{provenance(reproduction.profile, len(catalogue))}\n\n"
    "**What was found.** An observation is a list of photons, each with a place and an energy. There are "
    f"{thousands(len(catalogue))} here, with {thousands(n_events.min())} to {thousands(n_events.max())} photons, and "
    "the number alone does not tell the mass: among the tenth of the clusters whose masses lie closest to the median, "
    f"it spans a factor of {many / few:.0f}, leaving out the lowest and the highest 5%."
)
