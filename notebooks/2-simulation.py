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
# # The simulation, checked
#
# **The question.** This book can simulate its observations. Do they look like X-ray observations of galaxy
# clusters, and like the ones that the report had?
#
# Everything on this page is computed for the report's number of observations, whichever profile the book
# is built with. The profile only gives the seed, and settings that differ from the defaults. The simulation was
# built from published physics and measured calibration. Two of its numbers, the exposure and the mass at
# which the sample becomes complete, were chosen so that the numbers of events and the masses resemble the
# report's Figures 1 and 2. No choice was made to improve how well a network predicts masses.
#
# If this build's observations come from an archive, this page shows the simulation that the book would use without it.
# If the profile changes settings, what the text says about defaults and their reasons does not hold for these:

# %% tags=["parameters", "remove-cell"]
profile = None  # a name in profiles/ or a file; None: what REPORT_PROFILE names, or quick

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
import dataclasses

import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.report import PUBLISHED, figures, open_reproduction
from report_utils.report.wording import listing, thousands
from report_utils.simulation import N_OBSERVATIONS, SimulationSettings, expected_counts
from report_utils.simulation.checks import (
    band_fractions,
    event_band_fractions,
    example_spectrum,
    relations,
    sample_table,
)
from report_utils.simulation.cosmology import HUBBLE_KM_S_MPC, OMEGA_MATTER, expansion_rate
from report_utils.simulation.population import N_H_HIGHEST, N_H_LOWEST
from report_utils.simulation.profile_checks import radial_profiles
from report_utils.simulation.telescope import HIGHEST_KEV, LOWEST_KEV

figures.use_book_style()
colours = sns.color_palette("colorblind").as_hex()
reproduction = open_reproduction(profile)
settings = reproduction.observations.settings or SimulationSettings()
seed = reproduction.profile.seed
sample = sample_table(seed, N_OBSERVATIONS, settings)
background = expected_counts(seed, 0, settings=settings).background
sample["events"] = sample["expected_gas"] + sample["expected_agn"] + background
default = dataclasses.asdict(SimulationSettings())
changed = [f"`{name} = {value}`" for name, value in dataclasses.asdict(settings).items() if value != default[name]]
is_simulated = reproduction.profile.archive_path is None
source = "This build's observations come from the simulation" if is_simulated else "They come from an archive"
Markdown(f"**Which observations:** {source}; settings changed by the profile: {listing(changed)}.")

# %% [markdown]
# ## From a halo to a list of events
#
# Three hundred halos are seen at eleven redshifts between 0.07 and 0.47. Their masses follow the mass
# function of {cite:t}`Tinker2008` for the cosmology of {cite:t}`Komatsu2011`, times a smooth completeness, and end
# sharply at a lowest mass. The mass determines the mean temperature and the mean gas mass
# {cite:p}`Arnaud2005,Arnaud2007`. Both scatter at fixed mass, and the two are correlated. The gas is spread over
# triaxial shells. Its density has the form of {cite:t}`Vikhlinin2006`,
#
# $$
# n_e n_p = n_0^2 \, \frac{(x / x_c)^{-\alpha}}{\left(1 + (x / x_c)^2\right)^{3\beta - \alpha/2}}
#     \, \frac{1}{\left(1 + (x / x_s)^3\right)^{\varepsilon / 3}}, \qquad x = r / R_{500},
# $$ (eq-sim-density)
#
# with the parameters that {cite:t}`Ghirardini2019` find for clusters with and without a cool core,
# scattered from halo to halo. Temperature profiles come from the same two papers, and iron profiles from
# {cite:t}`Mernier2017`. Some observations also contain one to three infalling groups.
#
# Each shell of temperature $T$ and iron abundance $Z$ contributes
#
# $$
# F_k = \frac{1 + z}{4 \pi D_L^2} \left[\int n_e n_H \, \mathrm{d}V\right] \,
#     \epsilon_k(T, Z) \, e^{-N_H \sigma(E_k)}
# $$ (eq-sim-flux)
#
# photons per area and time into an energy bin $k$, which is seen around $E_k$ and was emitted around
# $(1 + z) E_k$. The emissivity $\epsilon_k$, summed over the emitted bin, is that of APEC
# {cite:p}`Smith2001,Foster2012`. Per observed keV there would be a second factor $1 + z$, because energy bins are
# redshifted too. The absorption $\sigma$ is that of {cite:t}`Morrison1983`. The camera is Chandra's ACIS-I as it was
# early in its mission. The simulation has its effective area, its vignetting, a point spread function that widens off
# axis, four chips whose gaps the dither smears, and an energy resolution of about 0.1 keV. These numbers go in:

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
inputs = {
    "exposure": f"{settings.exposure_s / 1e3:g} ks",
    "cosmology": f"flat, $H_0$ = {HUBBLE_KM_S_MPC:g} km s$^{{-1}}$ Mpc$^{{-1}}$, $\\Omega_m$ = {OMEGA_MATTER:g}",
    "lowest $\\log_{10} M_{500c}$": f"{settings.minimum_log10_mass:g}",
    "completeness": f"logistic in $\\log_{{10}} M_{{500c}}$: one half at {settings.completeness_centre:g}, "
    f"width {settings.completeness_width:g}",
    "temperature of a cluster": "spectroscopic-like mean in 0.15-0.75 $R_{500}$",
    "scatter of temperature, of gas mass; correlation": f"{settings.sigma_ln_temperature:.0%}, "
    f"{settings.sigma_ln_gas_mass:.0%}; {settings.scatter_correlation:g}",
    "absorbing column $N_H$": f"uniform in {N_H_LOWEST / 1e20:g}-{N_H_HIGHEST / 1e20:g} × 10$^{{20}}$ cm$^{{-2}}$",
    "measured energies": f"{LOWEST_KEV:g}-{HIGHEST_KEV:g} keV: the report's 0-{BAND_EDGES_KEV[1]:g} keV is "
    f"{LOWEST_KEV:g}-{BAND_EDGES_KEV[1]:g} keV here",
}
Markdown(pd.DataFrame(inputs, index=["here"]).T.rename_axis("input").to_markdown(disable_numparse=True))

