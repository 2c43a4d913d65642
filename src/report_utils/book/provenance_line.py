"""One line below each page's title: which profile, how many observations, folds and seeds, and whose results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from report_utils.profiles import project_root
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
    profile, data, of_results = inputs["profile"], inputs["data"], _results_read(inputs)
    link = f"[How these numbers are made]({EXPLAINED})"
    if not of_results and not _reads_profile(inputs, reproduction):
        return f"*Nothing on this page depends on the profile. {link}.*"
    kind = "" if "archive" in data else "simulated "
    facts = [f"{data['n_clusters']:,} {kind}observations of {data['n_pixels']} × {data['n_pixels']} pixels"]
    trained = [name for name, digest in inputs["runs"].items() if digest and not name.startswith("data/")]
    if trained or of_results:
        folds = profile["folds"]
        facts.append(f"{folds['run']} of {folds['n_folds']} folds")
    facts.append(f"seed {profile['seed']}")
    if trained and not of_results:
        n_seeds = len({name.rpartition("seed-")[2] for name in trained})
        facts.append(f"{n_seeds} training seed{'s' * (n_seeds > 1)}; runs of this build")
    elif not of_results:
        facts.append("no trained network on this page")
    line = f"*Profile `{profile['name']}`: {', '.join(facts)}. {link}.*"
    if of_results:
        line += f"\n\n{reproduction.origin_note(_asked_for('fit', inputs), _asked_for('dynamics', inputs))}"
    return line


def _asked_for(kind: str, inputs: Mapping[str, Any]) -> list[str]:
    """Return the transforms whose fits or dynamics a page asked for, whether they are there or not."""
    start = f"{kind}/{inputs['profile']['name']}/"
    return list(dict.fromkeys(name.split("/")[2] for name in inputs["runs"] if name.startswith(start)))


def _reads_profile(inputs: Mapping[str, Any], reproduction: Reproduction) -> bool:
    """Tell whether a page has opened the profile; of a file elsewhere that is not known, and taken for granted."""
    profile, root = reproduction.profile.path, project_root()
    is_known = profile.is_relative_to(root)
    return bool(inputs["runs"]) or not is_known or profile.relative_to(root).as_posix() in inputs["files"]


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
