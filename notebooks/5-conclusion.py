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
# **The question.** What is left of the report when all of it is done again, and what comes next?

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import open_reproduction
from report_utils.report.claims import CLAIMS
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED
from report_utils.report.reproduced_results import Judged
from report_utils.report.sentences import (
    folds_and_halos,
    provenance,
    retained_caveat,
    seeds_of_claims,
    verdict_counts,
)

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
blocks.append(provenance(reproduction.profile, len(reproduction.catalogue), judged.seeds))
Markdown("\n\n".join(blocks))

# %% [markdown]
# ## Why two bands
#
# The report leaves open what the second band teaches. The simulation suggests an answer, which is not tested here. An
# image comes with no label of the distance. It holds traces of it, but not enough to part a near light cluster from a
# far heavy one: distance and mass are confused, and the number of photons depends on both. The ratio of two bands
# goes with $T / (1 + z)$, which depends on distance far less than the number of photons does, and the mass goes
# with the temperature {eq}`eq-mass-temperature`. The gas is hot everywhere, so the core is not needed for it.
#
# One ratio of bands is already one thermometer, so further bands have little to add. That the fourth band, above 7.5
# keV, holds few photons is not the reason: in the simulation [a single split at 7.5 keV](baselines.ipynb) helps
# by itself. It adds little because the second and the third band have said the same. That leaving its
# photons out of the single band changes nothing follows from their number, for there they only enter a sum.
#
# ## What this does not show

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
limits = [
    seeds_of_claims(judged.seeds, judged.dynamics_seeds),
    folds_and_halos(reproduction.profile, reproduction.fold_of(), reproduction.groups),
    retained_caveat(reproduction.profile, len(reproduction.catalogue)),
]
if reproduction.profile.archive_path is None:
    limits += [
        (
            "The clusters are simulated from scaling relations with scatter, not by hydrodynamics. Substructure, "
            "mergers and feedback are there as far as [the simulation](2-simulation.ipynb) has them; a network could "
            "use, or be misled by, what is missing."
        ),
        (
            "Real observations have a particle background and field sources, which are options of the simulation and "
            "off by default, and calibration errors, which are not simulated."
        ),
    ]
else:
    limits.append("What holds for this archive's observations need not hold for others.")
Markdown("\n".join(f"- {limit}" for limit in limits if limit))

# %% [markdown]
# ## What next
#
# The report names two paths: methods that mark which parts of an image matter, such as integrated gradients
# or LIME {cite}`Ribeiro2016`, and a look at how clusters are grouped in the last layer before the
# prediction. To these a reproduction adds a third: the same questions asked of real observations, which is
# what this book's tools are for.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
pair = ("multi_band_2", "multi_band_1")
Markdown(
    f"**What was found.** With a second energy band the scatter {judged.step(pair)} "
    f"From two bands to four it {judged.step(('multi_band_4', 'multi_band_2'))} "
    f"{verdict_counts(evidence)}"
)
