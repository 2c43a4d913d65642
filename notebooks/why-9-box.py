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
# # The box
#
# **The question.** Does the square that an image shows decide how good one band is?
#
# The report's single band is much better than ours. An image here shows the square of the observation's own events, whose
# edges are set by the outermost ones. The report may have had other squares: that of a whole camera, which a particle background
# fills, or one of fixed size in Mpc or in cluster radii. Such a square tells the network something. In a field of
# fixed angle it sees angular sizes. In a box of fixed size in Mpc it sees sizes in Mpc. In a box of two R500, it sees no size at
# all, but the box itself was made with the mass.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% [markdown]
# ## Prediction
#
# *Committed before any of these networks was trained.*
#
# With the arithmetic of [](why-1-hidden-or-known), a better angular size (to 0.1 in place of 0.15), a size in Mpc, or none at all
# changes little, since neither tells the distance well:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.binning import get_transform
from report_utils.experiments.expected_scatter import World, expected_one_and_two
from report_utils.report import figures, open_reproduction
from report_utils.report.claim_tests import Runs, printed_contrast
from report_utils.report.figures.style import NEUTRAL, OURS, PRINTED
from report_utils.report.intervals import MINIMUM_GROUPS, UNDECIDED
from report_utils.report.printed_numbers import table_row
from report_utils.report.second_band import (
    AS_PREDICTED,
    NOT_AS_PREDICTED,
    ONE_AND_TWO,
    PREDICTIONS,
    predictions_markdown,
    predictions_table,
    scatter_ratio,
)
from report_utils.report.wording import untrained_warning
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import study_outcomes

BOXES = {
    "default": World(),
    "box-field": World(size_noise=0.1),
    "box-mpc": World(size_noise=0.1, angular_size=False),
    "box-r500": World(size_noise=np.inf),
}
titles = {variant.name: variant.title for variant in WHY.all_variants} | {
    "default": "box: the events' own, as in the book"
}
rows = {
    titles[name]: (one, two, two / one) for name, world in BOXES.items() for one, two in [expected_one_and_two(world)]
}
table = pd.DataFrame.from_dict(rows, orient="index", columns=["one band", "two bands", "ratio"])
Markdown(table.rename_axis("box").to_markdown(floatfmt=(".3f", ".3f", ".3f", ".2f")))

# %% [markdown]
# So no box should bring the ratio of two bands to one to that of the report's printed scatters. **The rule** for each
# ratio is that of [](why-1-hidden-or-known), with the same factor of 1.25. A box *explains* the report's ratio if the
# interval of its own ratio holds the printed one.
#
# ## What is done
#
# The same clusters are binned again in each box, and networks of one band and of two are trained on the profile's folds with
# three seeds. The field is the camera's, 17.2 arcmin wide. The box in Mpc is 1.2 Mpc wide, so that the camera sees all of it
# even at the nearest snapshot. In it the gaps between the chips would tell the redshift, and the strips that they
# cross are left out of all images. A box in Mpc is made with the redshift, so this network is half told the distance. A
# box of two R500 reaches beyond the camera in nearby clusters.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
reproduction = open_reproduction(profile)
figures.use_book_style()
outcomes = study_outcomes(reproduction, WHY)
judged = predictions_table([one for one in PREDICTIONS if one.page == "why-9-box"], outcomes)
command = f"report-utils study {WHY.name} --profile {reproduction.profile.name}"
printed_ratio, printed = (
    printed_contrast(ONE_AND_TWO[::-1], (1, -1)),
    [table_row(get_transform(name)).scatter for name in ONE_AND_TWO],
)
scatters, dead, notes = {}, {}, []
for name in BOXES:
    if outcomes.get(name) is None:
        continue
    runs = Runs(outcomes[name].cross_validations)
    dead |= {f"{titles[name]}, {transform}": why for transform, why in runs.untrained.items()}
    if not runs.untrained and runs.n_halos >= MINIMUM_GROUPS:
        scatters[name] = [runs.contrast((transform,), (1,)) for transform in ONE_AND_TWO]
