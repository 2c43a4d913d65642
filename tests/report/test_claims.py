"""Each claim on residuals made up so that it holds, fails, or cannot be decided."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from tests.report.judging import judge_claims

from report_utils.binning import TRANSFORMS
from report_utils.report.claim_tests import MARGIN, judged_part
from report_utils.report.claims import CLAIMS
from report_utils.report.intervals import FAILS, HOLDS, UNDECIDED, Interval, above, below, within


def test_the_three_verdicts_of_each_rule():
    assert [below(Interval(0, low, high), 1) for low, high in [(0, 0.9), (0.9, 1.1), (1.1, 2)]] == [
        HOLDS,
        UNDECIDED,
        FAILS,
    ]
    assert [above(Interval(0, low, high), 1) for low, high in [(1.1, 2), (0.9, 1.1), (0, 0.9)]] == [
        HOLDS,
        UNDECIDED,
        FAILS,
    ]
    intervals = [(0.95, 1.05), (0.8, 1.05), (0.95, 1.2), (0.5, 2), (1.2, 1.3), (0.5, 0.6)]
    assert [within(Interval(0, low, high), 1.15) for low, high in intervals] == [
        HOLDS,
        UNDECIDED,
        UNDECIDED,
        UNDECIDED,
        FAILS,
        FAILS,
    ]


def test_one_of_many_parts_fails_by_a_wider_interval():
    """An interval of 95 % just outside the limit is enough alone, and not for one part of six."""

    def measure(confidence):
        half = 0.1 if confidence == 0.95 else 0.14
        assert confidence in (0.95, pytest.approx(1 - 0.05 / 6))
        return Interval(1.27, 1.27 - half, 1.27 + half, confidence)

    assert judged_part("alone", measure, below, 1.15).verdict == FAILS
    part = judged_part("one of six", measure, below, 1.15, n_parts=6, printed=1.02)
    assert (part.verdict, part.measured.low, part.printed) == (UNDECIDED, 1.17, 1.02)
    assert judged_part("far out", measure, below, 1.05, n_parts=6).verdict == FAILS
    assert judged_part("inside", measure, below, 1.38, n_parts=6).verdict == HOLDS


def test_claims_of_many_parts_seldom_fail_by_chance(made_up):
    """Six cuts that lose exactly the margin: five in a hundred such claims may fail, were the parts independent."""
    n_fail, repeats = 0, 60
    for repeat in range(repeats):
        full = made_up("multi_band_4", 0.06, n=400, shared=0.5, seed=1000 + repeat)
        cuts = {
            name: made_up(name, 0.06 * MARGIN, n=400, shared=0.5, seed=7000 + 10 * repeat + k)
            for k, name in enumerate(f"retained_{p}" for p in (99, 95, 90, 75, 50, 25))
        }
        found = judge_claims({"multi_band_4": full, **cuts}, n_resamples=400)["retained_lose_little"]
        n_fail += found.verdict == FAILS
    assert n_fail <= 4  # 3 of 60; 7 where every part has its 95 %


def test_every_claim_says_how_it_is_judged_before_it_is():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert all([claim.statement, claim.where, claim.statistic, claim.threshold, claim.reason])
        assert claim.needs or claim.needs_dynamics


def test_residuals_like_the_reports_support_its_claims(report_like):
    evidence = judge_claims(report_like)
    for name in (
        "threshold",
        "two_bands_halve",
        "splitting_halves",
        "further_bands_little",
        "retained_lose_little",
        "core_is_not_the_reason",
        "agn_less_equal",
        "equal_gain",
    ):
        assert evidence[name].verdict == HOLDS, (name, evidence[name])


@pytest.mark.parametrize(
    ("claim", "scatters"),
    [
        ("threshold", {"single_band_thresholded": 0.15}),
        ("two_bands_halve", {"multi_band_2": 0.105}),
        ("splitting_halves", {"single_band": 0.07}),
        ("further_bands_little", {"multi_band_4": 0.04}),
        ("further_bands_little", {"multi_band_3": 0.09}),
        ("retained_lose_little", {"retained_25": 0.09}),
        ("core_is_not_the_reason", {"agn_less_1": 0.06}),
        ("agn_less_equal", {"agn_less_2": 0.09}),
        ("equal_gain", {"agn_less_1": 0.063}),
    ],
)
def test_each_claim_can_fail(with_scatters, claim, scatters):
    assert judge_claims(with_scatters(**scatters))[claim].verdict == FAILS


@pytest.mark.parametrize(
    ("claim", "scatters"),
    [
        ("two_bands_halve", {"multi_band_2": 0.75 * 0.117}),
        ("threshold", {"single_band_thresholded": 1.15 * 0.1125}),
        ("retained_lose_little", {"retained_50": 1.15 * 0.060}),
    ],
)
def test_a_scatter_at_the_threshold_is_undecided(with_scatters, claim, scatters):
    assert judge_claims(with_scatters(**scatters))[claim].verdict == UNDECIDED


def test_a_gain_is_no_loss(with_scatters):
    assert judge_claims(with_scatters(retained_50=0.05))["retained_lose_little"].verdict == HOLDS


def test_equality_is_not_claimed_for_want_of_clusters(made_up):
    """Equal scatters, independent errors, 30 clusters: no difference is seen, and none is excluded."""
    pair = {name: made_up(name, 0.11, n=30) for name in ("single_band", "single_band_thresholded")}
    assert judge_claims(pair)["threshold"].verdict == UNDECIDED


def test_a_handful_of_halos_decides_nothing(small):
    evidence = judge_claims(small)["two_bands_halve"]
    assert evidence.verdict == UNDECIDED
    assert evidence.note.startswith("too few halos for an interval: 10,")


def test_what_was_not_run_is_named(report_like):
    del report_like["multi_band_2"]
    evidence = judge_claims(report_like)["two_bands_halve"]
    assert evidence.verdict == UNDECIDED
    assert "multi_band_2" in evidence.note
    assert "dynamics of multi_band_4" in judge_claims(report_like)["dynamics_second_band"].note


def test_a_claim_is_judged_on_the_bands_that_it_is_about_alone(report_like, monkeypatch):
    """Nothing would show that a verdict on 0-2.5, 2.5-5 keV was given on other bands under the same name."""
    other = replace(TRANSFORMS["multi_band_2"], edges_kev=(0, 5, inf))
    monkeypatch.setattr("report_utils.binning.transforms.TRANSFORMS", {**TRANSFORMS, other.name: other})
    found = judge_claims(report_like)
    note = "not judged: the report's bands differ from those of multi_band_2 (0-5, 5+ keV)"
    assert (found["two_bands_halve"].verdict, found["two_bands_halve"].note) == (UNDECIDED, note)
    assert found["threshold"].verdict == HOLDS


def test_pairs_are_matched_by_cluster(report_like):
    """A shuffled copy is the same run: its paired ratio is 1 without any width."""
    run = report_like["single_band"]
    order = np.random.default_rng(0).permutation(len(run.truth))[:500]
    columns = ("cluster", "group", "truth", "predictions", "fold")
    shuffled = replace(run, **{name: getattr(run, name)[order] for name in columns})
    part = judge_claims({"single_band": run, "single_band_thresholded": shuffled})["threshold"].parts[0]
    assert (part.measured.low, part.measured.value, part.measured.high) == pytest.approx((1, 1, 1))


def _mass_dependent(made_up, name, in_middle, outside):
    run = made_up(name, 1.0)
    low, high = np.quantile(run.truth, [1 / 3, 2 / 3])
    middle = (run.truth > low) & (run.truth <= high)
    errors = run.residuals[:, 0] * np.where(middle, in_middle, outside)
    return made_up(name, 1.0, errors=errors)


def test_sorting_holds_where_the_second_band_sorts_the_middle(made_up):
    one, two = (
        _mass_dependent(made_up, "multi_band_1", 0.2, 0.08),
        _mass_dependent(made_up, "multi_band_2", 0.05, 0.06),
    )
    assert judge_claims({"multi_band_1": one, "multi_band_2": two})["sorted_masses"].verdict == HOLDS


def test_sorting_fails_where_it_sorts_the_extremes(made_up):
    one, two = (
        _mass_dependent(made_up, "multi_band_1", 0.08, 0.2),
        _mass_dependent(made_up, "multi_band_2", 0.06, 0.05),
    )
    assert judge_claims({"multi_band_1": one, "multi_band_2": two})["sorted_masses"].verdict == FAILS


def test_errors_that_do_not_know_the_mass_are_at_the_reference(made_up):
    """The ends of a list hide displacements; the reference must take that out, for both statistics."""
    one, two = (
        _mass_dependent(made_up, "multi_band_1", 0.12, 0.12),
        _mass_dependent(made_up, "multi_band_2", 0.06, 0.06),
    )
    parts = judge_claims({"multi_band_1": one, "multi_band_2": two})["sorted_masses"].parts
    for part in parts:
        assert part.measured.value == pytest.approx(1, abs=0.12)
        assert part.measured.low < 1 < part.measured.high


def test_dynamics_like_the_reports(made_up_dynamics):
    errors = np.random.default_rng(0).normal(size=300)
    seeds = [made_up_dynamics("multi_band_4", [0.12, 0.065, 0.063, 0.062], errors=errors)] * 3
    evidence = judge_claims({}, {"multi_band_4": seeds})
    assert evidence["dynamics_second_band"].verdict == HOLDS
    assert evidence["dynamics_further_bands"].verdict == HOLDS
    assert evidence["dynamics_second_band"].parts[0].measured.value == pytest.approx(0.065 / 0.12)


def test_dynamics_where_the_fourth_band_matters(made_up_dynamics):
    errors = np.random.default_rng(0).normal(size=300)
    seeds = [made_up_dynamics("multi_band_4", [0.12, 0.11, 0.11, 0.05], errors=errors)] * 3
    evidence = judge_claims({}, {"multi_band_4": seeds})
    assert evidence["dynamics_second_band"].verdict == FAILS
    assert evidence["dynamics_further_bands"].verdict == FAILS


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_few_trainings_measure_a_small_difference_and_do_not_judge_it(made_up_dynamics, n_seeds):
    seeds = [made_up_dynamics("multi_band_4", [0.12, 0.065, 0.063, 0.062], seed=seed) for seed in range(n_seeds)]
    evidence = judge_claims({}, {"multi_band_4": seeds})
    assert evidence["dynamics_second_band"].verdict == HOLDS
    further = evidence["dynamics_further_bands"]
    assert {further.verdict, *(part.verdict for part in further.parts)} == {UNDECIDED}
    assert len(further.parts) == 2
    assert f"3 training seeds are needed, and there {'is 1' if n_seeds == 1 else 'are 2'}" in further.note


@pytest.mark.parametrize(("n_halos", "decided"), [(None, True), (20, True), (19, False), (1, False)])
def test_halos_and_not_clusters_decide_whether_dynamics_are_judged(made_up_dynamics, n_halos, decided):
    dynamics = made_up_dynamics("multi_band_4", [0.12, 0.03, 0.03, 0.03], n_halos=n_halos)
    evidence = judge_claims({}, {"multi_band_4": dynamics})["dynamics_second_band"]
    assert (evidence.verdict == HOLDS) == decided
    assert ("too few halos" in evidence.note) != decided


def test_clusters_of_one_halo_widen_the_intervals_of_dynamics(made_up_dynamics):
    """Ten clusters of a halo share its error: as independent clusters they would seem to say more."""
    errors = np.tile(np.random.default_rng(2).normal(size=(6, 30)), 10)
    widths = []
    for n_halos in (None, 30):
        seeds = {
            name: [made_up_dynamics(name, SCATTERS, errors=of_seed, n_halos=n_halos) for of_seed in of_kind]
            for name, of_kind in (("multi_band_4", errors[:3]), ("agn_less_4", errors[3:]))
        }
        measured = judge_claims({}, seeds)["alike_dynamics"].parts[0].measured
        widths.append(measured.high - measured.low)
    assert widths[1] > 1.25 * widths[0]  # what seeds add is the same in both


SCATTERS = [0.12, 0.065, 0.063, 0.062]


def _seeds(made_up_dynamics, name, scatters, seeds):
    return [made_up_dynamics(name, scatters, seed=seed) for seed in seeds]


def test_dynamics_are_alike_when_no_further_apart_than_seeds(made_up_dynamics):
    runs = {
        "multi_band_4": _seeds(made_up_dynamics, "multi_band_4", SCATTERS, (1, 2, 3)),
        "agn_less_4": _seeds(made_up_dynamics, "agn_less_4", SCATTERS, (4, 5, 6)),
    }
    evidence = judge_claims({}, runs)["alike_dynamics"]
    assert evidence.verdict == HOLDS
    assert evidence.parts[0].measured.value == pytest.approx(1, abs=0.05)


def test_dynamics_differ_when_the_kinds_do(made_up_dynamics):
    errors = np.random.default_rng(8).normal(size=300)
    runs = {
        "multi_band_4": _seeds(made_up_dynamics, "multi_band_4", SCATTERS, (1, 2, 3)),
        "agn_less_4": [made_up_dynamics("agn_less_4", [0.3] * 4, errors=errors) for _ in range(3)],
    }
    assert judge_claims({}, runs)["alike_dynamics"].verdict == FAILS


def test_one_seed_cannot_show_that_dynamics_are_alike(made_up_dynamics):
    runs = {name: made_up_dynamics(name, SCATTERS) for name in ("multi_band_4", "agn_less_4")}
    evidence = judge_claims({}, runs)["alike_dynamics"]
    assert evidence.verdict == UNDECIDED
    assert "0.000 dex" in evidence.note


@pytest.mark.parametrize(
    ("n_hard", "n_seeds", "n", "verdict"),
    [(2, 3, 300, HOLDS), (0, 3, 300, UNDECIDED), (0, 3, 328, FAILS), (2, 1, 300, UNDECIDED)],
)
def test_hard_observations(made_up_dynamics, n_hard, n_seeds, n, verdict):
    """The report's is one among 328: that there is none can be said of no fewer."""
    errors = np.clip(np.random.default_rng(9).normal(size=n), -2, 2)
    errors[:n_hard] = 9.0
    runs = {"multi_band_4": [made_up_dynamics("multi_band_4", SCATTERS, errors=errors, n=n)] * n_seeds}
    names = [f"cluster-{row}" for row in range(n)]
    evidence = judge_claims({}, runs, cluster_names=names)["hard_observations"]
    assert evidence.verdict == verdict
    assert evidence.note.startswith(f"{n_hard} of {n} test clusters")
    assert ("among 328" in evidence.note) == (n_hard == 0 and n == 300)
    assert (f"cluster-0 ({n_seeds} of {n_seeds}), cluster-1 ({n_seeds} of {n_seeds})" in evidence.note) == (n_hard == 2)


