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
# A picture can be read in several ways; a test with a threshold fixed beforehand cannot. Every claim has a statistic,
# a threshold and a reason, all written before any result was seen. A claim **holds**
# when the whole 95% interval of its statistic lies on the right side of the threshold. It **fails** when the interval
# lies on the other side, and is **undecided at this size** when it includes both. *Little*, *equal* and *alike* are
# claims about small differences, and not finding a difference does not prove them. They hold only when the interval
# lies inside a margin around no difference {cite}`Schuirmann1987`.
# A claim of several parts holds when all parts hold. It fails when one part fails by an interval that is
# widened for the number of parts, since one of many parts falls outside by chance. So a part can be undecided although the
# interval shown lies on the wrong side.
#
# Most statistics are ratios of scatters on the same clusters,
#
# $$
# \rho = \frac{\sigma_a}{\sigma_b} ,
# $$ (eq-ratio)
#
# with an interval that draws the same halos for both, so that what makes a cluster hard for both cancels. Where
# networks have been trained with several seeds, $\sigma$ is that of all of them, and the interval includes the
# variance between trainings.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import json

import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.profiles import project_root
from report_utils.report import figures, open_reproduction
from report_utils.report.claims import CLAIMS, MARGIN_REASON, NEARLY_HALF_REASON, verdict_counts
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.findings import Findings
from report_utils.report.full_size import IN_THIS_BUILD
from report_utils.report.intervals import FAILS, HOLDS
from report_utils.report.reproduced_results import Judged
from report_utils.report.second_band import judge_conjecture, scatter_ratio
from report_utils.report.studies import READINGS
from report_utils.report.tables import evidence_markdown, verdicts_markdown
from report_utils.report.wording import said_once
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

reproduction = open_reproduction(profile)
figures.use_book_style()
judged = Judged(reproduction)
evidence = judged.evidence

by_reading = Findings(judged).by_reading
here = f" {IN_THIS_BUILD}" if judged.full else ""
turned = [
    f"One verdict depends on how the report is read. *{claim.statement}* At the deepest cuts{here} {by_reading[claim.name]} "
    "([the readings](sensitivity.ipynb))."
    for claim in CLAIMS
    if claim.name in by_reading
]
Markdown("\n\n".join(filter(None, [judged.introduction, verdicts_markdown(judged.verdicts), *turned])))

# %% [markdown]
# Where each network is trained once, another training might reverse a difference of a few per cent between two
# transforms.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(judged.how_trained)

# %% mystnb={"figure": {"caption": "**All measured ratios** with their 95% intervals, in the order of the list below. Colour and mark show the verdict of each part; black bars are the same ratios of the printed scatters. Where a ratio is of full size, the thin grey line below it is that of this build. Left of 1 the first of the two has the smaller scatter. The wider an interval, the less this size can say.", "name": "fig-claims"}, "image": {"alt": "Ratios with intervals for every part of every claim, marked by verdict."}} tags=["hide-input"]
*larger, own = [
    {(name, part.label): part for name, found in source.items() for part in found.parts}
    for source in judged.verdicts.values()
]
at_full_size = larger[0] if larger else {}
parts = {key: at_full_size.get(key, part) for key, part in (own | at_full_size).items()}
looks = {HOLDS: (OURS, "o"), FAILS: (PRINTED, "X")}
figure = Figure(figsize=(8.0, 0.9 + 0.27 * max(len(parts), 1)), layout="constrained")
ax = figure.subplots()
seen = set()
for place, (key, part) in enumerate(parts.items()):
    colour, marker = looks.get(part.verdict, (NEUTRAL, "D"))
    label = None if part.verdict in seen else part.verdict
    seen.add(part.verdict)
    ax.plot([part.measured.low, part.measured.high], [place, place], color=colour)
    ax.plot(part.measured.value, place, marker, color=colour, label=label, ls="none")
    smaller = own.get(key) if key in at_full_size else None
    if smaller is not None:
        ax.plot([smaller.measured.low, smaller.measured.high], [place + 0.3] * 2, color=NEUTRAL, lw=0.9)
        ax.plot(smaller.measured.value, place + 0.3, "|", color=NEUTRAL, ms=5)
printed = [(part.printed, place) for place, part in enumerate(parts.values()) if part.printed is not None]
if printed:
    ax.plot(*zip(*printed, strict=True), "|", color="black", ms=9, label="from the printed numbers", ls="none")
