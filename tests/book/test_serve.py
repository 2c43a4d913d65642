"""A local look at the book."""

from __future__ import annotations

import threading
import urllib.request

import pytest

from report_utils.book.serve import address, book_server
from report_utils.errors import InputError


@pytest.fixture
def book(tmp_path):
    (tmp_path / "index.html").write_text("<p>the book")
    return tmp_path


def test_the_book_is_served_to_this_machine(book):
    with book_server(book, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with urllib.request.urlopen(address(server), timeout=10) as answer:
            assert answer.read() == b"<p>the book"
        server.shutdown()
        thread.join()
    assert address(server).startswith("http://127.0.0.1:")


def test_a_port_in_use_and_a_missing_book_are_said(book, tmp_path):
    with book_server(book, 0) as server:
        port = server.server_address[1]
        with pytest.raises(InputError, match=f"port {port}: .*--port"):
            book_server(book, port)
    with pytest.raises(InputError, match="no rendered book"):
        book_server(tmp_path / "nowhere", 0)
