"""What an exit code can mean, as a table: a number alone decides nothing."""

from __future__ import annotations

from typing import Final

from supervisor.core.signalnames import name

Meaning = tuple[str, str]  # what it can be, and how to tell

_EVENTS: Final = "the engine's events"
_LAST: Final = "the last line of the log"

TABLE: Final[dict[int, tuple[Meaning, ...]]] = {
    0: (
        ("It ended as it wanted to", _LAST),
        (
            "gunicorn, nginx, uWSGI with `die-on-term`, supervisord or daphne was stopped; requests"
            " may have been cut all the same",
            "count them: `gracekeeper run` does",
        ),
        ("A shell's trap said `exit 0` and left its children to be killed", "PID 1 is a shell"),
    ),
    1: (
        ("An exception, `sys.exit('text')`, or a program's ordinary failure", _LAST),
        ("gunicorn could not bind; uWSGI or nginx could not read its configuration", _LAST),
        ("npm was stopped", f"{_EVENTS}: SIGTERM before"),
    ),
    2: (
        ("Wrong arguments (argparse, click, a shell's syntax)", _LAST),
        ("GNU make was stopped", f"{_EVENTS}: SIGTERM before"),
    ),
    3: (
        ("gunicorn: no worker could start (the application's import failed)", _LAST),
        ("uvicorn: its start failed (import, or address in use)", _LAST),
    ),
    4: (("gunicorn could not load the application", _LAST),),
    15: (("uWSGI: a cheaped worker; not a container's code", _LAST),),
    17: (("uWSGI: a worker that is reloaded; not a container's code", _LAST),),
    22: (("uWSGI: `need-app`, and no application could be loaded", _LAST),),
    30: (("uWSGI without a master got a stop signal, and cut what it did", "`master` is not set"),),
    31: (("uWSGI: a worker that is reloaded by force; not a container's code", _LAST),),
    44: (("`exit 300`: codes are cut to a byte", "the program's text"),),
    70: (("gracekeeper's own mistake (EX_SOFTWARE)", "GRACEKEEPER_DEBUG=1"),),
    124: (("timeout(1): its time was over", "PID 1 or its child is timeout"),),
    125: (("`docker run` itself failed: a flag, an image, a folder", "there is no start event"),),
    126: (
        ("The file is there and can't be executed", "the engine's error: permission denied"),
        ("`docker exec` of a command that is not there", "docker exec, not the container"),
    ),
    127: (
        ("The command is not there, or the interpreter of its first line", "the engine's error"),
        ("A shell inside did not find what it was to run", "it has started; the log says so"),
    ),
    128: (("The runtime could not start it", "the engine's error"),),
    134: (("abort(): a failed assertion, glibc, a runtime's panic", _LAST),),
    137: (
        ("The grace period was over", f"{_EVENTS}: a stop signal, then KILL"),
        ("`docker kill`, or `docker rm -f`", f"{_EVENTS}: KILL alone"),
        ("Out of memory", f"{_EVENTS}: oom, and no KILL; OOMKilled"),
        ("Killed on the host, or by the kernel", f"{_EVENTS}: an end without KILL"),
        ("A wrapper passed on what became of its child", "PID 1 is a shell; `Killed` in the log"),
    ),
    139: (
        ("A crash (SIGSEGV)", "a core, `dmesg`, PYTHONFAULTHANDLER=1"),
        ("abort() of a PID 1, which can't die of SIGABRT", f"{_LAST}: Aborted, assertion"),
        ("bash's `trap 'kill 0' TERM`, which calls itself", "PID 1 is a shell"),
    ),
    143: (
        ("gracekeeper answered SIGTERM in order", "its report in the log"),
        ("A program below an init has no handler, and was cut", "ended at once"),
        ("A shell ended at SIGTERM and left its children to be killed", "PID 1 is a shell"),
        ("A program finished, and said so by this code (Java, Node.js)", "it took its time"),
    ),
    255: (
        ("`sys.exit(-1)`, or a failure without a code of its own (gunicorn, ssh)", _LAST),
        ("The file is for another architecture", "exec format error"),
    ),
}


def meanings(code: int) -> tuple[Meaning, ...]:
    """Return what a code can mean; of an unknown one, what its number is made of."""
    found = TABLE.get(code, ())
    if found:
        return found
    if 128 < code < 128 + 65:
        signal = name(code - 128)
        return (
            (f"{signal} ended it, or a shell says that of its child", _EVENTS),
            (f"The program chose this code to say that {signal} stopped it", _LAST),
        )
    if 225 <= code <= 255:
        signal = name(256 - code)
        return ((f"A wrapper passed on -{256 - code}: {signal} ended what it ran", _LAST),)
    return (("The program's own code: its documentation or its source says which", _LAST),)
