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
# # 5 Conclusion
#
# **The question.** Which of the report's claims remain when all of it is done again, and what comes next?

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import open_reproduction
from report_utils.report.claims import verdict_counts
from report_utils.report.findings import Findings
from report_utils.report.reproduced_results import Judged
from report_utils.report.second_band import PREDICTIONS, counted_verdicts, predictions_table
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
findings = Findings(judged)
Markdown("\n\n".join(filter(None, [judged.warning, findings.verdicts, judged.full_size_link])))

# %% [markdown]
# ## Why two bands
#
# The report leaves open what the second band teaches. Here the simulation can be changed, and the answer is taken apart
# by experiments whose results were predicted before they were made.
#
# - *Hidden redshift.* A nearby cluster of low mass looks like a distant massive one. If that is what makes one band bad, a
#   network that is [told the distance](why-1-hidden-or-known.ipynb) needs the second band much less.
# - *Thermometer.* The ratio of two bands depends on $T / (1 + z)$, which changes little with redshift, and mass follows
#   temperature {eq}`eq-mass-temperature`. If that is what helps, a second band without a spectrum or with
#   [that of another cluster](why-3-energy-surgery.ipynb) is worth nothing, and a worse thermometer is worth less.
# - *Simple counts.* If these two are all, [the numbers of events in two bands](baselines.ipynb) do most of it, and
#   networks lose little when [pixels change places](why-4-image.ipynb) or [photons exchange their
#   energies](why-3-energy-surgery.ipynb).

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
rows = predictions_table(PREDICTIONS, study_outcomes(reproduction, WHY))
said = [verdict for _, found, verdict in rows if found is not None]
counted = f"All ratios of the study's networks: {counted_verdicts(said).lower()}" if said else ""
points = "\n".join(f"- {sentence}" for sentence in findings.sentences)
Markdown("\n\n".join(filter(None, [points, counted])) or "Nothing of this is measured here yet.")

# %% [markdown]
# Further pages look at [the same cluster, moved](why-2-moved-cluster.ipynb), at [what errors are made
# of](why-5-errors.ipynb), at [where to cut](why-6-cuts.ipynb), at [where the network looks](why-7-saliency.ipynb), at
# [what its last layers know](why-8-layers.ipynb), and at [the box](why-9-box.ipynb). Each says which of its
# own predictions came out.
#
# ## What this does not show
#
# - A survey often knows the redshifts of its clusters. The networks that are told the distance show what a second band is
#   worth then.
# - At fixed mass the simulation's temperatures scatter less than those of observed samples, so its thermometer is better.
#   [A larger scatter](sensitivity.ipynb) is tried.
# - Verdicts on emptied pixels are about this profile's images. Unless these have the report's 128 × 128 pixels, a pixel
#   holds other photons than the report's, whatever percentile is taken.
# - Simulated clusters come from scaling relations with scatter, not from hydrodynamics. They have substructure, mergers
#   and feedback only as far as [the simulation](2-simulation.ipynb) has them. A network could use, or be misled by,
#   what is missing. What is found here about structure is therefore a statement about this simulation.
# - AGN are drawn by their flux here, regardless of the cluster's redshift and mass. What is found with and without AGN holds
#   for such AGN.
# - Real observations have a particle background and field sources, which are options of the simulation and off by
#   default. They also have calibration errors, which are not simulated.
# - Results for an archive of observations need not hold for other observations.
#
# How often the networks were trained, and what their folds leave open, stands below. Where another snapshot of a test halo
# was in training, all scatters may be smaller than on new halos; whether that holds for the report is not known.
# [Do the networks recognise halos?](halos.ipynb) measures it.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(judged.how_trained)

# %% [markdown]
# ## What next
#
# The report names two paths. One is methods that mark which parts of an image matter, such as integrated gradients
# or LIME {cite}`Ribeiro2016`. The other is to look at how clusters are grouped in the last layer before the
# prediction. Both [are](why-7-saliency.ipynb) [taken](why-8-layers.ipynb) in this book. A reproduction adds a third: to ask the same
# questions of real observations. This book's tools are made for that.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {verdict_counts(judged.evidence, findings.by_reading)}")
