"""What benchmarks measure, as plain JSON in ``results/``, and how a result compares with an earlier one.

Times on a shared machine can be compared only within one run. So whatever has a peer is judged, and compared with an
earlier result, by the ratio of the two in rounds in which both take turns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, computed_field

from report_utils.errors import InputError
from report_utils.files.disk import write_text

RESULTS = Path(__file__).parent / "results"
"""The committed results; the page *Performance* reads these files."""

MOST_KEPT = 3
"""How many results of a benchmark are kept, the newest included."""

SMALLEST_LOSS = 1.10
"""A smaller factor is not called a loss, however small the spread: machines differ by as much."""

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
        """Return the standard error of the median's logarithm, for normal and independent rounds."""
        if not 0 < self.low <= self.high:
            return math.inf
        return 1.253 / math.sqrt(self.n) * math.log(self.high / self.low) / 1.349


class Measurement(_Record):
    """One number of a benchmark."""

    name: str
    """Later results find it by this name, such as ``"binning/6500000"``."""
    title: str
    """What is measured, in words."""
    unit: str
    """Of ``ours`` and ``peers``."""
    ours: Quantity
    peers: dict[str, Quantity] = {}
    """Other programs that do the same, by name, in the same rounds."""
    ratio: Quantity | None = None
    """Round by round; ``ratio_is`` says of what."""
    ratio_is: str = ""
    judged: Literal["ratio", "ours"] = "ratio"
    """Which of the two the goal is for."""
    better: Literal["more", "less"] = "more"
    goal: float | None = None
    """The least or the most that is wanted."""
    points: list[tuple[float, float]] = []
    """A curve, where the number was fitted to one; ``points_are`` names its axes."""
    points_are: tuple[str, str] = ("", "")
    note: str = ""

    @computed_field
    @property
    def value(self) -> Quantity:
        """Return what the goal is for: the ratio, or ours."""
        return self.ratio if self.judged == "ratio" and self.ratio is not None else self.ours

    @computed_field
    @property
    def holds(self) -> bool | None:
        """Tell whether the goal holds; None without a goal."""
        if self.goal is None:
            return None
        return self.value.median >= self.goal if self.better == "more" else self.value.median <= self.goal


class Change(_Record):
    """A measurement beside an earlier one of the same name; of ratios to the peer where there is one."""

    name: str
    title: str
    before: float
    after: float
    worse_by: float
    """Factor; below 1 where it is better."""
    tolerance: float
    """Factor that the spread of the rounds of both explains."""

    @computed_field
    @property
    def verdict(self) -> Literal["loss", "gain", "same"]:
        """Tell whether it changed by more than the spread of the rounds explains."""
        if self.worse_by > self.tolerance:
            return "loss"
        return "gain" if 1 / self.worse_by > self.tolerance else "same"


class BenchmarkResult(_Record):
    """One run of a benchmark, with where and when it was made, and what has changed since the run before."""

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
    compared_with: str | None = None
    """Date of the earlier result."""
    changes: list[Change] = []

    def named(self, name: str) -> Measurement | None:
        """Return the measurement of this name, if there is one."""
        return next((one for one in self.measurements if one.name == name), None)

    def beside(self, earlier: Sequence[BenchmarkResult]) -> BenchmarkResult:
        """Return this result compared with the last earlier one of the same processor and number of cores."""
        same = [one for one in earlier if (one.processor, one.n_cores) == (self.processor, self.n_cores)]
        if not same:
            return self
        return self.model_copy(update={"compared_with": same[-1].date, "changes": compare(self, same[-1])})


def compare(result: BenchmarkResult, earlier: BenchmarkResult) -> list[Change]:
    """Return how each measurement that both results hold has changed.

    Ratios are compared; memory and exponents are compared as they are. What has too few rounds for a spread is not
    compared. The tolerance is three standard errors of the quotient of the two medians, and at least ten per cent.
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
        changes.append(
            Change(
                name=after.name,
                title=after.title,
                before=one.median,
                after=other.median,
                worse_by=float(f"{factor:.4g}"),
                tolerance=float(f"{tolerance:.4g}"),
            )
        )
    return changes


def read_results(path: Path) -> list[BenchmarkResult]:
    """Return the results of one benchmark, the oldest first."""
    if not path.is_file():
        return []
    try:
        return [BenchmarkResult.model_validate(_without_derived(one)) for one in json.loads(path.read_text("utf-8"))]
    except (ValueError, TypeError, AttributeError, KeyError, ValidationError) as error:
        msg = f"{path}: these are no results of a benchmark ({type(error).__name__}); remove the file and measure again"
        raise InputError(msg) from None


def _without_derived(result: dict) -> dict:
    """Return a result without the fields that follow from others."""
    derived = {"measurements": {"holds", "value"}, "changes": {"verdict"}}
    return result | {
        name: [{key: value for key, value in one.items() if key not in left_out} for one in result.get(name, [])]
        for name, left_out in derived.items()
    }


def add_result(result: BenchmarkResult, folder: Path = RESULTS) -> Path:
    """Keep a result after the earlier ones of its benchmark, and drop the oldest."""
    path = folder / f"{result.benchmark}.json"
    kept = [*read_results(path), result][-MOST_KEPT:]
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, [one.model_dump(mode="json") for one in kept])
    return path


def keep_table(
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    provenance: str,
    folder: Path = RESULTS,
    **more: Any,
) -> Path:
    """Keep a table, as the page *Performance* shows it, and more plain values in the file of this name."""
    path = folder / f"{name}.json"
    _write(path, {"columns": columns, "rows": rows, "provenance": provenance, **more})
    return path


def _write(path: Path, values: Any) -> None:
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n")
