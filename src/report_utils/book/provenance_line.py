"""One line below each page's title: which profile, how many observations, folds and seeds, and whose results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.ownership import METADATA

EXPLAINED = "../how-these-numbers-are-made.md"
"""The page that says what the words of the line mean, as seen from a page that is run."""


def provenance_line(inputs: Mapping[str, Any], reproduction: Reproduction) -> str:
    """Return the line in MyST Markdown.

    Parameters
    ----------
    inputs : mapping
        What the page was made from.
    reproduction : Reproduction
        What the book shows.
    """
    profile, data = inputs["profile"], inputs["data"]
    kind = "" if "archive" in data else "simulated "
    facts = [f"{data['n_clusters']:,} {kind}observations of {data['n_pixels']} × {data['n_pixels']} pixels"]
    trained = [name for name, digest in inputs["runs"].items() if digest and not name.startswith("data/")]
    if trained or _results_read(inputs):
        folds = profile["folds"]
        facts.append(f"{folds['run']} of {folds['n_folds']} folds")
    facts.append(f"seed {profile['seed']}")
    if trained:
        n_seeds = len({name.rpartition("seed-")[2] for name in trained})
        times = "once" if n_seeds == 1 else f"with {n_seeds} training seeds"
        facts.append(f"trained {times} on this machine")
    elif not _results_read(inputs):
        facts.append("no trained network on this page")
    line = f"*Profile `{profile['name']}`: {', '.join(facts)}. [How these numbers are made]({EXPLAINED}).*"
    if _results_read(inputs):
        line += f"\n\n{reproduction.origin_note(reproduction.transforms, reproduction.dynamics_transforms)}"
    return line


def _results_read(inputs: Mapping[str, Any]) -> bool:
    """Tell whether committed results stand in for the profile's runs on this page."""
    return bool(inputs["shown"]) and bool(inputs["results"])


def with_line(text: str, reproduction: Reproduction) -> str:
    """Return an executed page, as it is kept, with the line below its title."""
    notebook = json.loads(text)
    first = notebook["cells"][0]
    title, _, rest = "".join(first["source"]).partition("\n")
    line = provenance_line(notebook["metadata"][METADATA]["inputs"], reproduction)
    if title.startswith("# "):
        first["source"] = f"{title}\n\n{line}\n{rest}".splitlines(keepends=True)
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
