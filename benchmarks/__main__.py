"""Run benchmarks, one after the other, and keep their results: ``python -m benchmarks [NAME ...] [--dry-run]``."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.records import RESULTS, BenchmarkResult, Measurement, add_result, read_results
from report_utils.runs import manifests
from report_utils.runs.code_digest import package_version

HERE = Path(__file__).parent
_PEERS = ("scipy", "astropy", "pyarrow", "pandas", "boost-histogram", "fast-histogram", "sphinx", "jupyter-book")


def main() -> None:
    names = sorted(path.stem for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all without any")
    parser.add_argument("--dry-run", action="store_true", help="measure and show, and keep nothing")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)  # in the process of one benchmark
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; choose of {', '.join(names)}")
    if options.alone:
        sys.exit(measure_and_report(options.names[0], keep=not options.dry_run))
    flags = ["--alone", *(["--dry-run"] if options.dry_run else [])]
    failed = [
        name
        for name in options.names
        or names  # each in a process of its own: it may size thread pools, and its memory is its own
        if subprocess.run([sys.executable, "-m", "benchmarks", name, *flags], check=False).returncode
    ]
    if failed:
        print(f"\nlosses or failures in {', '.join(failed)}: see above")
    sys.exit(1 if failed else 0)


def measure_and_report(name: str, *, keep: bool) -> int:
    """Measure one benchmark, keep the result and print it beside the previous one; return 1 where there is a loss."""
    print(f"\n== {name}", flush=True)
    began, load = time.perf_counter(), os.getloadavg()[0]
    measurements: list[Measurement] = importlib.import_module(f"benchmarks.{name}").measure()
    source = manifests.source()
    result = BenchmarkResult(
        benchmark=name,
        date=datetime.now(UTC).isoformat(timespec="minutes"),
        commit=source["commit"],
        uncommitted=source["uncommitted"],
        processor=manifests.processor(),
        n_cores=os.cpu_count() or 1,
        load=(round(load, 1), round(os.getloadavg()[0], 1)),
        seconds=round(time.perf_counter() - began, 1),
        versions=manifests.versions() | {peer: package_version(peer) for peer in _PEERS},
        measurements=measurements,
    )
    result = result.beside(read_results(RESULTS / f"{name}.json"))
    for one in measurements:
        print(line(one))
    if keep:
        print(f"kept in {add_result(result)}")
    print(f"{result.seconds:.0f} s, load {result.load[0]} before and {result.load[1]} after")
    if result.compared_with is None:
        print("nothing to compare with: no earlier result of this processor")
        return 0
    losses = [change for change in result.changes if change.verdict == "loss"]
    for change in losses:
        print(
            f"LOSS {change.title}: {change.before:g} -> {change.after:g}, worse by {change.worse_by:.2f} "
            f"(spread of the rounds: {change.tolerance:.2f})"
        )
    print(f"against {result.compared_with}: {len(result.changes)} compared, {len(losses)} losses")
    return 1 if losses else 0


def line(one: Measurement) -> str:
    """Return a measurement as a line of text."""
    peers = ", ".join(f"{name} {value.median:g}" for name, value in one.peers.items())
    text = f"{one.title:<58.58} {one.ours.median:>9.4g} {one.unit}"
    if peers:
        text += f" ({peers})"
    if one.ratio is not None:
        text += f"; {one.ratio_is}: {one.ratio.median:.3g} [{one.ratio.low:.3g}, {one.ratio.high:.3g}]"
    if one.goal is not None:
        wanted = "at least" if one.better == "more" else "at most"
        text += f"; {wanted} {one.goal:g}: {'holds' if one.holds else 'does not hold'}"
    return text


if __name__ == "__main__":
    main()