# %% [markdown]
# ## A spectrum and the response that shaped it

# %% mystnb={"figure": {"caption": "**An example spectrum.** Top: simulated events of one bright cluster (steps), their expected number (line), and the same before folding through the energy response (thin). Bottom: the effective area of the telescope, whose drop near 2 keV shapes the spectrum. The Fe K complex, emitted near 6.7 keV and seen at 6.7/(1 + z) keV, stays visible. Few events lie beyond the dashed line at 7.5 keV.", "name": "fig-sim-spectrum"}, "image": {"alt": "Top: X-ray spectrum with simulated and expected counts per keV on logarithmic axes. Bottom: effective area against energy."}} tags=["hide-input"]
quiet = sample[(sample["n_clumps"] == 0) & (sample["r500_arcsec"] < 420)]
brightest = {core: int(group["expected_gas"].idxmax()) for core, group in quiet.groupby("cool_core")}
shown = brightest[False]
spectrum = example_spectrum(seed, shown, settings, np.linspace(0.3, 10.0, 195))
figure = Figure(figsize=(8, 5.5), layout="constrained")
top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2.2, 1])
width = np.diff(spectrum.edges)
centre = 0.5 * (spectrum.true_edges[1:] + spectrum.true_edges[:-1])
top.plot(centre, spectrum.unblurred, color=colours[7], linewidth=0.7, label="expected, before folding")
top.stairs(spectrum.counts / width, spectrum.edges, color=colours[0], label="simulated")
top.plot(
    0.5 * (spectrum.edges[1:] + spectrum.edges[:-1]),
    spectrum.expected / width,
    color=colours[1],
    linewidth=1.0,
    label="expected",
)
top.set(xscale="log", yscale="log", ylabel="events per keV", xlim=(0.3, 10.0))
top.set_ylim(bottom=0.5 / width[0])
top.legend()
bottom.plot(centre, spectrum.area, color=colours[2])
bottom.set(xlabel="energy [keV]", ylabel="area [cm$^2$]", ylim=(0, None))
bottom.set_xticks([0.3, 0.5, 1, 2, 5, 10], ["0.3", "0.5", "1", "2", "5", "10"])
for ax in (top, bottom):
    ax.axvline(7.5, color=colours[7], linestyle="--", linewidth=1)
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
chosen = sample.loc[shown]
well = spectrum.expected > 25
pull = (spectrum.counts - spectrum.expected)[well] / np.sqrt(spectrum.expected[well])
beyond = spectrum.counts[spectrum.edges[:-1] >= 7.5].sum() / spectrum.counts.sum()
Markdown(
    pd.DataFrame(
        {
            "temperature [keV]": f"{chosen['temperature_keV']:.1f}",
            "redshift": f"{chosen['redshift']:.2f}",
            "events": thousands(spectrum.counts.sum()),
            "above 7.5 keV": f"{beyond:.2%}",
            "scatter of the counts / Poisson error": f"{pull.std():.2f}",
        },
        index=[0],
    ).to_markdown(index=False, disable_numparse=True, stralign="right")
)

