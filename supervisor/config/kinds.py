"""Kinds of values: what is wanted, as words, as JSON Schema, and as a check."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from supervisor import address
from supervisor.config.mistakes import UnfitError, near
from supervisor.config.quantities import DURATION, NUMBER, SHARE, SIZE, said, seconds
from supervisor.config.variables import RIGHT
from supervisor.core.fleet import CONDITIONS
from supervisor.core.signalnames import number
from supervisor.errors import UsageError

SERVICE = "[A-Za-z0-9][A-Za-z0-9_.-]*"
BARE_SHARE = rf"{NUMBER}\s*%?"
STOP = 19  # a process that is stopped does not end
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """What a value may be; `read` returns it as we use it, or raises UnfitError."""

    wanted: str  # after "Write "
    schema: Schema
    read: Callable[[Any], Any]


def _texts(pattern: str = "") -> Schema:
    """Return the schema of a string that looks so, or is not known before variables are read."""
    either = rf"^(?:{pattern}|(?=[^$]*\$){RIGHT})$" if pattern else f"^{RIGHT}$"
    return {"type": "string", "minLength": 1, "pattern": either}


def _string(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise UnfitError(f"it is {said(value)}")
    return value


def text(wanted: str = "a text", pattern: str = "") -> Kind:
    """A string, which is not empty."""

    def read(value: Any) -> str:
        if pattern and not re.fullmatch(pattern, _string(value)):
            raise UnfitError(f"it is {said(value)}")
        return _string(value)

    return Kind(wanted, _texts(pattern), read)


def choice(*choices: str) -> Kind:
    """One of a few words."""

    def read(value: Any) -> str:
        if _string(value) not in choices:
            raise UnfitError(f"it is {said(value)}", near(value, choices))
        return str(value)

    words = [f'"{word}"' for word in choices]
    return Kind(f"{', '.join(words[:-1])} or {words[-1]}", _texts("|".join(choices)), read)


def duration(*, above: float | None = None) -> Kind:
    """Seconds as a number, or a duration as people write it."""

    def read(value: Any) -> float:
        found = seconds(value)
        if above is not None and found <= above:
            raise UnfitError(f"it is {found:g}")
        return found

    least = {"minimum": 0} if above is None else {"exclusiveMinimum": above}
    schema = {"anyOf": [{"type": "number", **least}, _texts(DURATION)]}
    more = "a duration" if above is None else f"a duration above {above:g}"
    return Kind(f'{more}: a number of seconds, or "500ms", "30s", "2m", "1h30m"', schema, read)


def count(least: int) -> Kind:
    """A whole number."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UnfitError(f"it is {said(value)}")
        return value

    return Kind(f"a whole number from {least} on", {"type": "integer", "minimum": least}, read)


def amount(wanted: str, pattern: str, *, above_zero: bool = True) -> Kind:
    """A quantity that others read; a number becomes text."""

    def read(value: Any) -> str:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = f"{value:.3f}".rstrip("0").rstrip(".")
        if not re.fullmatch(pattern, _string(value)):
            raise UnfitError(f"it is {said(value)}")
        if above_zero and not re.search("[1-9]", value):
            raise UnfitError("it is 0")
        if (value.endswith("%") or pattern == BARE_SHARE) and float(value.rstrip("% ")) > 100:
            raise UnfitError("it is more than the whole")
        return str(value)

    schema = {"anyOf": [{"type": "number", "minimum": 0}, _texts(pattern)]}
    return Kind(wanted, schema, read)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UnfitError(f"it is {said(value)}")
    return value


def _yes(value: Any) -> bool:
    if value is not True:
        raise UnfitError(f"it is {said(value)}")
    return True


def _command(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise UnfitError(f"it is {said(value)}")
    for word in value:
        if not isinstance(word, str):
            raise UnfitError(f"one of its words is {said(word)}", "Put quotes around each word")
    return (_string(value[0]), *value[1:])


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_string(word) for word in value)
    return (_string(value),)


def _after(value: Any) -> dict[str, str | None]:
    """Return conditions by the services' names; None for the usual one."""
    if isinstance(value, list):
        return {_string(name): None for name in value}
    if not isinstance(value, dict):
        raise UnfitError(f"it is {said(value)}")
    for name, condition in value.items():
        if condition not in CONDITIONS:
            why = f"the condition of {name} is {said(condition)}"
            raise UnfitError(why, near(str(condition), CONDITIONS))
    return value


def _environment(value: Any) -> dict[str, str]:
    """Return variables; what they hold may be a secret, so it is never shown."""
    if not isinstance(value, dict):
        raise UnfitError("it is no table")
    for name, one in value.items():
        if not name or "=" in name or "\0" in name:
            raise UnfitError(f'"{name}" can name no variable', "Use letters, digits and _")
        if isinstance(one, bool) or not isinstance(one, (str, int)):
            raise UnfitError(f"{name} is {said(one)}", "Write it as a text, in quotes")
    return {name: str(one) for name, one in value.items()}


