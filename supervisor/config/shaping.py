"""Shaping: a file's data is held against the table of keys, and only what fits goes on."""

from __future__ import annotations

import re
from typing import Any

from supervisor.config import kinds
from supervisor.config.located import Path
from supervisor.config.mistakes import Mistakes, UnfitError, near, shown
from supervisor.config.quantities import said
from supervisor.config.shape import DOCTOR, SERVICE, SERVICES, TOP, Key, Table
from supervisor.config.variables import UNKNOWN

Values = dict[str, Any]


def shaped(data: Values, mistakes: Mistakes) -> tuple[Values, dict[str, Values]]:
    """Return the keys at the top and those of each service; mistakes are noted and left out."""
    top = _values({k: v for k, v in data.items() if k not in (SERVICES, DOCTOR)}, TOP, (), mistakes)
    services = data.get(SERVICES, {})
    if services is UNKNOWN:
        return top, {}
    if not isinstance(services, dict):
        mistakes.add((SERVICES,), f"cannot use `services`: it is {said(services)}. {_HEADER}")
        return top, {}
    if not services:
        mistakes.add((SERVICES,), f"cannot run nothing: the file has no service. {_HEADER}")
    return top, {
        name: _table(value, SERVICE, (SERVICES, name), mistakes)
        for name, value in services.items()
        if _is_service(name, value, mistakes)
    }


_HEADER = "Write [services.NAME], and below it `command`."


def _is_service(name: str, value: Any, mistakes: Mistakes) -> bool:
    path = (SERVICES, name)
    if not re.fullmatch(kinds.SERVICE, name):
        mistakes.add(
            path,
            f'cannot call a service "{name}": a name has letters, digits, and -, _ and . after the'
            " first. Choose another.",
        )
    elif value is UNKNOWN:
        return False
    elif not isinstance(value, dict):
        mistakes.add(path, f"cannot use service {name}: it is {said(value)}. {_HEADER}")
    else:
        return True
    return False


def _table(value: Values, table: Table, path: Path, mistakes: Mistakes) -> Values:
    given = [name for name in table.one_of if name in value]
    if table.one_of and len(given) != 1:
        why = f"{' and '.join(given)} are there" if given else "there is no probe"
        todo = f"Write exactly one of {', '.join(table.one_of)}."
        mistakes.add(path, f"cannot use {shown(path)}: {why}. {todo}")
    return _values(value, table.keys, path, mistakes)


def _values(data: Values, keys: tuple[Key, ...], path: Path, mistakes: Mistakes) -> Values:
    known = {key.name: key for key in keys}
    found: Values = {}
    for name, value in data.items():
        if name not in known:
            mistakes.add((*path, name), _unknown(name, keys, path, value))
        elif value is not UNKNOWN:
            found |= _value(known[name], value, (*path, name), mistakes)
    for key in keys:
        if key.needed and key.name not in data:
            told = f"cannot use {shown(path)}: it has no `{key.name}`. Write {_wanted(key)}."
            mistakes.add(path, told)
    return found


def _value(key: Key, value: Any, path: Path, mistakes: Mistakes) -> Values:
    """Return the key with its value, or nothing when that does not fit."""
    kind = key.kind
    try:
        if isinstance(kind, kinds.Kind):
            return {key.name: kind.read(_known(value))}
        if not kind.several:
            return {key.name: _table(_dict(value), kind, path, mistakes)}
        rungs = [
            _table(_dict(one), kind, (*path, number), mistakes)
            for number, one in enumerate(_list(_known(value)))
        ]
    except UnfitError as error:
        mistakes.add(path, error.told(shown(path), _wanted(key)))
        return {}
    except _UnknownError:
        return {}
    return {key.name: rungs}


class _UnknownError(Exception):
    """Somewhere inside is a variable that is not set: that is told already."""


def _known(value: Any) -> Any:
    inside = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list)) and any(one is UNKNOWN for one in inside):
        raise _UnknownError
    return value


def _dict(value: Any) -> Values:
    if not isinstance(value, dict):
        raise UnfitError(f"it is {said(value)}")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise UnfitError(f"it is {said(value)}")
    return value


def _wanted(key: Key) -> str:
    if isinstance(key.kind, kinds.Kind):
        return key.kind.wanted
    table = key.kind
    needed = next((one.name for one in table.keys if one.needed or one.name in table.one_of), "")
    inside = f"{{{needed or table.keys[0].name} = ...}}"
    return f"a list of tables: [{inside}]" if table.several else f"a table: {inside}"


def _unknown(name: str, keys: tuple[Key, ...], path: Path, value: Any) -> str:
    """Tell of a key that is not known, and what was meant."""
    at = f" of {path[1]}" if path[:1] == (SERVICES,) else ""
    table = "".join(f"{part}." for part in path[2:] if isinstance(part, str))
    known = [key.name for key in keys] + ([SERVICES] if not path else [])
    elsewhere = SERVICE.keys if not path else TOP
    meant = next((key.name for key in keys if name.replace("-", "_") in key.others), "")
    if name in (key.name for key in elsewhere):
        todo = "Write it " + ("above all tables." if path else "below [services.NAME].")
    elif meant:
        todo = f"Did you mean `{meant}`?"
    elif guess := near(name.lower().replace("-", "_"), known):
        todo = guess
    elif not path and isinstance(value, dict) and "command" in value:
        todo = f"Did you mean [services.{name}]?"
    else:
        todo = f"Leave it out; there are {', '.join(known)}."
    return f"cannot understand `{table}{name}`{at}: there is no such key. {todo}"