# %% [markdown]
# ## Profiles, measured back from the events
#
# The next figure treats two simulated observations as an astronomer would. Events are counted in annuli around the
# centre and corrected for vignetting and chip gaps. The temperature follows from the mean energy of an annulus' events.

# %% mystnb={"figure": {"caption": "**Profiles of a cluster with a cool core and one without.** Left: surface brightness in 0.5-2 keV. Right: temperature over the cluster's mean. Points are measured from simulated events without AGN, with one-sigma errors; lines are the input, projected. The cool core is brighter and cooler in the middle.", "name": "fig-sim-profiles"}, "image": {"alt": "Surface brightness and temperature against radius over R500 for two clusters, points along lines."}} tags=["hide-input"]
edges = np.geomspace(0.02, 1.2, 13)
middle = np.sqrt(edges[1:] * edges[:-1])
figure = Figure(figsize=(8, 3.8), layout="constrained")
left, right = figure.subplots(1, 2)
deviations, agreement = [], {}
for core, colour, name in ((True, colours[0], "cool core"), (False, colours[1], "no cool core")):
    measured = radial_profiles(seed, brightest[core], settings, edges)
    kind = {"color": colour, "linestyle": "none", "marker": "o" if core else "s", "markersize": 4}
    left.errorbar(middle, measured.brightness, measured.brightness_error, label=name, **kind)
    left.plot(middle, measured.expected_brightness, color=colour, linewidth=1)
    mean = measured.cluster.temperature_keV
    right.errorbar(middle, measured.temperature / mean, measured.temperature_error / mean, label=name, **kind)
    right.plot(middle, measured.expected_temperature / mean, color=colour, linewidth=1)
    deviations.append(np.nanmean(np.abs(measured.temperature / measured.expected_temperature - 1)))
    pull = (measured.temperature - measured.expected_temperature) / measured.temperature_error
    off = measured.brightness / measured.expected_brightness - 1
    agreement[name] = (f"{np.nanmean(pull**2):.2f}", f"{np.sqrt(np.mean(off**2)):.1%}")
left.set(xscale="log", yscale="log", xlabel="radius / $R_{500}$", ylabel="events arcsec$^{-2}$ Ms$^{-1}$")
right.set(xscale="log", xlabel="radius / $R_{500}$", ylabel="temperature / mean", ylim=(0, 1.6))
left.legend()
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
rows = ["temperature: χ² per point", "brightness: root mean square deviation from the line"]
Markdown(
    pd.DataFrame(agreement, index=rows)
    .rename_axis("points against lines")
    .to_markdown(disable_numparse=True, colalign=("left", "right", "right"))
)

# %% [markdown]
# A χ² near 1 means that the errors explain the deviations. The line of the brightness is computed from random
# directions, and its own noise of one to two per cent exceeds most of the error bars.
#
# ## Luminosity and temperature against mass

# %% mystnb={"figure": {"caption": "**Scaling relations.** Left: luminosity in 0.5-2 keV inside R500, core included, against the relation of REXCESS clusters (Pratt et al. 2009), measured in 0.1-2.4 keV and converted by one factor; it is an outcome of the simulation. Right: temperature against the relation that was put in (Arnaud et al. 2007). Each is divided by the power of E(z) of its relation. The luminosities scatter far more than the temperatures, cool cores (blue) are brighter, and the luminosities rise less steeply than the relation.", "name": "fig-sim-relations"}, "image": {"alt": "Luminosity against mass and temperature against mass, simulated clusters and published lines."}} tags=["hide-input"]
e_z = np.array([expansion_rate(z) for z in sample["redshift"]])
mass = 10.0 ** sample["log10_mass"]
luminosity_scale, temperature_scale = e_z ** (-7 / 3), e_z ** (-1 / 1.71)
figure = Figure(figsize=(8, 3.8), layout="constrained")
left, right = figure.subplots(1, 2)
for core, colour, name in ((False, colours[1], "no cool core"), (True, colours[0], "cool core")):
    is_kind = (sample["cool_core"] == core).to_numpy()
    dots = {"color": colour, "s": 3, "alpha": 0.5, "linewidths": 0, "rasterized": True, "label": name}
    left.scatter(mass[is_kind], (sample["luminosity"] * luminosity_scale)[is_kind], **dots)
    right.scatter(mass[is_kind], (sample["temperature_keV"] * temperature_scale)[is_kind], **dots)
