"""From what a user names to a report document: in a log, a file or stdin, or of a container."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from supervisor.errors import GracekeeperError, UsageError

LONGEST: Final = 16 << 20  # bytes of one line; a file without lines is not read into memory
REPORT: Final = re.compile(r'\{\s*"event":\s*"(report|drill)"')
ANSWER: Final = re.compile(r'\{\s*"event":\s*"(report|explanation|drill)"')
LIKELY: Final = b'"report"'  # nearly every line is out after this; other answers have it, too
CONTAINER: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
WHERE: Final = (
    "It is the last line that `gracekeeper run` writes to its stdout (unless --log-format none),"
    " or to --report FILE: try `docker logs NAME | gracekeeper report -`."
)


@dataclass(frozen=True)
class Document:
    """A report as it was written, and where it was found."""

    where: str
    value: Any


def names_container(target: str) -> bool:
    """Tell whether there is nothing to read of that name: a folder is often its service's."""
    path = Path(target)
    try:
        return bool(CONTAINER.fullmatch(target)) and (path.is_dir() or not path.exists())
    except OSError:  # too long a name for a file
        return True


def document_of(target: str) -> Document:
    """Return the report of a file, of stdin for `-`, or of a container of that name."""
    return _of_container(target) if names_container(target) else last_of(target, REPORT)


def last_of(target: str, begin: re.Pattern[str]) -> Document:
    """Return the last document of a file, a pipe, or stdin for `-`, that begins like that."""
    if target == "-":
        if sys.stdin.isatty():
            raise UsageError(
                "cannot read a report from stdin: it is a terminal."
                " Pipe a log into it: `docker logs NAME | gracekeeper report -`."
            )
        return _last(sys.stdin.buffer, "stdin", begin)
    try:
        with Path(target).open("rb") as stream:
            return _last(stream, target, begin)
    except OSError as error:
        why = f"{error.strerror}. Name a file that can be read"
        raise UsageError(f"cannot read {target}: {why}, or `-` for stdin.") from None


def _of_container(name: str) -> Document:
    """Return what a container wrote itself, else what its engine knows of its last end."""
    from supervisor.ops import explanation
    from supervisor.ops.engine import Engine
    from supervisor.ops.gathering import gather

    try:
        engine = Engine()
        try:
            answer = explanation.of_case(gather(engine, name))
        finally:
            engine.close()
    except GracekeeperError as error:
        raise GracekeeperError(f"{error} There is no file {name} either.") from None
    found = answer["report"]
    cause = answer["cause"]
    if found is None and cause["id"] != "running":
        why = cause["sentence"][0].lower() + cause["sentence"][1:]
        raise UsageError(f"cannot report on {name}: {why} {cause['fix']}".strip())
    if found is None:
        raise UsageError(
            f"cannot report on {name}: it has not ended. Stop it, or record it while it stops:"
            f" `gracekeeper watch {name} --report r.json`."
        )
    return Document(name, found)


def _last(stream: IO[bytes], where: str, begin: re.Pattern[str]) -> Document:
    """Find the last document among other lines; or take the whole, if it is one."""
    found, place, number, size = b"", 0, 0, 0
    begun: list[bytes] = []  # of a document over many lines
    for line in iter(lambda: stream.readline(LONGEST), b""):
        number += 1
        if LIKELY in line and begin.search(line.decode(errors="replace")):
            found, place = line, number
        elif size < LONGEST and (begun or (number == 1 and line.lstrip()[:1] == b"{")):
            begun.append(line)
            size += len(line)
    if found:
        text = found.decode(errors="replace")
        match = begin.search(text)
        return _parsed(text[match.start() if match else 0 :], f"{where}:{place}")
    if begin.match(text := b"".join(begun).decode(errors="replace").lstrip()):
        return _parsed(text, where)
    raise UsageError(f"cannot find a report in {where}: none of its {number} lines is one. {WHERE}")


def _parsed(text: str, where: str) -> Document:
    try:
        return Document(where, json.JSONDecoder().raw_decode(text)[0])
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        why = getattr(error, "msg", "it is nested too deeply" if deep else "a number is too long")
        raise UsageError(
            f"cannot read the report in {where}: {why}. It was cut off or changed on its way:"
            " take the log as the engine has it."
        ) from None
