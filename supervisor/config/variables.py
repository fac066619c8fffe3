"""Variables in strings: ${NAME}, ${NAME:-default}, and $$ for a dollar sign."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from supervisor.config import commandline
from supervisor.config.located import Path
from supervisor.config.mistakes import Mistakes, UnfitError, near, shown

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
REFERENCE = rf"\$\{{{NAME}(?::-[^}}$]*)?\}}"
RIGHT = rf"(?:[^$]|\$\$|{REFERENCE})*"  # a whole string whose dollar signs all mean something
DOLLAR = re.compile(rf"\$(?:\$|\{{({NAME})(?::-([^}}$]*))?\}})?")
UNKNOWN = object()  # in the place of a value that can't be told; its mistake is noted


def expanded(data: Any, environment: Mapping[str, str], mistakes: Mistakes, path: Path = ()) -> Any:
    """Return a document's data with all variables replaced; command strings are split before."""
    if isinstance(data, dict):
        return {
            name: expanded(value, environment, mistakes, (*path, name))
            for name, value in data.items()
        }
    if isinstance(data, list):
        return [
            expanded(value, environment, mistakes, (*path, number))
            for number, value in enumerate(data)
        ]
    if not isinstance(data, str):
        return data
    try:
        if _is_command(path):
            return [replaced(word, environment) for word in commandline.split(data)]
        return replaced(data, environment)
    except UnfitError as error:
        mistakes.add(path, error.told(shown(path)))
        return UNKNOWN


def replaced(text: str, environment: Mapping[str, str]) -> str:
    """Return one string with its variables replaced; UnfitError, which never shows the string."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        name, default = found[1], found[2]
        if name is None:
            raise UnfitError(
                f"the $ at character {found.start() + 1} begins no variable",
                "Write ${NAME} or ${NAME:-default}, and $$ for a dollar sign",
            )
        if default is not None:
            return environment.get(name) or default
        if name not in environment:
            meant = near(name, environment)
            todo = f"Set it, or write ${{{name}:-default}}{f'. {meant}' if meant else ''}"
            raise UnfitError(f"the variable {name} is not set", todo)
        return environment[name]

    if "\0" in text:
        raise UnfitError("it has a NUL character, which no program can get", "Leave that out")
    return DOLLAR.sub(value, text)


def _is_command(path: Path) -> bool:
    match path:
        case ("services", _, "command") | ("services", _, "ready", "exec"):
            return True
    return False
