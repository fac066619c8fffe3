"""In dumb-init's place: its options, its variables, its words and its codes (dumb-init 1.2.5)."""

from __future__ import annotations

from supervisor.errors import InitError
from supervisor.front.getopt import BadOptionError, Grammar, leading_number
from supervisor.front.options import ENDLESS, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "dumb-init v1.2.5"
USAGE = f"""{VERSION}
Usage: dumb-init [option] command [[arg] ...]

dumb-init is a simple process supervisor that forwards signals to children.
It is designed to run as PID1 in minimal container environments.

Optional arguments:
   -c, --single-child   Run in single-child mode.
                        In this mode, signals are only proxied to the
                        direct child and not any of its descendants.
   -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.
                        To ignore (not proxy) a signal, rewrite it to 0.
                        This option can be specified multiple times.
   -v, --verbose        Print debugging information to stderr.
   -h, --help           Print this help message and exit.
   -V, --version        Print the current version and exit.

Full help is available online at https://github.com/Yelp/dumb-init"""
BAD_REWRITE = """Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.
This option can be specified multiple times.
Use --help for full usage."""
NO_COMMAND = """Usage: dumb-init [option] program [args]
Try dumb-init --help for full usage."""
LONG = {"help": "h", "single-child": "c", "rewrite": "r", "verbose": "v", "version": "V"}
LAST = 31
STOPPING = ("20:19", "21:19", "22:19")  # TSTP, TTIN, TTOU become STOP: nobody else can stop a group


def read(arguments: list[str], environment: Mapping[str, str]) -> Options:
    """Return what dumb-init would do; InitError with what it would say and its code."""
    try:
        options, command = Grammar("hvVcr", "r", LONG, permutes=False).split(arguments)
    except BadOptionError as error:
        raise InitError(f"dumb-init: {error}") from None
    group = environment.get("DUMB_INIT_SETSID") != "0"
    verbose = environment.get("DUMB_INIT_DEBUG") == "1"
    rewrites: dict[str, str] = {}
    for letter, value in options:
        if letter == "h":
            raise InitError(USAGE, 0)
        if letter == "V":
            raise InitError(VERSION, 0)
        if letter == "r":
            arrives, sent = _rewrite(value)
            rewrites[arrives] = sent
        group = group and letter != "c"
        verbose = verbose or letter == "v"
    if not command:
        raise InitError(NO_COMMAND)
    if group:
        rewrites = {**dict(one.split(":") for one in STOPPING), **rewrites}
    return Options(
        tuple(command),
        grace_s=ENDLESS,
        control="none",
        exit_code="child",
        log_format="text" if verbose else "none",
        group=group,
        rewrite=tuple(f"{arrives}:{sent}" for arrives, sent in rewrites.items()),
        subreaper=False,
        init="dumb-init",
    )


def cannot_run(command: str, why: str, _code: int) -> InitError:
    """Return what dumb-init says when it can't run the program."""
    return InitError(f"[dumb-init] {command}: {why}", 2)


def _rewrite(text: str) -> tuple[str, str]:
    arrives, rest = leading_number(text)  # as sscanf(3) with "%d:%d": what follows is nothing
    sent, _ = leading_number(rest[1:])
    if arrives is None or sent is None or not rest.startswith(":"):
        raise InitError(BAD_REWRITE)
    if not (1 <= arrives <= LAST and 0 <= sent <= LAST):
        raise InitError(BAD_REWRITE)
    return str(arrives), str(sent)
