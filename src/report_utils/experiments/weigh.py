"""Weigh a cluster in the page: trained networks and simulated observations for a reader to change, without a server.

The page holds the networks of the first fold and training seed, with 16 bits a weight, and observations of clusters
that this fold tests: no network of the page was trained on any of them. Each cluster is there as it is observed,
without its AGN, and observed again at other distances, temperatures and exposures with the same random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report_utils.binning import get_transform
from report_utils.errors import NotAvailableError
from report_utils.events import energies
from report_utils.events.bands import BAND_EDGES_KEV, band_titles
from report_utils.events.missions import MISSION_ENERGIES, SKY_PIXELS, degrees_of, find_unit
from report_utils.experiments.moved_clusters import observed_again
from report_utils.prediction.apply import CAVEAT, training_range
from report_utils.prediction.limits import ExpectedError
from report_utils.prediction.trained_networks import TrainedNetwork, quietly, trained_networks
from report_utils.reproduction.one_profile import Reproduction
from report_utils.simulation import SimulationSettings
from report_utils.simulation.cosmology import luminosity_distance
from report_utils.widgets import Widget, colour_table, packed

NETWORKS = {"single_band": "one band", "multi_band_2": "two bands", "multi_band_4": "four bands"}
"""The transforms whose networks are asked, and what the page calls them."""
REDSHIFTS = (0.07, 0.1, 0.14, 0.2, 0.28, 0.4)
TEMPERATURE_FACTORS = (0.6, 0.75, 0.87, 1.15, 1.33, 1.6)
EXPOSURE_FACTORS = (0.03, 0.1, 0.3, 3.0)
"""What the simulation observes again: other distances, other temperatures, other exposures."""
MOST_CLUSTERS = 36
MOST_BYTES = 1_200_000
"""Of networks and observations, in base64: with its scripts and its text the page stays below 1.5 MB."""

_FOLD, _SEED = 0, 0
_SAME_PLACE = 1.08
"""Redshifts closer than this to a cluster's own are not offered."""
_MOST_EVENTS, _MOST_SIMULATED = 300_000, 1_000_000
_THIRDS = {
    "log10_mass": ("low mass", "intermediate mass", "high mass"),
    "redshift": ("nearby", "at intermediate distance", "distant"),
}
_SCRIPTS = tuple(Path(__file__).with_name(f"{name}.js") for name in ("weigh_network", "weigh_events", "weigh"))


def weigh_a_cluster(reproduction: Reproduction) -> Widget:
    """Return the widget that weighs clusters.

    A network that is not trained, or not of the report's kind, which is all that the page can compute, is refused.
    """
    networks = {name: _network(reproduction, name) for name in NETWORKS}
    first, *_ = networks.values()
    limits = [training_range(reproduction, get_transform(name)) for name in NETWORKS]
    packed_networks = [
        {"name": name, "title": NETWORKS[name], **_packed_network(network)} for name, network in networks.items()
    ]
    room = MOST_BYTES - sum(len(one["weights"]["data"]) for one in packed_networks)
    clusters = []
    for row in chosen_rows(reproduction, first.test):
        cluster = _cluster(reproduction, int(row))
        room -= len(cluster["cubes"]["data"])
        if room < 0 and clusters:
            break
        clusters.append(cluster)
    clusters.sort(key=lambda cluster: cluster["truth"])
    data = {
        "pixels": reproduction.profile.n_pixels,
        "bands": band_titles(BAND_EDGES_KEV),
        "upperEdges": [*BAND_EDGES_KEV[1:-1], None],
        "colours": colour_table("viridis"),
        "networks": packed_networks,
        "range": {
            "events": limits[0].n_events,
            "hardness": [edge if np.isfinite(edge) else None for edge in limits[0].hardness],
            "mass": limits[0].log10_mass,
        },
        "caveat": CAVEAT,
        "clusters": clusters,
        "reading": reading_facts(),
    }
    return Widget("weigh", f"Weigh {len(clusters)} clusters", data, _SCRIPTS, _plain(networks, clusters))


