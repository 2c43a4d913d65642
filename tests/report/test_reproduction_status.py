"""The status judges what can be judged, says why, and leads to the run and the page."""

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.report.judging import judge_claims
from tests.report.markdown import cells
from tests.report.test_printed_numbers import numbers as printed_numbers

from report_utils.binning import TRANSFORMS
from report_utils.book.pages import book_pages
from report_utils.profiles import load_profile
from report_utils.report.claims import CLAIMS, MARGIN_REASON, NEARLY_HALF_REASON, NOT_TRAINED
from report_utils.report.compared_numbers import EARLIER, NETWORK, NOT_COMPARABLE, NOT_OURS, PROTOCOL, SHOWN
from report_utils.report.intervals import AGREES, DIFFERS, HOLDS, UNDECIDED, Interval
from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.reproduction_status import (
    CLAIM,
    FIGURE_PAGES,
    FIGURES,
    KINDS,
    NOT_AVAILABLE,
    NOT_PRINTED,
    ORDER,
    SETTINGS,
    TABLE,
    StatusEntry,
    judge_bias,
    judge_scatter,
    reproduction_status,
)
from report_utils.report.status_tables import (
    page_link,
    status_csv,
    status_json,
    status_markdown,
    status_sentence,
    status_summary,
    status_text,
)
from report_utils.report.tables import table_one
from report_utils.runs.store import RunKey

PAGES = book_pages()

ROOT = Path(__file__).parents[2]
SHAPES = [(3, 3, 4, 16), (3, 3, 16, 32), (3, 3, 32, 64), (64, 200), (200, 100), (100, 20), (20, 1)]


class Stored:
    """A stored fit's weights, of the shapes that Figure 6 implies."""

    def __init__(self, shapes):
        self.arrays = [np.zeros(size, np.float32) for shape in shapes for size in (shape, shape[-1:])]

    def facts(self):
        facts = {"n_weights": len(self.arrays), "fold": 0, "history": {}, "target_variance": 0.06}
        return facts | {"input_mean": [0.0] * 4, "input_spread": 1.0}

    def array(self, name):
        return self.arrays[int(name.removeprefix("weight_"))] if name.startswith("weight_") else None


class StandIn:
    """What the status asks of a reproduction."""

    def __init__(self, profile, n, made_up_dynamics, *, agn_less=True, shapes=SHAPES):
        self.profile, self.agn_less, self.store, self.stored = load_profile(profile), agn_less, self, Stored(shapes)
        rng = np.random.default_rng(0)
        self.catalogue = pd.DataFrame(
            {
                "cluster_id": [f"c{row}" for row in range(n)],
                "log10_mass": rng.uniform(13.5, 14.5, n),
                "n_events": rng.integers(1000, 5_000_000, n),
            }
        )
        self.groups = np.array([f"halo-{row // 2}" for row in range(n)])
        self.data_key = RunKey("data", {"n": n})
        self.observations = SimpleNamespace(n_clusters=n)
        self.made_up_dynamics = made_up_dynamics

    @property
    def transforms(self):
        return tuple(filter(self.available, TRANSFORMS))

    @property
    def dynamics_transforms(self):
        return tuple(filter(self.available, ("multi_band_4", "agn_less_4")))

    def available(self, name):
        return self.agn_less or not name.startswith("agn_less")

    def fold_of(self):
        return np.arange(len(self.catalogue)) % 10

    def fit_key(self, name, fold):
        return RunKey(f"fit/{name}", {"name": name, "fold": fold})

    def runs(self, transforms=(), dynamics=()):
        fits = [self.fit_key(name, fold) for name in transforms for fold in range(2)]
        return fits + [RunKey(f"dynamics/{name}", {"dynamics": name}) for name in dynamics]

    def load(self, key):
        return self.stored

    def dynamics(self, name):
        epochs = self.profile.dynamics.epochs + 1
        made = self.made_up_dynamics(name, [0.12, 0.065, 0.063, 0.062], epochs=epochs)
        return type("D", (), {"phase": made.phase, "n_phases": 4, "predictions": made.predictions})()


@pytest.fixture(scope="module")
def judged(request):
    """A function that gives the status of a stand-in at a profile."""

    def make(profile, n, report_like, made_up_dynamics, **options):
        stand_in = StandIn(profile, n, made_up_dynamics, **options)
        results = {name: report_like[name] for name in stand_in.transforms}
        dynamics = {"multi_band_4": made_up_dynamics("multi_band_4", [0.12, 0.065, 0.063, 0.062])}
        table, evidence = table_one(results, n_resamples=300), judge_claims(results, dynamics, n_resamples=300)
        return reproduction_status(stand_in, table, evidence), evidence

    return make


