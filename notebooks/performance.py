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
# # Performance
#
# **The question.** How fast is this project, compared with what one would write or install instead, and compared with
# what the machine can do?
#
# `make bench` measures everything on this page. In each benchmark our code and its peers take turns. A table gives the
# median of the rounds, and in brackets their quartiles. Seconds mean little on a machine that others use too; ratios
# from the same rounds mean much. A number that worsens by more than its rounds scatter is called a loss, here and in
# the terminal. The numbers come from the files in `benchmarks/results/`, whatever profile the book is built with.

# %% tags=["parameters", "remove-cell"]
profile = "quick"  # every page has one; this page shows benchmarks only

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import json

import numpy as np
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from report_utils.profiles import load_profile, project_root
from report_utils.report import figures
from report_utils.report.figures.style import AGN_LESS, NEUTRAL, OURS, PRINTED

figures.use_book_style()
folder = project_root() / "benchmarks" / "results"
newest = [json.loads(path.read_text(encoding="utf-8"))[-1] for path in sorted(folder.glob("bench_*.json"))]
measured = pd.DataFrame([one for result in newest for one in result["measurements"]])
with_goal = measured[measured["goal"].notna()].copy()
with_goal["holds"] = with_goal["holds"].astype(bool)


def number(value):
    return f"{value:,.0f}".replace(",", "\u202f") if abs(value) >= 1000 else f"{value:.3g}"


def with_quartiles(quantity):
    if quantity["n"] == 1 or quantity["low"] == quantity["high"]:
        return number(quantity["median"])
    low, high = number(quantity["low"]), number(quantity["high"])
    return f"{number(quantity['median'])} [{low},\u00a0{high}]"


def goal(row):
    if pd.isna(row["goal"]):
        return ""
    wanted = "at least" if row["better"] == "more" else "at most"
    return f"{wanted} {number(row['goal'])}: {'holds' if row['holds'] else '**does not hold**'}"


def table(*beginnings, but_unit=None):
    """Show the measurements whose names begin so."""
    rows = measured[measured["name"].str.startswith(beginnings) & (measured["unit"] != but_unit)]
    shown = [
        {
            "Measured": f"{row['title']} ({row['note']})" if row["note"] else row["title"],
            "Ours": f"{with_quartiles(row['ours'])} {row['unit']}",
            "Others": "; ".join(f"{name}: {number(value['median'])}" for name, value in row["peers"].items()),
            "Ratio": f"{with_quartiles(row['ratio'])} ({row['ratio_is']})" if row["ratio"] else "",
            "Goal": goal(row),
        }
        for row in rows.to_dict("records")
    ]
    return Markdown(pd.DataFrame(shown).to_markdown(index=False, disable_numparse=True))


def kept(name):
    """Show a table that was measured once, with where it comes from."""
    found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    rows = pd.DataFrame(found["rows"], columns=found["columns"])
    aligned = ["left", *["right"] * (len(rows.columns) - 1)]
    shown = rows.to_markdown(index=False, disable_numparse=True, colalign=aligned)
    return Markdown(f"{shown}\n\n{found['provenance']}")


machines = pd.DataFrame(
    {
        "benchmark": result["benchmark"].removeprefix("bench_").replace("_", " "),
        "processor": result["processor"],
        "cores": result["n_cores"],
        "date": result["date"][:10],
        "commit": f"`{str(result['commit'])[:10]}`" + (", edited" if result["uncommitted"] else ""),
        "load at most": max(result["load"]),
    }
    for result in newest
)
Markdown(machines.to_markdown(index=False))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
versions = {name: version for result in newest for name, version in result["versions"].items()}
Markdown("Versions: " + ", ".join(f"{name} {versions[name]}" for name in sorted(versions, key=str.lower)) + ".")

