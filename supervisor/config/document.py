"""A TOML document with the line of each key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from supervisor.config import located
from supervisor.errors import UsageError

PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True)
class Document:
    """What stands in a file, and where."""

    file: str
    data: dict[str, Any]
    lines: dict[located.Path, int]


def load(file: str) -> Document:
    """Read a file; UsageError, with the line where there is one."""
    try:
        text = File(file).read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from None
    try:
        return Document(file, *located.load(text))
    except RecursionError:
        raise UsageError(f"cannot read {file}: it is nested too deeply. Make it flat.") from None
    except ValueError as error:
        raise _misspelt(file, text, str(error)) from None


def _unreadable(file: str, error: OSError | ValueError) -> UsageError:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return UsageError(f"{file}:{line}: cannot read it as UTF-8. Save it in that encoding.")
    why = getattr(error, "strerror", None) or error
    return UsageError(f"cannot read {file}: {why}. Check the path and its mode.")


def _misspelt(file: str, text: str, message: str) -> UsageError:
    """Tell what tomllib did not like; its own message ends with the place."""
    place = PLACE.search(message)
    why = message[: place.start()] if place else message
    ends = text.rstrip().count("\n") + 1
    line, column = (place[1] or ends, place[2]) if place else (1, None)
    told = f"{why[:1].lower()}{why[1:]}" + (f" at column {column}" if column else "")
    return UsageError(f"{file}:{line}: cannot read it as TOML: {told}. Compare with toml.io.")
