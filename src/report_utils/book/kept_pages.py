"""Executed pages, kept by what they were made from, so that undoing a change finds the earlier page.

What a page is made from is known in part beforehand: its notebook, its parameters, the profile, the code that it
reaches, the observations. The rest is recorded while it runs: the runs, files and folders that it reads. A kept page is
fresh where all of it is the same today.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from report_utils.book.pages import Page
from report_utils.errors import InputError
from report_utils.profiles import Profile, profile_names, project_root
from report_utils.reproduction.committed import RESULTS_VARIABLE
from report_utils.reproduction.one_profile import Reproduction
from report_utils.reproduction.results import results_digest
from report_utils.reproduction.run_status import current_key
from report_utils.runs.code_digest import digest, file_digest, reached_definitions, source_definitions
from report_utils.runs.ownership import EXECUTED_PAGES, is_own_page, kept_name, record_of
from report_utils.workers.backends import backend_name

NO_READS: Mapping[str, Any] = {"runs": {}, "files": {}, "folders": {}, "results": {}}
EDITED = "edited while it was read"
VERSIONS_KEPT = 5
"""Of each page and profile; the one that was made or found fresh the longest ago goes first."""

_RUN_NAME = re.compile(r"\w+/[^/]+/(?P<transform>[^/]+)/(?:fold-(?P<fold>\d+)-)?seed-(?P<training_seed>\d+)")


def profile_argument(profile: Profile) -> str:
    """Return what a notebook is given as its profile: a name in ``profiles/``, or a file."""
    return profile.name if profile.path.parent == project_root() / "profiles" else str(profile.path)


def recorded_folders(reproduction: Reproduction) -> dict[str, list[Path]]:
    """Return the folders whose files are recorded when a page reads them, and those in them that are left out.

    Runs and observations are recorded by their keys, a folder of results by the digest of all that it holds.
    """
    root, archive = project_root(), reproduction.observations.archive
    outside = [root / "_build", root / "book" / "pages", root / "results", reproduction.store.root]
    outside += [path for path in root.glob(".*") if path.is_dir()]
    if archive is not None:
        outside.append(archive)
    return {"inside": [root], "outside": outside}


class Today:
    """What pages would be made from today; everything is looked at once."""

    def __init__(self, reproduction: Reproduction, root: Path | None = None) -> None:
        self.reproduction = reproduction
        self.root = root or project_root()
        self._seen: dict[tuple[str, str], str | None] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._others: dict[str, Reproduction] = {}

    def inputs(self, page: Page, reads: Mapping[str, Any] = NO_READS) -> dict[str, Any]:
        """Return all that a page is made from, in the state of today.

        ``reads`` names what it reads when it runs; the values do not matter. A notebook, or code that it reaches, that
        is not Python is an InputError.
        """
        path = page.notebook_path(self.root)
        text = path.read_text(encoding="utf-8")
        return {
            "notebook": {page.notebook: digest(text)},
            "page": {"slug": page.slug, "title": page.title, "words": page.words, "parameters": page.parameters},
            "profile": self.reproduction.profile.model_dump(mode="json", exclude={"path"}),
            "code": self._code(path, text),
            "backend": backend_name(),
            "data": self.reproduction.data_key.inputs,
            "shown": os.environ.get(RESULTS_VARIABLE, ""),
            "runs": {name: self._run(name, before) for name, before in reads["runs"].items()},
            "files": {name: self._once("file", name) for name in reads["files"]},
            "folders": {name: self._once("folder", name) for name in reads["folders"]},
            "results": {name: self._once("results", name) for name in reads["results"]},
        }

    def _code(self, path: Path, text: str) -> dict[str, str]:
        """Return the digests of the definitions that a notebook reaches, and of those that run it."""
        try:
            if text not in self._codes:
                self._codes[text] = source_definitions(text) | reached_definitions("book.execute")
        except SyntaxError as error:
            line = (error.text or "").strip()
            where = error.filename if error.filename != "<unknown>" else path  # the notebook, or code that it reaches
            msg = f"{where}: line {error.lineno}: {error.msg} [{line}]; correct it and build again"
            raise InputError(msg) from error
        return self._codes[text]

    def reads(self, recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a kernel has recorded with the digests of today, by names below the project."""
        files = {}
        for path, changed_at in recorded["files"].items():
            now = Path(path).stat().st_mtime_ns if Path(path).is_file() else None
            files[self._name(path)] = self._once("file", self._name(path)) if now == changed_at else EDITED
        folders = {self._name(path): self._once("folder", self._name(path)) for path in recorded["folders"]}
        # a page that makes a profile of its own, as an example, is not made from that
        runs = {name: digest for name, digest in recorded["runs"].items() if self._key(name) is not None}
        results = {
            self._name(path): before if before == self._once("results", self._name(path)) else EDITED
            for path, before in recorded["results"].items()
        }
        return {"runs": runs, "files": files, "folders": folders, "results": results}

    def _name(self, path: str) -> str:
        return Path(path).relative_to(self.root).as_posix() if Path(path).is_relative_to(self.root) else path

    def _once(self, kind: str, name: str) -> str | None:
        if (kind, name) not in self._seen:
            path = self.root / name
            if kind == "results":
                found = results_digest(path)
            elif kind == "file":
                found = file_digest(path) if path.is_file() else None
            else:
                found = digest(sorted(file.name for file in path.iterdir())) if path.is_dir() else None
            self._seen[kind, name] = found
        return self._seen[kind, name]

    def _run(self, name: str, before: str | None) -> str | None:
        """Return today's digest of a run, or None if the run is missing, as it was for the page."""
        if (name, str(before)) not in self._seen:
            key = self._key(name)
            # committed results stand in for the profile's own runs, not for those of its variants
            is_own = name.split("/")[1] == self.reproduction.profile.name
            holder = self.reproduction if is_own else self.reproduction.store
            is_there = key is not None and (before is not None or holder.holds(key))
            self._seen[name, str(before)] = key.digest if is_there else None
        return self._seen[name, str(before)]

    def _key(self, name: str) -> Any:
        place = _RUN_NAME.fullmatch(name)
        about = {} if place is None else place.groupdict()
        inputs = {one: value if one == "transform" else int(value or 0) for one, value in about.items()}
        profile, owner = name.split("/")[1], self.reproduction
        if profile.partition("+")[0] != owner.profile.name and profile in profile_names():
            owner = self._others.setdefault(profile, Reproduction(profile, owner.store))
        return current_key(owner, {"name": name, "inputs": inputs})


def page_record(today: Today, page: Page, reads: Mapping[str, Any] = NO_READS) -> dict[str, Any]:
    """Return what an executed page says of what it was made from."""
    inputs = today.inputs(page, reads)
    return {"digest": digest(inputs), "inputs": inputs, "profile": today.reproduction.profile.label}


def kept_folder(reproduction: Reproduction) -> Path:
    """Return where executed pages of a profile are kept."""
    return reproduction.store.root / EXECUTED_PAGES / reproduction.profile.name


def version_path(page: Page, reproduction: Reproduction, record: Mapping[str, Any]) -> Path:
    """Return the file of the version with these inputs."""
    return kept_folder(reproduction) / kept_name(page.slug, record["digest"])


def kept_versions(page: Page, reproduction: Reproduction) -> list[Path]:
    """Return the kept versions of a page; the one made or found fresh last comes first."""
    found = kept_folder(reproduction).glob(f"{page.slug}-{'[0-9a-f]' * 16}.ipynb")
    return sorted(found, key=lambda path: (-path.stat().st_mtime_ns, path.name))


def is_fresh(record: Mapping[str, Any] | None, page: Page, today: Today) -> bool:
    """Tell whether what a page was made from is still the same today."""
    if record is None or not NO_READS.keys() <= record["inputs"].keys():
        return False
    return digest(today.inputs(page, record["inputs"])) == record["digest"]


def fresh_version(page: Page, today: Today) -> Path | None:
    """Return the kept page whose inputs are today's, or None."""
    versions = kept_versions(page, today.reproduction)
    return next((path for path in versions if is_fresh(record_of(path), page, today)), None)


def forget_oldest(page: Page, reproduction: Reproduction) -> None:
    """Remove the versions of a page that are too many."""
    for path in kept_versions(page, reproduction)[VERSIONS_KEPT:]:
        if is_own_page(path):
            path.unlink(missing_ok=True)
