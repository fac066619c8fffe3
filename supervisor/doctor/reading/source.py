"""One file of the tree, as text with lines."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import Place, Skip

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST: Final = 1024 * 1024  # bytes; what people write by hand is far below
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Source(Record):
    """A file that was read.

    `path`  relative to the tree, with `/`
    `text`  its lines end in a newline alone; `crlf`: they did not, in the file
    `kind`  see kinds.py
    """

    path: str
    text: str
    kind: str = ""
    executable: bool = False
    crlf: bool = False

    @property
    def lines(self) -> Sequence[str]:
        """Return the lines, without their ends."""
        kept: tuple[str, list[str]] | None = self.__dict__.get("_lines")
        if kept is None or kept[0] is not self.text:  # a copy with another text has others
            kept = self.__dict__["_lines"] = (self.text, self.text.split("\n"))
        return kept[1]

    def line(self, number: int) -> str:
        """Return one line, the first being 1; empty beyond the end."""
        lines = self.lines
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def place(self, line: int, end_line: int = 0) -> Place:
        """Return a place in it."""
        return Place(self.path, line, end_line)


def decoded(raw: bytes, path: str) -> Source | Skip:
    """Read bytes as text: UTF-8, UTF-16 with its mark, else Latin-1, which takes anything."""
    if len(raw) > LARGEST:
        return Skip(Place(path), f"larger than {LARGEST // 1024} KiB")
    text = _text(raw)
    if text is None or "\0" in text:
        return Skip(Place(path), "not text")
    crlf = "\r\n" in text
    return Source(path, text.replace("\r\n", "\n") if crlf else text, crlf=crlf)


def _text(raw: bytes) -> str | None:
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            try:
                return raw[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