@pytest.fixture
def quick(judged, report_like, made_up_dynamics):
    return judged("quick", 1200, report_like, made_up_dynamics)[0]


@pytest.fixture
def paper(judged, report_like, made_up_dynamics):
    return judged("paper", 3286, report_like, made_up_dynamics)[0]


def named(entries, name):
    return next(entry for entry in entries if entry.name.startswith(name))


def verdicts(entries, kind):
    return [entry.verdict for entry in entries if entry.kind == kind]


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.06, 0.058, 0.062), AGREES),
        ((0.06, 0.05, 0.062), UNDECIDED),
        ((0.09, 0.08, 0.1), DIFFERS),
        ((0.03, 0.02, 0.04), DIFFERS),
    ],
)
def test_scatters_agree_within_a_share(interval, verdict):
    assert judge_scatter(Interval(*interval), 0.06) == verdict


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.003, 0.001, 0.005), AGREES),
        ((-0.003, -0.005, -0.001), AGREES),
        ((0.003, -0.02, 0.02), UNDECIDED),
        ((0.03, 0.02, 0.04), DIFFERS),
        ((-0.03, -0.04, -0.02), DIFFERS),
        ((0.01, 0.005, 0.015), UNDECIDED),
    ],
)
def test_biases_agree_within_a_share_of_the_scatter(interval, verdict):
    """0.15 scatters of 0.06 are 0.009 to either side of 0.003."""
    assert judge_bias(Interval(*interval), 0.003, 0.06) == verdict


def test_everything_of_the_report_is_there(quick):
    assert [entry.kind for entry in quick] == sorted((e.kind for e in quick), key=KINDS.index)
    assert len(verdicts(quick, FIGURES)) == 11
    assert len(verdicts(quick, TABLE)) == 2 * len(PUBLISHED.rows) + 1
    assert [entry.name for entry in quick if entry.kind == CLAIM] == [claim.statement for claim in CLAIMS]
    assert len(verdicts(quick, NETWORK)) == len(PUBLISHED.layers) + 3
    assert {entry.kind for entry in quick} == set(KINDS)
    assert {entry.verdict for entry in quick} <= set(ORDER)


def test_what_did_not_train_has_a_verdict_of_its_own_and_no_number(report_like, made_up_dynamics):
    """One transform of all, then all of them: the rest of the status stands."""
    stand_in = StandIn("paper", 3286, made_up_dynamics)
    for dead in ({"multi_band_4"}, set(report_like)):
        results = {
            name: replace(run, predictions=np.full_like(run.predictions, 14)) if name in dead else run
            for name, run in report_like.items()
        }
        table = table_one(results, n_resamples=50)
        entries = reproduction_status(stand_in, table, judge_claims(results, n_resamples=50))
        of_dead = [entry for entry in entries if entry.kind == TABLE and entry.verdict == NOT_TRAINED]
        assert len(of_dead) == 2 * len(dead) + 1  # bias and scatter; the best row of all is printed twice
        assert {(entry.ours, entry.measured) for entry in of_dead} == {("", None)}
        assert f"{len(of_dead)} did not train" in status_summary(entries)
        assert set(verdicts(entries, CLAIM)) == {UNDECIDED} or len(dead) == 1


NOT_IN_THE_STATUS = {"histogram_limit"}
"""Figures here take it over."""


def test_every_printed_number_is_there(quick):
    """By its place in the report and its digits, but for those that nothing could be compared with."""
    for name, printed in printed_numbers(PUBLISHED):
        if isinstance(printed.value, str):
            continue
        value = printed.value if isinstance(printed.value, tuple) else (printed.value,)
        digits = [f"{part:,}".replace(",", "\u202f") if isinstance(part, int) else format(part, "g") for part in value]
        said = any(e.where == printed.where and all(d in e.printed + e.name for d in digits) for e in quick)
        assert said != (name in NOT_IN_THE_STATUS), name


