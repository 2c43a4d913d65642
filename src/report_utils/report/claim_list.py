"""The list of claims: what the report says, how it is measured, and the threshold with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from report_utils.report import claim_tests as test
from report_utils.report import rank_statistics
from report_utils.report.claims import (
    MARGIN,
    MARGIN_REASON,
    MINIMUM_SEEDS,
    NEARLY_HALF,
    NEARLY_HALF_REASON,
    Claim,
    Evidence,
    Runs,
)
from report_utils.report.intervals import above, below, within
from report_utils.report.seeds import CrossValidated, SeedPredictions

_RETAINED = tuple(f"retained_{p}" for p in (99, 95, 90, 75, 50, 25))
_BANDS = (1, 2, 3, 4)
_RATIO = "ratio of the scatters on the same clusters"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        name="threshold",
        statement="Leaving out the photons above 7.5 keV makes little difference to the single-band network.",
        where="section 3.1.1, footnote 3",
        statistic=f"{_RATIO}: thresholded over full band",
        threshold=f"interval inside 1/{MARGIN} to {MARGIN}",
        reason=MARGIN_REASON,
        needs=("single_band_thresholded", "single_band"),
        test=test.RatioTest([("single_band_thresholded", "single_band")], within, MARGIN),
    ),
    Claim(
        name="two_bands_halve",
        statement="Giving the network a second band beside the lowest one nearly halves the scatter.",
        where="abstract, section 3.3",
        statistic=f"{_RATIO}: two bands over the lowest band",
        threshold=f"interval below {NEARLY_HALF}",
        reason=NEARLY_HALF_REASON,
        needs=("multi_band_2", "multi_band_1"),
        test=test.RatioTest([("multi_band_2", "multi_band_1")], below, NEARLY_HALF),
    ),
    Claim(
        name="splitting_halves",
        statement="Splitting is what helps, not the additional photons: two bands also beat the image of all photons.",
        where="abstract, section 3.3",
        statistic=f"{_RATIO}: two bands over the full single band",
        threshold=f"interval below {NEARLY_HALF}",
        reason=NEARLY_HALF_REASON,
        needs=("multi_band_2", "single_band"),
        test=test.RatioTest([("multi_band_2", "single_band")], below, NEARLY_HALF),
    ),
    Claim(
        name="further_bands_little",
        statement="The third and the fourth band bring little beyond the second.",
        where="section 3.3, section 5",
        statistic=f"{_RATIO}: three and four bands over two",
        threshold=f"both intervals inside 1/{MARGIN} to {MARGIN}",
        reason=MARGIN_REASON,
        needs=("multi_band_2", "multi_band_3", "multi_band_4"),
        test=test.RatioTest([("multi_band_3", "multi_band_2"), ("multi_band_4", "multi_band_2")], within, MARGIN),
    ),
    Claim(
        name="retained_lose_little",
        statement="Emptying the brightest pixels, down to a quarter of the occupied ones, costs little.",
        where="section 3.3, Table 1; section 4.3",
        statistic=f"{_RATIO}: each retained percentage over the full four bands",
        threshold=f"every interval below {MARGIN}",
        reason="A loss is one-sided: gaining would not contradict the claim. " + MARGIN_REASON,
        needs=(*_RETAINED, "multi_band_4"),
        test=test.RatioTest([(name, "multi_band_4") for name in _RETAINED], below, MARGIN),
    ),
    Claim(
        name="core_is_not_the_reason",
        statement="A single band is not rescued by removing the AGN, so ignoring them is not what the second band "
        "teaches.",
        where="section 3.3, section 4.3",
        statistic=f"{_RATIO}: lowest band without AGN over with",
        threshold=f"interval above {NEARLY_HALF}",
        reason=f"The same limit as for the halving, from the other side. {NEARLY_HALF_REASON} The report also cites "
        "the images with emptied pixels, but these have four bands: taking pixels from them can hardly halve a "
        "scatter, whatever the second band teaches. One band with its core cut would be a test, but is not among the "
        "report's transforms.",
        needs=("agn_less_1", "multi_band_1"),
        test=test.RatioTest([("agn_less_1", "multi_band_1")], above, NEARLY_HALF),
    ),
    Claim(
        name="agn_less_equal",
        statement="With and without AGN the masses are predicted equally well, at every number of bands.",
        where="section 3.3, section 4.2",
        statistic=f"{_RATIO}: AGN-less over multi-band, for one to four bands",
        threshold=f"all four intervals inside 1/{MARGIN} to {MARGIN}",
        reason=MARGIN_REASON,
        needs=tuple(f"{kind}_{k}" for k in _BANDS for kind in ("agn_less", "multi_band")),
        test=test.RatioTest([(f"agn_less_{k}", f"multi_band_{k}") for k in _BANDS], within, MARGIN),
    ),
    Claim(
        name="equal_gain",
        statement="The second band helps as much without AGN as with them.",
        where="section 4.2, section 4.3",
        statistic="ratio of the two ratios of scatters (two bands over one), AGN-less over multi-band",
        threshold=f"interval inside 1/{MARGIN} to {MARGIN}",
        reason=MARGIN_REASON,
        needs=("agn_less_2", "agn_less_1", "multi_band_2", "multi_band_1"),
        test=test.equal_gain,
    ),
    Claim(
        name="sorted_masses",
        statement="One band already sorts the lightest and the heaviest clusters; the second sorts the middle masses.",
        where="section 4.1, second observation; section 5",
        statistic="places out of order in the middle and the outer thirds of mass, in units of what the "
        "same errors, dealt out regardless of mass, would displace",
        threshold="both intervals below 1",
        reason="The report says where more is gained, not how much: any difference in its direction "
        "counts. The reference takes out that the ends of a list can be displaced to one side only.",
        needs=("multi_band_1", "multi_band_2"),
        test=test.sorted_masses,
    ),
    Claim(
        name="dynamics_second_band",
        statement="While bands are switched on during one training, the second one brings the clear improvement.",
        where="section 4.1, first observation",
        statistic="ratio of the scatters at the ends of phases 2 and 1",
        threshold=f"interval below {NEARLY_HALF}",
        reason=NEARLY_HALF_REASON,
        needs_dynamics=("multi_band_4",),
        test=test.phase_test([(2, 1)], below, NEARLY_HALF),
    ),
    Claim(
        name="dynamics_further_bands",
        statement="After the second, switching on further bands brings no noticeable improvement.",
        where="section 4.1, first observation",
        statistic="ratios of the scatters at the ends of phases 3 and 4 over phase 2",
        threshold=f"both intervals inside 1/{MARGIN} to {MARGIN}, over three seeds or more",
        reason=f"{MARGIN_REASON} Another training changes the scatter at the end of a phase by several per cent, so "
        "one training cannot show so small a difference. Later phases also train longer, which this ratio cannot tell "
        "from the band.",
        needs_dynamics=("multi_band_4",),
        test=test.phase_test([(3, 2), (4, 2)], within, MARGIN, n_seeds=MINIMUM_SEEDS),
    ),
    Claim(
        name="hard_observations",
        statement="Some observations stay hard for the network whatever bands it sees.",
        where="section 4.1, third observation",
        statistic="clusters beyond three robust scatters at the end of every phase, in every training seed",
        threshold="at least one, over three seeds or more",
        reason="Three scatters leave less than one cluster of the report's test set by chance in a single "
        "phase; and what one seed cannot learn another may, so one seed cannot show that the observation "
        "is to blame.",
        needs_dynamics=("multi_band_4",),
        test=test.hard_observations,
    ),
    Claim(
        name="alike_dynamics",
        statement="With and without AGN the network learns in the same way.",
        where="section 4.2, section 4.3",
        statistic="root mean square distance between recorded trainings of the two, over all epochs and in the first "
        "view alone, over that between training seeds of either; trainings with the same seed, which begin alike, are "
        "not paired",
        threshold=f"interval below {MARGIN}, over three seeds or more of each",
        reason="Two trainings of the same kind differ by their seed; only a distance beyond that can be due "
        "to AGN. " + MARGIN_REASON,
        needs_dynamics=("multi_band_4", "agn_less_4"),
        test=test.alike_dynamics,
    ),
)


def judge_claims(
    cross_validations: Mapping[str, CrossValidated | Sequence[CrossValidated] | SeedPredictions] | Runs,
    dynamics: Mapping[str, rank_statistics.RecordedTraining | Sequence[rank_statistics.RecordedTraining]] | None = None,
    **options: Any,
) -> dict[str, Evidence]:
    """Judge every claim of :data:`CLAIMS`.

    Parameters
    ----------
    cross_validations : mapping of transform name to CrossValidation, or to those of several training seeds
        Or :class:`report_utils.report.claims.Runs`, which holds all that follows.
    dynamics : mapping of transform name to Dynamics, or to those of several training seeds
    **options
        Further attributes of :class:`report_utils.report.claims.Runs`.

    Returns
    -------
    dict of claim name to Evidence, in the report's order
    """
    if isinstance(cross_validations, Runs):
        runs = cross_validations
    else:
        seeds = {name: tuple(of) if isinstance(of, Sequence) else (of,) for name, of in (dynamics or {}).items()}
        runs = Runs(cross_validations, seeds, **options)
    return {claim.name: claim.judge(runs) for claim in CLAIMS}
