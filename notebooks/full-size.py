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
# # Run it at full size
#
# **The question.** How are the 160 fits and two dynamics of the report's own protocol trained, where, and for how much?
#
# One command trains what is missing, here and everywhere: `report-utils fit --all --profile paper`. A run is kept the
# moment it is finished, one under way leaves a checkpoint every five minutes, and the same command goes on after
# whatever has ended it. What follows only spreads that command over more hardware.

# %% tags=["parameters", "remove-cell"]
profile = "quick"
euro_per_core_hour = 0.03
euro_per_gpu_hour = 3.0
share_of_peak = 0.3

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
from IPython.display import Markdown

from report_utils.cnn.cost import H100
from report_utils.profiles import load_profile
from report_utils.report import open_reproduction
from report_utils.report.device_times import device_times, device_times_markdown, goals_in_words, step_markdown
from report_utils.report.full_size import (
    costs_markdown,
    demand,
    first_to_break,
    growth_markdown,
    measured_pace,
    refused,
)
from report_utils.report.measurements import read_all
from report_utils.report.sentences import thousands
from report_utils.reproduction.results import results_folder, stored_results

paper = load_profile("paper")
pace = measured_pace(open_reproduction(profile), read_all().get("bench_training", []))
if pace is None:
    shown = "Nothing has been timed here: train a profile or run `make bench`, and build this page again."
else:
    wanted = [demand(paper, pace, H100, share_of_peak, times=times) for times in (1, 10, 100)]
    machines = (("laptop", 4), ("workstation", 32), ("cluster", 162))
    shown = (
        f"{costs_markdown(wanted[0], machines, euro_per_core_hour)}\n\n"
        f"Measured: {pace.measured}, that is {pace.operations / 1e9:.1f} × 10⁹ useful additions and multiplications "
        "a second and core. Other machines and images of another size differ; `make bench` times this one. Assumed: "
        f"{euro_per_core_hour:g} € for a core-hour; `report-utils page full-size -p euro_per_core_hour=0.05` "
        "works it out for another price."
    )
Markdown(shown)

# %% [markdown]
# ## A laptop
#
# ```sh
# report-utils fit --all --profile paper --minutes 480
# ```
#
# That is one night; the same again on the next. It trains the most wanted first: a single band, two bands, four
# bands, the other transforms, the dynamics. It stops by itself in time, inside a fit too, says what is left, and ends
# with status 0. `REPORT_WORKERS=2` leaves cores to others; a fit takes one core and less than 2 GB.
#
# ## A workstation with a GPU
#
# ```sh
# tools/on_gpu.sh 50
# ```
#
# sets up, checks, times, trains for 50 minutes and exports; the same again goes on. The same training runs on JAX
# (`KERAS_BACKEND=jax`), with the same folds, weights at the start and order of batches; the script first compares its
# predictions with those of the processor. The backend is part of what a run is named by, so runs of both lie side by
# side and never in one table. Without a driver, or with one too old, the script says so and trains nothing.
#
# **Nothing of this has been run on a card.** What a step asks for, by counting, and what follows from it:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
times = device_times(H100, paper, share_of_peak, "multi_band_4")
Markdown(
    f"{step_markdown(H100, paper, 4, share_of_peak)}\n\n"
    f"Four channels of {paper.n_pixels} pixels; each array counts once for each pass that reads or writes it. A pass "
    f"takes the longer of its arithmetic and its traffic. The peak is what the maker of the {H100.name} gives, "
    f"{share_of_peak:.0%} of it is our assumption, and so is the time between two passes.\n\n"
    f"{device_times_markdown(times, share_of_peak)}\n\n"
    "One after another is how it trains today: each card has one fold at a time. Together is a way that "
    "`benchmarks/bench_gpu.py` measures beside it, on the card where it runs. "
    f"By this arithmetic, {goals_in_words(times, share_of_peak)}."
)

