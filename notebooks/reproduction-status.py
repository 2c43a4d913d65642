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
# # Reproduction status
#
# **The question.** What has become of each figure, each printed number and each claim of the report?
#
# A printed number **agrees** when the whole 95% interval of ours lies inside a tolerance around it. It **differs**
# when the whole interval lies outside, and is **undecided** in all other cases. Numbers that depend on the size of the
# training are judged only at the report's own number of clusters, pixels and folds. At a smaller profile they are **not
# comparable**, and the claims, which are about trends, are judged instead. Where results of full size are at hand, the
# verdict is on these.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS
from report_utils.report import open_reproduction
from report_utils.report.reproduced_results import Judged
from report_utils.report.status_tables import status_markdown, status_sentence, status_summary
from report_utils.report.studies import origins_of
from report_utils.report.wording import markdown_table
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS
from report_utils.reproduction.studies import STUDIES
from report_utils.reproduction.study_results import study_outcomes

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
Markdown(f"{judged.introduction}\n\n{status_summary(judged.status)}")

# %% [markdown]
# ## One by one
#
# For a claim, *Printed* is the same statistic computed from the report's scatters. The network's parameters are counted in
# the weights of a trained one. *Run* has the first characters of the run's digest, or of several runs' common digest.
# `report-utils table --status` prints the same, or writes it as CSV or JSON.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_markdown(judged.status))

# %% [markdown]
# ## Over several trainings
#
# Where each network is trained once, another training might reverse a difference of a few per cent. Where another snapshot
# of a test halo was in training, all scatters may be smaller than on new halos; whether this holds for the report is not
# known.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"{judged.how_trained}\n\n{judged.over_seeds_summary}")

# %% [markdown]
# (origins)=
# ## Where committed results come from
#
# Trainings that take long are committed with the project. Here are their commits, and what has changed since in the code that computes them:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
note = reproduction.origin_note(TRANSFORMS, DYNAMICS_TRANSFORMS)
rows = [
    [study.title, titles, origin]
    for study in STUDIES.values()
    for titles, origin in origins_of(study_outcomes(reproduction, study))
]
table = markdown_table(["Study", "Networks", "Committed results"], rows, "lll") if rows else ""
Markdown("\n\n".join(filter(None, [note, table])) or "None are shown: all numbers come from runs of this machine.")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {status_sentence(judged.status)}")
