"""The kernel that runs a page: this Python, whatever kernels are installed, without the user's settings."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from traitlets import Unicode
from traitlets.config import Config

from report_utils.profiles import PROFILE_VARIABLE
from report_utils.runs.reads import Reads
from report_utils.workers.surroundings import own_environment

FOLDER_PREFIX = "report-page-"
"""How the name of a kernel's folder begins."""

_READS = "reads.json"
_LONGEST_PARENT = 70
"""Bytes: the name of a socket has at most 103 (macOS) or 107 (Linux), and a kernel's folder and file take 31."""
_DROPPED = ("PYTHONSTARTUP", "PYTHONWARNINGS", "JUPYTER_DEFAULT_PROVISIONER_NAME")


class ThisPython(AsyncKernelManager):
    """Starts this interpreter as the kernel of every notebook; its folder stands in for the user's ``~/.ipython``."""

    first_line = Unicode("", help="What the kernel runs before the first cell; it has no number.").tag(config=True)
    profile = Unicode("", help="What REPORT_PROFILE is in the kernel.").tag(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return how to start this Python, never an installed kernel of the same name."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        if self.first_line:
            argv.append(f"--IPKernelApp.exec_lines={self.first_line}")
        return KernelSpec(argv=argv, display_name="Python 3 (ipykernel)", language="python")

    def start_kernel(self, **options: Any) -> Coroutine[Any, Any, None]:
        """Start the kernel with this project's environment."""
        environment = {name: value for name, value in own_environment(os.environ).items() if name not in _DROPPED}
        environment |= {
            "IPYTHONDIR": str(Path(self.connection_file).parent),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYTHONUTF8": "1",
        }
        if self.profile:
            environment[PROFILE_VARIABLE] = self.profile
        return super().start_kernel(env=environment, **options)


def _kernel_folders() -> list[Path]:
    """Return where a kernel's folder may lie: in the temporary folder, or in one with a short name."""
    return [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - a folder of our own is made there


@contextmanager
def kernel_settings(
    profile: str = "", *, inside: Sequence[Path] = (), outside: Sequence[Path] = ()
) -> Iterator[Config]:
    """Make a folder for one kernel: for its sockets, and for the file that says what its notebook reads.

    Over TCP, kernels race for ports and warn about encryption. It is used only if no folder has a short enough name.
    The parameters are those of :func:`report_utils.book.execute.run_page`.
    """
    short = [place for place in _kernel_folders() if len(os.fsencode(place)) <= _LONGEST_PARENT]
    parent = next((place for place in short if os.access(place, os.W_OK)), None)
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, dir=parent) as folder:
        connection = {"connection_file": str(Path(folder) / "kernel.json")}
        if parent is not None:
            connection |= {"transport": "ipc", "ip": str(Path(folder) / "kernel")}
        places = (str(Path(folder) / _READS), [*map(str, inside)], [*map(str, outside)])
        # a call without an import statement leaves no name behind in the notebook
        first_line = f"__import__('report_utils.runs.reads', fromlist=['']).record_reads{places!r}"
        yield Config({"KernelManager": connection, "ThisPython": {"first_line": first_line, "profile": profile}})


def read_by(settings: Config) -> dict[str, Any]:
    """Return what the kernel of these settings has read, as :class:`report_utils.runs.reads.Reads` writes it."""
    path = Path(settings["KernelManager"]["connection_file"]).with_name(_READS)
    if not path.is_file():
        Reads().save(path)  # a notebook without code
    return json.loads(path.read_text(encoding="utf-8"))
