"""Table 1, ours beside the printed one, and the claims: as a data frame, as Markdown for a page, and as files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from report_utils.binning import TRANSFORMS
from report_utils.cnn.untrained import WHAT_TO_TRY
from report_utils.report.claim_tests import Evidence
from report_utils.report.claims import CLAIMS
from report_utils.report.printed_numbers import PUBLISHED, table_row
from report_utils.report.resampling import N_RESAMPLES
from report_utils.report.seeds import CrossValidated, SeedPredictions, trained_only
from report_utils.report.statistics import describe_all

if TYPE_CHECKING:
    import pandas as pd

NOT_PRINTED = "not printed"
_WITH_INTERVAL = ("bias", "scatter", "slope")
_WITHOUT_INTERVAL = ("robust_scatter", "r_squared", "outlier_fraction", "n_clusters", "n_groups", "n_seeds")
_OURS = (*(f"{name}{end}" for name in _WITH_INTERVAL for end in ("", "_low", "_high")), *_WITHOUT_INTERVAL)


def table_one(
    cross_validations: Mapping[str, CrossValidated | Sequence[CrossValidated] | SeedPredictions],
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return Table 1 with our numbers beside the printed ones.

    Parameters
    ----------
    cross_validations : mapping of transform name to CrossValidation, or to those of several training seeds
    n_resamples, seed, confidence
        Of the bootstrap over halos and training seeds.

    Returns
    -------
    pandas.DataFrame
        Indexed by transform, in the report's order, with further ones at the end; columns ``model``, ``channels``,
        ``printed_bias``,
        ``printed_scatter`` (NaN where the report prints none), and of ours ``bias``, ``scatter`` and ``slope``, each
        also with ``_low`` and ``_high``, ``robust_scatter``, ``r_squared``, ``outlier_fraction`` (NaN where a
        transform was not run or did not train), ``n_clusters``, ``n_groups``, ``n_seeds``, and ``untrained``, the
        reason why a row that was run has no numbers. Biases and scatters in dex.
    """
    import pandas as pd

    tested = {name: SeedPredictions.of(runs) for name, runs in cross_validations.items() if name in TRANSFORMS}
    ours = describe_all(trained_only(tested), n_resamples=n_resamples, seed=seed, confidence=confidence)
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
    seeds = ["n_seeds"] if "n_seeds" in table else []
    text = table[columns + seeds].to_string(index=False, float_format=lambda value: f"{value:.5g}")
    dead = [f"{name} did not train: {reason}" for name, reason in table["untrained"].items() if reason]
    return "\n".join([text, *dead, *([f"What to try: {WHAT_TO_TRY}"] if dead else [])])


def table_one_csv(table: pd.DataFrame) -> str:
    """Write :func:`table_one` as CSV."""
    return table.to_csv(lineterminator="\n")


def table_one_json(table: pd.DataFrame, profile: str) -> str:
    """Write :func:`table_one` as JSON: ``{"profile": ..., "rows": [...]}``."""
    rows = json.loads(table.reset_index().to_json(orient="records"))
    return json.dumps({"profile": profile, "rows": rows}, indent=1, ensure_ascii=False) + "\n"


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
    """Write a value and its interval; a narrow column may break between them, but not inside the interval."""
    if row.get(quantity) is None or row[quantity] != row[quantity]:
        return _absent(row)
    low, high = (_number(row[f"{quantity}_{end}"], "", signed=signed) for end in ("low", "high"))
    value = _number(row[quantity], "", signed=signed)
    return f"{_in_bold(value, bold)} [{low},\u00a0{high}]"


def _absent(row: pd.Series) -> str:
    """Say why a row has no numbers of ours."""
    return "not trained" if row.get("untrained") else "not run"


def _in_bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]], align: str) -> str:
    """Write cells as a Markdown table; ``align`` holds ``l`` or ``r`` for each column."""
    import pandas as pd

    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    sides = ["left" if side == "l" else "right" for side in align]
    frame = pd.DataFrame(cells, columns=list(header))
    return frame.to_markdown(index=False, disable_numparse=True, colalign=sides if cells else None)


def _smallest(table: pd.DataFrame, column: str) -> str | None:
    """Return the row whose number is nearest to 0; None for a single row, which cannot be the best."""
    if len(table) < 2 or column not in table or table[column].isna().all():
        return None
    return table[column].abs().idxmin()


def table_one_markdown(table: pd.DataFrame, *, links: Mapping[str, str] | None = None) -> str:
    """Write :func:`table_one` as a Markdown table, with the smallest printed and own biases and scatters in bold.

    Where a row has several training seeds, a last column counts them.

    Parameters
    ----------
    table : pandas.DataFrame
    links : mapping of transform name to address, optional
        Pages that the rows link to.
    """
    links = links or {}
    columns = ("printed_bias", "bias", "printed_scatter", "scatter")
    best = {column: _smallest(table, column) for column in columns}
    has_seeds = "n_seeds" in table and bool((table["n_seeds"] > 1).any())
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
        if has_seeds:
            rows[-1].append("" if row["n_seeds"] != row["n_seeds"] else f"{row['n_seeds']:.0f}")
    header = ["Model", "Channels [keV]", "Bias, printed", "Bias, here", "Std dev, printed", "Std dev, here"]
    return markdown_table([*header, "Seeds"] if has_seeds else header, rows, "llrrrr" + "r" * has_seeds)


def shape_markdown(table: pd.DataFrame) -> str:
    """Write the shape of each row's errors in :func:`table_one` as a Markdown table."""
    rows = []
    for _, row in table.iterrows():
        said = [_with_interval(row, "slope", signed=True)]
        for column, spec in (("robust_scatter", ".4f"), ("outlier_fraction", ".1%"), ("r_squared", ".3f")):
            number = row.get(column)
            said.append(_absent(row) if number is None or number != number else f"{number:{spec}}".replace("-", "−"))
        rows.append([row["model"], row["channels"], *said])
    header = ["Model", "Channels [keV]", "Slope", "Robust scatter [dex]", "Outliers", "R²"]
    return markdown_table(header, rows, "llrrrr")


def claims_summary_markdown(evidence: Mapping[str, Evidence]) -> str:
    """Write one line for each claim: what, where in the report, verdict."""
    rows = [[claim.statement, claim.where, f"**{evidence[claim.name].verdict}**"] for claim in CLAIMS]
    return markdown_table(["Claim", "In the report", "Here"], rows, "lll")


def evidence_markdown(found: Evidence) -> str:
    """Write what was measured for one claim, its parts as a table."""
    lines = []
    if found.parts:
        header, rows = ["Measured", "Here [95% interval]", "Verdict"], []
        prints = any(part.printed is not None for part in found.parts)
        for part in found.parts:
            rows.append([part.label, f"{part.measured:.3f}", part.verdict])
            if prints:
                rows[-1].insert(1, "" if part.printed is None else f"{part.printed:.3f}")
        if prints:
            header.insert(1, "From the printed numbers")
        lines.append(markdown_table(header, rows, "lrrl" if prints else "lrl"))
    if found.note:
        lines.append(f"{found.note[0].upper()}{found.note[1:]}.")
    return "\n\n".join(lines)
