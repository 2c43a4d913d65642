"""The verdicts on made-up trainings."""

from collections.abc import Sequence

from report_utils.report import claims
from report_utils.report.claim_tests import Runs


def judge_claims(cross_validations, dynamics=None, **options):
    """Judge every claim; a single dynamics may stand for a sequence of one."""
    seeds = {name: tuple(of) if isinstance(of, Sequence) else (of,) for name, of in (dynamics or {}).items()}
    return claims.judge_claims(Runs(cross_validations, seeds, **options))