order = np.argsort(mass)[::40]
for ax, column, scale, name in (
    (left, "expected_luminosity", luminosity_scale, "Pratt et al. (2009)"),
    (right, "expected_temperature", temperature_scale, "Arnaud et al. (2007)"),
):
    ax.plot(mass.to_numpy()[order], (sample[column] * scale).to_numpy()[order], color="black", label=name)
    ax.set(xscale="log", yscale="log", xlabel="$M_{500c}$ [$M_\\odot$]")
    ax.legend(markerscale=4)
left.set_ylabel("$E(z)^{-7/3}\\, L$ [erg s$^{-1}$]")
right.set_ylabel("$E(z)^{-0.58}\\, T$ [keV]")
right.set_yticks([2, 5, 10], ["2", "5", "10"])
right.yaxis.set_minor_formatter(NullFormatter())
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
found = relations(sample)
ratio = sample["luminosity"] / sample["expected_luminosity"]
lowest = ratio[sample["log10_mass"] < sample["log10_mass"].quantile(0.1)].median()
highest = ratio[sample["log10_mass"] > sample["log10_mass"].quantile(0.9)].median()
published = np.polyfit(np.log(mass), np.log(sample["expected_luminosity"] * luminosity_scale), 1)[0]
Markdown(
    pd.DataFrame(
        {
            "median luminosity / that of {cite:t}`Pratt2009`": f"{found.luminosity_ratio:.2f}",
            "the same, tenth of the clusters with the lowest masses": f"{lowest:.2f}",
            "the same, tenth with the highest": f"{highest:.2f}",
            "slope of the luminosity": f"{found.luminosity_slope:.2f}",
            "the published slope, in 0.1-2.4 keV": f"{published:.2f}",
            "scatter of the luminosity about its own power law (natural logarithm)": f"{found.luminosity_scatter:.2f}",
            "the same without the core": f"{found.core_excised_scatter:.2f}",
            "the same of the temperature": f"{found.temperature_scatter:.2f}",
            "correlation of luminosity and temperature at fixed mass": f"{found.correlation:+.2f}",
            "luminosities at the highest redshift with $E(z)^2$, over those drawn": f"{e_z.max() ** (1 / 3):.2f}",
        },
        index=["here"],
    )
    .T.rename_axis("quantity")
    .to_markdown(disable_numparse=True, colalign=("left", "right"))
)

# %% [markdown]
# The density profile has one shape at all masses here, and gas masses and temperatures follow relations of their own.
# The luminosity is then fully determined. Its slope stays as it is: changing it would be tuning. The power 7/3 of
# $E(z)$ is the relation's, and that of the bolometric luminosity in self-similar evolution. $E(z)^2$ is closer to a soft
# band's.
#
# ## Numbers of events and masses beside the report's

# %% mystnb={"figure": {"caption": "**Beside the report's Figures 1 and 2.** Left: expected events of an observation; the dashed lines are the fewest and the most of the report's, the dotted line is the end of its Figure 1. Right: masses; most of the report's clusters lie in the shaded range. The left histogram ends near the dashed lines.", "name": "fig-sim-counts"}, "image": {"alt": "Histogram of the number of events on a logarithmic axis with the report's extremes, and of masses."}} tags=["hide-input"]
data = PUBLISHED.data
figure = Figure(figsize=(8, 3.4), layout="constrained")
left, right = figure.subplots(1, 2)
left.hist(sample["events"], bins=np.geomspace(200, 2e7, 50), color=colours[0])
for printed in (data.fewest_events.value, data.most_events.value):
    left.axvline(printed, color="black", linestyle="--", linewidth=1)