def _listen(value: Any) -> tuple[str, ...]:
    for word in _words(value):
        _address(split_listen(word)[1])
    return _words(value)


def split_listen(value: str) -> tuple[str, str]:
    """Split [NAME=]ADDR, as --listen; the name keeps its equals sign."""
    name, equals, rest = value.partition("=")
    bare = not equals or name.startswith(("/", "./", "unix:"))
    return ("", value) if bare else (name + equals, rest)


def _address(value: Any) -> str:
    try:
        address.parse(_string(value))
    except UsageError as error:
        raise UnfitError(str(error).partition(": ")[2].partition(". ")[0]) from None
    return str(value)


def _tcp(value: Any) -> str:
    found = address.parse(_address(value))
    if found.family == "unix":
        raise UnfitError("it is the path of a socket", "Write it as `socket`")
    return str(found.replace(host=_numeric(found.reachable)))


def _http(value: Any) -> str:
    """Return the URL as `http://HOST:PORT/PATH`, with a host that needs not be looked up."""
    try:
        parts = urlsplit(_string(value))
        port = 80 if parts.port is None else parts.port
    except ValueError:
        raise UnfitError(f"it is {said(value)}") from None
    plain = parts.scheme == "http" and not re.search(r"[\s\x00-\x1f@]", value)
    if not (plain and parts.hostname and port):
        raise UnfitError(f"it is {said(value)}")
    host = _numeric(parts.hostname)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"


def _numeric(host: str) -> str:
    """Return a host as an address: nobody may wait for a name server before a signal is heard."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        ip_address(host)
    except ValueError:
        raise UnfitError(
            f"{host} is a name, and to look it up takes time", "Write an address, or use `exec`"
        ) from None
    return host


def _signal(value: Any) -> int:
    found = number(str(value)) if not isinstance(value, bool) else None
    if found is None:
        raise UnfitError(f"it is {said(value)}")
    if found == STOP:
        raise UnfitError("a process that is stopped does not end")
    return found


ANY = _texts()
WORD = {"type": "string", "pattern": f"^{RIGHT}$"}
WORDS = {"anyOf": [ANY, {"type": "array", "items": ANY}]}
PATH = text("a path")
FLAG = Kind("true or false", {"type": "boolean"}, _flag)
YES = Kind("true, or leave it out", {"const": True}, _yes)
COMMAND = Kind(
    'a command: ["program", "argument"], or "program argument"',
    {"anyOf": [ANY, {"type": "array", "items": WORD, "minItems": 1}]},
    _command,
)
TEXTS = Kind("a text or a list of texts", WORDS, _words)
LISTEN = Kind("HOST:PORT, :PORT, [IPV6]:PORT or /path/of.sock; or a list", WORDS, _listen)
ADDRESS = Kind("HOST:PORT, :PORT, [IPV6]:PORT or /path/of.sock", ANY, _address)
TCP = Kind("HOST:PORT", ANY, _tcp)
HTTP = Kind("http://HOST:PORT/PATH", _texts(r"http://[^\s@]+"), _http)
SIGNAL = Kind(
    "a signal's name or number, such as TERM",
    {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 64}, ANY]},
    _signal,
)
AFTER = Kind(
    'a list of names, or {name = "started", "ready" or "completed"}',
    {
        "anyOf": [
            {"type": "array", "items": ANY},
            {"type": "object", "additionalProperties": _texts("|".join(CONDITIONS))},
        ]
    },
    _after,
)
ENVIRONMENT = Kind(
    '{NAME = "value"}',
    {
        "type": "object",
        "propertyNames": {"pattern": "^[^=]+$"},
        "additionalProperties": {"type": ["string", "integer"], "pattern": f"^{RIGHT}$"},
    },
    _environment,
)
USER = text("NAME, UID, NAME:GROUP or UID:GID", r"[^\s:]+(?::[^\s:]+)?")
VARIABLES = Kind("a list of variables' names", WORDS, _words)
SIZE_OR_SHARE = amount('a size or a share, such as "256MiB" or "30%"', f"{SIZE}|{SHARE}")
SIZE_ONLY = amount('a size, such as "10MiB"', SIZE)
SHARE_ONLY = amount('a share, such as "10%"', BARE_SHARE)
TIME = amount('a duration above 0, such as 30 or "1h30m"', DURATION)
PAUSE = amount('a duration, such as 30 or "1h30m"', DURATION, above_zero=False)
JITTER = amount(
    'a duration or a share, such as "5m" or "10%"', f"{DURATION}|{SHARE}", above_zero=False
)
