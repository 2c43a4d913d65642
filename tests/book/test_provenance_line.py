"""One line below each title says which profile, observations, folds and seeds a page shows."""

from __future__ import annotations

import json

import pytest

from report_utils.book.kept_pages import NO_READS, Today
from report_utils.book.pages import Page
from report_utils.book.provenance_line import provenance_line, with_line
from report_utils.reproduction.one_profile import Reproduction
from report_utils.runs.ownership import METADATA
from report_utils.runs.store import Store
from tests.profile_files import write_profile

PAGE = Page("index", "index")
DATA = {"data/tiny": "d"}
FITS = {f"fit/tiny/single_band/fold-{fold}-seed-0": "d" for fold in range(2)}
MORE = {"fit/tiny/single_band/fold-0-seed-1": "d"}


@pytest.fixture
def reproduction(tmp_path):
    return Reproduction(write_profile(tmp_path / "tiny.toml"), Store(tmp_path / "runs"))


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (DATA, "20 simulated observations of 16 × 16 pixels, seed 5, no trained network on this page."),
        (DATA | FITS, "16 pixels, 2 of 10 folds, seed 5, 1 training seed; runs of this build."),
        (DATA | FITS | MORE, "2 training seeds; runs of this build."),
        (DATA | dict.fromkeys(FITS), "no trained network on this page."),  # asked for, and not there
    ],
)
def test_the_line_says_what_the_page_read(reproduction, runs, said):
    inputs = Today(reproduction).inputs(PAGE) | {"runs": runs}
    line = provenance_line(inputs, reproduction)
    assert line.startswith("*Profile `tiny`: ")
    assert said in line
    assert line.endswith("[How these numbers are made](../how-these-numbers-are-made.md).*")


def test_it_stands_below_the_title(reproduction):
    inputs = Today(reproduction).inputs(PAGE, {**NO_READS, "runs": {}})
    cell = {"cell_type": "markdown", "source": ["# A title\n", "\n", "Text."]}
    text = json.dumps({"cells": [cell], "metadata": {METADATA: {"inputs": inputs}}})
    source = "".join(json.loads(with_line(text, reproduction))["cells"][0]["source"])
    assert source.startswith("# A title\n\n*Profile `tiny`")
    assert source.endswith(".*\n\nText.")
