"""A local look at the rendered book through a web server, as a host would show it."""

from __future__ import annotations

import errno
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from report_utils.errors import InputError


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of the ones that are there."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        pass


def book_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the rendered book for this machine alone; it serves once it is told to.

    Parameters
    ----------
    folder : Path
        Of the HTML.
    port : int
        0 for any that is free.
    """
    if not (folder / "index.html").is_file():
        msg = f"{folder}: there is no rendered book here; build it with `make book`"
        raise InputError(msg)
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        msg = f"port {port}: {error.strerror}; choose another one with --port"
        raise InputError(msg) from None


def address(server: ThreadingHTTPServer) -> str:
    """Return where a server's book is."""
    return f"http://127.0.0.1:{server.server_address[1]}/"
