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
# # The report's claims, tested
#
# **The question.** Which of the report's claims does this reproduction bear out?
#
# A picture can be read in several ways; a test with a threshold fixed beforehand cannot. For every claim
# there is a statistic, a threshold and a reason, all written before any result was seen. A claim **holds**
# when the whole 95% interval of its statistic lies on the right side, **fails** when it lies on the other,
# and is **undecided at this size** when it includes both. *Little*, *equal* and *alike* are claims about
# small differences, and not finding a difference does not prove them: they hold only when the interval lies
# inside a margin around no difference {cite}`Schuirmann1987`.
# A claim of several parts holds when all of them hold, and fails when one of them fails by an interval that is
# widened for their number, since of many parts one falls outside by chance.
#
# Most statistics are ratios of scatters on the same clusters,
#
# $$
# \rho = \frac{\sigma_a}{\sigma_b} ,
# $$ (eq-ratio)
#
# with an interval that draws the same halos for both, so that what makes a cluster hard for both cancels. Where
# networks have been trained with several seeds, $\sigma$ is that of all of them, and the interval carries what
# another training would change.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import json

import pandas as pd
from IPython.display import Markdown

from report_utils.profiles import project_root
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.claims import CLAIMS
from report_utils.report.reproduced_results import Judged
from report_utils.report.sentences import provenance, retained_caveat, seeds_of_claims, verdict_counts
from report_utils.report.study_tables import over_seeds_markdown, over_seeds_summary
from report_utils.report.tables import claims_summary_markdown, evidence_markdown, markdown_table

reproduction = open_reproduction(profile)
figures.use_book_style()
judged = Judged(reproduction)
evidence = judged.evidence

Markdown(
    "\n\n".join(
        [
            judged.warning,
            claims_summary_markdown(evidence),
            provenance(reproduction.profile, len(reproduction.catalogue), judged.seeds),
            seeds_of_claims(judged.seeds, judged.dynamics_seeds),
        ]
    )
)

# %% mystnb={"figure": {"caption": "**All measured ratios** with their 95% intervals, in the order of the list below; colour and mark give the verdict of each part, black bars what the printed scatters give. Left of 1 the first of the two has the smaller scatter; the wider an interval, the less this size can say.", "name": "fig-claims"}, "image": {"alt": "Ratios with intervals for every part of every claim, marked by verdict."}} tags=["hide-input"]
figures.claims_forest(evidence)

# %% [markdown]
# ## Claim by claim

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
blocks = []
for number, claim in enumerate(CLAIMS, start=1):
    found = evidence[claim.name]
    blocks.append(
        f"**{number}. {claim.statement}**\n\n*In the report:* {claim.where}. *Measured:* {claim.statistic}. "
        f"*Holds when:* {claim.threshold}. *Why so:* "
        f"{claim.reason}\n\n{evidence_markdown(found)}\n\nVerdict: **{found.verdict}**"
    )
Markdown("\n\n---\n\n".join(blocks))

# %% [markdown]
# ## Over several trainings
#
# A network that is trained again from other weights and in another order predicts otherwise, and a verdict of one
# training may be that training's own. To train every network with several seeds takes longer than a book should; what
# the claims come to where that has been done stands here, whether it was on this machine or is kept with the project.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
command = f"report-utils study seeds --profile {profile}"
said = [over_seeds_summary(evidence, judged.over_seeds, command)]
if judged.over_seeds is not None:
    said.append(over_seeds_markdown(evidence, judged.over_seeds))
Markdown("\n\n".join(said))

# %% [markdown]
# ## How often a verdict is wrong
#
# Each test has been tried on made-up predictions for which the answer is known: where its claim is clearly true, where
# it is false, and where it lies exactly at the threshold, with one of its parts or with all of them. The predictions
# are like those of the networks here: clusters of one halo, eight views, errors that transforms share, masses
# drawn to the mean, and trainings that differ. A wrong verdict is *fails* for a true claim, *holds* for a false one, and
# either at the threshold. Over three trainings each may occur in 2.5% of the cases, one tail of a 95% interval.
# The interval of a single training lacks what another would change, and each may occur in 5%; claims that one training
# cannot decide are left undecided, so both numbers are 0. Each number is a count among 400, and scatters by 0.8% or more.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept = json.loads((project_root() / "benchmarks" / "results" / "verdicts.json").read_text(encoding="utf-8"))
shares = pd.DataFrame(kept["rows"], columns=kept["columns"])
aligned = ["left", *["right"] * (len(shares.columns) - 1)]
Markdown(f"{shares.to_markdown(index=False, disable_numparse=True, colalign=aligned)}\n\n{kept['provenance']}")

# %% [markdown]
# ## Where the report contradicts itself

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
rows = [[entry.where, entry.what, entry.here] for entry in PUBLISHED.inconsistencies]
Markdown(
    f"{markdown_table(['Where', 'What', 'Taken here'], rows, 'lll')}\n\n"
    f"**What was found.** {verdict_counts(evidence)} {retained_caveat(reproduction.profile, len(reproduction.catalogue))}"
)