def test_the_text_and_the_table_are_both_judged(judged, report_like, made_up, made_up_dynamics):
    """The report's best scatter is .05818 in its table and .06196 in its text."""
    near = report_like | {"multi_band_4": made_up("multi_band_4", 0.0545)}
    entries, _ = judged("paper", 3286, near, made_up_dynamics)
    of_table, of_text = (named(entries, n) for n in ("Multi-Band, 0-2.5, ..., 7.5+: standard", "the best row"))
    assert (of_table.printed, of_text.printed) == ("0.05818", "0.06196")
    assert of_table.measured == of_text.measured
    assert (of_table.verdict, of_text.verdict) == (AGREES, UNDECIDED)


def test_a_small_profile_is_not_judged_against_printed_numbers(quick, judged, report_like, made_up_dynamics):
    assert Counter(verdicts(quick, TABLE)) == {NOT_COMPARABLE: 23, NOT_PRINTED: 10}
    assert named(quick, "observations").verdict == NOT_COMPARABLE
    assert named(quick, "most events").verdict == NOT_COMPARABLE
    assert named(quick, "pixels").verdict == NOT_COMPARABLE
    assert named(quick, "epochs").verdict == NOT_COMPARABLE
    evidence = judged("quick", 1200, report_like, made_up_dynamics)[1]
    assert verdicts(quick, CLAIM) == [found.verdict for found in evidence.values()]


def test_what_does_not_depend_on_the_size_is_judged(quick):
    assert verdicts(quick, NETWORK) == [AGREES] * 14
    assert named(quick, "share with log10 mass").verdict == AGREES
    for name in ("channels", "ends of the bands", "threshold", "retained", "views", "phases", "epochs after"):
        assert named(quick, name).verdict == AGREES, name
    assert named(quick, "standard deviation").verdict == NOT_OURS
    assert named(quick, "optimiser").verdict == SHOWN


def test_another_network_differs_at_every_size(judged, report_like, made_up_dynamics):
    shapes = [(5, 5, 4, 16), *SHAPES[1:]]
    entries, _ = judged("quick", 1200, report_like, made_up_dynamics, shapes=shapes)
    assert named(entries, "conv2d (").verdict == DIFFERS
    assert named(entries, "conv2d (").ours.startswith("1\u202f616")
    assert named(entries, "all layers").verdict == DIFFERS
    assert named(entries, "convolution").verdict == DIFFERS
    assert named(entries, "conv2d_1").verdict == AGREES


def test_the_reports_protocol_is_judged(paper, judged, report_like, made_up, made_up_dynamics):
    """The made-up scatters are the printed ones within a few per cent."""
    assert verdicts(paper, TABLE).count(AGREES) + verdicts(paper, TABLE).count(UNDECIDED) == 23
    assert verdicts(paper, TABLE).count(AGREES) > 11
    assert set(verdicts(paper, PROTOCOL)) == {AGREES, SHOWN, NOT_OURS}
    assert named(paper, "observations, rounded").verdict == AGREES
    assert named(paper, "of Adam's default").verdict == AGREES
    assert named(paper, "fewest events").verdict == AGREES
    assert named(paper, "most events").verdict == AGREES
    far = report_like | {"multi_band_2": made_up("multi_band_2", 0.12)}
    entries, _ = judged("paper", 3286, far, made_up_dynamics)
    assert named(entries, "Multi-Band, 0-2.5, 2.5-5: standard deviation").verdict == DIFFERS


def test_an_archive_without_agn_less_lists_has_less(judged, report_like, made_up_dynamics):
    entries, _ = judged("quick", 1200, report_like, made_up_dynamics, agn_less=False)
    eleven = named(entries, "Figure 11")
    assert (eleven.verdict, eleven.page) == (NOT_AVAILABLE, "4-2-comparison")
    assert verdicts(entries, TABLE).count(NOT_AVAILABLE) == 8
    equal = next(claim.statement for claim in CLAIMS if claim.name == "agn_less_equal")
    assert named(entries, equal).verdict == UNDECIDED


def test_figures_are_where_the_status_says(quick):
    slugs = {page.slug: page for page in PAGES}
    for number, (_, place) in FIGURE_PAGES.items():
        slug, _, figure = place.partition("#")
        text = (ROOT / "notebooks" / f"{slugs[slug].notebook}.py").read_text(encoding="utf-8")
        text = text.replace("{{ figure }}", slugs[slug].words.get("figure", ""))
        assert f"**Figure {number}.**" in text
        if figure:
            assert f'"name": "{figure.replace(slug, "{{ slug }}")}"' in text
    assert all(entry.page.partition("#")[0] in slugs for entry in quick)


