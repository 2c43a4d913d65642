"""The options of commands on event lists, made from the fields of IngestOptions.

There are too many for one screen, so ``--help`` shows those that most lists need, and ``--help-all`` shows all.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from report_utils.errors import InputError
from report_utils.events.ingest_options import CLEANING, THINNING, IngestOptions

_FIELDS = IngestOptions.model_fields
_SELDOM = {
    "channel_kev", "channel_offset_kev", "rmf", "table",
    "good_grades", "gti", "region_centre", "background_source_ids", "drop_repeated",
    "events_agn_less", "thin_seed", "hubble_h", "outside_paths",
}  # fmt: skip
"""Options that few lists need; most of them are named by the error message of a list that needs them."""


def _show_all(context: typer.Context, wanted: bool) -> None:
    if wanted:
        for parameter in context.command.params:
            parameter.hidden = False
        typer.echo(context.get_help())
        raise typer.Exit


_HELP_ALL = inspect.Parameter(
    "help_all",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[
        bool, typer.Option("--help-all", is_eager=True, callback=_show_all, help="Show all options and exit.")
    ],
)


def takes_event_options(*panels: str, without: tuple[str, ...] = ()) -> Callable[[Callable[..., None]], Any]:
    """Give a command the options of some panels; it is called with an IngestOptions named ``options``."""
    names = [name for name in _FIELDS if _extra(name)["panel"] in panels and name not in without]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**given: Any) -> None:
            del given["help_all"]
            stated = {name: given.pop(name) for name in names}
            command(**given, options=_options({name: said for name, said in stated.items() if said is not None}))

        own = inspect.signature(command, eval_str=True).parameters
        parameters = [parameter for name, parameter in own.items() if name != "options"]
        parameters += [_HELP_ALL, *(_parameter(name) for name in names)]
        keyword_only = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = inspect.Signature(keyword_only)
        run.__annotations__ = {one.name: one.annotation for one in keyword_only}
        return run

    return decorate


def _options(stated: dict[str, Any]) -> IngestOptions:
    """Build the options; a message names them as they are typed: ``--energy-min -1`` for ``energy_min=-1``."""
    try:
        return IngestOptions(**stated)
    except InputError as error:
        fields = "|".join(_FIELDS)
        spelt = re.sub(rf"\b({fields})=", lambda found: f"{_flag(found[1])} ", str(error))
        raise InputError(spelt) from None


def _extra(name: str) -> dict[str, Any]:
    return _FIELDS[name].json_schema_extra


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _parameter(name: str) -> inspect.Parameter:
    """Return a field as a parameter of a command: a flag, or text that the model parses."""
    field, extra = _FIELDS[name], _extra(name)
    is_flag = field.annotation is bool
    option = typer.Option(
        _flag(name),
        help=field.description,
        hidden=name in _SELDOM,
        rich_help_panel=CLEANING if extra["panel"] == THINNING else extra["panel"],
        metavar=None if is_flag else extra.get("metavar", "NUMBER" if "give" in extra else "TEXT"),
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if is_flag else None,
        annotation=Annotated[bool if is_flag else str | None, option],
    )


def file_path(text: str) -> Path:
    """Return the path of a file; one that ends with a slash names a folder, and its last part is no file."""
    if text.endswith(("/", "/.")):
        msg = f"{text!r} names a folder; name the file in it"
        raise typer.BadParameter(msg)
    return Path(text)
