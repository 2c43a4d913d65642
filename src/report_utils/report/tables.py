"""Table 1 and the verdicts on the claims, with a column for each source of our numbers.

A *source* is a labelled :func:`table_one`, or the labelled evidence on all claims, such as ``{"here": table}``: this
build, several training seeds, another profile. Only :func:`table_one_markdown` and :func:`verdicts_markdown` put
several sources side by side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from report_utils.binning import TRANSFORMS
from report_utils.cnn.untrained import WHAT_TO_TRY
from report_utils.report.claim_tests import Evidence
from report_utils.report.claims import CLAIMS
from report_utils.report.intervals import Interval
from report_utils.report.printed_numbers import PUBLISHED, table_row
from report_utils.report.resampling import N_RESAMPLES
from report_utils.report.seeds import SeedPredictions, Trainings, trained_only
from report_utils.report.statistics import describe_all
from report_utils.report.wording import interval_text, markdown_table

if TYPE_CHECKING:
    import pandas as pd

NOT_PRINTED, NOT_RUN, RUN_IN_PART = "not printed", "not run", "run in part"
_WITH_INTERVAL = ("bias", "scatter", "slope")
_WITHOUT_INTERVAL = ("robust_scatter", "r_squared", "outlier_fraction", "n_clusters", "n_groups", "n_seeds")
_OURS = (*(f"{name}{end}" for name in _WITH_INTERVAL for end in ("", "_low", "_high")), *_WITHOUT_INTERVAL)


def table_one(cross_validations: Mapping[str, Trainings], *, n_resamples: int = N_RESAMPLES) -> pd.DataFrame:
    """Return Table 1 with our numbers beside the printed ones, resampled over halos and training seeds.

    The frame is indexed by transform, in the report's order, with further ones at the end. Its columns are ``model``,
    ``channels``, ``printed_bias``, ``printed_scatter`` (NaN where the report prints none), and of ours ``bias``,
    ``scatter`` and ``slope``, each also with ``_low`` and ``_high``, ``robust_scatter``, ``r_squared``,
    ``outlier_fraction`` (NaN where a transform was not run or did not train), ``n_clusters``, ``n_groups``,
    ``n_seeds``, and ``untrained``, the reason why a row that was run has no numbers. Biases and scatters are in dex.
    """
    import pandas as pd

    tested = {name: SeedPredictions.of(runs) for name, runs in cross_validations.items() if name in TRANSFORMS}
    ours = describe_all(trained_only(tested), n_resamples=n_resamples)
    records = {}
    ordered = dict.fromkeys((*PUBLISHED.rows, *TRANSFORMS))
    for name in (name for name in ordered if name in TRANSFORMS):
        row = table_row(TRANSFORMS[name])
        record = {
            "model": row.model,
            "channels": row.channels,
            "printed_bias": row.bias,
            "printed_scatter": row.scatter,
            "untrained": tested[name].untrained if name in tested else "",
        }
        record |= dict.fromkeys(_OURS, float("nan"))
        for quantity in _WITH_INTERVAL if name in ours else ():
            interval = getattr(ours[name], quantity)
            record |= {quantity: interval.value, f"{quantity}_low": interval.low, f"{quantity}_high": interval.high}
        record |= {quantity: getattr(ours[name], quantity) for quantity in _WITHOUT_INTERVAL if name in ours}
        records[name] = record
    frame = pd.DataFrame.from_dict(records, orient="index")
    numbers = frame.columns.difference(["model", "channels", "untrained"])
    frame[numbers] = frame[numbers].astype(float)
    frame.index.name = "transform"
    return frame


def table_one_text(table: pd.DataFrame) -> str:
    """Write the biases and scatters of :func:`table_one` for a terminal."""
    columns = ["model", "channels", *(name for name in table if name.startswith(("printed", "bias", "scatter")))]
    text = table[[*columns, "n_seeds"]].to_string(index=False, float_format=lambda value: f"{value:.5g}")
    dead = [f"{name} did not train: {reason}" for name, reason in table["untrained"].items() if reason]
    return "\n".join([text, *dead, *([f"What to try: {WHAT_TO_TRY}"] if dead else [])])


def table_one_csv(table: pd.DataFrame) -> str:
    """Write :func:`table_one` as CSV."""
    return table.to_csv(lineterminator="\n")


def table_one_json(table: pd.DataFrame, profile: str) -> str:
    """Write :func:`table_one` as JSON: ``{"profile": ..., "rows": [...]}``."""
    rows = json.loads(table.reset_index().to_json(orient="records"))
    return json.dumps({"profile": profile, "rows": rows}, indent=1, ensure_ascii=False) + "\n"


def table_one_markdown(sources: Mapping[str, pd.DataFrame], *, links: Mapping[str, str] | None = None) -> str:
    """Write Table 1 as a Markdown table, with the smallest bias and scatter of each column in bold.

    Each labelled :func:`table_one` has a column of biases and one of scatters, beside the printed ones. A number of
    ours is bold only if its interval leaves out all other rows. Where rows differ in their number of training seeds, a
    last column counts them. Rows link to the addresses in ``links``, by transform.
    """
    first, links = next(iter(sources.values())), links or {}
    models = [f"[{row['model']}]({links[name]})" if name in links else row["model"] for name, row in first.iterrows()]
    columns = {"Model": models, "Channels [keV]": first["channels"].tolist()}
    for title, quantity, spec in (("Std dev", "scatter", ".4f"), ("Bias", "bias", "+.4f")):
        printed = first[f"printed_{quantity}"]
        columns[f"{title}, printed"] = _best_in_bold(printed, printed, [_as_printed(value) for value in printed])
        for label, table in sources.items():
            cells = [_with_interval(row, quantity, spec) for _, row in table.iterrows()]
            ends = table[[f"{quantity}_low", f"{quantity}_high"]].abs().max(axis=1)
            columns[f"{title}, {label}"] = _best_in_bold(table[quantity], ends, cells)
    numbers = {n for table in sources.values() for n in table["n_seeds"].dropna()}
    for label, table in sources.items():
        if len(numbers) > 1:
            columns["Seeds" if len(sources) == 1 else f"Seeds, {label}"] = [
                "" if n != n else f"{n:.0f}" for n in table["n_seeds"]
            ]
    return markdown_table(columns, zip(*columns.values(), strict=True), "ll" + "r" * (len(columns) - 2))


def _best_in_bold(values: pd.Series, farthest: pd.Series, cells: list[str]) -> list[str]:
    """Mark the number nearest to 0 if its interval, up to the end ``farthest`` from 0, leaves out all others."""
    others = values.abs().drop(values.abs().idxmin()).dropna() if values.notna().any() else []
    if len(others) and others.min() > farthest[values.abs().idxmin()]:
        best = values.abs().argmin()
        value, space, ends = cells[best].partition(" ")
        cells[best] = f"**{value}**{space}{ends}"
    return cells


def _as_printed(value: float) -> str:
    """Write a number as the report's table does: five decimals, and nothing before the point."""
    return NOT_PRINTED if value != value else f"{value:.5f}".replace("0.", ".", 1).replace("-", "−")


