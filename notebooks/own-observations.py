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
# # Use your own observations
#
# **The question.** How does a folder of event files become this book, and what can a few dozen clusters
# tell?
#
# This page goes the whole way on an example made on the spot: files of simulated clusters, one of them
# damaged. Only the files differ from a reader's own.
#
# ## A folder and its catalogue
#
# A catalogue is a CSV or Parquet table with a row for each observation. The name of the mass column says
# its scale and nothing is guessed: `log10_mass` ($\log_{10}$ of $M_{500c}$ in solar masses), `mass_msun`, or
# `mass_msun_h` with `--hubble-h`. Files are looked for beside the catalogue; a name with `*` must match
# exactly one. `events_agn_less`, `group` (the halo) and further columns are optional.

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import re
import tempfile
import textwrap
from contextlib import chdir
from pathlib import Path

import numpy as np
from IPython.display import Markdown

from report_utils.binning import TRANSFORMS, band_counts
from report_utils.events import export_observations, ingest, inspect_events, open_archive, read_catalogue
from report_utils.events.thinning import thin
from report_utils.prediction import predict
from report_utils.prediction.apply import finished_fits
from report_utils.profiles import load_profile
from report_utils.report import Reproduction, figures, open_reproduction
from report_utils.report.seeds import SeedPredictions
from report_utils.report.sentences import thousands, untrained_warning
from report_utils.report.statistics import expect_of_samples
from report_utils.report.tables import markdown_table
from report_utils.simulation import SimulationSettings, simulate_observation


def show(text):
    same_each_time = re.sub(r" in [0-9.]+ s$", "", str(text), flags=re.MULTILINE)
    print("\n".join(textwrap.fill(line, 70, subsequent_indent="    ") for line in same_each_time.splitlines()))


N_FILES = 14
reproduction = open_reproduction(profile)
figures.use_book_style()
is_simulated = reproduction.profile.archive_path is None
settings = reproduction.observations.settings or SimulationSettings()
new_seed = reproduction.profile.seed + 1  # other clusters than the profile's own
made = (simulate_observation(new_seed, index, settings=settings) for index in range(N_FILES))
temporary = tempfile.TemporaryDirectory(prefix="own-observations-")
folder = Path(temporary.name)
catalogue = export_observations(made, folder / "lists")
bad = read_catalogue(catalogue)[4].events
bad.write_bytes(bad.read_bytes()[:-200_000])
lines = re.sub(r"(\.\d\d)\d+", r"\1", catalogue.read_text(encoding="utf-8")).splitlines()
Markdown("```text\n" + "\n".join([*lines[:4], "..."]) + "\n```")

# %% [markdown]
# ## One file
#
# ```sh
# report-utils inspect lists/*.fits
# ```
#
# says what a file holds and how that was decided: which table and columns, in which units and why, the counts
# in the four bands, the field's extent, and what an ingest would leave out. Columns that names and mission
# do not decide are stated with `--x X --y Y --energy PI --energy-unit eV`, channels by `--channel-kev` or `--rmf`, or
# all of these in columns of the catalogue.
# `--image out.png` draws the four bands.

# %% tags=["hide-input"]
with chdir(folder):
    show(inspect_events(Path("lists", read_catalogue(catalogue)[0].events.name)))

# %% [markdown]
# ## All files
#
# ```sh
# report-utils ingest lists/catalogue.csv --out archive
# ```
#
# reads them in parallel into an archive. A file that cannot be read is named with the reason, at the end and in
# `archive/ingest-report.json`; the others are kept and the command exits with status 2. Once the file is
# replaced the same command reads that one alone, for it knows the others by their digests. Here the fifth file
# is cut off:

# %% tags=["hide-input"]
with chdir(folder):
    report = ingest("lists/catalogue.csv", "archive")
    show(report)

# %% [markdown]
# Nothing valid is left out unless it is asked for, and whatever is left out is counted in the report: bounds of
# energy (`--energy-min`, `--energy-max`), bad grades (`--good-grades`), bad times (`--gti file`), a region
# (`--region-arcsec`), particle background (`--background-source-ids`). A list with NaN or negative energies is
# refused until `--drop-invalid` leaves such rows out. There are three ways to an observation without its AGN, and
# the archive records which was used: a second list in the column `events_agn_less`, the source ids that are AGN
# (`--agn-source-ids`), or positions to mask (`--point-sources`).
#
# ## From the archive to images
#
# ```python
# from report_utils.binning import TRANSFORMS, band_counts
# from report_utils.events import open_archive
#
# events = open_archive("archive").read(0)
# counts = band_counts(events, n_pixels=128)  # (128, 128, 4)
# image = TRANSFORMS["multi_band_2"](counts)  # (128, 128, 2)
# ```

