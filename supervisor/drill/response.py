"""One HTTP/1.x response, fed with bytes as they arrive; it knows whether it is complete.

Pure: no socket, no clock. RFC 9112 section 6.3 decides where a body ends: by chunks, by
Content-Length, or - with neither - by the end of the connection, which is what uWSGI's http-socket
sends.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n]*)?")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
# CGI programs end lines with LF alone, which a recipient may take (RFC 9112 section 2.2).
_LINE_END = re.compile(rb"\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")  # obsolete, and to be read as a space (RFC 9112 section 5.2)
_HEAD_LIMIT_BYTES = 65536
_NO_BODY = frozenset({101, 204, 304})


class MalformedError(ValueError):
    """These bytes are no HTTP/1.x response."""


class Part(Enum):
    """What the next bytes belong to."""

    HEAD = auto()
    LENGTH = auto()
    CHUNK_SIZE = auto()
    CHUNK_DATA = auto()
    CHUNK_END = auto()
    TRAILERS = auto()
    UNTIL_EOF = auto()
    DONE = auto()


class Response:
    """Feed it with `feed` and `feed_eof`; ask `complete`, and `where` if it is not."""

    def __init__(self, method: str = "GET", *, tail_bytes: int = 0) -> None:
        self.part = Part.HEAD
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.body_bytes = 0
        self.length: int | None = None
        self.tail = b""
        self._tail_bytes = tail_bytes
        self._method = method
        self._http_10 = False
        self._buffer = bytearray()
        self._left = 0

    @property
    def complete(self) -> bool:
        """Every byte that belongs to it has come."""
        return self.part is Part.DONE

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another request (RFC 9112 section 9.3)."""
        return self.complete and not self._buffer and not self._closes

    @property
    def is_turn_away(self) -> bool:
        """A complete 503 with Retry-After and Connection: close, said or meant.

        HTTP/1.0 means it unless it says keep-alive; a body that ends with the connection does.
        """
        there = self.complete and self.status == 503 and "retry-after" in self.headers
        return there and self._closes

    @property
    def where(self) -> str:
        """The place that was reached, to complete "reset ..." or "EOF ..."."""
        if self.part is Part.HEAD:
            seen = len(self._buffer)
            return f"in headers after {seen} bytes" if seen else "before headers"
        if self.part is Part.LENGTH:
            return f"in body after {self.body_bytes} of {self.length} bytes"
        if self.part in {Part.UNTIL_EOF, Part.DONE}:
            return f"in body after {self.body_bytes} bytes"
        return f"in body after {self.body_bytes} bytes, before the final chunk"

    def feed(self, data: bytes) -> None:
        """Take what was received. Raises MalformedError."""
        self._buffer += data
        while self.part is not Part.DONE and _STEPS[self.part](self):
            pass

    def feed_eof(self) -> bool:
        """An orderly close ends a body that has no other end; whether that makes it complete."""
        if self.part is Part.UNTIL_EOF:
            self.part = Part.DONE
        return self.complete

    @property
    def _closes(self) -> bool:
        """Whether the server ends the connection after it."""
        named = self.headers.get("connection", "").split(",")
        options = {option.strip().lower() for option in named}
        kept = "keep-alive" in options or not self._http_10
        return self.length is None or "close" in options or not kept

    @property
    def _coding(self) -> str:
        """The last transfer coding: chunks end the body only where nothing is around them."""
        return self.headers.get("transfer-encoding", "").lower().rpartition(",")[2].strip()

    def _take_head(self) -> bool:
        end = _HEAD_END.search(self._buffer)
        if end is None:
            if not b"HTTP/1.".startswith(bytes(self._buffer[:7])):
                raise MalformedError(f"begins with {bytes(self._buffer[:20])!r}")
            if len(self._buffer) > _HEAD_LIMIT_BYTES:
                raise MalformedError(f"its head is longer than {_HEAD_LIMIT_BYTES} bytes")
            return False
        head = bytes(self._buffer[: end.start()])
        if b"\n " in head or b"\n\t" in head:
            head = _FOLD.sub(b" ", head)
        first, *lines = _LINE_END.split(head)
        del self._buffer[: end.end()]
        self._read_status(first)
        self._read_headers(lines)
        self._choose_body()
        return True

    def _read_status(self, line: bytes) -> None:
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise MalformedError(f"status line {line[:60]!r}")
        self._http_10 = match[1] == b"0"
        self.status = int(match[2])

    def _read_headers(self, lines: list[bytes]) -> None:
        self.headers = {}
        for line in lines:
            raw_name, colon, raw_value = line.partition(b":")
            name = raw_name.strip().decode("latin-1").lower()
            if not colon or not name:
                raise MalformedError(f"header line {line[:60]!r}")
            value = raw_value.strip().decode("latin-1")
            before = self.headers.get(name)
            self.headers[name] = value if before is None else f"{before}, {value}"

    def _choose_body(self) -> None:
        status = self.status or 0
        if status < 200 and status != 101:
            return  # an interim response: the final one follows, the part is still HEAD
        if self._method == "HEAD" or status in _NO_BODY:
            self.length, self.part = 0, Part.DONE
        elif self._coding == "chunked":
            self.length, self.part = 0, Part.CHUNK_SIZE
        elif "content-length" in self.headers:
            self.length = self._left = _content_length(self.headers["content-length"])
            self.part = Part.LENGTH if self._left else Part.DONE
        else:
            self.part = Part.UNTIL_EOF

    def _take_body(self) -> bool:
        """Count body bytes, of a known length or of a chunk; keep only the tail."""
        taken = min(len(self._buffer), self._left)
        self._count(taken)
        self._left -= taken
        if self._left:
            return False
        self.part = Part.DONE if self.part is Part.LENGTH else Part.CHUNK_END
        return True

    def _take_until_eof(self) -> bool:
        self._count(len(self._buffer))
        return False

    def _count(self, taken: int) -> None:
        self.body_bytes += taken
        if self._tail_bytes:
            self.tail = (self.tail + bytes(self._buffer[:taken]))[-self._tail_bytes :]
        del self._buffer[:taken]

    def _take_chunk_size(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise MalformedError(f"chunk size {line[:60]!r}")
        self._left = int(match[1], 16)
        self.part = Part.CHUNK_DATA if self._left else Part.TRAILERS
        return True

    def _take_chunk_end(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        if line:
            raise MalformedError(f"{line[:20]!r} after a chunk")
        self.part = Part.CHUNK_SIZE
        return True

    def _take_trailer(self) -> bool:
        line = self._take_line()
        if line is None:
            return False
        if not line:
            self.part = Part.DONE
        return True

    def _take_line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _HEAD_LIMIT_BYTES:
                raise MalformedError(f"a line is longer than {_HEAD_LIMIT_BYTES} bytes")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line


def _content_length(value: str) -> int:
    """Repeated equal values are one value (RFC 9110 section 8.6)."""
    values = {part.strip() for part in value.split(",")}
    only = values.pop()
    if values or not (only.isascii() and only.isdigit()):
        raise MalformedError(f"Content-Length {value!r}")
    return int(only)


_STEPS: dict[Part, Callable[[Response], bool]] = {
    Part.HEAD: Response._take_head,
    Part.LENGTH: Response._take_body,
    Part.CHUNK_SIZE: Response._take_chunk_size,
    Part.CHUNK_DATA: Response._take_body,
    Part.CHUNK_END: Response._take_chunk_end,
    Part.TRAILERS: Response._take_trailer,
    Part.UNTIL_EOF: Response._take_until_eof,
}
