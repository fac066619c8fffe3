"""The keeper's first lines: read the Plan, keep the service, tell what happened, exit.

Run by exec as `python -I -S boot.py FD`, so that PID 1 carries nothing of
what read the command line.
"""

import os
import sys

# -I leaves the package's own place out of the path; appended, so that nothing shadows the library.
sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

import _signal  # type: ignore[import-not-found]
import _socket

from supervisor.config.plan import Plan, decode
from supervisor.runtime import collapse, lastwords, leanjson
from supervisor.runtime.endpoints import Endpoints
from supervisor.runtime.keeper import Keeper
from supervisor.runtime.listener import Listener
from supervisor.runtime.output import Output


def main(fd: int) -> int:
    """Keep what the Plan behind `fd` describes; return the exit code."""
    # Inherited as ignored, it would make the kernel reap our children before us (wait(2)).
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    plan = read_plan(fd)
    output = Output(plan.log_format)
    for note in plan.notes:
        output.event("warning", why=note)
    keeper = Keeper(plan, output)
    try:
        listen(keeper)
        code = keeper.run()
    except Exception as error:
        output.event("internal-error", why=repr(error))
        code = collapse.end(keeper)
    try:
        lastwords.speak(keeper, lastwords.report_of(keeper, keeper.present, code))
    except Exception as error:
        output.event("internal-error", action="report", why=repr(error))
    lastwords.remove_traces(plan)
    return code


def listen(keeper: Keeper) -> None:
    """Answer at the health and the control socket from now on."""
    endpoints = Endpoints(keeper)
    for number, protocol, answer in (
        (keeper.plan.health_fd, "http", endpoints.health),
        (keeper.plan.control_fd, "line", endpoints.control),
    ):
        if number >= 0:
            Listener(keeper.poller, _socket.socket(fileno=number), protocol, answer)


def read_plan(fd: int) -> Plan:
    """Read the Plan from the descriptor that the front left, and keep no child from seeing it."""
    with open(fd, encoding="utf-8") as file:
        plan = decode(leanjson.loads(file.read()))
    inherited = (plan.signal_fd, plan.drain_fd, plan.health_fd, plan.control_fd)
    for number in (*inherited, *(door.fd for door in plan.doors if door.fd is not None)):
        if number >= 0:
            os.set_inheritable(number, False)
    return plan


if __name__ == "__main__":
    # No tear-down of the interpreter: it would cost 5 ms, and nothing is left to be torn down.
    try:
        code = main(int(sys.argv[1]))
    except Exception as error:  # nothing was started
        os.write(2, f"gracekeeper: cannot keep anything: {error!r}. Please report it.\n".encode())
        code = collapse.SOFTWARE
    os._exit(code)
