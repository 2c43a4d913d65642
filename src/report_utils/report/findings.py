"""The answer in a few sentences, each made of its intervals: for the front page and the conclusion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from report_utils.report.baselines import (
    BASELINES,
    cross_validate_regression,
    linear_regression,
    transform_statistics,
    tree_regression,
)
from report_utils.report.claim_tests import Runs, printed_contrast
from report_utils.report.claims import CLAIMS
from report_utils.report.full_size import AT_FULL_SIZE, IN_THIS_BUILD
from report_utils.report.intervals import AGREES, DIFFERS, FAILS, HOLDS, MINIMUM_GROUPS, UNDECIDED, Interval
from report_utils.report.reproduced_results import Judged
from report_utils.report.reproduction_status import SCATTER_RULE
from report_utils.report.second_band import ONE_AND_TWO, Trained, scatter_ratio
from report_utils.report.studies import READINGS
from report_utils.report.wording import change, counted, listing
from report_utils.reproduction.studies import WHY
from report_utils.reproduction.study_results import Outcome, study_outcomes

Finding = tuple[str, str, list[str]]
"""What a finding is called, what the front page says of it, and what the conclusion adds."""

TWO_BANDS = "multi_band_2"
MULTI_BAND = tuple(f"multi_band_{k}" for k in (1, 2, 3, 4))
TEMPERATURE = "true temperature"


@dataclass(frozen=True, eq=False)
class Findings:
    """What a book has found, as sentences of Markdown; what it has not measured is left out."""

    judged: Judged

    @cached_property
    def scatters(self) -> Mapping[str, Mapping[str, Interval]]:
        """Scatters [dex] on the same clusters by transform: of the ``"network"``, of ``"counts"`` and ``"core"``.

        Counts are the numbers of events in the bands that are seen, by boosted trees; for ``"core"``, of two bands
        alone, these are told them without the brightest pixels as well. ``"temperature"`` has a straight line in the
        logarithm of the true temperature, which an archive does not tell. Empty with too few halos.
        """
        reproduction = self.judged.reproduction
        networks = {name: one for name, one in self.judged.results.items() if name in MULTI_BAND}
        if not networks:
            return {}
        split = (
            reproduction.dataset.log10_mass,
            reproduction.fold_of(),
            range(reproduction.profile.folds.run),
            reproduction.groups,
        )
        tested, counted = dict(networks), transform_statistics(reproduction.counts, networks)
        for name, events in counted.items():
            seen = BASELINES["both"].features(events, name)
            tested[f"counts {name}"] = cross_validate_regression(name, tree_regression, seen, *split)
        if TWO_BANDS in networks:
            seen = BASELINES["without_core"].features(counted[TWO_BANDS], TWO_BANDS)
            tested["core"] = cross_validate_regression("core", tree_regression, seen, *split)
        if "temperature_keV" in reproduction.catalogue:
            seen = np.log10(reproduction.catalogue[["temperature_keV"]].to_numpy())
            tested[TEMPERATURE] = cross_validate_regression(TEMPERATURE, linear_regression, seen, *split)
        runs = Runs(tested)
        if runs.n_halos < MINIMUM_GROUPS:
            return {}
        return {
            "network": {name: runs.scatter(name) for name in networks},
            "counts": {name: runs.scatter(f"counts {name}") for name in networks},
            "core": {TWO_BANDS: runs.scatter("core")} if "core" in tested else {},
            "temperature": {TEMPERATURE: runs.scatter(TEMPERATURE)} if TEMPERATURE in tested else {},
        }

    @cached_property
    def _all(self) -> list[Finding]:
        """The answer: bands, printed scatters, why, counts, AGN and bright pixels."""
        return [*self._bands(), *self._against_print(), *self._why(), *self._counts(), *self._without()]

    @property
    def in_short(self) -> list[str]:
        """The answer as the front page has it."""
        return [f"**{name}.** {brief}" for name, brief, _ in self._all if brief]

    @property
    def sentences(self) -> list[str]:
        """The whole answer, one finding each."""
        return [f"**{name}.** {' '.join(filter(None, [brief, *more]))}" for name, brief, more in self._all]

    def _change(self, numerator: str, denominator: str) -> str | None:
        """Say how the scatter changes from the second transform to the first, and where; None if not measured."""
        where, source = self.judged.quoted((numerator, denominator))
        if not {numerator, denominator} <= set(source.results) or source.runs.n_halos < MINIMUM_GROUPS:
            return None
        return f"{change(source.runs.ratio(numerator, denominator))} {where}".rstrip()

    def _bands(self) -> Iterator[Finding]:
        pair = ("multi_band_2", "multi_band_1")
        second, further = self._change(*pair), self._change("multi_band_4", "multi_band_2")
        if second is None:
            return
        _, source = self.judged.quoted(pair)
        two, one = (source.results[name].residuals.std() for name in pair)
        printed = printed_contrast(pair, (1, -1))
        said = (
            f"With a second band beside the lowest one the scatter of predicted masses {second}, from {one:.3f} to "
            f"{two:.3f} dex."
        )
        if printed is not None:
            said += f" The printed scatters fall by {1 - printed:.0%}."
        yield "More than one band", said, [] if further is None else [f"From two bands to four ours {further}."]

    def _against_print(self) -> Iterator[Finding]:
        """Compare with the printed scatters of Table 1 those that the report's own size was run for."""
        verdicts = (AGREES, DIFFERS, UNDECIDED)
        scatters = [one for one in self.judged.status if one.rule == SCATTER_RULE and one.verdict in verdicts]
        # without the best row, as the text has it
        rows = list({one.page: one for one in reversed(scatters)}.values())[::-1]
        if not rows:
            return
        differ = [
            f"{one.name.partition(':')[0]} keV has {one.ours} dex, the report {one.printed}"
            for one in rows
            if one.verdict == DIFFERS
        ]
        counts = listing(counted((one.verdict for one in rows), verdicts))
        are = "is" if len(rows) == 1 else "are"
        said = f"Of the printed scatters, {len(rows)} {are} measured here at the report's own size: {counts}."
        if differ:
            said += f" {'; '.join(differ)}."
        yield "Against the printed numbers", said, []

    @cached_property
    def _outcomes(self) -> Mapping[str, Outcome | None]:
        return study_outcomes(self.judged.reproduction, WHY)

    def _studied(self, numerator: Trained, denominator: Trained) -> Interval | None:
        return scatter_ratio(self._outcomes, numerator, denominator)

    def _two_over_one(self, variant: str) -> Interval | None:
        one, two = ONE_AND_TWO
        return self._studied((variant, two), (variant, one))

    def _begun(self, word: str) -> str:
        """Begin a sentence on the study's networks, which are of this build, where other numbers are of full size."""
        return word if self.judged.full is None else f"{IN_THIS_BUILD.capitalize()}, {word.lower()}"

    def _why(self) -> Iterator[Finding]:
        gain, gain_told = self._two_over_one("default"), self._two_over_one("distance-known")
        told = self._studied(("distance-known", ONE_AND_TWO[0]), ("default", ONE_AND_TWO[0]))
        if None not in (told, gain, gain_told):
            said = (
                f"{self._begun('Given')} the distance, the scatter of one band, here all energies in one channel, "
                f"{change(told)}. With two bands it then {change(gain_told)}. Where the distance is unknown it "
                f"{change(gain)}."
            )
            box = self._studied(("box-mpc", ONE_AND_TWO[0]), ("default", ONE_AND_TWO[0]))
            sized = (
                f"In images of 1.2 Mpc, which take the redshift to make, that of one band {change(box)}." if box else ""
            )
            yield "Why: the redshift", said, [sized]
        copy = self._studied(("thinned-copy", "multi_band_2"), ("default", "multi_band_1"))
        broken = self._two_over_one("temperature-of-others")
        if None not in (gain, copy, broken):
            is_thermometer = gain.high < min(copy.low, broken.low)
            measures = "The second band measures a temperature, which follows the mass. " if is_thermometer else ""
            settings = self.judged.reproduction.observations.settings
            own = 0.0 if settings is None else settings.sigma_ln_temperature
            worse = {sigma: self._two_over_one(f"sigma-{sigma:g}") for sigma in (0.15, 0.3) if sigma > own}
            spread = "; ".join(f"with {s:.0%} it {change(one)}" for s, one in worse.items() if one is not None)
            said = (
                f"{measures}{self._begun('Where')} temperatures do not follow the mass, the scatter of two bands in "
                f"place of one {change(broken)}."
            )
            if spread:
                less = all(one is None or one.low > gain.high for one in worse.values())
                said += f" Where they scatter more at fixed mass{', two bands help less' if less else ''}: {spread}."
            more = f"With a thinned copy of the lowest band as the second, the scatter {change(copy)}."
            yield "Why: the temperature", said, [more]

    def _counts(self) -> Iterator[Finding]:
        found = self.scatters
        counted = found.get("counts", {}).get(TWO_BANDS)
        if counted is None:
            return
        where = "" if self.judged.full is None else f" {IN_THIS_BUILD}"
        said = (
            "Boosted trees that see no image, only the numbers of events in two bands with and without the brightest "
            f"pixels, have a scatter of {found['core'][TWO_BANDS]:.3f} dex{where}; the network has "
            f"{found['network'][TWO_BANDS]:.3f}."
        )
        more = [f"From the numbers of all pixels alone they have {counted:.3f}."]
        shuffled = self._studied(("shuffled-energies", "multi_band_2"), ("default", "multi_band_2"))
        if shuffled is not None:
            more.append(
                "Networks that are trained on images whose photons have exchanged their energies, which leaves every "
                f"number of events as it was, have a scatter that {change(shuffled)}."
            )
        if found["temperature"]:
            more.append(f"A straight line in the true temperature has {found['temperature'][TEMPERATURE]:.3f} dex.")
        yield "Simple counts", said, more

    def _without(self) -> Iterator[Finding]:
        agn, cut = self._change("agn_less_2", "multi_band_2"), self._change("retained_50", "multi_band_4")
        said = []
        if agn is not None:
            said.append(f"Without AGN the scatter of two bands {agn}.")
        if cut is not None:
            said.append(f"Without the brightest half of the occupied pixels, that of four bands {cut}.")
        if "retained_lose_little" in self.by_reading:
            said.append("Whether such a cut costs little depends on what is counted (see the verdicts).")
        if said:
            yield "AGN and core", "", said

    @property
    def by_reading(self) -> Mapping[str, str]:
        """The claims whose verdict depends on how the report's words are read, and the verdict of each reading."""
        said = {}
        for name, verdicts in self.judged.by_reading.items():
            readings: dict[str, list[str]] = {}
            for reading, verdict in verdicts.items():
                readings.setdefault(verdict, []).append(reading)
            said[name] = "; ".join(f"it *{verdict}* with {listing(of)}" for verdict, of in sorted(readings.items()))
        return said

    def _where(self, name: str) -> str:
        """Say where a claim was judged, and this build's verdict if it differs; nothing if there is one place."""
        found, own = self.judged.evidence[name], self.judged.here[name]
        besides = f"; {own.verdict} {IN_THIS_BUILD}" if own.verdict != found.verdict else ""
        return f" ({found.where}{besides})" if found.where else ""

    @property
    def verdicts(self) -> str:
        """The claims by verdict, as Markdown lists; those that turn with the reading stand by themselves."""
        evidence, turned, blocks = self.judged.evidence, self.by_reading, []
        for verdict, heading in (
            (HOLDS, "Holds"),
            (FAILS, "Fails"),
            (UNDECIDED, "Left open at this size: the interval includes both answers"),
        ):
            lines = [
                f"- {claim.statement}{self._where(claim.name)}"
                for claim in CLAIMS
                if claim.name not in turned and evidence[claim.name].verdict == verdict
            ]
            blocks += [f"**{heading}**\n\n" + "\n".join(lines)] if lines else []
        lines = []
        for one in CLAIMS:
            if one.name in turned:
                found = evidence[one.name]
                where = f" {IN_THIS_BUILD}" if found.where else ""
                full = f" It *{found.verdict}* {AT_FULL_SIZE}, with {READINGS['default']}."
                said = f"- {one.statement} At the deepest cuts{where} {turned[one.name]}."
                lines.append(f"{said}{full if found.where == AT_FULL_SIZE else ''}")
        blocks += ["**Depends on how the report is read**\n\n" + "\n".join(lines)] if lines else []
        return "\n\n".join(blocks)
