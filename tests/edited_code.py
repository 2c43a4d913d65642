"""A definition of the package that looks edited to whoever asks what decides a result."""

from __future__ import annotations

import ast
from dataclasses import replace

from report_utils.runs import code_digest


def edit_definition(monkeypatch, module: str, name: str) -> None:
    """Give a definition one more statement."""
    original = code_digest._module

    def edited(wanted: str):
        found = original(wanted)
        if wanted != module:
            return found
        definition = found.definitions[name]
        changed = replace(definition, statements=[*definition.statements, *ast.parse("edited = True").body])
        return replace(found, definitions={**found.definitions, name: changed})

    monkeypatch.setattr(code_digest, "_module", edited)
