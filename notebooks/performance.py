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
# **The question.** How fast is all this, next to what one would write or pick instead, and next to what the machine
# can do at most?
#
# `make bench` answers it anew. Whatever is compared takes turns within one run, and what is quoted is the median of
# the rounds with its quartiles: on a machine that others use as well, seconds say little and ratios much. A number
# that worsens by more than its rounds scatter is called a loss, here and on the terminal.

# %% tags=["parameters", "remove-cell"]
profile = "quick"

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.report import figures
from report_utils.report.figures.performance import goals_chart, growth_curves, step_shares, time_against_size
from report_utils.report.measurements import read_all
from report_utils.report.performance import (
    changes_markdown,
    goals_markdown,
    kept_table,
    machine_text,
    newest,
    shares_of,
    summary,
)

figures.use_book_style()
results = read_all()
Markdown(machine_text(results))

# %% mystnb={"figure": {"caption": "**The goals.** For every goal the factor by which it is met (right of the line) or missed, with the quartiles of the rounds. Look for crosses: those do not hold.", "name": "fig-goals"}, "image": {"alt": "For each goal a point at the factor by which it is met or missed, with the spread of the rounds."}} tags=["hide-input"]
goals_chart(newest(results))

# %% [markdown]
# ## Binning
#
# Events become (128, 128, 4) band counts in one pass, box included, on one thread like all others here. *The report's
# five steps* are section 3.1 written plainly in Python. The limit is memory: nothing can count a list faster than it
# reads it, so a sum over the same three columns is the yardstick. What binning adds to it is where each event belongs,
# and an addition at a place that depends on the event: no two can be made at once as in a sum. Compiled code is kept
# beside the package, or in the user's cache; the first call ever compiles it.

# %% mystnb={"figure": {"caption": "**Binning against the number of events.** Time for one list on one thread, on logarithmic axes. Below some ten thousand events the calls themselves take most of the time; above, look at the distance to the sum of the columns.", "name": "fig-binning-speed"}, "image": {"alt": "Time against number of events from a thousand to ten million for this project, four libraries, and a sum of the columns."}} tags=["hide-input"]
by_size = [one for one in newest(results, "binning/") if one.name.removeprefix("binning/").isdigit()]
time_against_size(by_size, "events")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(goals_markdown(newest(results, "binning/")))

# %% [markdown]
# ## Reading and ingest
#
# The peer, astropy, reads the same three columns and does nothing with them; ours are checked, projected to the tangent
# plane and binned; of a long list, the projection is more than half of the time. An ingest also digests the file and
# writes it to the archive, and its peer reads the same files in as many processes.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(
    goals_markdown([*newest(results, "reading/"), *(one for one in newest(results, "ingest/") if one.unit != "%")])
)

# %% [markdown]
# ## Simulation
#
# Events per second of one core, from a cluster's number to band counts. Every photon needs random numbers that its
# seed fixes for good, for those that are lost as well: at least that much of the time cannot be saved without other
# observations.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(goals_markdown(newest(results, "simulation/speed")))

# %% mystnb={"figure": {"caption": "**Where the time goes.** The shares of the steps of an ingest of the largest list, of one of many lists, of simulating and binning, of a build with nothing to do, and of keeping a finished fit.", "name": "fig-shares"}, "image": {"alt": "Bars of the share of the time that each step takes, in a panel for each kind of work."}} tags=["hide-input"]
step_shares(
    {
        "ingest of the largest list": shares_of(results, "ingest/largest/step"),
        "ingest of many lists": shares_of(results, "ingest/many/step"),
        "simulating and binning": shares_of(results, "simulation/share"),
        "a build with nothing to do": shares_of(results, "book/step"),
        "keeping a fit": shares_of(results, "overhead/step"),
    }
)

# %% [markdown]
# ## Training
#
# Fits against a plain Keras script: all cores, all views in memory, `fit(x, y)`.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(
    goals_markdown([*newest(results, "training/"), *newest(results, "paper_fit/"), *newest(results, "overhead/fit")])
)

# %% [markdown]
# What is trained here is the same function as the plain model. Where the milliseconds of a step go, for both, is the
# next table: nothing lies between operations where a whole epoch is one call, and the gradients of the kernels take
# less without those of the biases, of which only a quarter of the pixels is left after pooling. Convolutions take
# most of the step that remains. They run at about the rate of the machine's matrix products, and stand in the way of
# more. The rest of the gain are fits side by side, of one thread each.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(kept_table("fit_profile"))

# %% [markdown]
# What was gained is spent on accuracy: the `quick` profile's size was chosen from this table.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(kept_table("quick_trade"))

# %% [markdown]
# ## The same numbers elsewhere
#
# On one machine with the same versions, the same inputs give the same bits. Elsewhere sums are taken in another order,
# which changes last bits; and where a region of an image is empty, the last bit decides which of four pixels counts as
# the largest. A training makes more of that with every step, and how much more is the next table. Another training
# seed tells what is little.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(kept_table("same_numbers"))

# %% [markdown]
# A build is also killed, many times in a row at moments drawn at random, and what it makes in the end is compared with
# what an undisturbed build makes:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(kept_table("kills"))

# %% [markdown]
# ## The book
#
# A build with nothing to do finds out that nothing has changed: it digests the code, the notebooks and the data that
# each page is made from, then what the rendering is made from, and starts no Sphinx. Plain `jupyter-book build book/`
# does the same but for the last: Jupyter Book has started Sphinx by then. *Bare Sphinx* looks at the same pages without
# this project and without Jupyter Book.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(goals_markdown([*(one for one in newest(results, "book/") if one.unit != "%"), *newest(results, "start/")]))

# %% [markdown]
# A whole build at `quick`, part by part:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(kept_table("quick_build"))

# %% [markdown]
# Where a build with nothing to do spends its time, without what it keeps from the last build and with it:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(kept_table("build_profile"))

# %% [markdown]
# ## Memory and growth
#
# Time should grow no faster than the work: an exponent of 1 is in proportion, and less where a fixed cost counts.

# %% mystnb={"figure": {"caption": "**Time against size.** Each on logarithmic axes with its fitted power; the exponent stands above with the 95 % interval of the fit. Dashed: in proportion to the size.", "name": "fig-growth"}, "image": {"alt": "Panels of time against number of events, clusters, folds and epochs, each with a fitted straight line on logarithmic axes."}} tags=["hide-input"]
growth_curves(newest(results, "growth/"))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
memory = [one for one in newest(results) if one.unit in {"MB", "GB"}]
Markdown(goals_markdown([*newest(results, "growth/"), *memory]))

# %% [markdown]
# ## Against the previous result

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(changes_markdown(results))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(f"**What was found.** {summary(results)}")