def _network(reproduction: Reproduction, name: str) -> TrainedNetwork:
    """Return the network of the first fold and training seed."""
    found = trained_networks(reproduction, name)
    with quietly():
        from report_utils.cnn import build_cnn
        from report_utils.cnn.fused_forward import stands_for
    model = build_cnn(get_transform(name).n_channels, reproduction.profile.n_pixels)
    if not stands_for(model):
        msg = "build_cnn returns a network of another kind than the report's, which this page cannot compute"
        raise NotAvailableError(msg)
    return next(one for one in found if (one.fold, one.training_seed) == (_FOLD, _SEED))


def _packed_network(network: TrainedNetwork) -> dict[str, Any]:
    """Return weights of 16 bits, scales, and the errors on held-out clusters, as plain values."""
    fit, transform = network.fit, get_transform(network.transform)
    weights = np.concatenate([np.ravel(weight) for weight in fit.weights]).astype(np.float16)
    predicted = fit.predictions[:, 0].astype(np.float64)
    error = ExpectedError.of(predicted, predicted - network.truth)
    return {
        "bands": [list(summed) for summed in transform.bands(BAND_EDGES_KEV)],
        "shapes": [list(np.shape(weight)) for weight in fit.weights],
        "weights": packed(weights.view(np.uint16)),
        "mean": fit.input_scale.mean.tolist(),
        "spread": fit.input_scale.spread,
        "target": {"mean": network.target_scale.mean, "spread": network.target_scale.spread},
        "error": {
            "edges": error.edges.tolist(),
            "bias": error.bias.tolist(),
            "scatter": [None if np.isnan(one) else float(one) for one in error.scatter],
            "clusters": error.n_clusters.tolist(),
        },
    }