# %% mystnb={"figure": {"caption": "**The goals.** For each goal, the factor by which it is met (right of the line) or missed (left of it), with the quartiles of the rounds. Crosses are goals that do not hold.", "name": "fig-goals"}, "image": {"alt": "For each goal a point at the factor by which it is met or missed, with the spread of the rounds."}} tags=["hide-input"]
figure = Figure(figsize=(8.0, 0.9 + 0.3 * len(with_goal)), layout="constrained")
ax = figure.subplots()
for place, one in enumerate(with_goal.to_dict("records")):
    factor = np.array([one["value"][name] for name in ("low", "median", "high")]).clip(1e-3) / one["goal"]
    factor = factor if one["better"] == "more" else 1 / factor
    colour, marker = (OURS, "o") if one["holds"] else (PRINTED, "X")
    ax.plot([factor.min(), factor.max()], [place, place], color=colour)
    ax.plot(factor[1], place, marker, color=colour)
ax.set_yticks(range(len(with_goal)), with_goal["title"], fontsize="x-small")
ax.set_ylim(len(with_goal) - 0.5, -0.5)
ax.set_xscale("log")
ax.axvline(1, color="black", lw=0.8)
low, high = ax.get_xlim()
ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
ax.minorticks_off()
ax.set_xlabel("times as good as the goal asks; right of the line it holds")
figure

# %% [markdown]
# ## Binning
#
# Events become (128, 128, 4) band counts in a single pass, box included, on one thread. All peers also use one thread.
# *The report's five steps* are its section 3.1, written plainly in Python. Memory sets the limit: nothing can count
# events faster than it reads them, so the yardstick is a sum over the same three columns. Binning also has to find each
# event's pixel and add one there, and unlike the additions of a sum, these cannot be done several at a time. The compiled
# code is kept beside the package or in the user's cache; only the first call ever compiles it.

# %% mystnb={"figure": {"caption": "**Binning time against the number of events**, for one list on one thread; both axes are logarithmic. Below about ten thousand events the calls themselves take most of the time. Above, the distance to the sum of the columns is what counts.", "name": "fig-binning-speed"}, "image": {"alt": "Time against number of events from a thousand to ten million for this project, four libraries, and a sum of the columns."}} tags=["hide-input"]
by_size = measured[measured["name"].str.fullmatch(r"binning/\d+")].copy()
by_size["events"] = by_size["name"].str.removeprefix("binning/").astype(float)
times = pd.DataFrame([{name: peer["median"] for name, peer in peers.items()} for peers in by_size["peers"]])
figure = Figure(figsize=(8.0, 4.2), layout="constrained")
ax = figure.subplots()
ax.plot(by_size["events"], [ours["median"] for ours in by_size["ours"]], "o-", color=OURS, label="this project", lw=2.2)
colours = (PRINTED, AGN_LESS, "#cc78bc", "#ca9161", "#56b4e9", NEUTRAL)
for peer, colour, marker in zip(times, colours, "sD^vPX", strict=False):
    was_measured = times[peer].notna().to_numpy()
    ax.plot(
        by_size["events"][was_measured],
        times[peer][was_measured],
        color=colour,
        marker=marker,
        label=peer,
        ms=5,
        lw=1.2,
    )
ax.set(xscale="log", yscale="log", xlabel="events", ylabel=f"time [{by_size['unit'].iloc[0]}]")
figure.legend(loc="outside right upper", fontsize="small")
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table("binning/")

# %% [markdown]
# ## Reading and ingest
#
# The peer, astropy, reads the same three columns and does nothing else with them. Our columns are also checked,
# projected to the tangent plane and binned; for a long list the projection takes more than half of the time. An ingest
# also computes the file's digest and writes the archive. Its peer reads the same files in as many processes.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table("reading/", "ingest/", but_unit="%")

# %% [markdown]
# ## Simulation
#
# Events per second on one core, from a cluster's number to its band counts. A cluster's seed fixes the random numbers
# of each photon, also of the photons that get lost. Drawing them takes time that no other code could save without
# changing the observations.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table("simulation/speed")

