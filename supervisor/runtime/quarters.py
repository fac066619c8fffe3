"""Quarters: what one generation lives in: its listeners, its drain flag, its way to our stdout.

A command names descriptors by number, and these numbers are the same for all generations: the first
one's own are there from the front, and each later one finds its own by dup2(2) at its birth. So the
first one's numbers stay taken for ever, if only by /dev/null.
"""

from __future__ import annotations

import os

from supervisor.runtime.drainflag import DrainFlag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.config.plan import Plan
    from supervisor.runtime.frontdoor import FrontDoor
    from supervisor.runtime.outlet import Outlets
    from supervisor.runtime.passage import Passage
    from supervisor.runtime.poller import Poller


class Quarters:
    """Where one generation lives; `places` maps its numbers to our descriptors."""

    def __init__(
        self, doors: list[FrontDoor], drain_fd: int, places: dict[int, int], passage: Passage | None
    ) -> None:
        """Keep what was made."""
        self.doors, self.places, self.passage = doors, places, passage
        self._drain_fd = drain_fd
        self.drain_flag = DrainFlag(drain_fd)

    def moved_in(self) -> None:
        """The generation has been started: it has the other end of its way out, alone."""
        if self.passage:
            self.passage.open_for_them()

    def beside(self, plan: Plan, poller: Poller, number: int, outlets: Outlets | None) -> Quarters:
        """Make the next generation's, or nothing: OSError."""
        doors: list[FrontDoor] = []
        drain_fd = -1
        try:
            for door in self.doors:  # one by one: those before a failure have to be closed
                doors += [door.beside(number)]
            if plan.drain_fd >= 0:
                drain_fd = os.memfd_create("gracekeeper-drain")
                os.ftruncate(drain_fd, 1)
            passage = _passage(plan, poller, outlets)
        except OSError:
            for door in doors:
                door.leave()
                door.end()
            if drain_fd >= 0:
                os.close(drain_fd)
            raise
        theirs = {plan.drain_fd: drain_fd} if drain_fd >= 0 else {}
        for planned, door in zip(plan.doors, doors, strict=True):
            if planned.fd is not None and door.door.fd is not None:
                theirs[planned.fd] = door.door.fd
        theirs |= {1: passage.stdout, 2: passage.stderr}
        return Quarters(doors, drain_fd, theirs, passage)

    def leave(self, plan: Plan, *, shared: bool = False) -> None:
        """Close everything; whoever lived here is gone.

        A way out that leads to a `shared` outlet ends with the last who has it.
        """
        for door in self.doors:
            door.end()
        if self._drain_fd >= 0:
            os.close(self._drain_fd)
        numbers = [door.fd for door in plan.doors if door.fd is not None]
        for number in (*numbers, plan.drain_fd):
            if number >= 0:
                _keep_taken(number)
        if self.passage and shared:
            self.passage.let_go()
        elif self.passage:
            self.passage.end()


def first(plan: Plan, poller: Poller, outlets: Outlets | None) -> Quarters:
    """Return the first generation's; the front made all of it but a way out that is shared."""
    doors: list[FrontDoor] = []
    if plan.doors:
        from supervisor.runtime.frontdoor import FrontDoor

        doors = [FrontDoor(poller, door, plan.late) for door in plan.doors]
    places = {fd: fd for fd in plan.pass_fds}
    passage = _passage(plan, poller, outlets) if plan.log else None
    if passage:
        places |= {1: passage.stdout, 2: passage.stderr}
    return Quarters(doors, plan.drain_fd, places, passage)


def _passage(plan: Plan, poller: Poller, outlets: Outlets | None) -> Passage:
    from supervisor.runtime import lineform
    from supervisor.runtime.passage import Passage

    passage = Passage(poller, outlets=outlets, form=lineform.of(plan))
    if plan.user and os.getuid() == 0:
        passage.give_to(plan.user[0])
    return passage


def _keep_taken(number: int) -> None:
    """See that a descriptor's number is not used again, by its being open (open(2), lowest)."""
    try:
        os.fstat(number)
    except OSError:
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        if nothing != number:
            os.dup2(nothing, number, inheritable=False)
            os.close(nothing)
