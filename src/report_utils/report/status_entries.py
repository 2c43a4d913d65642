"""The entries of the reproduction status: figures, Table 1 and claims, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from report_utils.report.claim_list import CLAIMS
from report_utils.report.claims import NOT_TRAINED, Claim, Evidence
from report_utils.report.intervals import Interval
from report_utils.report.published import PUBLISHED
from report_utils.report.sentences import is_reports_protocol
from report_utils.report.status import (
    CLAIM,
    FIGURES,
    NOT_AVAILABLE,
    NOT_COMPARABLE,
    NOT_PRINTED,
    OF_BIAS,
    OF_SCATTER,
    SHOWN,
    TABLE,
    Entry,
    Tolerance,
    digests,
    judge_bias,
    judge_scatter,
    printed_row_names,
)
from report_utils.report.status_numbers import number_entries

if TYPE_CHECKING:
    import pandas as pd

    from report_utils.reproduction.one_profile import Reproduction

FIGURE_PAGES: Mapping[int, tuple[str, str]] = {
    1: ("events in an observation", "2-data#fig-1"),
    2: ("masses", "2-data#fig-2"),
    3: ("single-band images", "3-1-images#fig-3"),
    4: ("images of the four bands", "3-1-images#fig-4"),
    5: ("images with bright pixels emptied", "3-1-images#fig-5"),
    6: ("the network's summary", "3-2-network"),
    7: ("the network drawn", "3-2-network#fig-7"),
    8: ("rotations and flips", "3-2-network#fig-8"),
    9: ("residuals and predictions", "3-3-results#fig-9"),
    10: ("the dynamics", "4-1-dynamics-multi-band#fig-10-4-1-dynamics-multi-band"),
    11: ("two dynamics side by side", "4-2-comparison#fig-11"),
}
"""What each figure of the report shows, and the page and figure that rebuild it."""


def reproduction_status(
    reproduction: Reproduction, table: pd.DataFrame, evidence: Mapping[str, Evidence]
) -> list[Entry]:
    """Return the status of all that the report shows, prints and claims.

    Parameters
    ----------
    reproduction : Reproduction
    table : pandas.DataFrame
        Of :func:`report_utils.report.tables.table_one`.
    evidence : mapping of claim name to Evidence
        Of :func:`report_utils.report.claim_list.judge_claims`.
    """
    return [
        *_figures(reproduction),
        *_table(reproduction, table),
        *number_entries(reproduction),
        *_claims(reproduction, evidence),
    ]


def _figures(reproduction: Reproduction) -> list[Entry]:
    data = (reproduction.data_key.digest,)
    runs = dict.fromkeys((1, 2, 3, 4, 5, 8), data)
    runs[9] = digests(reproduction.runs(reproduction.transforms))
    runs[10] = digests(reproduction.runs(dynamics=["multi_band_4"]))
    entries = []
    for number, (what, page) in FIGURE_PAGES.items():
        available = _can_be_drawn(number, reproduction)
        if number == 11 and available:
            runs[11] = digests(reproduction.runs(dynamics=reproduction.dynamics_transforms))
        entries.append(
            Entry(
                FIGURES,
                f"Figure {number}: {what}",
                f"Figure {number}",
                "",
                "drawn of our data" if available else "none to draw it of",
                SHOWN if available else NOT_AVAILABLE,
                page=page if available else page.split("#")[0],
                runs=runs.get(number, ()),
            )
        )
    return entries


def _can_be_drawn(number: int, reproduction: Reproduction) -> bool:
    """Tell whether there is what a figure of the report shows: an archive or committed results may not have it all."""
    needed = {10: {"multi_band_4"}, 11: {"multi_band_4", "agn_less_4"}}.get(number, set())
    return needed <= set(reproduction.dynamics_transforms)


def _table(reproduction: Reproduction, table: pd.DataFrame) -> list[Entry]:
    comparable = is_reports_protocol(reproduction.profile, len(reproduction.catalogue))
    entries = []
    for name, row in PUBLISHED.rows.items():
        ours = table.loc[name]
        tested = name in reproduction.transforms
        runs = digests(reproduction.runs([name])) if tested else ()
        for quantity, printed, tolerance in (
            ("bias", row.bias, OF_BIAS),
            ("standard deviation", row.scatter, OF_SCATTER),
        ):
            column = "bias" if quantity == "bias" else "scatter"
            measured = None
            if tested and not ours["untrained"]:
                ends = (ours[column], ours[f"{column}_low"], ours[f"{column}_high"])
                measured = Interval(*map(float, ends), n_seeds=int(ours["n_seeds"]))
            if measured is None:
                verdict = NOT_TRAINED if tested else NOT_AVAILABLE
            elif printed is None:
                verdict = NOT_PRINTED
            elif not comparable:
                verdict = NOT_COMPARABLE
            elif column == "bias":
                verdict = judge_bias(measured, printed, row.scatter)
            else:
                verdict = judge_scatter(measured, printed)
            entries.append(
                Entry(
                    TABLE,
                    f"{printed_row_names()[name]}: {quantity}",
                    row.where,
                    NOT_PRINTED if printed is None else f"{printed:.5f}",
                    "" if measured is None else f"{measured:.4f}",
                    verdict,
                    tolerance,
                    f"3-3-{name.replace('_', '-')}",
                    runs,
                    printed,
                    measured,
                )
            )
    return [*entries, _best_of_the_text(next(e for e in entries if e.name == _name_of_best()), comparable=comparable)]


def _name_of_best() -> str:
    return f"{printed_row_names()[PUBLISHED.best_row.transform]}: standard deviation"


def _best_of_the_text(best: Entry, *, comparable: bool) -> Entry:
    """Compare the row that is the report's best with what its text prints for it, which is not what its table does."""
    printed, measured = PUBLISHED.best_scatter_in_text, best.measured
    return replace(
        best,
        name="the best row, as the text has it: standard deviation",
        where=printed.where,
        printed=f"{printed.value:.5f}",
        verdict=judge_scatter(measured, printed.value) if comparable and measured is not None else best.verdict,
        printed_value=printed.value,
    )


def _claims(reproduction: Reproduction, evidence: Mapping[str, Evidence]) -> list[Entry]:
    entries = []
    for claim in CLAIMS:
        found = evidence[claim.name]
        several = len(found.parts) > 1
        alone = found.parts[0].measured if len(found.parts) == 1 else None
        printed = claim.printed[0] if len(claim.printed) == 1 else None
        entries.append(
            Entry(
                CLAIM,
                claim.statement,
                claim.where,
                "" if several else NOT_PRINTED if printed is None else f"{printed:.3f}",
                "in parts" if several else f"{alone:.3f}" if alone else found.note,
                found.verdict,
                Tolerance(claim.threshold, claim.reason),
                "4-3-claims",
                digests(_runs_of(claim, reproduction)),
                printed,
                alone,
                found.parts if several else (),
            )
        )
    return entries


def _runs_of(claim: Claim, reproduction: Reproduction) -> Sequence:
    return reproduction.runs(
        filter(reproduction.available, claim.needs), filter(reproduction.available, claim.needs_dynamics)
    )
