"""In tini's place: its options, its variables, its words and its codes (tini 0.19.0)."""

from __future__ import annotations

import os

from supervisor.core.signalnames import number
from supervisor.errors import InitError
from supervisor.front.getopt import BadOptionError, Grammar, leading_number
from supervisor.front.options import ENDLESS, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "tini version 0.19.0"
USAGE = f"""tini ({VERSION})
Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version

Execute a program under the supervision of a valid init process (tini)

Command line options:

  --version: Show version and exit.
  -h: Show this help message and exit.
  -s: Register as a process subreaper (requires Linux >= 3.4).
  -p SIGNAL: Trigger SIGNAL when parent dies, e.g. "-p SIGKILL".
  -v: Generate more verbose output. Repeat up to 3 times.
  -w: Print a warning when processes are getting reaped.
  -g: Send signals to the child's process group.
  -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0.
  -l: Show license and exit.

Environment variables:

  TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).
  TINI_VERBOSITY: Set the verbosity level (default: 1).
  TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.
"""
LICENSE = "This is gracekeeper in the place of tini; both are under the MIT licence."
NOT_AN_INIT = """Tini is not running as PID 1 and isn't registered as a child subreaper.
Zombie processes will not be re-parented to Tini, so zombie reaping won't work.
To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register \
Tini as a child subreaper, or run Tini as PID 1."""


def read(arguments: list[str], environment: Mapping[str, str]) -> Options:
    """Return what tini would do; InitError with what it would say and its code."""
    if arguments == ["--version"]:
        raise InitError(VERSION, 0, to_stdout=True)
    grammar = Grammar("phvwgles", "pe", permutes="POSIXLY_CORRECT" not in environment)
    try:
        options, command = grammar.split(arguments)
    except BadOptionError as error:
        raise InitError(f"tini: {error}\n{USAGE}") from None
    given = dict(options)
    for letter, value in options:
        _check(letter, value)
    if not command:
        raise InitError(USAGE)
    subreaper = "s" in given or "TINI_SUBREAPER" in environment
    verbosity = leading_number(environment.get("TINI_VERBOSITY", "1"))[0] or 0
    verbosity += sum(letter == "v" for letter, _ in options)
    if os.getpid() != 1 and not subreaper and verbosity > 0:
        os.write(2, f"{said('WARN ', NOT_AN_INIT)}\n".encode())
    codes = [str(leading_number(value)[0]) for letter, value in options if letter == "e"]
    return Options(
        tuple(command),
        grace_s=ENDLESS,
        control="none",
        exit_code="child",
        log_format="text" if verbosity > 1 else "none",
        group="g" in given or "TINI_KILL_PROCESS_GROUP" in environment,
        subreaper=subreaper,
        parent_death=given.get("p"),
        success_codes=",".join(codes) or None,
        notices_orphans="w" in given,
        init="tini",
    )


def _check(letter: str, value: str) -> None:
    """Answer an option that wants an answer, and refuse a value that tini would not take."""
    if letter == "h":
        raise InitError(USAGE, 0, to_stdout=True)
    if letter == "l":
        raise InitError(LICENSE, 0, to_stdout=True)
    if letter == "p" and not (value.startswith("SIG") and (number(value) or 64) < 32):
        raise InitError(said("FATAL", f"Not a valid option for -p: {value}"))
    code, rest = leading_number(value)
    if letter == "e" and (rest or code is None or not 0 <= code < 256):
        raise InitError(said("FATAL", f"Not a valid option for -e: {value}"))


def cannot_run(command: str, why: str, code: int) -> InitError:
    """Return what tini says when it can't run the program."""
    return InitError(said("FATAL", f"exec {command} failed: {why}"), code)


def said(level: str, text: str) -> str:
    """Return a line as tini prints it."""
    return f"[{level} tini ({os.getpid()})] {text}"
