"""The Python reference: what a package makes public, as directives for Sphinx's ``autodoc``."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.ext.autodoc.mock import mock
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

MOCKED = ("keras", "tensorflow", "jax", "torch", "lightning", "xgboost", "lightgbm")
"""Never imported for the reference: importing takes long, and their members are not described here."""


def reference_lines(package: str) -> list[str]:
    """Return reStructuredText that describes everything in a package's ``__all__``, in its order."""
    with mock(list(MOCKED)):
        module = import_module(package)
        values = {name: getattr(module, name) for name in module.__all__}
    lines = [f".. automodule:: {package}", "   :no-members:", ""]
    for name, value in values.items():
        if inspect.isclass(value):
            lines += [f".. autoclass:: {package}.{name}", "   :members:", ""]
        elif callable(value):
            lines += [f".. autofunction:: {package}.{name}", ""]
        else:
            lines += [f".. autodata:: {_home(package, name, value)}.{name}", "   :no-value:", ""]
    return lines


def _home(package: str, name: str, value: Any) -> str:
    """Return the module that defines and describes a constant: its description stands only there."""
    for home, module in sorted(sys.modules.items()):
        if home.startswith(f"{package.partition('.')[0]}.") and vars(module).get(name) is value:
            analyzer = ModuleAnalyzer.for_module(home)
            analyzer.analyze()
            if ("", name) in analyzer.attr_docs:
                return home
    return package


class Reference(SphinxDirective):
    """Everything public of a package."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the descriptions as nodes."""
        parent = nodes.section()
        lines = StringList(reference_lines(self.arguments[0]), source=self.arguments[0])
        with mock(list(MOCKED)):  # autodoc looks for the sources of base classes outside its own mock
            nested_parse_with_titles(self.state, lines, parent)
        return parent.children
