"""Settings of Ruby's servers, puma and unicorn: calls of one word and one number, `timeout 60`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.source import Source

LONGEST: Final = 300  # characters of a line that is looked at
CALL: Final = re.compile(r"(?P<name>[a-z_]+)[ \t]*[ (][ \t]*(?P<rest>[^#]+)")
NUMBER: Final = re.compile(r"(\d{1,6})(?:\.(?:seconds?|to_i))?")
ASKED: Final = re.compile(
    r"ENV(?:\.fetch)?[(\[][ \t]*[\"'](?P<name>\w+)[\"'](?P<rest>[^\"'#]{1,40})"
)
OTHERWISE: Final = re.compile(r"[\])]?[ \t]*(?:,|\|\||\{)[ \t]*(\d{1,6})(?:[ \t)}]|\.to_i)*")


class Setting(Record):
    """One setting; `value`: a number, or `${NAME:-number}`."""

    name: str
    value: str
    place: Place


def settings(source: Source) -> Iterator[Setting]:
    """Return what a file says of all environments: what is indented belongs to a condition."""
    for number, line in enumerate(source.lines, 1):
        found = CALL.fullmatch(line[:LONGEST].partition("#")[0].rstrip())
        if found is None:
            continue
        if value := _value(found["rest"].strip()):
            yield Setting(found["name"], value, source.place(number))


def _value(text: str) -> str:
    """Return a number, or one that a variable of the environment may change."""
    bare = text.removesuffix(")") if "(" not in text else text
    plain = NUMBER.fullmatch(bare.strip())
    if plain is not None:
        return plain[1]
    asked = ASKED.search(text)
    otherwise = OTHERWISE.fullmatch(asked["rest"].strip()) if asked else None
    return f"${{{asked['name']}:-{otherwise[1]}}}" if asked and otherwise else ""
