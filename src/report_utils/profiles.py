"""Profiles: how big a reproduction is and where its observations come from (``profiles/*.toml``)."""

from __future__ import annotations

import contextlib
import difflib
import os
import tomllib
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from report_utils.errors import InputError, printable
from report_utils.files.input_files import MAX_DEPTH, demand_file

PROFILE_VARIABLE = "REPORT_PROFILE"
"""Environment variable that names the profile; without it the book is built at ``quick``."""

DEFAULT_PROFILE = "quick"

_MAX_FILE = 1 << 20
_MAX_WHOLE = 2**63 - 1
_MAX_PATH = 4096


def _at_most(limit: float, why: str) -> AfterValidator:
    """Return a check of an upper bound; its message says why there is one."""

    def check(value: float) -> float:
        if value > limit:
            msg = f"{value} is more than {limit}: {why}"
            raise ValueError(msg)
        return value

    return AfterValidator(check)


Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Clusters = Annotated[Count, _at_most(1_000_000, "their images take terabytes; the report has 3286")]
Events = Annotated[Count, _at_most(1_000_000_000, "no event list has as many, so nothing would be left out")]
FoldCount = Annotated[int, Field(ge=2), _at_most(1000, "each fold trains a network of its own; the report has 10")]
Seeds = Annotated[Count, _at_most(1000, "each trains everything once more; a few show what a seed changes")]
Epochs = Annotated[Count, _at_most(10_000, "training would take a hundred times as long as the report's 100")]
BatchSize = Annotated[Count, _at_most(65_536, "a batch is one step of training and is in memory as a whole")]
LearningRate = Annotated[Positive, _at_most(10.0, "steps so large end in numbers that are not finite")]
Noise = Annotated[
    float, Field(ge=0, allow_inf_nan=False), _at_most(100.0, "noise so large leaves nothing of what was learnt")
]
Pixels = Annotated[int, Field(ge=8, multiple_of=8), _at_most(4096, "one observation's counts would take over 270 MB")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceSettings(_Table):
    """Where the observations come from: the simulation, or an archive of the user's own."""

    n_clusters: Clusters | None = None
    """How many observations to simulate, or to take from the archive (all of them if this is missing)."""
    archive: str | None = None
    """Folder of an ingested archive, relative to the profile's file; without it, observations are simulated."""
    max_events: Events | None = None
    """Keep at most this many events of each observation, drawn at random by the profile's seed; without it, all."""
    simulation: dict[str, Any] = Field(default_factory=dict)
    """Settings of the simulation that differ from its defaults."""

    @field_validator("archive")
    @classmethod
    def _a_path(cls, archive: str | None) -> str | None:
        if archive is not None and ("\0" in archive or not 0 < len(archive) <= _MAX_PATH):
            msg = f"{printable(archive)!r} is not a path: it is empty, too long, or holds a NUL"
            raise ValueError(msg)
        return archive

    @model_validator(mode="after")
    def _one_source(self) -> SourceSettings:
        if self.archive is None and self.n_clusters is None:
            msg = "give n_clusters for the simulation, or the folder of an archive"
            raise ValueError(msg)
        if self.archive is not None and self.simulation:
            msg = "an archive has no settings of the simulation; give one or the other"
            raise ValueError(msg)
        return self


class Folds(_Table):
    """Cross-validation (report, section 3.3)."""

    n_folds: FoldCount = 10
    run: Count = 10
    """How many of the folds are trained."""
    grouped: bool = False
    """Keep all observations of a halo in one fold."""

    @model_validator(mode="after")
    def _enough_folds(self) -> Folds:
        if self.run > self.n_folds:
            msg = f"run = {self.run} folds, but there are only {self.n_folds}"
            raise ValueError(msg)
        return self


class CoarseStage(_Table):
    """Epochs on images with larger pixels, before those at the profile's own size."""

    n_pixels: Pixels
    epochs: Epochs


Precision = Literal["float32", "bfloat16"]


class Training(_Table):
    """How one fit is trained (report, section 3.2)."""

    epochs: Epochs = 100
    """Epochs on the images of the profile's own size."""
    coarse: list[CoarseStage] = Field(default_factory=list)
    """Stages before them, the coarsest first: the log images are averaged over larger pixels (not in the report)."""
    batch_size: BatchSize = 16
    learning_rate: LearningRate = 5e-4
    """Adam's learning rate; the peak of the one-cycle schedule."""
    schedule: Literal["constant", "one_cycle"] = "constant"
    target: Literal["as_is", "standardised"] = "as_is"
    inputs: Literal["as_is", "standardised"] = "as_is"
    """Centre each channel of the images and divide by one spread, both of the training images (not in the report)."""
    precision: Precision = "float32"
    """Of the convolutions while training; everything else, and every prediction, is in float32."""

    def stages(self, n_pixels: int) -> list[tuple[int, int]]:
        """Return the size of the images [pixels] and the number of epochs of each stage, in order."""
        return [*((stage.n_pixels, stage.epochs) for stage in self.coarse), (n_pixels, self.epochs)]

    @property
    def all_epochs(self) -> int:
        """Return the number of epochs of all stages."""
        return self.epochs + sum(stage.epochs for stage in self.coarse)

    def whole_epochs(self, n_pixels: int) -> float:
        """Return the number of epochs at full size that would show as many pixels as all stages together."""
        return sum(epochs * (size / n_pixels) ** 2 for size, epochs in self.stages(n_pixels))


class Dynamics(_Table):
    """The four-phase training (report, section 4.1)."""

    epochs: Epochs = 50
    """Epochs of a phase before its noise; one more follows it."""
    batch_size: BatchSize = 16
    learning_rate: LearningRate = 5e-4
    target: Literal["as_is", "standardised"] = "as_is"
    inputs: Literal["as_is", "standardised"] = "as_is"
    precision: Precision = "float32"
    noise: Noise = 0.05
    """Standard deviation of the noise on a layer's weights, in units of the spread of its kernel."""


class Profile(_Table):
    """Everything that decides how big a reproduction is and where its observations come from."""

    name: str
    description: str
    seed: Annotated[int, Field(ge=0)]
    n_pixels: Pixels
    box: Literal["events", "field", "mpc", "r500"] = "events"
    """The square that an image shows: that of its own events as in the report, or, for simulated clusters, the camera's
    field, or a fixed size in Mpc or in R500."""
    source: SourceSettings
    folds: Folds = Folds()
    training_seeds: Seeds = 1
    """Number of times that each fit and dynamics is trained, with different initial weights and orders of batches."""
    network_seeds: Seeds = 1
    """The same for the one-band and two-band networks that pages look into, if it is more than ``training_seeds``."""
    training: Training = Training()
    dynamics: Dynamics = Dynamics()
    path: Path = Field(strict=False)
    """The file this profile was read from."""

    @model_validator(mode="after")
    def _a_box_that_is_known(self) -> Profile:
        if self.box != "events" and self.source.archive is not None:
            msg = f"box = {self.box!r} needs the redshifts and pointings of simulated clusters; an archive has neither"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _stages_that_grow(self) -> Profile:
        sizes = [size for size, _ in self.training.stages(self.n_pixels)]
        for coarse, fine in pairwise(sizes):
            if coarse >= fine or self.n_pixels % coarse:
                msg = (
                    f"training.coarse has stages of {', '.join(map(str, sizes[:-1]))} pixels before {self.n_pixels}: "
                    f"each must be larger than the one before, and divide {self.n_pixels}"
                )
                raise ValueError(msg)
        return self

    @field_validator("name", "description")
    @classmethod
    def _a_line(cls, text: str) -> str:
        if not text.isprintable() or len(text) > 300:
            msg = f"{printable(text)!r} cannot be printed: it has more than 300 characters or controls the terminal"
            raise ValueError(msg)
        return text

    @cached_property
    def label(self) -> str:
        """Return what to call the profile's file: its path inside the project if it lies there."""
        with contextlib.suppress(InputError):
            if self.path.is_relative_to(project_root()):
                return self.path.relative_to(project_root()).as_posix()
        return str(self.path)

    @cached_property
    def archive_path(self) -> Path | None:
        """Return the folder of the archive, or None if the observations are simulated."""
        return None if self.source.archive is None else (self.path.parent / self.source.archive).resolve()


def project_root() -> Path:
    """Return the folder that holds the book: the nearest one upwards with ``_config.yml`` and ``profiles/``.

    The search begins in the working directory and then in this package's own source tree, so notebooks find it
    from their own folder.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if (folder / "_config.yml").is_file() and (folder / "profiles").is_dir():
            return folder
    msg = f"{here}: neither this folder nor one above it holds the book (_config.yml and profiles/); go to its folder"
    raise InputError(msg)


def profile_names() -> list[str]:
    """Return the names of the profiles that the project has."""
    return sorted(path.stem for path in (project_root() / "profiles").glob("*.toml"))


def load_profile(name: str | Path | None = None) -> Profile:
    """Read a profile, given its name in ``profiles/`` or the path of a TOML file.

    Without a name, the environment variable ``REPORT_PROFILE`` decides, and without that it is ``quick``. If there is
    no such profile, or a value in it is impossible, the InputError names the file and the entry.
    """
    name = str(name or os.environ.get(PROFILE_VARIABLE) or DEFAULT_PROFILE)
    path = Path(name) if name.endswith(".toml") else project_root() / "profiles" / f"{name}.toml"
    if not path.is_file():
        msg = f"unknown profile {name!r}; choose one of {', '.join(profile_names())}, or give the path of a .toml file"
        raise InputError(msg)
    demand_file(path, _MAX_FILE)
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        _demand_plain(path, entries)
    except InputError:
        raise
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); check the file and its permissions"
        raise InputError(msg) from None
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits and endless brackets
        msg = f"{path}: this is not valid TOML: {printable(str(error), 160)}"
        raise InputError(msg) from None
    for reserved in ("name", "path"):
        if reserved in entries:
            msg = f"{path}: {reserved!r} is taken from the file's own name; remove this entry"
            raise InputError(msg)
    try:
        return Profile(**entries, name=path.stem, path=path.resolve())
    except ValidationError as error:
        # a misspelt entry comes before the one that is then missing
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        entry = ".".join(str(part) for part in first["loc"]) or "profile"
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            reason = _no_such_entry(first["loc"])
        given = "" if first["type"] in {"missing", "value_error"} else f" = {printable(repr(first['input']))}"
        msg = f"{path}: {printable(entry)}{given}: {reason}"
        raise InputError(msg) from None


def _no_such_entry(place: tuple[str | int, ...]) -> str:
    """Say that no entry has this name, and which one was probably meant."""
    table: Any = Profile
    for part in place[:-1]:
        table = table.model_fields[str(part)].annotation
    names = sorted(set(table.model_fields) - {"name", "path"})
    near = difflib.get_close_matches(str(place[-1]), names, n=1)
    return "there is no such entry; " + (f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}")


def _demand_plain(path: Path, value: Any, entry: str = "", depth: int = 0) -> None:
    """Refuse whole numbers that neither arrays nor generators take, and tables nested too deep.

    TOML's own have 64 bits; Python reads longer ones.
    """
    if depth > MAX_DEPTH:
        msg = f"{path}: {printable(entry)}: nests more than {MAX_DEPTH} deep; no profile does"
        raise InputError(msg)
    if isinstance(value, int) and abs(value) > _MAX_WHOLE:
        msg = (
            f"{path}: {printable(entry)} has {value.bit_length()} bits: it is stored with the observations and seeds"
            f" NumPy's generators as a whole number of 64 bits with a sign; give one up to {_MAX_WHOLE}"
        )
        raise InputError(msg)
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _demand_plain(path, inner, f"{entry}.{name}".removeprefix("."), depth + 1)
