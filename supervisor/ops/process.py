"""What is known of one process, and of those that live with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from supervisor.core.record import Record

SHELL_BACKGROUND: Final = (2, 3)  # INT and QUIT
FREEZERS: Final = ("__refrigerator", "refrigerator", "do_freezer_trap")  # cgroup v1, in ps(1), v2
SHELLS: Final = ("sh", "dash", "bash", "ash", "ksh", "mksh", "zsh", "busybox")


class Process(Record):
    """One process. Masks are those of status (proc(5)); None is what we were not allowed to see.

    `inner`: its pid in its own namespace. `waited`: what its signalfds take. `text`: the script
    that a shell or an interpreter runs. `settings`: what its configuration says about a stop.
    `doors`: inodes of the sockets that it holds.
    """

    pid: int
    ppid: int
    inner: int
    name: str
    argv: tuple[str, ...] = ()
    uid: int = 0
    state: str = "S"
    wchan: str = ""
    threads: int = 1
    age_s: float = 0.0
    group: int = 0
    pending: int = 0
    blocked: int = 0
    ignored: int = 0
    caught: int = 0
    waited: int | None = None
    variables: tuple[tuple[str, str], ...] | None = None
    text: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    doors: frozenset[int] | None = None

    @property
    def program(self) -> str:
        """Return the name of what it runs, as it was called."""
        first = self.argv[0] if self.argv else self.name
        return first.split(" ")[0].rstrip(":").rpartition("/")[2].lstrip("-") or self.name

    def variable(self, name: str) -> str:
        """Return one of its variables, empty when it isn't set or can't be seen."""
        return dict(self.variables or ()).get(name, "")

    def setting(self, name: str) -> str | None:
        """Return what its configuration says."""
        return dict(self.settings).get(name)

    @property
    def in_background(self) -> bool:
        """Tell whether a shell started it with `&`: it then ignores INT and QUIT."""
        return all(has(self.ignored, number) for number in SHELL_BACKGROUND)


class Tree(Record):
    """Processes that live together; the first is the one that a stop is sent to."""

    processes: tuple[Process, ...]

    @property
    def first(self) -> Process:
        """Return the one that is told to stop."""
        return self.processes[0]

    @property
    def thawed(self) -> Tree:
        """Return them as they go on: an engine lets nobody wait for a signal in the freezer.

        Since Linux 6.1 a frozen sleep is one in state D that keeps its place (TASK_FREEZABLE).
        """
        return Tree(
            tuple(
                one.replace(
                    state="S" if one.state == "D" else one.state,
                    wchan="" if one.wchan in FREEZERS else one.wchan,
                )
                for one in self.processes
            )
        )

    def children(self, parent: Process, *, alive: bool = True) -> tuple[Process, ...]:
        """Return its children, the oldest first."""
        found = [p for p in self.processes if p.ppid == parent.pid and p is not parent]
        kept = [p for p in found if not alive or p.state not in "ZX"]
        return tuple(sorted(kept, key=lambda p: (-p.age_s, p.pid)))

    def below(self, process: Process) -> tuple[Process, ...]:
        """Return all that it has started, and what these have."""
        pids = [one.pid for _, one in self._below(process, 0)]
        return tuple(one for one in self.processes if one.pid in pids[1:])

    def members(self, group: int) -> tuple[Process, ...]:
        """Return a process group."""
        return tuple(p for p in self.processes if p.group == group)

    def walk(self) -> Iterator[tuple[int, Process]]:
        """Return everybody with their depth, in the order in which a tree is drawn."""
        pids = {p.pid for p in self.processes}
        roots = [p for p in self.processes if p.ppid not in pids or p is self.first]
        for root in sorted(roots, key=lambda p: p is not self.first):
            yield from self._below(root, 0)

    def _below(self, process: Process, depth: int) -> Iterator[tuple[int, Process]]:
        yield depth, process
        for child in self.children(process, alive=False):
            yield from self._below(child, depth + 1)


def has(mask: int, number: int) -> bool:
    """Tell whether a mask has a signal."""
    return bool(mask >> (number - 1) & 1)
