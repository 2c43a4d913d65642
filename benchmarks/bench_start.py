"""How long the package and its command take to start, against Python itself; TensorFlow is for networks alone."""

from __future__ import annotations

import sys

from benchmarks.measuring import alternate, cost, in_a_process, program, run
from benchmarks.records import Measurement

ROUNDS = 11
PYTHON = "Python alone"
GOAL_S = 0.5


def measure() -> list[Measurement]:
    command = program("report-utils")
    methods = {
        PYTHON: lambda: run([sys.executable, "-c", "pass"]),
        "import": lambda: run([sys.executable, "-c", "import report_utils"]),
        "help": lambda: run([command, "--help"]),
        "events": lambda: run([sys.executable, "-c", "from report_utils.events import read_events"]),
    }
    seconds = alternate(methods, ROUNDS)
    titles = {
        "import": "import report_utils",
        "help": "report-utils --help",
        "events": "from report_utils.events import read_events",
    }
    found = [
        cost(
            f"start/{name}",
            title,
            {"ours": seconds[name], PYTHON: seconds[PYTHON]},
            PYTHON,
            judged="ours",
            goal=None if name == "events" else GOAL_S,
        )
        for name, title in titles.items()
    ]
    code = "import sys, report_utils.cli, report_utils.reproduction.one_profile, report_utils.report.figures\n"
    code += "out['networks'] = sorted({'tensorflow', 'keras'} & set(sys.modules))"
    imported = in_a_process(code)["networks"]
    assert not imported, f"{imported} imported where no network is needed"
    return [one.model_copy(update={"note": "no TensorFlow, no Keras"}) for one in found]
