"""Scenes with real children: `python -m tests.runtime.household NAME` plays one.

Each has a process of its own: a test runner has children, too, and reaping those would be rude.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
from collections.abc import Callable
from time import monotonic

from supervisor.config.plan import Plan
from supervisor.core.events import Event, Exited, Spawned
from supervisor.core.policy import Policy
from supervisor.runtime import children, process
from supervisor.runtime.children import Children
from supervisor.runtime.poller import Poller
from supervisor.runtime.process import Process
from supervisor.runtime.reaping import reap
from tests.runtime.turning import DEADLINE_S, turn_until

PR_SET_CHILD_SUBREAPER = 36
GLIBCS_OWN = 3 << 31  # signals 32 and 33, ignored or not by whoever started us


class Home:
    """Children of `sh -c SCRIPT`, or of another command, and all that they leave behind."""

    def __init__(self, script: str, *command: str) -> None:
        argv = command or ("sh", "-c", script)
        path = argv[0] if "/" in argv[0] else f"/bin/{argv[0]}"
        self.poller = Poller()
        self.ended: list[Process] = []
        plan = Plan(argv, path, Policy(grace_s=1.0))
        self.children = Children(plan, self.poller, self.ended.append)
        self.events: list[Event] = []
        self.spawned = self.children.spawn()

    @property
    def main(self) -> Process:
        """The first of them."""
        assert self.children.main
        return self.children.main

    def reap(self) -> None:
        """Reap who can be reaped."""
        more = True
        while more:
            ended, more = reap(self.children.unreaped())
            self.events += filter(None, (self.children.take(*one) for one in ended))

    def reap_until_empty(self) -> None:
        """Reap until nobody is left."""

        def empty() -> bool:
            self.reap()
            return self.children.empty()

        turn_until(self.poller, empty)

    def wait_for(self, count: int) -> None:
        """Wait until there are so many descendants."""
        turn_until(self.poller, lambda: len(children.descendants(os.getpid())) == count)


def burst() -> None:
    """Five hundred orphans that end at once: all reaped; strangers are nobody's news."""
    home = Home("for i in $(seq 500); do (exit 3 &) ; done; exit 4")
    home.reap_until_empty()
    assert home.events == [Exited(home.main.pid, 4)]


def codes() -> None:
    """Every exit code and every deadly signal arrives as it was."""
    for code in range(256):
        home = Home(f"exit {code}")
        home.reap_until_empty()
        assert home.events == [Exited(home.main.pid, code)]
        assert home.main.status == code
    for number in (1, 2, 3, 4, 6, 8, 9, 11, 13, 14, 15, 34, 64):
        home = Home(f"kill -{number} $$")
        home.reap_until_empty()
        assert home.events == [Exited(home.main.pid, -number)], (number, home.events)


def tree() -> None:
    """A tree of nine in several sessions, some of whom ignore TERM: KILL reaches all of them."""
    script = "trap '' TERM; for i in 1 2; do setsid sh -c 'sleep 600 & sleep 600 & wait' & done;"
    home = Home(script + " sleep 600 & sleep 600 & wait")
    home.wait_for(9)
    home.children.send_tree(signal.SIGTERM)
    home.children.send_tree(signal.SIGKILL)
    home.reap_until_empty()
    assert home.main.status == -9
    assert not home.children.alive()


def double_fork() -> None:
    """Somebody who forks away all the time is caught: no orphan outlives the kill."""
    home = Home("while :; do (setsid sleep 600 & setsid sleep 600 &); done")
    turn_until(home.poller, lambda: len(children.descendants(os.getpid())) > 30)
    until = monotonic() + DEADLINE_S
    while not home.children.empty():
        assert monotonic() < until
        home.children.send_tree(signal.SIGKILL)
        home.reap()