def _with_interval(row: pd.Series, quantity: str, spec: str) -> str:
    value, low, high = (row[f"{quantity}{end}"] for end in ("", "_low", "_high"))
    return _absent(row) if value != value else interval_text(Interval(value, low, high), spec)


def _absent(row: pd.Series) -> str:
    """Say why a row has no numbers of ours; empty where it has."""
    return "not trained" if row["untrained"] else NOT_RUN if row["n_seeds"] != row["n_seeds"] else ""


def shape_markdown(sources: Mapping[str, pd.DataFrame]) -> str:
    """Write the shape of each row's errors, from the first source in which it was run, and say which that is."""
    rows = []
    for name in next(iter(sources.values())).index:
        was_run = [label for label, table in sources.items() if _absent(table.loc[name]) != NOT_RUN]
        label = was_run[0] if was_run else ""
        row = sources[label or next(iter(sources))].loc[name]
        said = [_with_interval(row, "slope", "+.4f")]
        for column, spec in (("robust_scatter", ".4f"), ("outlier_fraction", ".1%"), ("r_squared", ".3f")):
            said.append(_absent(row) if row[column] != row[column] else f"{row[column]:{spec}}".replace("-", "−"))
        rows.append([row["model"], row["channels"], *said, *([label] if len(sources) > 1 else [])])
    header = ["Model", "Channels [keV]", "Slope", "Robust scatter [dex]", "Outliers", "R²"]
    header += ["Where"] if len(sources) > 1 else []
    return markdown_table(header, rows, "llrrrrl"[: len(header)])


def verdicts_markdown(sources: Mapping[str, Mapping[str, Evidence]], *, measured: bool = False) -> str:
    """Write the verdicts on all claims; one that differs from the first source's is bold.

    A claim that a source lacks was not run there. With ``measured``, add what the last source measured.
    """
    last, rows = list(sources.values())[-1], []
    for claim in CLAIMS:
        verdicts = [found[claim.name].verdict if claim.name in found else NOT_RUN for found in sources.values()]
        none = {NOT_RUN, RUN_IN_PART}
        first = next(verdict for verdict in verdicts if verdict not in none)
        cells = [verdict if verdict in none | {first} else f"**{verdict}**" for verdict in verdicts]
        rows.append([claim.statement, claim.where, *cells, *([measured_text(last[claim.name])] if measured else [])])
    header = ["Claim", "In the report", *sources, *(["Measured [95% interval]"] if measured else [])]
    return markdown_table(header, rows, "l" * len(header))


def measured_text(found: Evidence) -> str:
    """Write what was measured of a claim, and what else there is to say of it."""
    measured = [f"{part.label}: {interval_text(part.measured, '.3f')}" for part in found.parts]
    return "; ".join([*measured, *([found.note] if found.note else [])])


def evidence_markdown(found: Evidence) -> str:
    """Write what was measured for one claim, its parts as a table."""
    lines = []
    if found.parts:
        columns = {
            "Measured": [part.label for part in found.parts],
            "From the printed numbers": ["" if p.printed is None else f"{p.printed:.3f}" for p in found.parts],
            f"{found.where or 'here'} [95% interval]".capitalize(): [f"{part.measured:.3f}" for part in found.parts],
            "Verdict": [part.verdict for part in found.parts],
        }
        if not any(columns["From the printed numbers"]):
            del columns["From the printed numbers"]
        align = "l" + "r" * (len(columns) - 2) + "l"
        lines.append(markdown_table(columns, zip(*columns.values(), strict=True), align))
    if found.note:
        lines.append(f"{found.note[0].upper()}{found.note[1:]}.")
    return "\n\n".join(lines)
