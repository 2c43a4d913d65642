"""Table 1, ours beside the printed one, and the claims, as data frames and as Markdown for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from report_utils.report.claim_list import CLAIMS
from report_utils.report.claims import Evidence, TestedTransform
from report_utils.report.published import PUBLISHED
from report_utils.report.statistics import residual_statistics

if TYPE_CHECKING:
    import pandas as pd

NOT_PRINTED = "not printed"


def table_one(
    cross_validations: Mapping[str, TestedTransform],
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return Table 1 with our numbers beside the printed ones.

    Parameters
    ----------
    cross_validations : mapping of transform name to CrossValidation
    n_resamples, seed, confidence
        Of the bootstrap over halos.

    Returns
    -------
    pandas.DataFrame
        Indexed by transform, in the report's order; columns ``model``, ``channels``, ``printed_bias``,
        ``printed_scatter`` (NaN where the report prints none), and of ours ``bias``, ``bias_low``,
        ``bias_high``, ``scatter``, ``scatter_low``, ``scatter_high``, ``robust_scatter``, ``r_squared``,
        ``outlier_fraction`` (NaN where a transform was not run), ``n_clusters``, ``n_groups``. Biases and
        scatters in dex.
    """
    import pandas as pd

    records = {}
    for name, row in PUBLISHED.rows.items():
        record = {
            "model": row.model,
            "channels": row.channels,
            "printed_bias": row.bias,
            "printed_scatter": row.scatter,
        }
        tested = cross_validations.get(name)
        if tested is not None:
            ours = residual_statistics(
                tested.residuals,
                truth=tested.truth,
                groups=tested.group,
                n_resamples=n_resamples,
                seed=seed,
                confidence=confidence,
            )
            for quantity in ("bias", "scatter"):
                interval = getattr(ours, quantity)
                record |= {
                    quantity: interval.value,
                    f"{quantity}_low": interval.low,
                    f"{quantity}_high": interval.high,
                }
            record |= {
                name: getattr(ours, name)
                for name in ("robust_scatter", "r_squared", "outlier_fraction", "n_clusters", "n_groups")
            }
        records[name] = record
    frame = pd.DataFrame.from_dict(records, orient="index")
    numbers = frame.columns.difference(["model", "channels"])
    frame[numbers] = frame[numbers].astype(float)
    frame.index.name = "transform"
    return frame


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")


def _number(value: float | None, missing: str, *, signed: bool = False) -> str:
    if value is None or value != value:
        return missing
    return _signed(value) if signed else f"{value:.4f}"


def _printed(value: float | None) -> str:
    """Write a number as the report's table does: five decimals, and nothing before the point."""
    if value is None or value != value:
        return NOT_PRINTED
    return f"{value:.5f}".replace("0.", ".", 1).replace("-", "−")


def _with_interval(row: pd.Series, quantity: str, *, signed: bool = False, bold: bool = False) -> str:
    """Write a value and its interval, which may part in a narrow column but does not break inside."""
    if row.get(quantity) is None or row[quantity] != row[quantity]:
        return "not run"
    low, high = (_number(row[f"{quantity}_{end}"], "", signed=signed) for end in ("low", "high"))
    value = _number(row[quantity], "", signed=signed)
    return f"{_in_bold(value, bold)} [{low},\u00a0{high}]"


def _in_bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]], align: str) -> str:
    """Write a Markdown table; ``align`` holds ``l`` or ``r`` for each column."""
    lines = [
        list(header),
        [":---" if side == "l" else "---:" for side in align],
        *(list(row) for row in rows),
    ]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _smallest(table: pd.DataFrame, column: str) -> str | None:
    """Return the row of a column's number nearest to 0; one row alone is not the best of anything."""
    if len(table) < 2 or column not in table or table[column].isna().all():
        return None
    return table[column].abs().idxmin()


def table_one_markdown(table: pd.DataFrame, *, links: Mapping[str, str] | None = None) -> str:
    """Write :func:`table_one` as a Markdown table, the smallest biases and scatters of either side in bold.

    Parameters
    ----------
    table : pandas.DataFrame
    links : mapping of transform name to address, optional
        Pages that the rows link to.
    """
    links = links or {}
    columns = ("printed_bias", "bias", "printed_scatter", "scatter")
    best = {column: _smallest(table, column) for column in columns}
    rows = []
    for name, row in table.iterrows():
        rows.append(
            [
                f"[{row['model']}]({links[name]})" if name in links else row["model"],
                row["channels"],
                _in_bold(_printed(row["printed_bias"]), name == best["printed_bias"]),
                _with_interval(row, "bias", signed=True, bold=name == best["bias"]),
                _in_bold(_printed(row["printed_scatter"]), name == best["printed_scatter"]),
                _with_interval(row, "scatter", bold=name == best["scatter"]),
            ]
        )
    header = ["Model", "Channels [keV]", "Bias, printed", "Bias, here", "Std dev, printed", "Std dev, here"]
    return markdown_table(header, rows, "llrrrr")


def claims_table(evidence: Mapping[str, Evidence]) -> pd.DataFrame:
    """Return one row for each measured part of each claim.

    Returns
    -------
    pandas.DataFrame
        Columns ``claim``, ``part``, ``value``, ``low``, ``high``, ``part_verdict``, ``verdict``, ``note``; a
        claim that could not be measured has one row without numbers.
    """
    import pandas as pd

    records = []
    for name, found in evidence.items():
        common = {"claim": name, "verdict": found.verdict, "note": found.note}
        if not found.parts:
            records.append(common)
        for part in found.parts:
            measured = part.measured
            records.append(
                common
                | {
                    "part": part.label,
                    "value": measured.value,
                    "low": measured.low,
                    "high": measured.high,
                    "part_verdict": part.verdict,
                }
            )
    columns = ["claim", "part", "value", "low", "high", "part_verdict", "verdict", "note"]
    return pd.DataFrame.from_records(records).reindex(columns=columns)


def claims_summary_markdown(evidence: Mapping[str, Evidence]) -> str:
    """Write one line for each claim: what, where in the report, verdict."""
    rows = [[claim.statement, claim.where, f"**{evidence[claim.name].verdict}**"] for claim in CLAIMS]
    return markdown_table(["Claim", "In the report", "Here"], rows, "lll")


def evidence_markdown(found: Evidence) -> str:
    """Write what was measured for one claim, its parts as a table."""
    lines = []
    if found.parts:
        rows = [[part.label, f"{part.measured:.3f}", part.verdict] for part in found.parts]
        lines.append(markdown_table(["Measured", "Value [95 % interval]", "Verdict"], rows, "lrl"))
    if found.note:
        lines.append(f"{found.note[0].upper()}{found.note[1:]}.")
    return "\n\n".join(lines)
