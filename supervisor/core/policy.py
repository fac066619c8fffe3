"""What the operator and the server's driver decided before anything starts."""

from __future__ import annotations

from supervisor.core.budget import NEVER, RESERVE_S
from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from supervisor.core.exitstatus import ExitCodePolicy

DEBOUNCE_S: Final = 1.0


class Rung(Record):
    """One way of stopping, and how long it may take.

    Either a FIFO `command` or a `signal` to a `target`; or it `passes` on the signal that asked
    for the stop. `patience_s` None: until nothing but
    killing is left. `nudge` is sent to the main process when all workers are gone: a master may
    sleep although nothing is left to wait for.
    """

    name: str
    command: str = ""
    signal: int = 0
    target: str = "main"
    patience_s: float | None = None
    nudge: int = 0
    passes: bool = False

    @property
    def kills(self) -> bool:
        """True when the rung leaves its target no choice (SIGKILL, signal(7))."""
        return self.signal == 9


class Policy(Record):
    """How one service is started and stopped; times in seconds."""

    grace_s: float
    drain_delay_s: float = 0.0
    reserve_s: float = RESERVE_S
    exit_code: ExitCodePolicy = "signal"
    hurry: bool = True  # a second signal makes it faster
    debounce_s: float = DEBOUNCE_S
    forward: tuple[int, ...] = ()  # signals that the main process understands and gets
    # All of them are passed on at once, whatever the phase, and a repeated stop is, too.
    passes: bool = False
    rewrite: tuple[tuple[int, int], ...] = ()  # what it gets in place of a signal; 0: nothing
    stops: tuple[int, ...] = (15, 2, 3)  # signals that ask for a stop
    group: bool = False  # signals go to the main process's group
    awaits: bool = True  # descendants that outlive the main process are waited for
    success: tuple[int, ...] = ()  # exit codes that become 0
    looks: bool = False  # the server can be looked at: readiness and drain are facts
    probes: bool = False  # readiness alone is a fact
    finishes: bool = False  # told to end, the server answers everybody it has accepted, by itself
    shut_signal: int = 0  # at this one the server shuts its door itself; 0: we do
    quiesce_s: float = NEVER  # who is inside is waited for so long; then the ladder, as if drained
    ladder: tuple[Rung, ...] = ()  # of a service that is drained, or can't be looked at
    unready_ladder: tuple[Rung, ...] = ()  # of one that never became ready and owes nobody anything
    forced_ladder: tuple[Rung, ...] = ()  # of one whose time is over while requests run

    def sent(self, signal: int) -> int:
        """Return what the main process gets in place of a signal; 0 for nothing."""
        return next((sent for arrived, sent in self.rewrite if arrived == signal), signal)

    @property
    def waits(self) -> bool:
        """Whether those who are inside are waited for, for a time with a bound of its own."""
        return self.quiesce_s < NEVER

    @property
    def addressee(self) -> str:
        """Whom signals are passed on to: a target of `Send`."""
        return "group" if self.group else "main"
