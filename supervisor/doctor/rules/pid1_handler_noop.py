"""A handler for SIGTERM that tells about it, and ends nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import HIGH, MEDIUM, Finding
from supervisor.doctor.house.pythonmain import PythonMain, python_mains
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.pythonnodes import Function, Handler

TELLS: Final = frozenset(
    (
        *("print", "debug", "info", "warning", "warn", "error", "critical", "exception", "log"),
        *("str", "repr", "int", "len", "format", "Signals", "strsignal", "getpid", "time"),
        *("flush", "now"),
    )
)
OUTPUT: Final = ("sys.stdout.write", "sys.stderr.write", "logging.getLogger", "?.write")
WAKES: Final = ("pause", "sigwait", "sigwaitinfo", "sigtimedwait", "set_wakeup_fd", "siginterrupt")
STORES: Final = re.compile(r"\]\s*(?:[-+|&^*/]|//|\*\*|<<|>>)?=(?!=)|\bdel\b|\byield\b|\bawait\b")
FIX: Final = "Let the handler end the program: `raise SystemExit`, or set what its loop looks at."


def check(house: House) -> Iterator[Finding]:
    """Look at Python programs of services whose handlers, all of them, do nothing."""
    for main in python_mains(house):
        service = main.service
        if service.signal != "SIGTERM" or _wakes(main):
            continue
        handlers = main.handlers()
        if not handlers or not all(_idle(one, main) for one in handlers):
            continue
        own = main.reached()
        set_by = {call.place for call in main.parsed.calls if call.function in own}
        running = [one for one in handlers if one.place in set_by]  # not those of a child
        found = (running or handlers)[0]
        until = "each stop lasts" if main.lasts else "a stop lasts until it ends by itself, or"
        does = "is ignored" if found.target == "SIG_IGN" else "is only told about"
        yield Finding(
            "pid1-handler-noop",
            for_path(found.place.path, HIGH if main.lasts else MEDIUM),
            found.place,
            f"SIGTERM {does}, and the program goes on: {until} the whole grace period"
            f" ({service.grace:g} s), then KILL cuts what still runs.",
            FIX,
            (),
            (f"{main.link.place}: runs it",),
        )


def _wakes(main: PythonMain) -> bool:
    """Tell whether a signal ends a call, so that an empty handler is enough."""
    return any(call.name.rpartition(".")[2] in WAKES for call in main.parsed.calls)


def _idle(handler: Handler, main: PythonMain) -> bool:
    if "SIGTERM" not in handler.signals:
        return False
    if handler.target == "SIG_IGN":
        return any(
            call.place == handler.place and call.function in ("", "main")
            for call in main.parsed.calls
        )
    function = handler.function
    if function is None or function.raises or function.sets:
        return False
    return all(map(_tells, function.calls)) and not _stores(function, main)


def _tells(call: str) -> bool:
    return call in OUTPUT or call.rpartition(".")[2] in TELLS


def _stores(function: Function, main: PythonMain) -> bool:
    """Tell whether it changes something inside of another: `state["stop"] = True`."""
    lines = main.source.lines[function.place.line - 1 : function.place.last]
    return any(STORES.search(line) for line in lines)


def _files(
    handler: str, rest: str = "while True:\n    time.sleep(1)\n"
) -> tuple[tuple[str, str], ...]:
    text = (
        "import logging, signal, sys, time\n\n\ndef stop(number, frame):\n"
        f"    {handler}\n\n\nsignal.signal(signal.SIGTERM, stop)\n{rest}"
    )
    made = 'FROM python:3.11-slim\nCOPY app.py /\nCMD ["python", "/app.py"]\n'
    return (("Dockerfile", made), ("app.py", text))


RULE = Rule(
    id="pid1-handler-noop",
    severity=HIGH,
    title="The handler for SIGTERM ends nothing",
    why=(
        "A handler takes the place of what a signal does by default. One that writes a line and"
        " returns makes the program immune: Python goes on where it was, a `sleep` included"
        " (PEP 475), until the grace period is over and SIGKILL comes."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files('print("stopping")'), at="app.py:8"),
        Example(_files('logging.getLogger().info("got %s", number)'), at="app.py:8"),
        Example(_files("pass"), at="app.py:8"),
        Example(
            _files(
                "pass", "signal.signal(15, lambda *_: print(1))\nwhile True:\n    time.sleep(9)\n"
            ),
            at="app.py:8",
        ),
        Example(_files("pass", "time.sleep(20)\n"), at="app.py:8", severity=MEDIUM),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11-slim\nCOPY app.py /\nCMD ["python", "/app.py"]\n'),
                (
                    "app.py",
                    "import signal\n\ndef child():\n    signal.signal(signal.SIGTERM, stop)\n\n"
                    "def stop(*_):\n    print()\n\nsignal.signal(signal.SIGTERM, stop)\n",
                ),
            ),
            at="app.py:9",
            severity=MEDIUM,
        ),
    ),
    good=(
        Example(_files("sys.exit(0)")),
        Example(_files("raise KeyboardInterrupt")),
        Example(_files("global stopped; stopped = True")),
        Example(_files('state["stop"] = True')),
        Example(_files("event.set()")),
        Example(_files("pass", "signal.signal(15, lambda *_: stop.set())\n")),
        Example(_files("pass", "signal.signal(15, lambda *_: flags.update(stop=1))\n")),
        Example(_files('print("bye")', "signal.pause()\n")),
    ),
    evidence=("https://docs.python.org/3/library/signal.html", "https://peps.python.org/pep-0475/"),
)