def chosen_rows(reproduction: Reproduction, tested: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return rows of tested clusters that differ as much as possible, at most :data:`MOST_CLUSTERS`.

    They are of one kind if they fall into the same third by mass and by redshift and are alike in core and AGN. One of
    each kind comes first, in an order in which the kinds alternate, then a second of each, and so on.
    """
    catalogue = reproduction.catalogue.iloc[np.sort(tested)]
    if len(few := catalogue[catalogue["n_events"] <= _MOST_EVENTS]):
        catalogue = few
    kinds = [_third(catalogue[name]) for name in _THIRDS if name in catalogue]
    if "cool_core" in catalogue:
        kinds.append(catalogue["cool_core"].to_numpy(int))
    if "n_events_agn_less" in catalogue:
        kinds.append((catalogue["n_events"] != catalogue["n_events_agn_less"]).to_numpy(int))
    kind = np.unique(np.stack(kinds, axis=1), axis=0, return_inverse=True)[1].ravel()
    turn = np.random.default_rng(0).permutation(kind.max() + 1)[kind]
    nth = catalogue.groupby(kind).cumcount().to_numpy()
    return catalogue.index.to_numpy()[np.lexsort((turn, nth))][:MOST_CLUSTERS]


def _third(values: Any) -> NDArray[np.intp]:
    return np.searchsorted(np.quantile(values, [1 / 3, 2 / 3]), values, side="right")


def _cluster(reproduction: Reproduction, row: int) -> dict[str, Any]:
    """Return one cluster: what is known of it, and its counts as it is observed and as it might be."""
    observations, known = reproduction.observations, reproduction.catalogue.iloc[row].to_dict()
    own = np.asarray(reproduction.counts("observation")[row])
    cubes, states = [own], [{"kind": "own"}]
    agn_less = np.asarray(reproduction.counts("agn_less")[row]) if observations.has_agn_less else own
    if has_agn := not np.array_equal(agn_less, own):
        cubes.append(agn_less)
        states.append({"kind": "agn"})
    if observations.settings is not None:
        for state, changed in changes(observations.settings, known):
            states.append(state)
            cubes.append(observed_again(observations, [row], **changed)[0])
    words = [third[int(_third(reproduction.catalogue[name])[row])] for name, third in _THIRDS.items() if name in known]
    words += ["cool core"] if known.get("cool_core") else []
    words += ["with AGN"] if has_agn else ["without AGN"] if observations.has_agn_less else []
    about = {
        "row": row,
        "group": words[0],
        "words": ", ".join(words[1:]),
        "truth": float(known["log10_mass"]),
        "states": states,
        "cubes": packed(np.stack(cubes).transpose(0, 3, 1, 2)),
    }
    if observations.settings is not None:
        at = observations.settings.distance_redshift or known["redshift"]
        about |= {"redshift": at, "distance": luminosity_distance(at), "temperature": known["temperature_keV"]}
        about |= {"exposure": observations.settings.exposure_s / 1e3}
    return about


def changes(
    settings: SimulationSettings, known: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, float]]]:
    """Yield each change's name on the page and its settings, leaving out changes that give too many events."""
    n_events, own = known["n_events_agn_less"], settings.distance_redshift or known["redshift"]
    for redshift in REDSHIFTS:
        nearer = luminosity_distance(own) / luminosity_distance(redshift)
        if max(redshift / own, own / redshift) > _SAME_PLACE and n_events * nearer**2 <= _MOST_SIMULATED:
            state = {"kind": "distance", "value": luminosity_distance(redshift), "redshift": redshift}
            yield state, {"distance_redshift": redshift}
    for factor in TEMPERATURE_FACTORS if n_events <= _MOST_SIMULATED else ():
        state = {"kind": "temperature", "value": known["temperature_keV"] * factor}
        yield state, {"temperature_factor": settings.temperature_factor * factor}
    for factor in EXPOSURE_FACTORS:
        if n_events * factor <= _MOST_SIMULATED:
            exposure_s = settings.exposure_s * factor
            yield {"kind": "exposure", "value": exposure_s / 1e3}, {"exposure_s": exposure_s}


def reading_facts() -> dict[str, Any]:
    """Return what reading an event list needs to know of missions and units, as plain values."""
    units = {}
    for name, spellings in {
        "keV": ("kev",), "eV": ("ev",), "MeV": ("MeV", "MEV", "Mev"), "GeV": ("gev",), "TeV": ("tev",),
        "erg": ("erg", "ergs"), "J": ("j", "joule", "joules"),
    }.items():  # fmt: skip
        factor = find_unit(name).to("keV")
        values = {"name": name, "factor": float(f"{factor:.14g}"), "inverse": float(f"{1 / factor:.14g}")}
        units |= dict.fromkeys(spellings, values)
    angles = ("deg", "degs", "degree", "degrees", "arcmin", "arcmins", "arcminute", "arcminutes")
    angles += ("arcsec", "arcsecs", "arcsecond", "arcseconds", "rad", "rads", "radian", "radians")
    return {
        "missions": [
            {"mission": one.mission, "instrument": one.instrument, "column": one.column, "step": one.step}
            | {"offset": one.offset, "isEv": one.is_ev, "trustsTunit": one.trusts_tunit}
            for one in MISSION_ENERGIES
        ],
        "skyPixels": SKY_PIXELS,
        "namedUnits": energies.NAMED_UNITS,
        "energyUnits": units,
        "angleUnits": {name: degrees_of(name) for name in angles},
        "mediansKev": energies.MEDIANS_KEV,
        "maxCustomKev": energies.MAX_CUSTOM_KEV,
        "minCustomEv": energies.MIN_CUSTOM_EV,
        "maxKev": energies.MAX_KEV,
    }


def _plain(networks: Mapping[str, TrainedNetwork], clusters: list[dict[str, Any]]) -> str:
    """Return what is shown without scripts: the predictions of the clusters as they are."""
    heads = "".join(f'<th scope="col">{text}</th>' for text in ("cluster", "true", *NETWORKS.values()))
    lines = []
    for cluster in clusters:
        texts = [f"{cluster['truth']:.2f}"]
        for network in networks.values():
            place = int(np.flatnonzero(network.test == cluster["row"])[0])
            texts.append(f"{network.fit.predictions[place, 0]:.2f}")
        name = ", ".join(filter(None, (cluster["group"], cluster["words"])))
        lines.append(f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{text}</td>" for text in texts) + "</tr>")
    return (
        "<p>In a browser that runs scripts, these clusters can be changed here, and networks weigh them: log₁₀ of"
        f" M₅₀₀ [M☉].</p><table><thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )
