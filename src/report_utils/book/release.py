"""A release to deposit (``make release``): sources, results, lock files and the rendered book in one archive.

The same commit and the same book give the same archive, byte for byte.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from report_utils import __version__
from report_utils.book.metadata import CITATION, CODEMETA, CRATE, as_file, codemeta, read_citation, ro_crate
from report_utils.book.rendered import is_rendered
from report_utils.errors import InputError
from report_utils.files.disk import clear_disk_errors

SUMS = "SHA256SUMS"
BOOK, SOURCES = "book/", "sources/"

Entry = tuple[tarfile.TarInfo, bytes]
"""What an archive says of a file or link, and its content."""


def make_release(root: Path) -> Path:
    """Pack the project's last commit with the book that was built from it, and return the archive's place."""
    commit, moment = _committed(root)
    book = root / "_build" / "html"
    if not is_rendered(root):
        msg = f"{book}: the book is missing or older than these files; build it with `make book`"
        raise InputError(msg)
    citation = read_citation(root)
    if str(citation["version"]) != __version__:
        msg = (
            f"{root / CITATION}: version {citation['version']} is not that of the package, {__version__}; make them one"
        )
        raise InputError(msg)
    entries = _sources(root, commit)
    entries |= {f"{BOOK}{path.relative_to(book).as_posix()}": _entry(path.read_bytes()) for path in _files(book)}
    entries[CITATION] = entries[f"{SOURCES}{CITATION}"]
    whole = {"@id": SOURCES, "@type": "Dataset", "name": "sources, committed results, lock files", "version": commit}
    sums = {"@id": SUMS, "@type": "File", "name": "checksums of all files", "encodingFormat": "text/plain"}
    crate = ro_crate(root, book, prefix=BOOK, parts=[whole, sums])
    for name, value in ((CODEMETA, codemeta(root, citation)), (CRATE, crate)):
        entries[name] = _entry(as_file(value).encode())
    files = {name: data for name, (member, data) in sorted(entries.items()) if member.isfile()}
    entries[SUMS] = _entry(
        "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()
    )
    target = root / "_build" / "release" / f"report-utils-{__version__}.tar.gz"
    with clear_disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_packed(f"report-utils-{__version__}", entries, moment))
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        target.with_name(f"{target.name}.sha256").write_text(f"{digest}  {target.name}\n", encoding="ascii")
    return target


def _git(root: Path, *words: str) -> bytes:
    result = subprocess.run(["git", "-C", root, *words], capture_output=True, check=False)  # noqa: S603, S607 - our own words
    if result.returncode != 0:
        reason = (result.stderr.decode(errors="replace").strip().splitlines() or ["git said nothing"])[-1]
        msg = f"{root}: git {words[0]}: {reason}; a release is made of a commit: run it in a clone of the project"
        raise InputError(msg)
    return result.stdout


def _committed(root: Path) -> tuple[str, int]:
    """Return the last commit and its time [s since 1970]; whatever it does not hold is refused."""
    changed = _git(root, "status", "--porcelain").decode(errors="replace").splitlines()
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        msg = f"{root}: not committed: {changed[0][3:]}{more}; commit or remove it, build the book, and try again"
        raise InputError(msg)
    commit, moment = _git(root, "show", "--no-patch", "--format=%H %ct", "HEAD").decode().split()
    return commit, int(moment)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _entry(data: bytes) -> Entry:
    member = tarfile.TarInfo()
    member.size = len(data)
    return member, data


def _sources(root: Path, commit: str) -> dict[str, Entry]:
    """Return the files and links of a commit."""
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", "--format=tar", commit))) as archive:
        members = [member for member in archive if not member.isdir()]
        return {
            f"{SOURCES}{member.name}": (member, archive.extractfile(member).read() if member.isfile() else b"")
            for member in members
        }


def _packed(folder: str, entries: Mapping[str, Entry], moment: int) -> bytes:
    """Return an archive that depends on nothing but what it holds and one time [s since 1970]."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=moment) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, (member, data) in sorted(entries.items()):
            mode = 0o755 if member.mode & 0o100 else 0o644
            same = {"name": f"{folder}/{name}", "mtime": moment, "mode": mode}
            same |= {"uid": 0, "gid": 0, "uname": "", "gname": ""}
            archive.addfile(member.replace(**same, deep=False), io.BytesIO(data))
    return packed.getvalue()