ax.axvline(1, color="black", lw=0.8)
ax.set_yticks(range(len(parts)), [label for _, label in parts], fontsize="small")
ax.set_ylim(max(len(parts), 1) - 0.5, -0.5)
ax.set_xlabel("ratio, with its 95% interval; 1: no difference")
if parts:
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    ticks = [tick for tick in (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3) if low <= tick <= high]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    figure.legend(loc="outside upper right", ncols=4, fontsize="small")
else:
    ax.text(1.02, 0, "nothing could be measured at this size", va="center")
    ax.set_xlim(0.5, 2)
figure

# %% [markdown]
# ## Claim by claim

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
blocks = []
reasons = said_once((claim.reason for claim in CLAIMS), (MARGIN_REASON, NEARLY_HALF_REASON), "claim")
for number, (claim, reason) in enumerate(zip(CLAIMS, reasons, strict=True), start=1):
    found = [one[claim.name] for one in judged.verdicts.values() if claim.name in one]
    mark, how = ("*", f", read as {READINGS['default']}") if claim.name in by_reading else ("**", "")
    shown = [
        f"{evidence_markdown(one)}\n\nVerdict{f' {one.where}' if one.where else ''}{how}: {mark}{one.verdict}{mark}"
        for one in found
    ]
    if claim.name in by_reading:
        shown.append(f"At the deepest cuts {by_reading[claim.name]}.")
    blocks.append(
        f"**{number}. {claim.statement}**\n\n*In the report:* {claim.where}. *Measured:* {claim.statistic}. "
        f"*Holds when:* {claim.threshold}. *Why so:* "
        f"{reason}\n\n" + "\n\n".join(shown)
    )
Markdown("\n\n---\n\n".join(blocks))

# %% [markdown]
# ## The report's conjecture
#
# The report ends with a conjecture: clusters of medium mass have a more complex structure, and separate bands let the
# network understand it. It can be tested by taking the structure away. In scrambled images the pixels of each ring
# about the centroid change places, so that only radial profiles are left, and networks of two bands are trained
# on these. If structure is what sorts the middle masses, the scatter there grows, and by more than elsewhere.
#
# The conjecture **holds** if the ratio of scatters, scrambled over real, lies above 1 in the middle third of masses, and
# above that of the outer thirds. It **fails** if the ratio in the middle lies between 1/1.15 and 1.15, and is **undecided**
# otherwise. The rule was committed before these networks were trained. The simulation has little structure besides
# radial profiles, so a conjecture that fails here is not refuted for hydrodynamic simulations such as the report's.
# Which third of the masses gains most from the second band, whatever the reason, is measured on another page
# ([](why-8-layers)).

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
outcomes = study_outcomes(reproduction, WHY)
pair = ("scrambled-azimuth", "multi_band_2"), ("default", "multi_band_2")
in_thirds = {third: scatter_ratio(outcomes, *pair, third) for third in ("middle", "outer")}
if None in in_thirds.values():
    command = f"report-utils study {WHY.name} --profile {reproduction.profile.name}"
    text = f"Not measured here: `{command}` trains the networks, if these observations suffice."
else:
    rows = {f"{third} third{'s' if third == 'outer' else ''}": f"{found:.3f}" for third, found in in_thirds.items()}
    shown = pd.DataFrame({"scatter, scrambled over real [95% interval]": rows})
    text = f"{shown.rename_axis('true mass').to_markdown()}\n\nVerdict in this simulation: **{judge_conjecture(**in_thirds)}**"
Markdown(text)

# %% [markdown]
# ## Over several trainings
#
# A network that is trained again, from other weights and in another order, makes other predictions. A verdict may then
# belong to a single training. Training every network with several seeds takes longer than building a book should. The
# verdicts over several trainings stand here where that has been done, on this machine or in the committed results.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
said = [judged.over_seeds_summary]
if judged.adds_seeds:
    sources = {
        IN_THIS_BUILD.capitalize(): judged.here,
        f"{judged.over_seeds.n_seeds} seeds": judged.over_seeds.evidence,
    }
    said.append(verdicts_markdown(sources, measured=True))
Markdown("\n\n".join(said))

