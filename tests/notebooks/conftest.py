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
from report_utils.runs.store import Store
from tests.conftest import ROOT
from tests.made_up_runs import store_dynamics, store_fits
from tests.profile_files import TINY

N_CLUSTERS = 60


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

    @cache
    def run(name, **parameters):
        before = os.environ.copy()
        os.environ |= environment
        try:
            with (
                matplotlib.rc_context(),
                contextlib.chdir(ROOT / "notebooks"),
                contextlib.redirect_stdout(io.StringIO()),
                patch("report_utils.reproduction.one_profile.run_tasks", side_effect=AssertionError(f"{name} trains")),
            ):
                return run_notebook(name, **parameters)
        finally:
            os.environ.clear()
            os.environ.update(before)

    return SimpleNamespace(run=run, reproduction=reproduction, environment=environment, kept_runs=kept_runs)
