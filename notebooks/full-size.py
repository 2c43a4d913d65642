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
# **The question.** How, where and for how long does one train at the report's own size: 160 fits and two dynamics?
#
# Two profiles have this size. `paper` is the report's protocol to the letter. `full` has the same observations, pixels
# and folds and a shortened schedule, [chosen by measurement](performance.ipynb). One command trains whatever is missing:
# `report-utils fit --all --profile paper`, or `--profile full`. Each run is kept as soon as it is
# finished, and a run under way leaves a checkpoint every five minutes. The same command continues after any
# interruption. The rest of this page only spreads that command over more hardware.
#
# ## How long it takes
#
# A fit uses one core, so a machine trains as many at once as it has cores. The manifest that is
# committed with each run records its time. Here are all of them, on one core while the machine also did other work. A run
# that was interrupted counts from its last checkpoint.

# %% tags=["parameters", "remove-cell"]
profile = "quick"  # every page has one; this page is about the profiles `paper` and `full`

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from report_utils.binning import get_transform
from report_utils.cnn.limits import most_observations
from report_utils.profiles import load_profile
from report_utils.report.full_size import FULL_PROFILE, REPORTS_PROFILE, protocol_changes
from report_utils.report.wording import listing
from report_utils.reproduction.results import read_results, results_folder

profiles = {name: load_profile(name) for name in (FULL_PROFILE, REPORTS_PROFILE)}
paper, full = profiles[REPORTS_PROFILE], profiles[FULL_PROFILE]
runs = pd.DataFrame(
    [
        {
            "profile": f"`{name}`",
            "runs": "fits" if result.is_fit else "dynamics",
            "bands": get_transform(result.inputs["transform"]).n_channels,
            "machine": result.manifest["machine"]["processor"].partition(",")[0],
            "minutes": result.manifest["seconds"] / 60,
        }
        for name in profiles
        for result in read_results(results_folder(name)).values()
    ],
    columns=["profile", "runs", "bands", "machine", "minutes"],
)
grouped = runs.groupby(["profile", "runs", "bands", "machine"], sort=False)["minutes"]
measured = grouped.agg(
    number="count",
    each=lambda minutes: f"{minutes.median():.3g} ({minutes.min():.3g} to {minutes.max():.3g})",
    all=lambda minutes: f"{minutes.sum() / 60:.3g}",
)
measured = measured.reset_index().rename(columns={"each": "minutes each, median and range", "all": "hours in all"})
Markdown(measured.to_markdown(index=False, disable_numparse=True) if len(runs) else "No run of this size is committed.")

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
ratio = paper.training.whole_epochs(paper.n_pixels) / full.training.whole_epochs(full.n_pixels)
Markdown(
    f"`full` changes of the report's protocol: {', '.join(protocol_changes(full, dynamics=True))}. Pixels that a fit shows "
    f"its network, `paper` over `full`: {ratio:.0f}."
)

# %% [markdown]
# If you doubt the committed results, train some of them again. This command takes one at random and compares:
#
# ```sh
# report-utils verify --results full --sample 1
# ```
#
# The same machine, versions and code must give the same bits. Elsewhere the predictions may differ by
# [what threads and processors change](performance.ipynb).