# %% mystnb={"figure": {"caption": "**Where the time goes.** Each panel gives the shares of the steps of one task: an ingest of the largest list, an ingest of many lists, simulating and binning, a build with nothing to do, and keeping a finished fit.", "name": "fig-shares"}, "image": {"alt": "Bars of the share of the time that each step takes, in a panel for each kind of work."}} tags=["hide-input"]
panels = {
    "ingest of the largest list": "ingest/largest/step/",
    "ingest of many lists": "ingest/many/step/",
    "simulating and binning": "simulation/share/",
    "a build with nothing to do": "book/step/",
    "keeping a fit": "overhead/step/",
}
shares = {}
for title, beginning in panels.items():
    of_it = measured[measured["name"].str.startswith(beginning)]
    steps = pd.Series([ours["median"] for ours in of_it["ours"]], index=of_it["name"].str.removeprefix(beginning))
    shares[title] = steps.sort_values(ascending=False, kind="stable")
figure = Figure(figsize=(8.0, 0.7 + sum(0.45 + 0.22 * len(steps) for steps in shares.values())), layout="constrained")
axes = figure.subplots(len(shares), 1, sharex=True, height_ratios=[len(steps) + 0.5 for steps in shares.values()])
for ax, (title, steps) in zip(axes, shares.items(), strict=True):
    bars = ax.barh(range(len(steps)), steps, color=OURS, height=0.65)
    ax.bar_label(bars, [f"{share:.0f}" for share in steps], padding=3, fontsize="x-small")
    ax.set_yticks(range(len(steps)), steps.index, fontsize="small")
    ax.set_ylim(len(steps) - 0.4, -0.6)
    ax.set_title(title, fontsize="small")
axes[-1].set_xlabel("share of the time [%]")
figure

# %% [markdown]
# ## Training
#
# Fits are compared with a plain Keras script, which uses all cores, holds all views in memory and calls `fit(x, y)`.
# Those in bfloat16 have two peers: the same script in float32, and under Keras' own policy `mixed_bfloat16`.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table("training/", "paper_fit/", "overhead/fit")

# %% [markdown]
# Both train the same function. The next table shows where the milliseconds of a step go. Two things make ours faster.
# A whole epoch is one call, so nothing lies between the operations. And pooling comes before the biases and ReLU,
# which leaves a quarter of the pixels for them, so the gradients of the kernels are computed without those of the
# biases. Convolutions take most of the time that remains, and they run at about the rate of the machine's matrix
# products. The rest of the gain comes from fits that run side by side, each on one thread.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept("fit_profile")

# %% [markdown]
# The time gained is spent on accuracy. The size of the `quick` profile was chosen from this table:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept("quick_trade")

# %% [markdown]
# The schedule of the `full` profile, which has the report's own images, was chosen from the next table. Its networks were
# trained on clusters of another simulation seed (1001), so nothing was tuned on the clusters of Table 1. The rule came
# first: a schedule is accepted when no other has a scatter that is smaller by more than the spread between training
# seeds, at up to twice its time. `python -m benchmarks.full_schedule` adds trials.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
tried = json.loads((folder / "full_schedule.json").read_text(encoding="utf-8"))["rows"]  # the quickest first
full = load_profile("full")
chosen = ", ".join(f"{epochs} at {size}" for size, epochs in full.training.stages(full.n_pixels))
beyond = "Nothing longer was tried." if tried[-1][0] == chosen else ""
Markdown(f"{kept('full_schedule').data}\n\n`full` has {chosen}. {beyond}")

# %% [markdown]
# ## The same numbers elsewhere
#
# On one machine with the same versions, the same inputs give the same bits. Other machines add numbers in another
# order, which changes the last bits. Where a region of an image is empty, the last bit decides which of four pixels
# is the largest, and every training step makes the difference larger. The table shows how large it becomes. The
# difference between two training seeds is the measure of what is small.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept("same_numbers")

