"""Results: finished runs without their weights, small enough to be committed, exported here and read anywhere."""

from report_utils.reproduction.results.exchange import (
    export_results,
    export_study,
    import_results,
    result_paths,
    results_folder,
    stored_results,
)
from report_utils.reproduction.results.files import Result, read_result, write_result
from report_utils.reproduction.results.origin import Origin, described, is_of_protocol, origin_of

__all__ = [
    "Origin",
    "Result",
    "described",
    "export_results",
    "export_study",
    "import_results",
    "is_of_protocol",
    "origin_of",
    "read_result",
    "result_paths",
    "results_folder",
    "stored_results",
    "write_result",
]