# %% [markdown]
# ## A cluster with Slurm
#
# ```sh
# make grid
# export REPORT_RUNS=/shared/folder/runs
# report-utils grid --profile paper --on slurm
# ```
#
# on the login node, in tmux or screen; all nodes have to see the folder of the runs and this project. Snakemake sends
# each fit and each dynamics to the queue as a job of its own and builds the book when all are done.
# `grid/profiles/slurm/config.yaml` says memory, time and cores of each, for how many jobs the queue has room, and
# where partition and account go. Copy the folder, change what your cluster wants otherwise, and name the copy instead
# of `slurm`. What follows the options goes to Snakemake: `done/fit/multi_band_2/3` trains a single fold, `-n` only
# says what would be done, `runs` leaves out the book. `--on local` does the same on the cores of one machine.
#
# - **A job is killed**, for memory, for time or with its node: it is sent again, three times. A fit or a dynamics gets
#   more memory and time each time and goes on from its checkpoint; the observations and the book get the same as
#   before, and go on from the parts and the pages that are finished.
# - **A queue is full or takes no jobs**: `jobs:` in the profile is how many it gets at once; the others wait. What
#   Slurm answers is printed, and no finished run is touched. Jobs that it refuses are sent again at the end, as long
#   as others get done.
# - **Snakemake is killed**: the same command frees the folder and goes on. Jobs that still run hold their runs;
#   nobody trains those twice.
# - **The folder's locks do not reach over the network**: two nodes may then train the same run; the first to finish
#   gives it its name, and the other's is dropped. **Clocks disagree**: no time of a file decides anything.
#
# On GPUs: `KERAS_BACKEND=jax report-utils grid --on ...`, and `gpu: 1` for `fit` and `dynamics` in the profile.
#
# ## Kubernetes
#
# The command is the same; a pod needs an image with this project installed and a volume that all pods can write, as
# `REPORT_RUNS`. The folds of one transform as an indexed job (this is a recipe and has not been tried on a cluster):
#
# ```yaml
# apiVersion: batch/v1
# kind: Job
# metadata: {name: multi-band-2}
# spec:
#   completions: 10
#   parallelism: 10
#   completionMode: Indexed      # JOB_COMPLETION_INDEX is the fold
#   backoffLimit: 30             # a killed pod goes on from its checkpoint
#   template:
#     spec:
#       restartPolicy: OnFailure
#       containers:
#         - name: fit
#           image: YOUR-REGISTRY/report-utils
#           command: [sh, -c, "report-utils fit multi_band_2 --fold $JOB_COMPLETION_INDEX --profile paper"]
#           env: [{name: REPORT_RUNS, value: /runs}, {name: REPORT_WORKERS, value: "1"}]
#           resources: {requests: {cpu: 1, memory: 4Gi}, limits: {memory: 4Gi}}
#           volumeMounts: [{name: runs, mountPath: /runs}]
#       volumes:
#         - name: runs
#           persistentVolumeClaim: {claimName: runs}   # ReadWriteMany
# ```
#
# Run `report-utils observations --profile paper` in one pod before, so that ten need not wait for the first of them.
#
# ## Bring the results home
#
# ```sh
# report-utils results export --profile paper --to folder   # there
# report-utils results import folder                        # here
# report-utils build --results paper
# ```
#
# What is exported are predictions, history and manifests, no weights; an import puts them into `results/`, where
# folds of several machines come together. (`REPORT_RESULTS=paper jupyter-book build book/` does what the last line
# does.) The book then shows those results in place of runs and trains nothing. Every page that shows some says so
# below its title: commit, backend, date, what has changed since, and what is partial or missing.
#
# ## What has been run of it

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
kept = stored_results(results_folder() / paper.name)
Markdown(
    f"`results/{paper.name}` holds {len(kept)} results; the pages that show them say which folds they have."
    if kept
    else f"No run of `{paper.name}` has been finished: a fold of it has been trained in part, and there is no "
    f"`results/{paper.name}` yet. The book shows nothing of `{paper.name}`, and what this page says of it is worked "
    "out, from rates of a core that were measured and those of a card that were not."
)

# %% [markdown]
# ## Ten and a hundred times the observations
#
# On paper only: nothing of this has been run.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
if pace is not None:
    memories = {"a process of a grid": 4, "a workstation": 64, "an H100": 80}
    too_many = [thousands(one.n_clusters) for one in refused(wanted, paper.n_pixels)]
    today = f" So {' and '.join(too_many)} observations are refused today, whatever the memory." if too_many else ""
    shown = (
        f"{growth_markdown(wanted, euro_per_core_hour, euro_per_gpu_hour)}\n\n"
        f"Hours of a GPU are arithmetic, not measured: at {share_of_peak:.0%} of the arithmetic and the bandwidth that "
        f"the maker of the {H100.name} gives, one run after another, and {euro_per_gpu_hour:g} € an hour.\n\n"
        "**What was found.** Every process that trains holds all images and numbers their pixels. What breaks, "
        f"in this order: {'; '.join(first_to_break(wanted[0], memories, paper.n_pixels))}.{today} Beyond that, pixels "
        "need longer numbers, and images have to be read in parts as an epoch goes on. Time grows only in proportion, "
        "and a cluster hides it until the longest single run takes too long; that one has to be split, over a GPU's "
        "cores or over several devices."
    )
Markdown(shown)
