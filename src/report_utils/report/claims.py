"""The report's claims: what it says, how that is measured, and the threshold with its reason, fixed before any result.

A claim *holds* when the whole confidence interval of its statistic lies on the claim's side of the threshold,
*fails* when the whole interval lies on the other, and is *undecided at this size* otherwise. "Little",
"equal" and "alike" are tests of equivalence (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657): not finding a
difference does not show that there is none.

How often verdicts are wrong, `python -m tools.measure_verdicts` measures on made-up predictions for which the answer is
known. The interval of a single training does not include training-seed variance; claims about differences small enough
for that to matter need several trainings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace

import numpy as np

from report_utils.binning import get_transform
from report_utils.cnn.untrained import WHAT_TO_TRY
from report_utils.report import claim_tests as test
from report_utils.report import rank_statistics
from report_utils.report.claim_tests import MARGIN, MINIMUM_SEEDS, Evidence, Runs
from report_utils.report.intervals import FAILS, MINIMUM_GROUPS, UNDECIDED, above, below, within
from report_utils.report.printed_numbers import has_reports_bands
from report_utils.report.wording import counted, listing

NOT_TRAINED = "did not train"

NEARLY_HALF = 0.75
NEARLY_HALF_REASON = (
    "Three quarters lies midway between no change (1) and one half; below it, most of a halving has happened."
)
MARGIN_REASON = (
    "The report calls a change of 8% in scatter (0.0635 to 0.0582) minor and one of 46% dramatic. A margin of 15% "
    "leaves room for the first and is, in logarithm, a quarter of the second. A third more clusters would gain as much "
    "if the scatter fell with the square root of their number."
)


@dataclass(frozen=True)
class Claim:
    """A claim of the report, how it is tested, and why in this way.

    ``statement`` says what the report claims, in our words, and ``where``; the claim holds when ``statistic`` meets
    ``threshold``. Transforms that it ``needs`` must have been tested, and dynamics recorded.
    """

    name: str
    statement: str
    where: str
    statistic: str
    threshold: str
    reason: str
    test: Callable[[Runs], Evidence]
    needs: tuple[str, ...] = ()
    needs_dynamics: tuple[str, ...] = ()

    def missing(self, runs: Runs) -> list[str]:
        """Return what the claim needs and the runs of a profile lack."""
        missing = [name for name in self.needs if name not in runs.cross_validations]
        return missing + [f"dynamics of {name}" for name in self.needs_dynamics if not runs.dynamics.get(name)]

    def among(self, runs: Runs) -> Claim | None:
        """Return the claim on those of its pairs of transforms that are among the runs, or None if there are none."""
        if not isinstance(self.test, test.RatioTest):
            return None
        pairs = [pair for pair in self.test.pairs if set(pair) <= set(runs.cross_validations)]
        needs = tuple(dict.fromkeys(name for pair in pairs for name in pair))
        some = replace(self.test, pairs=pairs, n_parts=len(self.test.pairs))
        return replace(self, needs=needs, test=some) if pairs else None

    @property
    def printed(self) -> tuple[float | None, ...]:
        """What the printed scatters give for each part; empty where the statistic is not made of scatters."""
        return getattr(self.test, "printed", ())

    @property
    def limits(self) -> tuple[float, ...]:
        """Where the verdict on a ratio of scatters turns."""
        return getattr(self.test, "limits", ())

    def judge(self, runs: Runs) -> Evidence:
        """Test the claim on the runs of a profile. It fails with any of its parts, whatever the others would say."""
        if missing := self.missing(runs):
            note, part = f"not run in this profile: {', '.join(missing)}", self.among(runs)
            found = None if part is None else part.judge(runs)
            return replace(found, note=note) if found and found.verdict == FAILS else Evidence(UNDECIDED, note=note)
        transforms = [get_transform(name) for name in (*self.needs, *self.needs_dynamics)]
        if changed := [one for one in transforms if not has_reports_bands(one)]:
            bands = listing(f"{one.name} ({', '.join(one.channels)} keV)" for one in changed)
            return Evidence(UNDECIDED, note=f"not judged: the report's bands differ from those of {bands}")
        needed = (*self.needs, *(f"dynamics of {name}" for name in self.needs_dynamics))
        dead = [f"{name} ({runs.untrained[name]})" for name in needed if name in runs.untrained]
        if dead:
            note = f"{NOT_TRAINED}: {', '.join(dead)}; {WHAT_TO_TRY}"
            return Evidence(UNDECIDED, note=note, trained=False)
        if self.needs:
            n_halos = runs.n_halos
        else:
            n_halos = min(len(np.unique(rank_statistics.halos(runs.dynamics[name][0]))) for name in self.needs_dynamics)
        if n_halos < MINIMUM_GROUPS:
            return Evidence(UNDECIDED, note=too_few_halos(n_halos))
        return self.test(runs)


def too_few_halos(n_halos: int) -> str:
    """Say why there is no interval."""
    return f"too few halos for an interval: {n_halos}, and fewer than {MINIMUM_GROUPS} are not trusted"


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
        statistic="how many places a cluster that is sorted by its predicted mass stands from its true place, in the "
        "middle and in the outer thirds of mass, over the same for errors of this size that do not depend on the mass",
        threshold="both intervals below 1",
        reason="The report says where more is gained, not how much, so any difference in its direction counts. The "
        "reference allows for the ends of the list, which can be displaced to one side only.",
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
        test=test.PhaseTest([(2, 1)], below, NEARLY_HALF),
    ),
    Claim(
        name="dynamics_further_bands",
        statement="After the second, switching on further bands brings no noticeable improvement.",
        where="section 4.1, first observation",
        statistic="ratios of the scatters at the ends of phases 3 and 4 over phase 2",
        threshold=f"both intervals inside 1/{MARGIN} to {MARGIN}, over three seeds or more",
        reason=f"{MARGIN_REASON} Another training changes the scatter at the end of a phase by several per cent, so a "
        "single training cannot show so small a difference. Later phases have also trained longer, which the ratio "
        "cannot separate from the effect of the band.",
        needs_dynamics=("multi_band_4",),
        test=test.PhaseTest([(3, 2), (4, 2)], within, MARGIN, n_seeds=MINIMUM_SEEDS),
    ),
    Claim(
        name="hard_observations",
        statement="Some observations stay hard for the network whatever bands it sees.",
        where="section 4.1, third observation",
        statistic="clusters beyond three robust scatters at the end of every phase, in every training seed",
        threshold="at least one, over three seeds or more",
        reason="By chance, less than one cluster of the report's test set lies beyond three scatters in a single "
        "phase. Another seed may learn what one seed cannot, so a single seed cannot show that the observation is to "
        "blame.",
        needs_dynamics=("multi_band_4",),
        test=test.hard_observations,
    ),
    Claim(
        name="alike_dynamics",
        statement="With and without AGN the network learns in the same way.",
        where="section 4.2, section 4.3",
        statistic="root mean square distance between recorded trainings of the two (all epochs, first view only), "
        "divided by that between training seeds of one kind; trainings with the same seed start alike and are not "
        "paired",
        threshold=f"interval below {MARGIN}, over three seeds or more of each",
        reason="Two trainings of the same kind differ by their seed; only a larger distance can be due to AGN. "
        + MARGIN_REASON,
        needs_dynamics=("multi_band_4", "agn_less_4"),
        test=test.alike_dynamics,
    ),
)


def judge_claims(runs: Runs) -> dict[str, Evidence]:
    """Judge every claim of :data:`CLAIMS`, in the report's order."""
    return {claim.name: claim.judge(runs) for claim in CLAIMS}


def verdict_counts(evidence: Mapping[str, Evidence], by_reading: Container[str] = ()) -> str:
    """Count the verdicts on the claims, and say where they were given; those that turn ``by_reading`` stand apart."""
    verdicts = [found.verdict for name, found in evidence.items() if name not in by_reading]
    counts, turned = counted(verdicts), len(evidence) - len(verdicts)
    counts += [f"{turned} depend{'s' * (turned == 1)} on how the report is read"] if turned else []
    said = f"The report's {len(evidence)} claims: {', '.join(counts)}"
    places = Counter(found.where for found in evidence.values() if found.where)
    judged = ", ".join(f"{n} {where}" for where, n in places.items())
    return f"{said} (judged: {judged})." if judged else f"{said}."
