"""From what a user names to a report document: the last one in a log, a file or stdin."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from supervisor.errors import UsageError

LONGEST: Final = 16 << 20  # bytes of one line; a file without lines is not read into memory
BEGIN: Final = re.compile(r'\{\s*"event":\s*"report"')
LIKELY: Final = b'"report"'  # nearly every line is out after this
WHERE: Final = (
    "It is the last line that `gracekeeper run` writes to its stdout (unless --log-format none),"
    " or to --report FILE: try `docker logs NAME | gracekeeper report -`."
)


@dataclass(frozen=True)
class Document:
    """A report as it was written, and where it was found."""

    where: str
    value: Any


def document_of(target: str) -> Document:
    """Return the report of a file, or of stdin for `-`."""
    if target == "-":
        if sys.stdin.isatty():
            raise UsageError(
                "cannot read a report from stdin: it is a terminal."
                " Pipe a log into it: `docker logs NAME | gracekeeper report -`."
            )
        return _last(sys.stdin.buffer, "stdin")
    try:
        with Path(target).open("rb") as stream:
            return _last(stream, target)
    except FileNotFoundError:
        why = "there is no such file. Name a log or a report file, or `-` for stdin:"
        why += " `docker logs NAME | gracekeeper report -`."
        raise UsageError(f"cannot read {target}: {why}") from None
    except OSError as error:
        why = f"{error.strerror}. Name a file that can be read"
        raise UsageError(f"cannot read {target}: {why}, or `-` for stdin.") from None


def _last(stream: IO[bytes], where: str) -> Document:
    """Find the last report among other lines; or take the whole, if it is one document."""
    found, place, number, size = b"", 0, 0, 0
    begun: list[bytes] = []  # of a document over many lines
    for line in iter(lambda: stream.readline(LONGEST), b""):
        number += 1
        if LIKELY in line and BEGIN.search(line.decode(errors="replace")):
            found, place = line, number
        elif size < LONGEST and (begun or (number == 1 and line.lstrip()[:1] == b"{")):
            begun.append(line)
            size += len(line)
    if found:
        text = found.decode(errors="replace")
        begin = BEGIN.search(text)
        return _parsed(text[begin.start() if begin else 0 :], f"{where}:{place}")
    if BEGIN.match(text := b"".join(begun).decode(errors="replace").lstrip()):
        return _parsed(text, where)
    raise UsageError(f"cannot find a report in {where}: none of its {number} lines is one. {WHERE}")


def _parsed(text: str, where: str) -> Document:
    try:
        return Document(where, json.JSONDecoder().raw_decode(text)[0])
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        raise UsageError(
            f"cannot read the report in {where}: {why}. It was cut off or changed on its way:"
            " take the log as the engine has it."
        ) from None