left.axvline(data.histogram_limit.value, color="black", linestyle=":", linewidth=1)
left.set(xscale="log", yscale="log", ylim=(0.7, 400), xlabel="events in an observation", ylabel="observations")
right.axvspan(*data.bulk_log10_mass.value, color=colours[7], alpha=0.25, linewidth=0)
right.hist(sample["log10_mass"], bins=np.arange(13.6, 15.5, 0.05), color=colours[0])
right.set(xlabel="$\\log_{10} M_{500c}$ [$M_\\odot$]", ylabel="observations", xlim=(13.5, 15.4))
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
low, high = data.bulk_log10_mass.value
bulk = sample["log10_mass"].between(low, high).mean()
Markdown(
    pd.DataFrame(
        {
            "observations": ("", thousands(len(sample))),
            "halos": ("", thousands(sample["group"].nunique())),
            "fewest events (here: expected)": (thousands(data.fewest_events.value), thousands(sample["events"].min())),
            "most events (here: expected)": (thousands(data.most_events.value), thousands(sample["events"].max())),
            f"below {thousands(data.histogram_limit.value)} events": (
                "",
                f"{(sample['events'] < data.histogram_limit.value).mean():.0%}",
            ),
            "median log10 mass": ("", f"{sample['log10_mass'].median():.2f}"),
            "highest log10 mass": ("", f"{sample['log10_mass'].max():.2f}"),
            f"log10 mass in {low}-{high}": ("a majority", f"{bulk:.0%}"),
        },
        index=["the report", "here"],
    )
    .T.rename_axis("quantity")
    .to_markdown(disable_numparse=True, colalign=("left", "right", "right"))
)

# %% [markdown]
# [The page before](2-data.ipynb) counts the drawn events of a simulated profile's observations, the first of these.
# Drawn and expected numbers differ by Poisson noise, and by the half per cent to which the expected ones are computed.
#
# ## How much of an observation is AGN
#
# On average about one bright AGN belongs to each cluster {cite:p}`Ehlert2013`, and some central galaxies have
# another {cite:p}`Yang2018`. Field AGN {cite:p}`Lehmer2012` and the detector's particle background can be
# added; by default they are off. The report's data probably had neither of them, for the reason given below the figure.
#
# AGN inside a cluster have the same distribution of fluxes in every cluster. With `agn_by_luminosity` they have luminosities
# instead, so that they dim with distance, and their number grows as $(1 + z)^3$, like the share of luminous AGN among
# galaxies of clusters {cite:p}`Martini2009`, and in proportion to the mass. This is off by default, too.

# %% mystnb={"figure": {"caption": "**Share of events that come from AGN**, against the number of events. Observations without any AGN are drawn at the lower edge. AGN matter in faint observations, of low-mass or distant clusters, and contribute little to bright ones.", "name": "fig-sim-agn"}, "image": {"alt": "Share of AGN events against number of events, both logarithmic, as points."}} tags=["hide-input"]
share = sample["expected_agn"] / sample["events"]
figure = Figure(figsize=(8, 3.6), layout="constrained")
ax = figure.subplots()
ax.scatter(sample["events"], share.clip(lower=1e-5), s=4, alpha=0.4, linewidths=0, color=colours[0], rasterized=True)
ax.axhline(share.median(), color=colours[1], label=f"median, {share.median():.1%}")
ax.set(xscale="log", yscale="log", xlabel="events in an observation", ylabel="share from AGN", ylim=(7e-6, 1))
ax.legend()
figure

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
faintest = int(sample["events"].idxmin())
bare = expected_counts(
    seed, faintest, settings=dataclasses.replace(settings, field_agn=False, particle_background=False)
)
crowded = dataclasses.replace(settings, field_agn=True, particle_background=True)
extra = expected_counts(seed, faintest, settings=crowded)
Markdown(
    pd.DataFrame(
        {
            "events of the faintest observation, without field AGN and background": thousands(bare.total),
            "field AGN would add": thousands(extra.agn - bare.agn),
            "the particle background would add": thousands(extra.background),
            "the report's faintest observation, in all": thousands(PUBLISHED.data.fewest_events.value),
            "observations with more than a quarter of their events from AGN": f"{(share > 0.25).mean():.0%}",
            "observations without any AGN event": f"{(share == 0).mean():.0%}",
        },
        index=["here"],
    )
    .T.rename_axis("quantity")
    .to_markdown(disable_numparse=True, colalign=("left", "right"))
)

# %% [markdown]
# ## What the bands say about the temperature

# %% mystnb={"figure": {"caption": "**Share of events in the report's four bands against temperature.** Lines: gas of one temperature at redshift 0.2. Points: simulated observations at any redshift, without AGN. The second band's share rises steeply with temperature, and so with mass; the fourth band's never reaches one per cent.", "name": "fig-sim-bands"}, "image": {"alt": "Share of events in four energy bands against temperature; lines and points."}} tags=["hide-input"]
some = [i for i in range(50) if sample["events"][i] < 1e5]
points = event_band_fractions(seed, some, settings)
temperatures = sample["temperature_keV"][some]
grid = np.geomspace(0.9, 13.0, 60)
lines = band_fractions(grid, 0.2)
figure = Figure(figsize=(8, 3.9), layout="constrained")
ax = figure.subplots()
for band, (name, marker) in enumerate(zip(band_titles(BAND_EDGES_KEV), "os^D", strict=True)):
    ax.plot(grid, lines[:, band], color=colours[band], label=name)
    seen = points[:, band] > 0
    ax.scatter(temperatures[seen], points[seen, band], color=colours[band], marker=marker, s=14, alpha=0.7)