def test_runs_are_named_by_their_digest(quick):
    key = RunKey("fit", {"name": "multi_band_4", "fold": 0})
    assert named(quick, "conv2d (").run == key.digest[:8]
    row = named(quick, "Multi-Band, 0-2.5: bias")
    assert len(row.runs) == 2
    assert row.run not in {digest[:8] for digest in row.runs}
    assert re.fullmatch("[0-9a-f]{8}", row.run)
    assert row.run != named(quick, "Multi-Band, 0-2.5, 2.5-5: bias").run
    assert replace(row, runs=()).run == ""
    for entry in quick:
        if entry.kind in {TABLE, CLAIM, NETWORK}:
            assert entry.runs, entry.name


def test_every_judgement_has_its_reason(quick, paper):
    for entry in (*quick, *paper):
        if entry.kind != FIGURES and entry.verdict not in {SHOWN, NOT_OURS}:
            assert all(entry.rule), entry.name


def test_a_page_has_it_all_in_one_table(quick):
    text = status_markdown(quick)
    rows = cells(text)[1:]
    assert [row[0] for row in rows] == [entry.kind for entry in quick]
    assert {len(row) for row in rows} == {7}
    rules = dict(re.findall(r"^(\d+)\. (.*)$", text, re.MULTILINE))
    for entry, (_, what, _, _, verdict, rule, run) in zip(quick, rows, strict=True):
        assert f"[{entry.name}]({page_link(entry.page)})" in what
        assert (verdict, run.strip("`")) == (entry.verdict, entry.run)
        assert (entry.rule[0] in rules[rule]) if any(entry.rule) else rule == ""
    assert len(set(rules.values())) == len(rules)
    assert text.count(MARGIN_REASON) == text.count(NEARLY_HALF_REASON) == 1
    assert page_link("2-data#fig-1") == "#fig-1"
    assert page_link("4-3-claims") == "4-3-claims.ipynb"


def test_the_summary_counts_every_entry(quick):
    summary = status_summary(quick)
    assert sum(map(int, re.findall(r"(\d+) [a-z]", summary.split("\n", 2)[2]))) == len(quick)
    assert ["Figures", "11 shown"] in cells(summary)
    assert "Earlier work" not in status_summary([entry for entry in quick if entry.kind != EARLIER])
    measured, settings = (list(map(int, re.findall(r"\d+", part))) for part in status_sentence(quick).split(". Of "))
    assert measured[0] + settings[0] == len(quick)
    assert all(total == sum(counts) for total, *counts in (measured, settings))
    assert settings[0] == sum(entry.kind in SETTINGS for entry in quick)


def test_a_terminal_and_machines_read_the_same(quick):
    text = status_text(quick)
    assert all(entry.name in text for entry in quick)
    assert all(entry.rule[1] in text for entry in quick)
    assert "run " + named(quick, "all layers").run + "; page pages/3-2-network.html" in text
    data = json.loads(status_json(quick, "quick"))
    lines = list(csv.DictReader(io.StringIO(status_csv(quick))))
    parts = [line for line in lines if line["part"]]
    lines = [line for line in lines if not line["part"]]
    assert data["profile"] == "quick"
    assert len(data["entries"]) == len(lines) == len(quick)
    for entry, record, line in zip(quick, data["entries"], lines, strict=True):
        assert record["verdict"] == line["verdict"] == entry.verdict
        assert record["runs"] == line["runs"].split() == list(entry.runs)
    little = next(record for record in data["entries"] if record["name"].startswith("The third and the fourth"))
    assert [part["part"] for part in little["parts"]] == ["3 bands over 2 bands", "4 bands over 2 bands"]
    assert len(parts) == sum(len(record["parts"]) for record in data["entries"])
    two = next(line for line in parts if line["part"] == "3 bands over 2 bands")
    assert float(two["printed_value"]) == pytest.approx(0.05903 / 0.06345)
    assert float(two["low"]) == little["parts"][0]["low"]
    row = next(record for record in data["entries"] if record["name"] == "Single Band, 0+: standard deviation")
    assert row["low"] < row["value"] < row["high"]
    assert row["printed_value"] == 0.11253
    assert row["page"] == "pages/3-3-single-band.html"
    assert data["entries"][0]["page"] == "pages/2-data.html#fig-1"


def test_an_interval_without_ends_is_still_json():
    entry = StatusEntry(TABLE, "a", "b", "c", "d", HOLDS, measured=Interval(1.0, float("nan"), float("nan")))
    record = json.loads(status_json([entry], "smoke"))["entries"][0]
    assert (record["value"], record["low"]) == (1.0, None)
