"""Baselines beside networks as Markdown for a page."""

from __future__ import annotations

from collections.abc import Mapping

from report_utils.report.baselines import Weighed
from report_utils.report.count_statistics import BASELINES
from report_utils.report.study_tables import interval_text
from report_utils.report.tables import markdown_table


def baselines_markdown(weighed: Weighed, labels: Mapping[str, str], regression: str) -> str:
    """Write the scatters of one regression's baselines, a row for each transform [dex].

    Parameters
    ----------
    weighed : Weighed
    labels : mapping of transform to its row's label
    regression : str
    """
    rows = []
    for transform, label in labels.items():
        found = [weighed.baselines.get((transform, name, regression)) for name in BASELINES]
        rows.append([label, *("–" if one is None else interval_text(one, ".3f") for one in found)])
    header = ["Seen [keV]", *(baseline.title for baseline in BASELINES.values())]
    return markdown_table(header, rows, "l" + "r" * len(BASELINES))


def networks_markdown(weighed: Weighed, labels: Mapping[str, str]) -> str:
    """Write the networks' scatters beside those of the masses themselves and of the counts [dex].

    Parameters
    ----------
    weighed : Weighed
    labels : mapping of transform to its row's label
    """
    everything = (list(BASELINES)[-1], "trees")
    rows = [
        [
            label,
            interval_text(weighed.mean, ".3f"),
            interval_text(weighed.networks[transform], ".3f"),
            interval_text(weighed.ratios[transform, *everything], ".3f"),
        ]
        for transform, label in labels.items()
    ]
    return markdown_table(["Seen [keV]", "Mean mass", "Network", "Network / all counts by trees"], rows, "lrrr")
