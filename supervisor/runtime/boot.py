"""The keeper's first lines: keep the service, tell what happened, exit.

Called by a front that has stayed lean; else run by exec as `python -I -S boot.py FD`, so that PID 1
carries nothing of what read the command line.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # -I leaves the package's own place out of the path; appended, so that nothing shadows the
    # library.
    FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path.append(FOLDER)
    from supervisor import quickimport

    quickimport.install(FOLDER)

import _signal  # type: ignore[import-not-found]
import _socket

from supervisor.config.plan import Plan, decode
from supervisor.runtime import terminal
from supervisor.runtime.keeper import Keeper
from supervisor.runtime.loop import Loop
from supervisor.runtime.output import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.config.fleet import FleetPlan
    from supervisor.runtime.endpoints import Endpoints
    from supervisor.runtime.fleet import Fleet
    from supervisor.runtime.fleetendpoints import FleetEndpoints

STDOUT, STDERR = 1, 2
SOFTWARE = 70  # sysexits.h, EX_SOFTWARE


def run(plan: Plan | FleetPlan) -> None:
    """Keep what the Plan describes, and exit; does not return.

    Without a tear-down of the interpreter: it would cost 5 ms, and nothing is left to be torn down.
    """
    try:
        code = keep(plan)
    except Exception as error:  # nothing was started
        text = f"gracekeeper: cannot keep anything: {error!r}. Please report it.\n"
        os.write(2, text.encode())
        code = SOFTWARE
    os._exit(code)


def keep(plan: Plan | FleetPlan) -> int:
    """Keep the service, or several; return the exit code."""
    # Inherited as ignored, it would make the kernel reap our children before us (wait(2)).
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    base = plan if isinstance(plan, Plan) else plan.base
    close_to_children(plan)
    output = Output(base.log_format, STDERR if base.verbose else STDOUT)
    for note in base.notes:
        output.event("warning", why=note)
    keeper = kept(plan, output)
    try:
        listen(keeper)
        code = Loop(keeper).run()
    except Exception as error:
        from supervisor.runtime import collapse

        output.event("internal-error", why=repr(error))
        code = collapse.end(keeper)
    try:
        last_words(keeper, code)
    except Exception as error:
        output.event("internal-error", action="report", why=repr(error))
    return code


def kept(plan: Plan | FleetPlan, output: Output) -> Keeper | Fleet:
    """Return what keeps it."""
    if isinstance(plan, Plan):
        return Keeper(plan, output, terminal=terminal.of(plan))
    from supervisor.runtime.fleet import Fleet

    return Fleet(plan, output)


def last_words(keeper: Keeper | Fleet, code: int) -> None:
    """Report, if anybody wants to know, and leave no files."""
    from supervisor.runtime import lastwords

    for plan in keeper.plans:
        lastwords.remove_traces(plan)
    if keeper.plan.reports:
        lastwords.speak(keeper, keeper.report(code))


def listen(keeper: Keeper | Fleet) -> None:
    """Answer at the health and the control socket; what that takes is loaded for the first one."""

    def answer(number: int, protocol: str) -> None:
        from supervisor.runtime.listener import Listener

        endpoints = _endpoints(keeper)
        told = endpoints.health if protocol == "http" else endpoints.control
        Listener(keeper.poller, _socket.socket(fileno=number), protocol, told)

    for number, protocol in ((keeper.plan.health_fd, "http"), (keeper.plan.control_fd, "line")):
        if number >= 0:
            keeper.poller.watch(number, _later(answer, number, protocol))


def _endpoints(keeper: Keeper | Fleet) -> Endpoints | FleetEndpoints:
    if isinstance(keeper, Keeper):
        from supervisor.runtime.endpoints import Endpoints

        return Endpoints(keeper)
    from supervisor.runtime.fleetendpoints import FleetEndpoints

    return FleetEndpoints(keeper)


def _later(answer: Callable[[int, str], None], number: int, protocol: str) -> Callable[[], None]:
    return lambda: answer(number, protocol)


def read_plan(fd: int) -> Plan | FleetPlan:
    """Read the Plan from the descriptor that the front left."""
    from supervisor.runtime import leanjson

    with open(fd, encoding="utf-8") as file:
        data = leanjson.loads(file.read())
    if "members" not in data:
        return decode(data)
    from supervisor.config import fleet

    return fleet.decode(data)


def close_to_children(plan: Plan | FleetPlan) -> None:
    """Keep our descriptors to ourselves; those that are handed over are so one by one."""
    for number in plan.descriptors:
        os.set_inheritable(number, False)


if __name__ == "__main__":
    from supervisor.runtime.process import be_called

    be_called("gracekeeper")
    run(read_plan(int(sys.argv[1])))