# %% [markdown]
# No time is given for what has not been trained.
#
# ## A laptop
#
# ```sh
# report-utils fit --all --profile paper --minutes 480
# ```
#
# trains for one night; run it again the next. The most wanted runs come first: a single band, two bands, four bands,
# the other transforms, the dynamics. It stops in time even inside a fit, says what is left and ends with status 0.
# `REPORT_WORKERS=2` leaves cores for other work. A fit takes one core and less than 2 GB.
#
# ## A workstation with a GPU
#
# ```sh
# tools/on_gpu.sh 50
# ```
#
# sets up, checks, times, trains for 50 minutes and exports; run it again to continue. The training itself runs on JAX
# (`KERAS_BACKEND=jax`) with the same folds, starting weights and order of batches. The script first compares its
# predictions with those of the processor. A run's name includes its backend, so runs of both backends can lie side by
# side, and no table ever mixes them. Without a driver, or with one that is too old, the script says so and trains
# nothing. No time on a GPU is quoted here, because none has been measured; `python -m benchmarks bench_gpu` measures
# it on the card where it runs.
#
# ## A cluster with Slurm
#
# ```sh
# make grid
# export REPORT_RUNS=/shared/folder/runs
# report-utils grid --profile paper --on slurm
# ```
#
# on the login node, in tmux or screen. All nodes must see this project and the folder of the runs. Snakemake submits
# each fit and each dynamics as a job of its own, and builds the book when all are done.
# `grid/profiles/slurm/config.yaml` gives the memory, time and cores of each job, the number of jobs in the queue, and
# the place for partition and account. Copy the folder, change what your cluster needs, and name the copy instead of
# `slurm`. Everything after the options goes to Snakemake: `done/fit/multi_band_2/3` trains a single fold, `-n` only
# says what would be done, `runs` leaves out the book. `--on local` uses the cores of one machine.
#
# - **A job is killed** for its memory or time, or together with its node: it is submitted again, up to three times. A
#   fit or a dynamics gets more memory and time each time and continues from its checkpoint. The observations and the
#   book get the same as before and continue from the parts and pages that are finished.
# - **The queue is full or takes no jobs**: `jobs:` in the profile limits how many jobs it gets at once; the others
#   wait. Slurm's answer is printed, and no finished run is touched. Refused jobs are submitted again at the end, as
#   long as others get done.
# - **Snakemake is killed**: the same command frees the folder and continues. Jobs that are still running hold their
#   runs, and no run is trained twice.
# - **File locks do not work over the network**: two nodes may then train the same run. The first to finish keeps its
#   name; the other's is dropped. **Clocks disagree**: no file's time decides anything.
#
# On GPUs: `KERAS_BACKEND=jax report-utils grid --on ...`, and `gpu: 1` for `fit` and `dynamics` in the profile.
#
# ## Kubernetes
#
# The command is the same. A pod needs an image with this project installed, and as `REPORT_RUNS` a volume that all
# pods can write to. This recipe trains the folds of one transform as an indexed job. It has not been tried on a cluster.
#
# ```yaml
# apiVersion: batch/v1
# kind: Job
# metadata: {name: multi-band-2}
# spec:
#   completions: 10
#   parallelism: 10
#   completionMode: Indexed      # JOB_COMPLETION_INDEX is the fold
#   backoffLimit: 30             # a killed pod continues from its checkpoint
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
# First run `report-utils observations --profile paper` in a single pod, so that ten pods do not wait for one of them.
#
# ## Bring the results home
#
# ```sh
# report-utils results export --profile paper --to folder   # there
# report-utils results import folder                        # here
# report-utils build --results paper
# ```
#
# An export holds predictions, history and manifests, but no weights. An import puts them into `results/`, where folds
# from several machines come together. `REPORT_RESULTS=paper jupyter-book build book/` does the same as the last line.
# The book then shows those results in place of runs and trains nothing. Every page that shows some says so below its
# title: commit, backend, date, what has changed since, and what is partial or missing.
#
# ## More observations
#
# Every process that trains holds all images, 4 bytes for each pixel and band, and numbers their pixels with 32 bits.
# Time and memory grow in proportion to the number of observations. These numbers of observations have not been run, apart
# from the first:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
more = pd.DataFrame({"observations": [paper.source.n_clusters * factor for factor in (1, 10, 100)]})
more["images in each process [GB]"] = more["observations"] * paper.n_pixels**2 * 4 * 4 / 1e9
more["pixels have numbers"] = more["observations"].map(
    lambda n: "yes" if n <= most_observations(paper.n_pixels) else "no: refused"
)
Markdown(more.to_markdown(index=False, floatfmt=("", ".3g", "")))

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
found = []
for name, one in runs.groupby("profile", sort=False):
    fits, dynamics = (int((one["runs"] == kind).sum()) for kind in ("fits", "dynamics"))
    found.append(
        f"{name} holds {fits} fits and {dynamics} dynamics, trained in {one['minutes'].sum() / 60:.1f} hours of one core "
        f"({listing(sorted(set(one['machine'])))})"
    )
Markdown(
    f"**What was found.** {'; '.join(found)}." if found else "**What was found.** No run of this size is committed."
)
