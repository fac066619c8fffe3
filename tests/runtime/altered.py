"""`gracekeeper run` on a kernel, or with a bug, that we don't have: `altered.py HOW run ...`.

The front becomes the keeper by exec; here it becomes this file again, which alters the keeper.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[2]))

from supervisor.core import machine
from supervisor.core.events import Event, Tick
from supervisor.core.state import State
from supervisor.runtime import generation, lastwords, steering


def refuse_steering(*_: object) -> NoReturn:
    """What a kernel without SO_ATTACH_REUSEPORT_CBPF says."""
    raise OSError(92, "Protocol not available")


def break_step() -> None:
    """Make the keeper fail at the first tick after the start."""
    real = machine.step

    def step(state: State, event: Event, now: float) -> Any:
        if isinstance(event, Tick) and state.phase != "starting":
            raise ZeroDivisionError("a bug")
        return real(state, event, now)

    vars(generation)["step"] = step


def refuse_to_report(*_: object) -> NoReturn:
    """What no bug should be able to do to an exit code."""
    raise ZeroDivisionError("a bug")


def alter(how: str) -> None:
    """Change one thing for the worse."""
    if how == "unsteered":
        vars(steering)["attach"] = refuse_steering
    elif how == "broken-step":
        break_step()
    elif how == "broken-report":
        vars(lastwords)["report_of"] = refuse_to_report


def main(how: str, *arguments: str) -> None:
    """Be the front, or, when it has become the keeper, that."""
    alter(how)
    if arguments[0] == "keeper":
        from supervisor.runtime import boot

        boot.run(boot.read_plan(int(arguments[1])))
    real = os.execv

    def execv(path: str, argv: list[str]) -> None:
        real(path, [argv[0], __file__, how, "keeper", argv[-1]])

    os.execv = execv  # type: ignore[assignment]
    from supervisor.__main__ import main as front

    front(list(arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
