"""What an init needs when nothing happens: memory with 1 and 20 children, and its wake-ups."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from typing import TYPE_CHECKING, Any

from benchmarks.entrypoints import ROOT
from benchmarks.inits import figures, processes
from benchmarks.inits.contenders import OURS, OURS_UWSGI, Contender
from benchmarks.inits.rounds import Session, show, start_s
from benchmarks.inits.staged import Staged, StageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.inits.installed import Installed

FEW, MANY = 1, 20
_MEMORY_ROUNDS = 3
_READY_S = 60.0


def expected_memory_s(contenders: Sequence[Contender], settle_s: float) -> float:
    """For the time left."""
    return _MEMORY_ROUNDS * sum(2 * (start_s(it) + settle_s) for it in contenders)


def expected_idle_s(contenders: Sequence[Contender], settle_s: float, idle_s: float) -> float:
    """For the time left."""
    return 2 * (sum(map(start_s, contenders)) + settle_s + idle_s)


def stage(session: Session, contender: Contender, programs: int) -> Staged:
    """An init with so many children: its own where it takes several commands, else their own."""
    if contender.several:
        staged = Staged(session.tools, contender, programs=programs)
        waited = programs
    else:
        staged = Staged(session.tools, contender, ("family", str(programs)))
        waited = 1
    try:
        for _ in range(waited):
            staged.told("S")
    except BaseException:
        staged.close()
        raise
    return staged


def measure_memory(session: Session) -> dict[str, dict[str, Any]]:
    """KiB of PID 1, and of it and its helpers; each further child: of all of them."""
    settle_s = session.options.settle_s
    uwsgi = session.tools.program("uwsgi")
    payload = [str(session.tools.child), *([uwsgi] if uwsgi else [])]

    def seen(staged: Staged) -> dict[str, Any]:
        time.sleep(settle_s)
        pids = processes.own(staged.pid, payload)
        each = [processes.memory(pid) for pid in pids]
        whole = processes.Memory(*map(sum, zip(*each, strict=True)))
        return {"pid1": each[0]._asdict(), "whole": whole._asdict(), "processes": len(pids)}

    def one(contender: Contender, _: int) -> dict[str, Any]:
        found = {}
        for programs in (FEW, MANY):
            with stage(session, contender, programs) as staged:
                found[str(programs)] = seen(staged)
        return found

    series = session.interleave(
        "memory",
        session.contenders,
        lambda _: _MEMORY_ROUNDS,
        lambda it: 2 * (start_s(it) + settle_s),
        one,
    )
    found = {name: figures.noted(it, **figures.memory(it.samples)) for name, it in series.items()}
    ours = [it for it in session.contenders if it.name == OURS]
    if ours and uwsgi:
        try:
            with _with_uwsgi(session.tools, uwsgi) as staged:
                sample = seen(staged)
            found[OURS_UWSGI] = {"samples": [sample], **figures.memory([{"1": sample}])}
        except (StageError, OSError) as error:
            show(f"memory with uWSGI: {error}")
            found[OURS_UWSGI] = {"samples": [], "failed": [str(error)]}
    return found


def _with_uwsgi(tools: Installed, uwsgi: str) -> Staged:
    """The keeper with its uWSGI driver, a front door and health; it has answered `ready`."""
    health, door = _free_port(), _free_port()
    app = ROOT / "benchmarks" / "app" / "plain.py"

    def command(tools: Installed, _: Path, commands: Sequence[Sequence[str]]) -> list[str]:
        own = ["--health", f"127.0.0.1:{health}", "--listen", f"127.0.0.1:{door}"]
        return [str(tools.program("gracekeeper")), "run", *own, "--", *commands[0]]

    serve = [uwsgi, "--master", "--workers", "2", "--wsgi-file", str(app)]
    staged = Staged(tools, Contender(OURS_UWSGI, "", "gracekeeper", command), command=serve)
    end = time.monotonic() + _READY_S
    while not _is_ready(health):
        if time.monotonic() > end or staged.ended(0.05):
            error = staged.error("uWSGI was not ready")
            staged.close()
            raise error
    return staged


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def measure_idle(session: Session) -> dict[str, dict[str, Any]]:
    """Context switches and CPU of an init and its helpers, all contenders at the same time."""
    found: dict[str, dict[str, Any]] = {it.name: {"failed": []} for it in session.contenders}
    for programs in (FEW, MANY):
        with contextlib.ExitStack() as stack:
            resting = []
            for contender in session.contenders:
                try:
                    staged = stack.enter_context(stage(session, contender, programs))
                except (StageError, OSError) as error:
                    found[contender.name]["failed"].append(str(error))
                    continue
                resting.append(staged)
            time.sleep(session.options.settle_s)
            _watch(session, resting, programs, found)
    return found


def _watch(
    session: Session, resting: Sequence[Staged], programs: int, found: dict[str, dict[str, Any]]
) -> None:
    idle_s = session.options.idle_s
    pids = [processes.own(it.pid, [str(session.tools.child)]) for it in resting]
    before = [processes.activity(it) for it in pids]
    time.sleep(idle_s)
    after = [processes.activity(it) for it in pids]
    for staged, old, new in zip(resting, before, after, strict=True):
        row = found[staged.contender.name]
        row["idle_s"] = idle_s
        row[f"idle_switches_{programs}"] = new.switches - old.switches
        row[f"idle_cpu_ns_{programs}"] = new.cpu_ns - old.cpu_ns
    session.progress.step(f"idle with {programs}", session.options.settle_s + idle_s)
