"""The notebooks run in this process, on made-up runs of a tiny profile, so that tests see what they show."""

from __future__ import annotations

import ast
import contextlib
import io
import os
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import jupytext
import matplotlib
import pytest

from report_utils.binning import TRANSFORMS
from report_utils.reproduction.one_profile import DYNAMICS_TRANSFORMS, NETWORK_TRANSFORMS, Reproduction
from report_utils.reproduction.results import export_results
from report_utils.runs.store import Store
from tests.conftest import ROOT
from tests.made_up_runs import store_dynamics, store_fits
from tests.profile_files import TINY

N_CLUSTERS, N_FULL = 60, 40
AT_FULL_SIZE = ("multi_band_1", "multi_band_2", "multi_band_4", "retained_50")


@dataclass
class Page:
    """What a notebook has left behind: its variables, what its cells show, and its figures by name."""

    variables: dict[str, Any]
    shown: list[Any]
    figures: dict[str, Any]

    @property
    def text(self) -> str:
        """What a reader reads."""
        written = [getattr(one, "data", one) for one in self.shown]
        return "\n\n".join(one for one in written if isinstance(one, str))


def run_notebook(name: str, **parameters: Any) -> Page:
    """Run a notebook's code with other parameters, in the working directory of this process."""
    page = Page({}, [], {})
    for cell in jupytext.read(ROOT / "notebooks" / f"{name}.py").cells:
        if cell.cell_type != "code":
            page.shown.append(cell.source)
            continue
        tree, last = ast.parse(cell.source), None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, f"{name}.py", "exec"), page.variables)
        value = eval(compile(last, f"{name}.py", "eval"), page.variables) if last else None
        if "parameters" in cell.metadata.get("tags", []):
            unknown = parameters.keys() - page.variables.keys()
            assert not unknown, f"{name} has no parameter {unknown}"
            page.variables.update(parameters)
        page.shown.append(value)
        if "figure" in cell.metadata.get("mystnb", {}):
            page.figures[cell.metadata["mystnb"]["figure"]["name"]] = value
    return page


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory):
    """A function that runs a notebook, each with the same parameters once, and the reproduction that it shows."""
    folder = tmp_path_factory.mktemp("made-up")
    text = TINY.replace("n_clusters = 20", f"n_clusters = {N_CLUSTERS}")
    (folder / "tiny.toml").write_text(f"network_seeds = 2\n{text}")
    reproduction = Reproduction(folder / "tiny.toml", Store(folder / "runs"))
    for transform in TRANSFORMS:
        for seed in range(reproduction.book_seeds(transform)):
            with_network = transform in {*NETWORK_TRANSFORMS, "multi_band_4"}
            store_fits(reproduction, transform, seed=seed, with_network=with_network)
    for transform in DYNAMICS_TRANSFORMS:
        store_dynamics(reproduction, transform)

    environment = {"REPORT_RUNS": str(folder / "runs"), "REPORT_PROFILE": str(folder / "tiny.toml")}

    def kept_runs():
        return sorted(path for kind in ("fit", "dynamics") for path in (folder / "runs" / kind).rglob("*.json"))

    run = _runner(environment, {"report.full_size.results_folder": lambda name: folder / "results" / name})
    return SimpleNamespace(run=run, reproduction=reproduction, environment=environment, kept_runs=kept_runs)


def _runner(environment, replaced):
    """Return a function that runs each notebook once where parts of the package are replaced and nothing may train."""

    @cache
    def run(name, **parameters):
        with contextlib.ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, environment))
            stack.enter_context(matplotlib.rc_context())
            stack.enter_context(contextlib.chdir(ROOT / "notebooks"))
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            for place, value in (replaced | {"reproduction.one_profile.run_tasks": None}).items():
                stack.enter_context(patch(f"report_utils.{place}", value))
            return run_notebook(name, **parameters)

    return run


@pytest.fixture(scope="session")
def beside_full_size(notebooks, tmp_path_factory):
    """A function that runs a notebook of the same reproduction beside committed results of some transforms.

    A second tiny profile, with all ten folds, stands for the report's size.
    """
    folder = tmp_path_factory.mktemp("full-size")
    text = TINY.replace("n_clusters = 20", f"n_clusters = {N_FULL}").replace("run = 2", "run = 10")
    (folder / "big.toml").write_text(text)
    full = Reproduction(folder / "big.toml", Store(folder / "runs"))
    for transform in AT_FULL_SIZE:
        store_fits(full, transform, scatter=0.05)
    for transform in DYNAMICS_TRANSFORMS:
        for seed in range(3):
            store_dynamics(full, transform, seed=seed, scatter=0.05)
    export_results(full, AT_FULL_SIZE, DYNAMICS_TRANSFORMS, folder=folder / "results")
    replaced = {
        "report.full_size.FULL_PROFILE": str(folder / "big.toml"),
        "report.full_size.results_folder": lambda _: folder / "results",
    }
    modules = ("full_size", "reproduced_results", "reproduction_status")
    replaced |= {f"report.{module}.has_reports_size": lambda _, n_clusters: n_clusters == N_FULL for module in modules}
    return _runner(notebooks.environment, replaced)
