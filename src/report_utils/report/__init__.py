"""The report and its reproduction side by side: printed numbers, statistics, claims, tables and figures."""

from report_utils.report.printed_numbers import PUBLISHED
from report_utils.report.statistics import residual_statistics
from report_utils.reproduction.committed import open_reproduction
from report_utils.reproduction.one_profile import Reproduction

__all__ = ["PUBLISHED", "Reproduction", "open_reproduction", "residual_statistics"]