missing = [titles[name] for name in BOXES if outcomes.get(name) is None]
if reproduction.profile.archive_path is not None:
    notes.append("An archive has neither redshifts nor the camera's pointing, so these boxes cannot be made for it.")
elif missing:
    notes.append(f"Not trained yet: {'; '.join(missing)}. `{command}` trains them.")
notes += [untrained_warning(dead)] if dead else []
Markdown("\n\n".join([*notes, predictions_markdown(judged)]))

# %% mystnb={"figure": {"caption": "**The box.** Scatter with one band and with two for each box, with 95% intervals; dashed lines are the report's printed scatters.", "name": "fig-box"}, "image": {"alt": "Scatter with intervals of one and two bands for four boxes, with the printed scatters as dashed lines."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 2.8), layout="constrained")
ax = figure.subplots()
for band, (label, colour, marker, shift) in enumerate(
    (("one band", PRINTED, "s", -0.12), ("two bands", OURS, "o", 0.12))
):
    for place, name in enumerate(BOXES):
        if name in scatters:
            one = scatters[name][band]
            ax.plot([one.low, one.high], [place + shift] * 2, color=colour)
            ax.plot(one.value, place + shift, marker, color=colour)
    ax.plot([], [], marker, color=colour, label=label)
    ax.axvline(printed[band], color=colour, lw=1, ls="--")
ax.plot([], [], "--", color=NEUTRAL, label="printed")
ax.set_yticks(range(len(BOXES)), [titles[name] for name in BOXES])
ax.set_ylim(len(BOXES) - 0.5, -0.5)
ax.set_xlim(left=0)
ax.set_xlabel("scatter of the predicted mass [dex]")
figure.legend(loc="outside upper right", ncols=3, fontsize="small")
figure if scatters else None

# %% [markdown]
# ## Looked at afterwards
#
# How well an image shows a size was a guess. With the same arithmetic, a better known size in Mpc is worth much, and a better
# known angle little, because an angle confuses size and distance as counts do. The simulation's clusters have the same profiles in units
# of R500, up to a scatter, so their sizes are easily read. Whether it is this that a network reads is not tested.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
rows = {
    f"{noise:g}": [expected_one_and_two(World(size_noise=noise, angular_size=angular))[0] for angular in (True, False)]
    for noise in (0.15, 0.1, 0.05, 0.03)
}
table = pd.DataFrame.from_dict(rows, orient="index", columns=["size as an angle", "size in Mpc"])
Markdown(
    "Scatter of one band [dex], from arithmetic:\n\n"
    + table.rename_axis("size known to [dex]").to_markdown(floatfmt=".3f", disable_numparse=[0])
)

# %% [markdown]
# ## Which box explains the printed ratio
#
# A box that explains it need not be the report's. The box in Mpc was made with the redshift.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ratios, table = {}, []
for name in BOXES:
    ratio = scatter_ratio(outcomes, (name, "multi_band_2"), (name, "single_band"))
    if ratio is None:
        continue
    change = None if name == "default" else scatter_ratio(outcomes, (name, "single_band"), ("default", "single_band"))
    ratios[name] = ratio
    table.append(
        {
            "box": titles[name],
            "two bands over one": f"{ratio:.2f}",
            "one band, over one band in the events' own box": "" if change is None else f"{change:.2f}",
            f"explains the printed {printed_ratio:.2f}": "yes" if ratio.low <= printed_ratio <= ratio.high else "no",
        }
    )
Markdown(pd.DataFrame(table).to_markdown(index=False)) if table else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
consistent = {
    titles[name].removeprefix("box: "): one for name, one in ratios.items() if one.low <= printed_ratio <= one.high
}
verdict = NOT_AS_PREDICTED if consistent else AS_PREDICTED if ratios.keys() == BOXES.keys() else UNDECIDED
explaining = "; ".join(f"{title} ({one:.2f})" for title, one in consistent.items()) or "none"
found = (
    f"Boxes whose interval holds the printed ratio of {printed_ratio:.2f}: {explaining}. "
    f"That no box brings the ratio to the printed one: *{verdict}*."
)
Markdown(f"**What was found.** {found if ratios else 'Nothing can be measured here yet.'}")