def grandchild() -> None:
    """The end of somebody else's child is seen, although its parent alone learns its status."""
    home = Home("sleep 600 & wait; sleep 600 & wait")
    home.wait_for(2)
    home.children.meet({children.descendants(os.getpid())[1]: "worker 1"})
    worker = next(one for one in home.children.known.values() if one.role == "worker 1")
    assert worker.send(signal.SIGKILL)
    turn_until(home.poller, lambda: worker in home.ended)
    assert (worker.status, worker.send(signal.SIGTERM)) == (None, False)
    home.children.send_tree(signal.SIGKILL)
    home.reap_until_empty()


def zombie() -> None:
    """A dead worker whose parent does not reap it stays what it was, however often we look."""
    home = Home("", sys.executable, "-c", ZOMBIE)
    home.wait_for(2)
    pid = children.descendants(os.getpid())[1]
    home.children.meet({pid: "worker 1"})
    worker = home.children.known[pid]
    worker.send(signal.SIGKILL)
    turn_until(home.poller, lambda: worker.ended is not None)
    for _ in range(3):
        home.children.meet({})
    assert home.children.known[pid] is worker
    assert worker.was_sent(signal.SIGKILL)
    home.children.send_tree(signal.SIGKILL)
    home.reap_until_empty()


ZOMBIE = "import os, time\nif os.fork() == 0: time.sleep(600)\ntime.sleep(600)"


def ended_first() -> None:
    """The pidfd may tell of an end before the signal does: the status is still learnt."""
    home = Home("exit 7")
    turn_until(home.poller, lambda: home.main.ended is not None)
    assert [home.main.status] == [None]
    home.reap_until_empty()
    assert home.main.status == 7
    assert home.ended == [home.main]


def stranger() -> None:
    """Who is not of the family is not held, even under a pid that was seen in it."""
    home = Home("exec sleep 600")
    parent = os.getppid()
    found = children.descendants(os.getpid())
    vars(children)["descendants"] = lambda _pid: [*found, parent]
    home.children.meet({})
    assert set(home.children.known) == set(found)
    home.children.send_tree(signal.SIGKILL)
    home.reap_until_empty()


def no_pidfd() -> None:
    """None left, or a kernel without: signals still find the right process, and only that."""

    def refuse(_pid: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    real, os.pidfd_open = os.pidfd_open, refuse  # type: ignore[assignment]
    home = Home("sleep 600 & wait")
    os.pidfd_open = real
    home.wait_for(2)
    assert isinstance(home.spawned, Spawned)
    assert home.main.pidfd == -1
    birth, home.main.birth = home.main.birth, 1
    assert not home.main.send(signal.SIGKILL)  # that would be somebody else
    home.main.birth = birth
    home.children.send_tree(signal.SIGKILL)
    home.reap_until_empty()
    assert home.main.status == -9


def another_proc() -> None:
    """/proc of another PID namespace tells of strangers; our own child is ours all the same."""
    process.parent_and_birth = lambda pid: (1, pid * 7 + int(monotonic() * 1000))
    children.parent_and_birth = process.parent_and_birth  # type: ignore[attr-defined]
    home = Home("exit 5")
    home.reap_until_empty()
    assert home.events == [Exited(home.main.pid, 5)]


def environment() -> None:
    """The child has default signals, an empty mask and none of our descriptors."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
    read, write = os.pipe()
    os.dup2(write, 1)
    shown = "grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd"
    home = Home(shown)
    home.reap_until_empty()
    answer = os.read(read, 4096).decode().split()
    blocked, ignored = int(answer[1], 16), int(answer[3], 16)
    assert (blocked, ignored & ~GLIBCS_OWN) == (0, 0), answer
    assert answer[4:] == ["0", "1", "2", "3"], answer  # 3 is the folder that ls reads


SCENES: dict[str, Callable[[], None]] = {
    scene.__name__: scene
    for scene in (
        burst,
        codes,
        tree,
        double_fork,
        grandchild,
        zombie,
        ended_first,
        stranger,
        no_pidfd,
        another_proc,
        environment,
    )
}


def main(name: str) -> None:
    """Play one scene as a subreaper."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    SCENES[name]()


if __name__ == "__main__":
    main(sys.argv[1])