def test_an_observation_that_is_hard_in_one_training_is_named_but_does_not_count(made_up_dynamics):
    errors = np.clip(np.random.default_rng(9).normal(size=(3, 300)), -2, 2)
    errors[1, 4] = 9.0
    runs = {"multi_band_4": [made_up_dynamics("multi_band_4", SCATTERS, errors=of_seed) for of_seed in errors]}
    evidence = judge_claims({}, runs)["hard_observations"]
    assert evidence.verdict == UNDECIDED
    assert "row 4 (1 of 3)" in evidence.note


def test_printed_numbers_are_turned_into_the_same_statistic(report_like):
    evidence = judge_claims(report_like)
    assert evidence["two_bands_halve"].parts[0].printed == pytest.approx(0.06345 / 0.11744)
    assert [part.printed for part in evidence["agn_less_equal"].parts] == [None] * 4
    assert evidence["retained_lose_little"].parts[0].printed == pytest.approx(0.05903 / 0.05818)


def test_claims_take_every_seed(made_up):
    """What a network says with one seed may be open over three that scatter differently."""
    before = [made_up("multi_band_1", 0.12, shared=0.8, seed=seed) for seed in range(3)]
    after = [made_up("multi_band_2", s, shared=0.8, seed=seed) for seed, s in enumerate((0.078, 0.05, 0.11))]
    alone = judge_claims({"multi_band_1": before[0], "multi_band_2": after[0]})["two_bands_halve"]
    assert alone.verdict == HOLDS
    together = judge_claims({"multi_band_1": before, "multi_band_2": after})["two_bands_halve"]
    pooled = [np.std([run.residuals for run in runs]) for runs in (after, before)]
    assert together.parts[0].measured.value == pytest.approx(pooled[0] / pooled[1])
    assert together.parts[0].measured.n_seeds == 3
    assert together.verdict == UNDECIDED


@pytest.mark.parametrize(
    "names", [{"single_band"}, {"multi_band_2", "multi_band_1"}, {"multi_band_4", "retained_25", "agn_less_1"}]
)
def test_predictions_and_not_names_decide(with_scatters, report_like, names):
    """Claims that do not use a transform keep their verdict whatever it predicts."""
    before, after = judge_claims(report_like), judge_claims(with_scatters(**dict.fromkeys(names, 0.3)))
    for claim in CLAIMS:
        if not names & set(claim.needs):
            assert after[claim.name] == before[claim.name]