# %% mystnb={"figure": {"caption": "**Three observations of the archive**, in the four bands from left to right, made by the lines above. A look at these images is the quickest check of columns and units: a cluster is round and brightest in the first band, and gaps or edges of the camera look the same in all bands.", "name": "fig-own-images"}, "image": {"alt": "Images of three example observations in four energy bands."}} tags=["hide-input"]
archive = open_archive(folder / "archive")
n_events = np.array([one.n_events for one in archive.observations])
brightest = np.argsort(n_events)[::-1][:3]
shown = [archive.read(int(row)) for row in brightest]
figures.band_images([band_counts(events, 128) for events in shown], [f"{thousands(len(e))} events" for e in shown])

# %% [markdown]
# ## Thinning
#
# What is a photon worth? Earlier work on these data kept at most so many events of each cluster, drawn at
# random. `report-utils ingest --max-events 1000 --thin-seed 1` does so for an archive, and
# `max_events = 1000` in a profile's `[source]` for any source, so that two profiles that differ in this line
# alone measure the cost. The draw depends on the seed and the cluster's name only, and fewer events are a
# subset of more. An AGN-less list loses its labelled AGN events from what is drawn; a list of its own loses
# the same fraction.

# %% mystnb={"figure": {"caption": "**The same cluster with fewer events**, in two bands. The box is the remaining events' own, so it shrinks a little as stray photons at the edge go. Notice that the second band, which holds few events to begin with, fades first.", "name": "fig-thinning"}, "image": {"alt": "Images of one cluster in two bands with all, a tenth and a hundredth of its events."}} tags=["hide-input"]
whole = shown[0]
thinned = [whole, *(thin(whole, len(whole) // part, seed=1) for part in (10, 100))]
two_bands = TRANSFORMS["multi_band_2"]
figures.transform_images(
    [two_bands(band_counts(events, 64)) for events in thinned],
    [f"{thousands(len(events))} events" for events in thinned],
    two_bands.channels,
)

# %% [markdown]
# ## The book of one's own
#
# A profile names the archive and says how much to train:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
text = """description = "My clusters"
seed = 1
n_pixels = 32

[source]
archive = "../archive"   # relative to this file
# max_events = 1000      # thin every observation to this many events

[folds]
run = 10                 # of ten: few clusters need them all

[training]
epochs = 30
batch_size = 16
learning_rate = 1e-3
schedule = "one_cycle"
target = "standardised"
inputs = "standardised"

[dynamics]
epochs = 20
batch_size = 16
learning_rate = 1e-3
target = "standardised"
inputs = "standardised"
"""
(folder / "profiles").mkdir()
(folder / "profiles" / "mine.toml").write_text(text, encoding="utf-8")
mine = Reproduction(load_profile(folder / "profiles" / "mine.toml"))
Markdown(
    f"```toml\n# profiles/mine.toml\n{text}```\n\n```sh\nreport-utils build --profile mine\n```\n\nrenders every page "
    f"of this book from the archive; what it has no data for says so. From the {len(archive)} example observations, "
    f"all of which have AGN-less lists, {len(mine.transforms)} of {len(TRANSFORMS)} transforms can be made."
)

# %% [markdown]
# ## What a few dozen clusters can tell
#
# The scatter of $n$ test clusters is itself a random number. How far it wanders is measured here on the
# held-out residuals of this profile's own networks: samples of $n$ clusters are drawn from them, and the
# middle 95% of the samples' scatters are shown; likewise for the ratio of the scatter with two bands to that
# with a single one, on the same clusters. The networks stay as they are. Fewer clusters to learn from make the
# scatter larger besides, and only a training of one's own tells how much.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
two, single = (reproduction.cross_validation(name) for name in ("multi_band_2", "single_band"))
finished_fits(reproduction, two.transform)  # what follows needs the networks: committed results do not hold them
dead = untrained_warning({each.transform: SeedPredictions.of(each).untrained for each in (two, single)})
sizes = () if dead else (20, 40, 80, 160)
expected = [expect_of_samples(n, two.residuals, single.residuals) for n in sizes]
rows = [
    [
        str(each.n_clusters),
        f"{each.scatter[0]:.3f} to {each.scatter[1]:.3f}",
        f"{each.ratio[0]:.2f} to {each.ratio[1]:.2f}",
        f"{100 * each.share_smaller:.0f}%",
    ]
    for each in expected
]
header = ["test clusters", "scatter of two bands [dex]", "its ratio to a single band", "samples that favour two bands"]
n_tested = len(two.truth)
said = (
    f"{markdown_table(header, rows, 'rrrr')}"
    f"\n\nDrawn from {thousands(n_tested)} held-out clusters of the profile `{reproduction.profile.name}`, whose "
    f"scatters are {two.residuals.std():.3f} dex with two bands and {single.residuals.std():.3f} dex with a single one."
    + (
        " So few held-out clusters, and so short a training, only show what the table looks like."
        if n_tested < 100
        else ""
    )
)
Markdown(dead or said)

# %% [markdown]
# ## Predict only
#
# Fits that a profile has trained can be applied to observations whose masses nobody knows:
#
# ```sh
# report-utils ingest new.csv --out new --without-masses
# report-utils predict new --transform multi_band_2 --profile quick \
#     --out predictions.csv
# ```
#
# The prediction is the mean over all fits and the eight views. Beside it stand the spread between the fits; the
# bias and scatter to expect, those of held-out clusters of similar predicted mass; and a warning where an
# observation lies outside what was trained on, in its number of events, its hardness (events above 2.5 keV for
# each at or below) or its predicted mass. All of it holds only for observations like those of the training: the
# same telescope, exposure and field. A network does not know when it is shown something else.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input", "remove-stderr"]
table = None
if not dead:
    with chdir(folder):
        predictions = predict("archive", "multi_band_2", reproduction)
    show("\n".join(predictions.summary()))
    table = predictions.table
rows = [
    [
        row.cluster_id,
        f"{row.log10_mass_predicted:.2f}",
        f"{row.spread_between_fits:.2f}",
        f"{row.expected_scatter:.2f}",
        thousands(row.n_events),
        f"{row.hardness:.2f}",
        f"{row.log10_mass:.2f}",
    ]
    for row in (() if dead else table.itertuples())
]
header = ["cluster", "predicted", "spread [dex]", "scatter [dex]", "events", "hardness", "truth"]
warned = [] if dead else [f"- {row.cluster_id}: {row.warning}" for row in table.itertuples() if row.warning]
Markdown(
    "A network that did not train predicts nothing: `report-utils predict` refuses."
    if dead
    else markdown_table(header, rows, "lrrrrrr")
    + "\n\nWarnings:\n\n"
    + ("\n".join(warned) or "- none: all of them look like those of the training")
)

# %% mystnb={"figure": {"caption": "**Predicted against true.** The example's clusters, which no network has seen, with the held-out scatter as error bars. Their masses are known here because they are simulated. Compare the bars with the distances from the line.", "name": "fig-own-predictions"}, "image": {"alt": "Predicted against true mass of the example clusters with error bars and the line of perfect accuracy."}} tags=["hide-input"]
if dead:
    drawn = figures.nothing_trained()
else:
    truth = table["log10_mass"].to_numpy()
    predicted, scatter = table["log10_mass_predicted"].to_numpy(), table["expected_scatter"].to_numpy()
    drawn = figures.predicted_masses(truth, predicted, scatter, table["warning"] != "")
drawn

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
learnt = "The networks of this profile did not train, so they tell nothing of masses."
if not dead:
    residual = predicted - truth
    forty = expected[1]
    width = 50 * (forty.scatter[1] - forty.scatter[0]) / two.residuals.std()
    ratio_width = 100 * (forty.ratio[1] - forty.ratio[0]) / (forty.ratio[1] + forty.ratio[0])
    within = int(np.sum(np.abs(residual - table["expected_bias"]) <= scatter))
    learnt = (
        f"{forty.n_clusters} test clusters tell a scatter to about ±{width:.0f}% and the ratio of two on the "
        f"same clusters to about ±{ratio_width:.0f}%: changes smaller than that need more. The example's clusters "
        f"scatter by {residual.std():.3f} dex about the truth where {np.mean(scatter):.3f} was expected; {within} of "
        f"{len(table)} lie within the expected scatter, and about two thirds should."
        + (
            ""
            if is_simulated
            else " This profile was trained on an archive, and the example is simulated: that is just what *predict only* "
            "must not be used for, and the warnings show it as far as they can."
        )
    )
Markdown(
    f"**What was found.** Of {N_FILES} files {len(report.added)} were read, and the damaged one was named and left "
    f"out. {learnt}"
)
