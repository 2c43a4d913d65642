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
# when the whole interval lies outside, and is **undecided** in all other cases. Tolerances and their reasons stand
# below each table. Numbers that depend on the size of the training are judged only at the report's own number of
# clusters, pixels and folds. At a smaller profile they are **not comparable**, and the claims, which are about trends,
# are judged instead. Where results of full size are at hand, the verdict is on these. The last
# column names the run of each number by the first characters of its digest, or several runs by their common digest.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import open_reproduction
from report_utils.report.reproduced_results import Judged
from report_utils.report.reproduction_status import CLAIM, DATA, EARLIER, FIGURES, NETWORK, PROTOCOL, TABLE
from report_utils.report.status_tables import status_markdown, status_sentence, status_summary

reproduction = open_reproduction(profile)
judged = Judged(reproduction)
Markdown(f"{judged.introduction}\n\n{status_summary(judged.status)}")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(judged.how_trained)

# %% [markdown]
# Where each network is trained once, another training might reverse a difference of a few per cent. Where another snapshot
# of a test halo was in training, all scatters may be smaller than on new halos; whether this holds for the report is not
# known.
#
# `report-utils table --status` prints the same, or writes it as CSV or JSON with the whole digest of every run.
#
# ## Claims
#
# *Printed* is the same statistic, computed from the report's scatters. The [claims page](4-3-claims.ipynb) says what is
# measured.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"{status_markdown(judged.status, CLAIM)}\n\n{judged.over_seeds_summary}")

# %% [markdown]
# ## Table 1

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_markdown(judged.status, TABLE))

# %% [markdown]
# ## Figures

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_markdown(judged.status, FIGURES))

# %% [markdown]
# ## The network
#
# Our parameters are counted in the weights of a network that was trained on four bands. They do not depend on the
# profile.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_markdown(judged.status, NETWORK))

# %% [markdown]
# ## Data and images

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_markdown(judged.status, DATA))

# %% [markdown]
# ## Training protocol

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(status_markdown(judged.status, PROTOCOL))

# %% [markdown]
# ## Earlier work

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"{status_markdown(judged.status, EARLIER)}\n\n**What was found.** {status_sentence(judged.status)}")
