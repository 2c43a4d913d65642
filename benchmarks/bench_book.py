"""A build of the book with nothing to do, against bare Sphinx with nothing to do, and with one edited section.

In a copy of the working tree, at the ``smoke`` profile; its runs are those of this checkout (or of REPORT_RUNS), and
are computed first where they are missing. Bare Sphinx renders the same executed pages with the same configuration, but
without this project's extension and without Jupyter Book's command around it.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import alternate, cost, program, run, shares
from benchmarks.records import Measurement
from report_utils.profiles import project_root
from report_utils.runs.store import Store

ROUNDS, EDITS = 3, 1
SPHINX = "bare Sphinx"
EXTENSION = "    - report_utils.book.sphinx_ext\n"


def measure() -> list[Measurement]:
    environment = {"REPORT_PROFILE": "smoke", "REPORT_RUNS": str(Store().root.resolve())}
    with tempfile.TemporaryDirectory() as name:
        book, bare = Path(name) / "book", Path(name) / "bare"
        copy_working_tree(book)
        environment["PYTHONPATH"] = str(book / "src")
        ours = [program("report-utils"), "build", "--profile", "smoke"]
        plain = [program("jupyter-book"), "build", "book", "-q"]
        run(ours, environment, book)
        copy_for_sphinx(book, bare)
        sphinx = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "book", "out"]
        run([program("jupyter-book"), "config", "sphinx", "book"], environment, bare)
        run(sphinx, environment, bare)
        seconds = alternate(
            {
                "ours": lambda: run(ours, environment, book),
                "jupyter-book build book/": lambda: run(plain, environment, book),
                SPHINX: lambda: run(sphinx, environment, bare),
            },
            ROUNDS,
        )
        steps = steps_of_nothing(ours, environment, book)
        edited = [edit(book, number, ours, environment) for number in range(EDITS)]
    pairs = {"ours": seconds["ours"], SPHINX: seconds[SPHINX]}
    plain_pairs = {"ours": seconds["jupyter-book build book/"], SPHINX: seconds[SPHINX]}
    edits = {"ours": np.array(edited), SPHINX: np.full(EDITS, np.median(seconds[SPHINX]))}
    return [
        cost("book/nothing", "report-utils build with nothing to do", pairs, SPHINX, goal=1.3),
        cost("book/nothing-plain", "jupyter-book build book/ with nothing to do", plain_pairs, SPHINX, goal=1.3),
        cost("book/edited", "One edited section", edits, SPHINX, note="its page run, all pages rendered"),
        *shares("book/step", "A build with nothing to do, share", steps),
    ]


def steps_of_nothing(command: list[str], environment: dict[str, str], book: Path) -> dict[str, float]:
    """Return the seconds of the parts of a build with nothing to do, as it says itself, and of what comes before."""
    begin = time.perf_counter()
    said = run(command, environment, book)
    total = time.perf_counter() - begin
    parts = said_seconds(said)
    assert {"observations", "training", "pages", "rendering"} <= parts.keys(), said
    words = {"training": "no run missing", "pages": "no page stale", "rendering": "nothing to render"}
    return {words.get(n, n): s for n, s in parts.items()} | {"start and imports": total - sum(parts.values())}


def said_seconds(said: str) -> dict[str, float]:
    """Return the seconds that a build says of each of its parts."""
    return {name: float(seconds) for name, seconds in re.findall(r"^  (\w+) +([\d.]+) s$", said, re.MULTILINE)}


def copy_working_tree(target: Path) -> None:
    root = project_root()
    listed = run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    for path in filter(None, listed.split("\0")):
        source, copied = root / path, target / path
        if source.is_file() or source.is_symlink():
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copied, follow_symlinks=False)


def copy_for_sphinx(book: Path, bare: Path) -> None:
    shutil.copytree(book, bare, symlinks=True, ignore=shutil.ignore_patterns("_build"))
    text = (bare / "_config.yml").read_text(encoding="utf-8")
    assert EXTENSION in text
    # jupyter-book translates a configuration that lies beside the pages
    (bare / "book" / "_config.yml").write_text(text.replace(EXTENSION, ""), encoding="utf-8")
    (bare / "book" / "_toc.yml").unlink()
    shutil.copy2(bare / "_toc.yml", bare / "book" / "_toc.yml")


def edit(book: Path, number: int, command: list[str], environment: dict[str, str]) -> float:
    """Add a sentence to a section, and return how long the next build takes [s]."""
    with (book / "notebooks" / "2-data.py").open("a", encoding="utf-8") as file:
        file.write(f"\n# %% [markdown]\n# Edited for the {number + 1}. time.\n")
    begin = time.perf_counter()
    run(command, environment, book)
    return time.perf_counter() - begin