# %% [markdown]
# A build was also killed many times in a row, at random moments. Its final result was compared with that of an
# undisturbed build:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept("kills")

# %% [markdown]
# ## The book
#
# A build with nothing to do has to find that out. It digests the code, the notebooks and the data behind each page,
# then everything behind the rendering, and does not start Sphinx. Plain `jupyter-book build book/` cannot do the last
# of these: Jupyter Book has already started Sphinx. *Bare Sphinx* checks the same pages without this project and
# without Jupyter Book.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table("book/", "start/", but_unit="%")

# %% [markdown]
# A whole build at `quick`, part by part:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept("quick_build")

# %% [markdown]
# The time of a build with nothing to do, without and with the records that the last build has kept:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept("build_profile")

# %% [markdown]
# ## Memory and growth
#
# Time should grow no faster than the work. An exponent of 1 means in proportion; a fixed cost makes it smaller.

# %% mystnb={"figure": {"caption": "**Time against size.** Both axes of each panel are logarithmic. The line is the fitted power; its exponent stands above, with the 95 % interval of the fit. Dashed: growth in proportion to the size.", "name": "fig-growth"}, "image": {"alt": "Panels of time against number of events, clusters, folds and epochs, each with a fitted straight line on logarithmic axes."}} tags=["hide-input"]
growth = measured[measured["name"].str.startswith("growth/")].to_dict("records")
n_rows = -(-len(growth) // 3)
figure = Figure(figsize=(8.0, 2.8 * n_rows), layout="constrained")
axes = figure.subplots(n_rows, 3, squeeze=False).ravel()
for ax, one in zip(axes, growth, strict=False):
    x, y = np.array(one["points"]).T
    exponent, low, high = (one["ours"][name] for name in ("median", "low", "high"))
    x_middle, y_middle = np.exp(np.log(x).mean()), np.exp(np.log(y).mean())
    ax.plot(x, y_middle * (x / x_middle) ** exponent, color=OURS, lw=1.2)
    ax.plot(x, y[-1] * (x / x[-1]), color=NEUTRAL, ls="--", lw=1)
    ax.plot(x, y, "o", color=OURS, ms=5)
    ax.set(xscale="log", yscale="log", xlabel=one["points_are"][0], ylabel=one["points_are"][1])
    ax.set_title(
        f"{one['title'].partition(' (')[0]}\nexponent {exponent:.2f} [{low:.2f}, {high:.2f}]", fontsize="small"
    )
    if x.max() < 1e5:
        ax.set_xticks(x, [f"{value:g}" for value in x], fontsize="x-small")
    ax.minorticks_off()
for ax in axes[len(growth) :]:
    ax.remove()
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table("growth/")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
table(*measured["name"][measured["unit"].isin(["MB", "GB"])])

# %% [markdown]
# ## Against the previous result
#
# Each benchmark is compared with its last earlier result from the same processor. The table lists what changed by more
# than three standard errors of its rounds, and by at least ten per cent. The tolerance is the factor that the spread
# of the rounds explains.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
compared = pd.DataFrame([change for result in newest for change in result["changes"]])
changed = compared[compared["verdict"] != "same"][["title", "before", "after", "tolerance", "verdict"]]
Markdown(
    changed.to_markdown(index=False, floatfmt=".3g")
    if len(changed)
    else f"None of {len(compared)} numbers changed by more than its tolerance."
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
missed = with_goal[~with_goal["holds"]]
rows = [[row["title"], number(row["value"]["median"]), goal(row)] for row in missed.to_dict("records")]
Markdown(
    pd.DataFrame(rows, columns=["Goal that is missed", "Median", "Goal"]).to_markdown(index=False)
) if rows else None

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
n_held = len(with_goal) - len(missed)
Markdown(f"**What was found.** {n_held} of {len(with_goal)} goals hold on this machine.")
