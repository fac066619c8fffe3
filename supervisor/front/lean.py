"""The quick way to the keeper: whatever click would accept is read here without click.

Importing click takes 24 ms and 5 MiB. So a plain command line is read by the table alone; whatever
is not plain (help, mistakes, limits for recycling) is left to the rich half, which reads it all
anew and explains it.
"""

from __future__ import annotations

import os

from supervisor.errors import GracekeeperError, InitError
from supervisor.front.duration import seconds
from supervisor.front.options import Options
from supervisor.front.table import CONFIG, OPTIONS, OTHER_VARIABLES, PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from supervisor.front.table import Option

SOFTWARE = 70  # sysexits.h, EX_SOFTWARE
_NAMED = {f"--{option.name}": option for option in OPTIONS}
_SWITCHES = {f"--no-{option.name}": option for option in OPTIONS if option.kind == "switch"}
_VARIABLES = {option.variable: option for option in OPTIONS}


class _NotPlainError(Exception):
    """The rich half has to read this."""


def start(command: str, arguments: list[str]) -> None:
    """Become the keeper if all is plain and well; else come back, or exit with what is wrong."""
    try:
        options = read(arguments, os.environ) if command == "run" else _init(command, arguments)
        if options is None:
            return
        from supervisor.front.prepare import keep

        keep(options)
    except InitError as error:
        _tell(str(error), 1 if error.to_stdout else 2, error.exit_code)
    except GracekeeperError as error:
        _tell(f"gracekeeper: {error}", 2, error.exit_code)
    except Exception as error:
        if command != "run":
            _tell(f"{command}: cannot go on: internal error: {error!r}", 2, SOFTWARE)
        return  # the rich half will fail, too, and knows how to tell


def _init(name: str, arguments: list[str]) -> Options:
    from supervisor.front import dropin

    return dropin.read(name, arguments, os.environ)


def _tell(text: str, fd: int, code: int) -> None:
    try:
        os.write(fd, f"{text}\n".encode(errors="backslashreplace"))
    finally:
        os._exit(code)


def read(arguments: list[str], environment: Mapping[str, str]) -> Options | None:
    """Return what was asked for; None if that isn't plain. As click, with the variables behind."""
    try:
        wishes = _from(environment)
        command = _into(wishes, arguments)
        if CONFIG in wishes:  # TOML takes more than click does
            return None
        return Options.of(wishes, command)
    except _NotPlainError:
        return None


def _from(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read the variables; click takes an empty one for none."""
    wishes: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES or not text:
            continue
        option = _VARIABLES.get(name)
        if option is None or option.kind == "switch":
            raise _NotPlainError
        texts = option.kind == "texts"
        wishes[option.target] = tuple(text.split()) if texts else _value(option, text)
    return wishes


def _into(wishes: dict[str, Any], arguments: list[str]) -> tuple[str, ...]:
    """Add what the command line says, and return the command: options end where it begins."""
    said: dict[str, tuple[str, ...]] = {}
    words = iter(arguments)
    for word in words:
        if word == "--":
            return _joined(wishes, said, words)
        if not word.startswith("-") or word == "-":
            return _joined(wishes, said, (word, *words))
        name, equals, text = word.partition("=")
        option = _NAMED.get(name) or _SWITCHES.get(name)
        if option is None or (option.kind == "switch" and equals):
            raise _NotPlainError
        if option.kind == "switch":
            wishes[option.target] = name in _NAMED
            continue
        if not equals:
            text = next(words, None)  # type: ignore[assignment]
            if text is None:
                raise _NotPlainError
        if option.kind == "texts":
            said[option.target] = (*said.get(option.target, ()), text)
        else:
            wishes[option.target] = _value(option, text)
    raise _NotPlainError  # there is no command


def _joined(wishes: dict[str, Any], said: dict[str, Any], command: Any) -> tuple[str, ...]:
    """Let the command line win over the environment."""
    wishes.update(said)
    words = tuple(command)
    if not words:
        raise _NotPlainError
    return words


def _value(option: Option, text: str) -> Any:
    if option.kind == "duration":
        try:
            return seconds(text)
        except ValueError:
            raise _NotPlainError from None
    if option.kind == "choice" and text not in option.choices:
        raise _NotPlainError
    return text
