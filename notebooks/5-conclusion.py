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
# # Conclusion
#
# **The question.** Which of the report's claims remain when all of it is done again, and what comes next?

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import open_reproduction
from report_utils.report.claims import CLAIMS
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED
from report_utils.report.reproduced_results import Judged
from report_utils.report.sentences import folds_and_halos, seeds_of_claims, verdict_counts

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
evidence = judged.evidence
blocks = [judged.warning]
for verdict, heading in (
    (HOLDS, "Borne out here"),
    (FAILS, "Not borne out here"),
    (UNDECIDED, "Left open at this size"),
):
    lines = [f"- {claim.statement}" for claim in CLAIMS if evidence[claim.name].verdict == verdict]
    if lines:
        blocks.append(f"**{heading}**\n\n" + "\n".join(lines))
Markdown("\n\n".join(blocks))

# %% [markdown]
# ## Why two bands
#
# The report leaves open what the second band teaches. The simulation suggests an answer, which is not tested here. An
# image has no label of the distance. It contains traces of it, but not enough to tell a near light cluster from a far
# heavy one: distance and mass are confused, and the number of photons depends on both. The ratio of two bands
# depends on $T / (1 + z)$, and so far less on distance than the number of photons does, and the mass follows
# the temperature {eq}`eq-mass-temperature`. The gas is hot everywhere, so the core is not needed for this.
#
# One ratio of bands is already a thermometer, so further bands have little to add. The fourth band, above 7.5 keV, holds
# few photons, but that is not the reason: in the simulation [a single split at 7.5 keV](baselines.ipynb) helps
# by itself. The fourth band adds little because the second and the third band carry the same information. Leaving its
# photons out of the single band changes nothing because they are few, and because they only enter a sum there.
#
# ## What this does not show
#
# - The verdicts on emptied pixels hold for this profile's training and its size of images. Unless that is the report's
#   own 128 × 128 pixels, a pixel holds other photons than in the report's images.
# - Simulated clusters come from scaling relations with scatter, not from hydrodynamics. They have substructure, mergers
#   and feedback only as far as [the simulation](2-simulation.ipynb) has them. A network could use, or be misled by,
#   what is missing.
# - Real observations have a particle background and field sources, which are options of the simulation and off by
#   default. They also have calibration errors, which are not simulated.
# - Results for an archive of observations need not hold for other observations.
#
# How often the networks were trained, and what their folds leave open:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(
    f"{seeds_of_claims(judged.seeds, judged.dynamics_seeds)}\n\n"
    f"{folds_and_halos(reproduction.profile, reproduction.fold_of(), reproduction.groups)}"
)

# %% [markdown]
# ## What next
#
# The report names two paths. One is methods that mark which parts of an image matter, such as integrated gradients
# or LIME {cite}`Ribeiro2016`. The other is to look at how clusters are grouped in the last layer before the
# prediction. A reproduction adds a third: to ask the same questions of real observations. This book's tools are made
# for that.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
pair = ("multi_band_2", "multi_band_1")
Markdown(
    f"**What was found.** With a second energy band the scatter {judged.step(pair)} "
    f"From two bands to four it {judged.step(('multi_band_4', 'multi_band_2'))} "
    f"{verdict_counts(evidence)}"
)
