"""What benchmarks have measured: their results as files, whether goals hold, and how a result compares with an earlier.

Times of a shared machine are only comparable within one run, so whatever has a peer is judged and compared by the
ratio to it, of rounds in which both take turns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, computed_field

from report_utils.errors import InputError
from report_utils.files.disk import write_text
from report_utils.profiles import project_root

MOST_KEPT = 3
"""How many results of a benchmark are kept, the newest included."""

SMALLEST_LOSS = 1.10
"""A result that is worse by less is not called a loss, however small its spread: machines differ by as much."""

_STANDARD_ERRORS = 3.0
_FEWEST_ROUNDS = 3
_OF_ANY_MACHINE = {"MB", "exponent"}
"""Units that can be compared without a peer."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantity(_Record):
    """A number measured several times: its median and quartiles."""

    median: float
    low: float
    high: float
    n: int = 1

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Quantity:
        """Return the median and the quartiles of some rounds, to four digits."""
        low, median, high = (float(f"{v:.4g}") for v in np.percentile(values, [25, 50, 75]))
        return cls(median=median, low=low, high=high, n=len(values))

    @property
    def log_error(self) -> float:
        """Return the standard error of the median's logarithm, were the rounds normal and independent."""
        if not 0 < self.low <= self.high:
            return math.inf
        return 1.253 / math.sqrt(self.n) * math.log(self.high / self.low) / 1.349


class Measurement(_Record):
    """One figure of a benchmark.

    Parameters
    ----------
    name : str
        By which later results find it, such as ``"binning/6500000"``.
    title : str
        What is measured, in words.
    unit : str
        Of ``ours`` and ``peers``.
    ours : Quantity
    peers : dict of str to Quantity
        What else does the same, by name, in the same rounds.
    ratio : Quantity, optional
        Round by round; ``ratio_is`` says of what.
    judged : {"ratio", "ours"}
        Which of the two the goal is for.
    better : {"more", "less"}
        Which direction of what is judged is the better one.
    goal : float, optional
        The least or the most that is wanted of it.
    points : list of (float, float)
        A curve, where the number was fitted to one; ``points_are`` names its axes.
    note : str
    """

    name: str
    title: str
    unit: str
    ours: Quantity
    peers: dict[str, Quantity] = {}
    ratio: Quantity | None = None
    ratio_is: str = ""
    judged: Literal["ratio", "ours"] = "ratio"
    better: Literal["more", "less"] = "more"
    goal: float | None = None
    points: list[tuple[float, float]] = []
    points_are: tuple[str, str] = ("", "")
    note: str = ""

    @property
    def value(self) -> Quantity:
        """Return what the goal is for."""
        return self.ratio if self.judged == "ratio" and self.ratio is not None else self.ours

    @computed_field
    @property
    def holds(self) -> bool | None:
        """Tell whether the goal holds, or nothing where there is none."""
        if self.goal is None:
            return None
        return self.value.median >= self.goal if self.better == "more" else self.value.median <= self.goal


class BenchmarkResult(_Record):
    """One run of a benchmark, with where and when it was made."""

    benchmark: str
    date: str
    commit: str | None
    uncommitted: bool | None
    processor: str
    n_cores: int
    load: tuple[float, float]
    seconds: float
    versions: dict[str, str]
    measurements: list[Measurement]

    def named(self, name: str) -> Measurement | None:
        """Return the measurement of a name, if there is one."""
        return next((one for one in self.measurements if one.name == name), None)


@dataclass(frozen=True)
class Change:
    """A measurement beside an earlier one of the same name.

    Parameters
    ----------
    name, title : str
    before, after : float
        Ratios to the peer where there is one.
    worse_by : float
        Factor; below 1 where it is better.
    tolerance : float
        Factor that the spread of the rounds of both explains.
    """

    name: str
    title: str
    before: float
    after: float
    worse_by: float
    tolerance: float

    @property
    def is_loss(self) -> bool:
        """Tell whether it is worse by more than the spread of the rounds explains."""
        return self.worse_by > self.tolerance


def compare(result: BenchmarkResult, earlier: BenchmarkResult) -> list[Change]:
    """Return how each measurement that both results have has changed.

    Ratios are compared, and memory and exponents themselves; not what has too few rounds for a spread. The tolerance is
    three standard errors of the quotient of the two medians, and ten per cent at least.
    """
    changes = []
    for after in result.measurements:
        before = earlier.named(after.name)
        if before is None:
            continue
        one, other = (m.ours if m.ratio is None else m.ratio for m in (before, after))
        enough = min(one.n, other.n) >= _FEWEST_ROUNDS
        judged = enough if after.ratio is not None else after.unit in _OF_ANY_MACHINE
        if not judged or min(one.median, other.median) <= 0:
            continue
        factor = one.median / other.median if after.better == "more" else other.median / one.median
        error = math.hypot(*(q.log_error for q in (one, other)))
        tolerance = max(SMALLEST_LOSS, math.exp(min(_STANDARD_ERRORS * error, 20.0)))
        changes.append(Change(after.name, after.title, one.median, other.median, factor, tolerance))
    return changes


def results_of_benchmarks() -> Path:
    """Return the folder of the committed results."""
    return project_root() / "benchmarks" / "results"


def read_results(path: Path) -> list[BenchmarkResult]:
    """Return the results of one benchmark, the oldest first.

    Raises
    ------
    InputError
        If the file holds something else.
    """
    if not path.is_file():
        return []
    try:
        return [BenchmarkResult.model_validate(_without_derived(one)) for one in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError, AttributeError, KeyError, ValidationError) as error:
        msg = f"{path}: these are no results of a benchmark ({type(error).__name__}); remove the file and measure again"
        raise InputError(msg) from None


def _without_derived(result: dict) -> dict:
    kept = [{name: v for name, v in one.items() if name != "holds"} for one in result["measurements"]]
    return result | {"measurements": kept}


def read_all(folder: Path | None = None) -> dict[str, list[BenchmarkResult]]:
    """Return the results of all benchmarks by name, each the oldest first."""
    paths = sorted((folder or results_of_benchmarks()).glob("bench_*.json"))
    return {path.stem: read_results(path) for path in paths}


def add_result(result: BenchmarkResult, folder: Path | None = None) -> Path:
    """Keep a result after the earlier ones of its benchmark, and forget the oldest."""
    path = (folder or results_of_benchmarks()) / f"{result.benchmark}.json"
    kept = [*read_results(path), result][-MOST_KEPT:]
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ",\n".join(one.model_dump_json(exclude_defaults=True) for one in kept)
    write_text(path, json.dumps(json.loads(f"[{text}]"), indent=1, ensure_ascii=False) + "\n")
    return path


def keep_table(name: str, columns: Sequence[str], rows: Sequence[Sequence[str]], provenance: str, **more: Any) -> None:
    """Keep a table of what was measured for the page *Performance*, with where it comes from.

    Parameters
    ----------
    name : str
        Of its file.
    columns, rows, provenance
        As the page shows them.
    **more
        Plain values that are kept besides.
    """
    kept = {"columns": columns, "rows": rows, "provenance": provenance, **more}
    write_text(results_of_benchmarks() / f"{name}.json", json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def previous_of(results: Sequence[BenchmarkResult]) -> BenchmarkResult | None:
    """Return the result to compare the newest with: the last before it on the same processor and number of cores."""
    *earlier, newest = results
    same = [one for one in earlier if (one.processor, one.n_cores) == (newest.processor, newest.n_cores)]
    return same[-1] if same else None