# %% [markdown]
# ## How often a verdict is wrong
#
# Each test has been tried on made-up predictions whose answer is known: the claim is clearly true, or false, or exactly
# at the threshold with one of its parts or with all of them. The predictions resemble those of the networks here:
# several clusters of one halo, eight views, errors that transforms share, masses drawn to the mean, and trainings that
# differ. A wrong verdict is *fails* for a true claim, *holds* for a false one, and either of them at the threshold.
# Over three trainings each may occur in 2.5% of the cases, one tail of a 95% interval. The interval of a single
# training does not include the variance between trainings, so each may occur in 5%. Claims that one training cannot
# decide are left undecided, so both of their numbers are 0. Each number is a count among 400 and scatters by at least
# 0.8%.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept = json.loads((project_root() / "benchmarks" / "results" / "verdicts.json").read_text(encoding="utf-8"))
shares = pd.DataFrame(kept["rows"], columns=kept["columns"])
aligned = ["left", *["right"] * (len(shares.columns) - 1)]
Markdown(f"{shares.to_markdown(index=False, disable_numparse=True, colalign=aligned)}\n\n{kept['provenance']}")

# %% [markdown]
# ## Where the report contradicts itself
#
# | In the report | What it says | Taken here |
# |:---|:---|:---|
# | Section 3.3 against Table 1 | The text gives the best standard deviation as .06196; Table 1's best is .05818. | Table 1. |
# | Sections 3.3, 4.2 and 5 | AGN-less results are called close to the multi-band ones, but no table prints them. | They are computed, and shown without a printed number beside them. |
# | Sections 4.2 and 5 | The text refers to a Table 3.3. | Table 1 of section 3.3. |
# | Section 3.1.3 against the caption of Figure 5 | The text lists six percentages; the caption speaks of a galaxy in the 4 percent retained transformation. | The six of the text. |
# | Section 3.1.3 | The words keep the lowest p % of the observations; the formulas keep the pixels whose number of events lies below a percentile. k is given as 1, with four functions. | Pixels with counts above the p-th percentile of the occupied pixels are emptied, in four channels. |
# | Section 3.1.3 against 3.1.2 | Bands [2.5, 5] and [5, 7.5] are closed on both sides, so 2.5 and 5 keV fall in two bands. | Bands are closed on the right, as in section 3.1.2. |
# | Section 3.2 and the caption of Figure 9 | A Core-Removed transformation is named and never defined. | The retained transformations. |
# | Section 3.3 against Table 1 | The core-removed model is said not to behave as the split bands do, but every retained row of Table 1 has four bands and a scatter as small as theirs. | The claim is read as: one band is not rescued by removing the AGN. |
# | Section 4.1 | Phases 2 to 4 apply a permutation for the weights. | The perturbation (Gaussian noise) of phase 1. |
# | Section 4.1, third observation | Badly predicted training examples are read off a figure that shows test observations. | Test observations. |
# | Section 3.3 | The earlier work is said to have around 7000 observations; it states 7896 images {cite}`Ntampaka2019`. | 7896, where the earlier work is described. |
# | Section 2 | The observations are made with SIXTE to look like data of Chandra, but SIXTE is not the simulator of Chandra's instrument team. | The simulation here is of Chandra's ACIS-I. |
# | Section 3.3 against Table 1 | Splitting the energies is said to nearly halve the loss. In Table 1 it nearly halves the standard deviation; a squared error falls to less than a third. | The claim is tested on the scatter, as the abstract and Table 1 state it. |
# | Section 3.1 | Four processes are announced and three described; where the AGN-less images come from is not said. | An observation of the same cluster without its AGN, from the simulation or the archive. |
# | Section 4.1 | A phase is 50 epochs, a perturbation and one more epoch; in Figure 10 each phase is said to have 50. | 50 and 1, so Figure 10 has 204 columns. |
# | Section 1 against the caption of Figure 2 | Clusters are put at 10¹⁴ solar masses and above; most of the data have log10 masses of 13.6 to 14.3. | The masses of Figure 2 are simulated. |
# | Section 2 | The formula of the problem gives an observation one place and one energy, whatever its number of events. | An observation is a list with a place and an energy for each event. |
# | Abstract | AGN is spelt out as Average Galactic Nucleus; section 3.1.3 has Active Galactic Nucleus. | Active galactic nucleus. |
# | Section 3.3 | Ten cross-validation folds are also described as ten random 90/10 splits, with a seed for each transform. | One partition into ten folds, the same for every transform. |
#
# A verdict on emptied pixels holds for the size of the images. Unless these have the report's own 128 × 128 pixels, a
# pixel holds other photons than in the report's images, and the verdict does not refute the report. Only verdicts at
# full size can.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {verdict_counts(evidence, by_reading)}")