ax.set(xscale="log", yscale="log", xlabel="temperature [keV]", ylabel="share of events", ylim=(3e-5, 1.3))
ax.set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
ax.legend(loc="lower right")
figure

# %% [markdown]
# ## What is left out, and what that may cost
#
# - **Above 7.5 keV there are few events.** The report's range of events leaves no room for the particle background at
#   our exposure. Without it, the fourth band holds a few events in a thousand at most. A threshold at 7.5 keV then
#   changes little because of the telescope, not because of the clusters. For a fourth band this is not the reason:
#   its few events depend steeply on temperature, and [a single split at 7.5 keV](baselines.ipynb) helps. It adds little
#   to the second and the third band because these carry the same information.
# - **Low masses.** Most of the sample are groups and poor clusters. The scaling relations and profiles were measured
#   mostly on more massive clusters, and are extrapolated to them.
# - **Structure.** Real and hydrodynamical clusters merge, slosh, and have shocks, cavities and substructure of
#   all sizes. Here they are smooth ellipsoids, some with a few round groups. A network cannot use what
#   such structure says about mass and history, nor be confused by it.
# - **Scatter.** All that is not mass enters through a few independent normal variables. Temperature
#   scatters by 7% at fixed mass, as in the simulations that the report probably used, and by about twice
#   that in observed samples. This limits how well any method can do with two bands; a larger scatter would
#   raise the limit.
# - **Luminosity rises more slowly with mass** than was measured, as said above, so numbers of events probably say a
#   little less about mass than they do in nature.
# - **Metals.** The iron profile was measured in cool cores, and relative to other solar abundances than
#   those of the emissivity table. Lines are therefore probably a little too strong. All metals follow iron.
# - **The telescope** is the same in every observation: one early calibration, one roll angle, no
#   pile-up, no bad pixels, a Gaussian point spread function without wings. Positions are continuous, not in steps of the
#   0.492 arcsec pixel.
# - **Second-hand numbers.** The off-axis point spread function, the share of infalling groups and the AGN
#   of central galaxies are quoted from notes that could not be checked against their sources. The modules
#   say which.
# - **Numbers of AGN.** The measured 1 ± 0.4 AGN of a cluster are a mean over 43 massive clusters and the
#   error of that mean {cite:p}`Ehlert2013`. The simulation draws an expected number for each observation, with 0.4 as
#   its standard deviation, as if that were the spread of a population, which was not measured. The numbers therefore
#   vary a little more than by chance alone: with a variance of 1.16 instead of 1, and 40% of the observations have no
#   such AGN instead of 37%.
# - **AGN** of clusters have the same distribution of fluxes at every redshift and mass, as measured in
#   massive clusters; low-mass clusters may get too many events from them.
# - **The sky**: no Galactic foreground, no unresolved background, no other clusters on the line of sight.

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
at = {kev: lines[np.argmin(np.abs(grid - kev))] for kev in (1, 5, 10)}
Markdown(
    pd.DataFrame(
        {
            "mean deviation of temperatures measured back from events": f"{np.mean(deviations):.0%}",
            "median luminosity / published": f"{found.luminosity_ratio:.2f}",
            "median share of events from AGN": f"{share.median():.1%}",
            "share of the second band at 1 keV": f"{at[1][1]:.1%}",
            "share of the second band at 5 keV": f"{at[5][1]:.0%}",
            "share above 7.5 keV at 10 keV": f"{at[10][3]:.1%}",
        },
        index=["here"],
    )
    .T.rename_axis("quantity")
    .to_markdown(disable_numparse=True, colalign=("left", "right"))
)

# %% mystnb={"markdown_format": "myst"} tags=["hide-input"]
Markdown(
    f"**What was found.** Temperatures measured back from events deviate by {np.mean(deviations):.0%} in the mean. The "
    f"luminosity's slope with mass is {found.luminosity_slope:.2f}; the published one is {published:.2f}. Gas of 1, 5 and 10 keV "
    f"has {', '.join(f'{of_bands[1]:.1%}' for of_bands in at.values())} of its events in the second band."
)
