"""The response parser, fed byte by byte and all at once."""

from __future__ import annotations

import pytest

from supervisor.drill.response import MalformedError, Response

CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
    b"4;name=value\r\nWiki\r\nA \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
)


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_chunks_may_come_in_any_pieces(step: int) -> None:
    response = Response(tail_bytes=3)
    for at in range(0, len(CHUNKED), step):
        assert not response.complete
        response.feed(CHUNKED[at : at + step])
    assert response.complete
    assert (response.body_bytes, response.tail, response.reusable) == (14, b"789", True)


@pytest.mark.parametrize("cut", range(len(CHUNKED)))
def test_no_prefix_of_a_chunked_response_is_complete(cut: int) -> None:
    response = Response()
    response.feed(CHUNKED[:cut])
    assert not response.feed_eof()
    assert response.where


def test_lines_may_end_with_lf_alone() -> None:
    response = Response("GET")
    response.feed(b"HTTP/1.0 200 OK\r\nServer: cgi\r\nContent-Length: 5\nX: y\n\nhello")
    assert (response.complete, response.headers["x"], response.body_bytes) == (True, "y", 5)


def test_a_header_may_be_folded_and_its_name_spaced() -> None:
    """A recipient reads a fold as a space (RFC 9112 section 5.2); old CGI programs send both."""
    response = Response()
    response.feed(b"HTTP/1.1 200 OK\r\nX: a\r\n \tb\r\nContent-Length : 5\r\n\r\nhello")
    assert (response.complete, response.headers["x"], response.body_bytes) == (True, "a b", 5)


@pytest.mark.parametrize("coding", [b"chunked, gzip", b"xchunked"])
def test_chunks_end_a_body_only_where_they_are_its_last_coding(coding: bytes) -> None:
    """Else it ends with the connection (RFC 9112 section 6.3)."""
    response = Response()
    response.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + coding + b"\r\n\r\nhello")
    assert not response.complete
    assert response.feed_eof()
    assert not response.reusable


def test_head_has_no_body() -> None:
    response = Response("HEAD")
    response.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    assert response.complete
    assert response.body_bytes == 0


def test_surplus_bytes_forbid_reuse() -> None:
    response = Response()
    response.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab")
    assert response.complete
    assert not response.reusable


@pytest.mark.parametrize(
    "head, expected",
    [
        (
            b"HTTP/1.1 503 X\r\nRetry-After: 1\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n",
            True,
        ),
        (b"HTTP/1.1 503 X\r\nretry-after: 1\r\nconnection: a, close\r\n\r\n", True),
        (
            b"HTTP/1.1 503 X\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 1\r\n\r\n",
            False,
        ),
        (b"HTTP/1.1 500 X\r\nRetry-After: 1\r\nConnection: close\r\n\r\n", False),
        (b"HTTP/1.1 503 X\r\nConnection: close\r\n\r\n", False),
        (
            b"HTTP/1.1 503 X\r\nRetry-After: 1\r\nConnection: closed\r\nContent-Length: 0\r\n\r\n",
            False,
        ),
        (b"HTTP/1.1 503 X\r\nRetry-After: 1\r\n\r\nuntil the end", True),
        (b"HTTP/1.0 503 X\r\nRetry-After: 1\r\n\r\nuntil the end", True),
        (b"HTTP/1.0 503 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", True),
        (
            b"HTTP/1.0 503 X\r\nRetry-After: 1\r\nConnection: keep-alive\r\n"
            b"Content-Length: 0\r\n\r\n",
            False,
        ),
    ],
)
def test_what_a_turn_away_is(head: bytes, *, expected: bool) -> None:
    response = Response()
    response.feed(head)
    response.feed_eof()
    assert response.is_turn_away is expected


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 70_000,
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Response().feed(data)


def test_equal_lengths_are_one_length() -> None:
    response = Response()
    response.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab")
    assert response.complete
