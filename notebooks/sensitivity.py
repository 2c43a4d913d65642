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
# # What the verdicts depend on
#
# **The question.** Would the report's claims be judged otherwise, had something been simulated or read otherwise?
#
# Some choices behind this reproduction could have been made differently: what the simulation assumes, and what the
# report's text leaves open. Here a few are made differently, one at a time, the networks concerned are trained
# again on the same folds from the same starts, and the claims are judged by the same statistics and thresholds.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import figures, open_reproduction
from report_utils.report.figures.studies import sensitivity_forest
from report_utils.report.sentences import provenance
from report_utils.report.studies import judge_study
from report_utils.report.study_tables import judgements_markdown, study_summary
from report_utils.reproduction.studies import SENSITIVITY
from report_utils.reproduction.study_results import seeds_of, study_outcomes

reproduction = open_reproduction(profile)
figures.use_book_style()
outcomes = study_outcomes(reproduction, SENSITIVITY)
judged = judge_study(SENSITIVITY, outcomes)
command = f"report-utils study {SENSITIVITY.name} --profile {profile}"

lines = [
    (
        "**The percentile rule.** The report empties the pixels above a percentile and does not say of what: of the "
        "occupied pixels (taken here), of all pixels, or of all events (*the bottom p % of observations*); nor what "
        "becomes of pixels equal to it."
    ),
    (
        "**The noise** on the weights at the end of each phase of the dynamics is *a small amount*; here "
        f"{reproduction.profile.dynamics.noise:g} of the spread of a layer's weights."
    ),
]
if (settings := reproduction.observations.settings) is not None:
    lines = [
        (
            f"**Temperature scatter.** At fixed mass ln T scatters by {settings.sigma_ln_temperature:g} in the "
            "simulation, and by more in observed samples. A worse thermometer should make the second band worth less."
        ),
        "**Background.** The detector's particle background and AGN of the field are options of the simulation.",
        *lines,
    ]
Markdown("\n".join(f"- {line}" for line in lines))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(provenance(reproduction.profile, len(reproduction.catalogue), seeds_of(outcomes)))

# %% mystnb={"figure": {"caption": "**The claims under other assumptions.** For every claim the measured ratio of scatters with its 95% interval, first as in the book, then with one thing done otherwise; a bold name is one whose verdict turns. Dashed lines are the limits of the claim, the solid one marks no difference.", "name": "fig-sensitivity"}, "image": {"alt": "Ratios with intervals for each claim and each variant, marked by verdict, with the claims' limits."}} tags=["hide-input"]
sensitivity_forest(judged)

# %% [markdown]
# ## Claim by claim

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
blocks = []
for of_claim in judged.values():
    claim = of_claim[0].claim
    blocks.append(
        f"**{claim.statement}** *Measured:* {claim.statistic}. *Holds when:* {claim.threshold}.\n\n"
        f"{judgements_markdown(of_claim, command)}"
    )
Markdown("\n\n---\n\n".join(blocks))

# %% [markdown]
# An image whose percentile is taken of all pixels is emptied altogether where fewer pixels are occupied than the
# percentile asks for, and a faint image whose ties are emptied keeps little more: these readings say more about
# faint observations than about cores. The variants are no part of a default build; runs that are missing here are
# taken from the committed results, with where these come from, and never mixed with others.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {study_summary(judged, command)}")
