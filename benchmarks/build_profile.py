"""Where a build with nothing to do spends its time, with what it keeps and without.

Usage: ``python -m benchmarks.build_profile``

In a copy of the working tree with the ``smoke`` book built. *Without*, every page's sources are read and analysed anew,
and Sphinx is started to find that nothing is outdated; *with*, what is known of sources is kept from build to build,
each module is read once, and the rendered book is known by its digest. What is kept is a table that the book shows.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.bench_book import copy_working_tree
from benchmarks.measuring import in_a_process, program, run, seconds_of_ended, where_and_when
from benchmarks.records import keep_table
from report_utils.runs.store import Store

ROUNDS = 5
_CODE = """
import os, time
os.chdir(os.environ["BOOK"])
clock = time.process_time
begin = clock()
from report_utils.book.build import book_pages, fresh_version, open_reproduction
from report_utils.book.kept_pages import Today
from report_utils.book.rendered import is_rendered
from report_utils.profiles import project_root
out["imports"] = clock() - begin
one, root = open_reproduction("smoke"), project_root()
begin = clock()
fresh = [fresh_version(page, Today(one)) for page in book_pages()]
out["records"] = clock() - begin
begin = clock()
assert is_rendered(root)
out["rendered"] = clock() - begin
"""


def measured(book: Path, environment: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Return the processor seconds of each part, without and with what is kept."""
    plain = [program("jupyter-book"), "build", "book", "-q"]
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for kept in ("", "1"):
            parts = in_a_process(_CODE, environment | {"KEPT": kept, "BOOK": str(book)})
            for name in ("imports", "records", "rendered"):
                found.setdefault(name + kept, []).append(parts[name])
        before = seconds_of_ended()
        run(plain, environment, book)
        found.setdefault("sphinx", []).append(seconds_of_ended() - before)
    median = {name: float(np.median(seconds)) for name, seconds in found.items()}
    ours_in_sphinx = median["imports1"] + median["records1"]
    return {
        "Imports": (median["imports"], median["imports1"]),
        "What each page is made from": (median["records"], median["records1"]),
        "Jupyter Book and Sphinx start, and find nothing outdated": (median["sphinx"] - ours_in_sphinx, 0.0),
        "Is the book rendered already?": (0.0, median["rendered1"]),
    }


def main() -> None:
    environment = {"REPORT_PROFILE": "smoke", "REPORT_RUNS": str(Store().root.resolve())}
    with tempfile.TemporaryDirectory() as name:
        book = Path(name) / "book"
        copy_working_tree(book)
        environment["PYTHONPATH"] = str(book / "src")
        run([program("report-utils"), "build", "--profile", "smoke"], environment, book)
        parts = measured(book, environment)
    parts["Together"] = tuple(np.sum(list(parts.values()), axis=0))
    rows = [[name, *(f"{value:.2f}" if value else "none" for value in values)] for name, values in parts.items()]
    for row in rows:
        print(*row, sep="\t")
    told = f"Processor seconds, medians of {ROUNDS}, profile smoke; {where_and_when()}."
    keep_table("build_profile", ["Part of a build with nothing to do", "Without [s]", "With [s]"], rows, told)


if __name__ == "__main__":
    main()
