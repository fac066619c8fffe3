"""Processes: spawn, reap, find and signal."""

from __future__ import annotations

import errno
import os
from time import monotonic

from supervisor.core.events import Event, Exited, Reaped, Spawned, SpawnFailed
from supervisor.core.exitstatus import NOT_EXECUTABLE, NOT_FOUND
from supervisor.runtime import spawning
from supervisor.runtime.process import UNKNOWN, Process, name_of, parent_and_birth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.config.plan import Plan
    from supervisor.runtime.poller import Poller
    from supervisor.runtime.terminal import Terminal

KILL = 9
REMEMBERED = 64  # processes that have ended, for the report
TREE_ROUNDS = 5  # of killing and looking again, for those who were born meanwhile


class Children:
    """The descendants of one generation; of everybody, while it is the only one.

    `places` says which descriptor of ours the main process finds at which number.
    """

    def __init__(
        self,
        plan: Plan,
        poller: Poller,
        ended: Callable[[Process], None],
        places: dict[int, int] | None = None,
    ) -> None:
        """Know nobody yet; `ended` is called when a known process ends."""
        self._plan, self._poller, self.ended = plan, poller, ended
        self._places = {fd: fd for fd in plan.pass_fds} if places is None else places
        self.alone = True  # no other generation has processes
        self.environment: dict[str, str] = {}  # for this one, besides the Plan's
        self.main: Process | None = None
        self.known: dict[int, Process] = {}

    def spawn(self, terminal: Terminal | None = None) -> Event:
        """Start the main process, with default signals, an empty mask, and only our sockets.

        It gets the `terminal`, if there is one to be handed over.
        """
        plan = self._plan
        options: dict[str, Any] = {}
        if plan.own_session and not (terminal and terminal.ours):
            options["setsid"] = True
        elif plan.own_group:
            options["setpgroup"] = 0
        try:
            pid = spawning.spawn(plan, self._places, self.environment, **options)
        except OSError as error:
            code = NOT_FOUND if error.errno == errno.ENOENT else NOT_EXECUTABLE
            return SpawnFailed(code, f"cannot run {plan.executable}: {error.strerror}.")
        self.main = self._hold(pid, "main", None)
        if terminal and self.main:
            terminal.hand_to(self.main)
        return Spawned(pid)

    def spawn_beside(self, argv: tuple[str, ...]) -> Process:
        """Start another command where and as whom the main process runs; OSError."""
        plan = self._plan.replace(argv=argv, executable=argv[0])
        pid = spawning.spawn(plan, spawning.SILENT, {}, setpgroup=0)
        process = self._hold(pid, "probe", None)
        assert process is not None  # noqa: S101 - a child that was not reaped is there
        return process

    def take(self, pid: int, status: int) -> Event | None:
        """Return the news of a reaped process; None if it is nobody of this generation."""
        process = self.known.get(pid)
        if process is None or process.status is not None:
            return None
        process.status = status
        self._end(process)
        return Exited(pid, status) if process is self.main else Reaped(pid, process.name, status)

    def meet(self, roles: dict[int, str]) -> None:
        """Take hold of every descendant that is not known yet; `roles` names some by pid."""
        self._forget_some()
        found = self._family()
        family = {os.getpid(), *found}
        for process in self.alive():
            if process.pidfd < 0 and process.pid not in family:  # nobody tells us of its end
                self._end(process)
        for pid in found:
            known = self.known.get(pid)
            if known is None or (known.ended is not None and not known.is_still_there()):
                self._hold(pid, roles.get(pid, "descendant"), family)
            elif known.ended is None:
                known.name = name_of(pid)
                known.role = roles.get(pid, known.role)

    def _forget_some(self) -> None:
        """Forget who ended long ago: workers are replaced for months."""
        gone = [pid for pid, process in self.known.items() if process.ended is not None]
        for pid in gone[:-REMEMBERED]:
            if self.known[pid] is not self.main:
                del self.known[pid]

    def alive(self) -> list[Process]:
        """Return the known processes that have not ended."""
        return [process for process in self.known.values() if process.ended is None]

    def unreaped(self) -> list[Process]:
        """Return those whose status we may still get: the living, and dead children of ours.

        The dead one's pid is nobody else's before we reap it; that of somebody else's child may be.
        """
        ours = os.getpid()
        return [
            process
            for process in self.known.values()
            if process.status is None
            and (process.ended is None or process is self.main or process.parent == ours)
        ]

    def send(self, target: str, signal: int) -> bool:
        """Signal the main process, or all of its group; False when it has ended."""
        if self.main is None:
            return False
        return self.main.send_group(signal) if target == "group" else self.main.send(signal)

    def pass_on(self, signal: int) -> None:
        """Send a signal that we got to whom it is meant for: the main process, or its group."""
        main = self.main
        if main is None:
            return
        if self._plan.policy.group:
            main.pass_on_to_group(signal)
        else:
            main.pass_on(signal)

    def send_tree(self, signal: int) -> None:
        """Signal every descendant; for KILL again until nobody new turns up."""
        if self.empty():
            return
        for _ in range(TREE_ROUNDS):
            self.meet({})
            targets = [process for process in self.alive() if not process.was_sent(signal)]
            for process in targets:
                process.send(signal)
            if not targets or signal != KILL:
                return

    def _family(self) -> list[int]:
        """Return the pids of this generation's processes.

        Beside another one, an orphan is ours if we have met it before, or by its process group.
        """
        if self.alone:
            return [] if self.empty() else descendants(os.getpid())
        if self.main is None:
            return []
        roots = [process.pid for process in self.alive()]
        orphans = [pid for pid in children_of(os.getpid()) if group_of(pid) == self.main.pid]
        found = dict.fromkeys((*roots, *orphans))
        return list(dict.fromkeys((*found, *(one for pid in found for one in descendants(pid)))))

    def empty(self) -> bool:
        """Tell whether no descendant is left, zombies that wait for us included.

        Orphans become our children: who has no child (wait(2), ECHILD) has no descendant.
        """
        if not self.alone:
            self.meet({})
            return not self.alive()
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return False

    def _hold(self, pid: int, role: str, family: set[int] | None) -> Process | None:
        """Take hold of a process, unless it is a stranger who has got a dead one's pid."""
        try:
            process = Process(pid, role)
        except OSError:  # gone already; a child of ours will be reaped all the same
            return None
        if family is not None and process.parent not in (*family, UNKNOWN):
            process.let_go()
            return None
        self.known[pid] = process
        if process.pidfd >= 0:
            self._poller.watch(process.pidfd, lambda: self._seen_dead(process))
        return process

    def _seen_dead(self, process: Process) -> None:
        """Take its end in; it may have become our child by that of its parent."""
        if process is not self.main:
            parent, birth = parent_and_birth(process.pid)
            if birth != UNKNOWN and process.was_born_at(birth):
                process.parent = parent
        self._end(process)

    def _end(self, process: Process) -> None:
        if process.ended is None:
            process.ended = monotonic()
            if process.pidfd >= 0:
                self._poller.forget(process.pidfd)
                if process is not self.main:  # by its pidfd, its group can still be reached
                    process.let_go()
            self.ended(process)

    def let_go(self) -> None:
        """Close what is left open; the generation is over."""
        for process in self.known.values():
            process.let_go()


def group_of(pid: int) -> int:
    """Return a process's group; 0 when it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def descendants(pid: int) -> list[int]:
    """Return the pids of all descendants, parents first (proc(5), task/TID/children)."""
    found, at = [pid], 0
    while at < len(found):
        found += children_of(found[at])
        at += 1
    return found[1:]


def children_of(pid: int) -> list[int]:
    """Return the pids of a process's children, of all its threads."""
    pids: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                pids += (int(word) for word in file.read().split())
    except OSError:
        return pids
    return pids
