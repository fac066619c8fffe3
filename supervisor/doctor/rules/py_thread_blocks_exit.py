"""Threads that keep the interpreter after `sys.exit` in the handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.pythonmain import PythonMain, python_mains
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.pythonnodes import Call

MAKES: Final = {
    "threading.Thread": "thread",
    "threading.Timer": "",
    "multiprocessing.Process": "process",
}
POOLS: Final = (
    "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.thread.ThreadPoolExecutor",
)
EXITS: Final = ("sys.exit", "exit", "quit")
FIX: Final = "Make it `daemon=True`, or let its loop look at an Event that the handler sets."


def check(house: House) -> Iterator[Finding]:
    """Look at Python programs whose handler exits while an endless loop runs beside."""
    for main in python_mains(house):
        if not _exits(main) or "daemon = True" in main.source.text or _daemons(main):
            continue
        for call in main.parsed.calls:
            what, target = _beside(call, main)
            if what and target in _endless(main):
                yield Finding(
                    "py-thread-blocks-exit",
                    for_path(call.place.path, MEDIUM),
                    call.place,
                    f"At SIGTERM the handler exits, but Python waits for this {what}, whose loop"
                    f" `{target}` never ends: the stop lasts the whole grace period"
                    f" ({main.service.grace:g} s), then KILL.",
                    FIX,
                    (),
                    (f"{main.link.place}: runs it",),
                )


def _exits(main: PythonMain) -> bool:
    """Tell whether every handler surely ends by an exception, and tells nobody else."""
    functions = [one.function for one in main.handlers()]
    if not functions or any(one is None for one in functions):
        return False
    return all(
        one is not None
        and (one.raises or set(EXITS) & set(one.calls))
        and not one.sets
        and "os._exit" not in one.calls
        and not any(call.endswith((".set", ".kill", ".terminate", ".stop")) for call in one.calls)
        for one in functions
    )


def _daemons(main: PythonMain) -> bool:
    return any(call.name.endswith(".setDaemon") for call in main.parsed.calls)


def _beside(call: Call, main: PythonMain) -> tuple[str, str]:
    """Return what runs beside the main thread, and which function in it."""
    what = MAKES.get(call.name, "")
    target = call.keyword("target")
    if what and target is not None:
        return ("" if call.keyword("daemon") else what), target.name.rpartition(".")[2]
    derived = [MAKES[one] for one in main.parsed.classes.get(call.name, ()) if one in MAKES]
    if derived and derived[0] and not _said(call, main):
        return derived[0], "run"
    pools = any(one.name in POOLS for one in main.parsed.calls)
    if pools and call.name.endswith(".submit") and call.args:
        return "pool's thread", call.args[0].name
    return "", ""


def _said(call: Call, main: PythonMain) -> bool:
    """Tell whether somebody says whether it is a daemon, or which class `run` is of."""
    several = sum(1 for one in main.parsed.functions if one.name == "run") != 1
    told = any(one.keyword("daemon") for one in (call, *main.parsed.calls))
    return several or told or ".daemon" in main.source.text


def _endless(main: PythonMain) -> set[str]:
    """Return the functions with a loop that nothing in it leaves."""
    return {one.function for one in main.parsed.loops if not one.leaves} - {""}


def _files(start: str, handler: str = "sys.exit(0)") -> tuple[tuple[str, str], ...]:
    text = (
        "import signal, sys, threading, time\n"
        "from concurrent.futures import ThreadPoolExecutor\n\n\n"
        "def work():\n    while True:\n        time.sleep(1)\n\n\n"
        f"def stop(*_):\n    {handler}\n\n\nsignal.signal(signal.SIGTERM, stop)\n{start}\n"
    )
    made = 'FROM python:3.11-slim\nCOPY app.py /\nCMD ["python", "/app.py"]\n'
    return (("Dockerfile", made), ("app.py", text))


POLLER = (
    "class Poller(threading.Thread):\n    def run(self):\n        while True:\n"
    "            time.sleep(1)\n"
)

RULE = Rule(
    id="py-thread-blocks-exit",
    severity=MEDIUM,
    title="A thread keeps Python from ending",
    why=(
        "`sys.exit` ends the main thread. The interpreter then waits for every thread that is not a"
        " daemon, for the threads of a ThreadPoolExecutor, and for children of multiprocessing:"
        " measured with Python 3.11, a program whose handler exits lived on with each of the three"
        " until SIGKILL, and ended in 0.01 s with a daemon thread."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files("threading.Thread(target=work).start()\nwork()"), at="app.py:15"),
        Example(_files("ThreadPoolExecutor().submit(work)"), at="app.py:15"),
        Example(_files(f"{POLLER}Poller().start()\nwork()"), at="app.py:19"),
        Example(_files("threading.Thread(target=self.work).start()"), at="app.py:15"),
    ),
    good=(
        Example(_files("threading.Thread(target=work, daemon=True).start()")),
        Example(_files("t = threading.Thread(target=work)\nt.daemon = True\nt.start()")),
        Example(_files("threading.Thread(target=print).start()")),
        Example(_files(f"{POLLER}Poller(daemon=True).start()")),
        Example(_files(f"{POLLER.replace('threading.Thread', 'Base')}Poller().start()")),
        Example(_files("threading.Thread(target=work).start()", "event.set()")),
        Example(_files("threading.Thread(target=work).start()", "os._exit(0)")),
    ),
    evidence=("https://docs.python.org/3/library/threading.html#thread-objects",),
)
