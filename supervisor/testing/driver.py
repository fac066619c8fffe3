"""One call that holds a server's driver to what every ladder must keep."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from supervisor.core.budget import FINISH_S, LEAST_RESERVE_S
from supervisor.core.policy import Policy
from supervisor.core.record import Record
from supervisor.testing import handing, ladders
from supervisor.testing.cases import gallery
from supervisor.testing.handing import Hand, budget_of, policy_of
from supervisor.testing.laws import BrokenLawError
from supervisor.testing.search import end_in_time, search
from supervisor.testing.server import Manners
from supervisor.testing.traffic import LOST
from supervisor.testing.world import play

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supervisor.servers.program import Program
    from supervisor.testing.cases import Case
    from supervisor.testing.world import Tale

__all__ = ["Violation", "broken_by", "check_driver", "policy_of", "violations"]

EPSILON_S = 0.001
DEPTH = 2


class Violation(Record):
    """A law that a driver breaks: which, where it was seen, and the story that led there."""

    law: str
    where: str
    story: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Tell it whole."""
        return "\n".join((f"{self.law}\n  seen: {self.where}", *(f"  {one}" for one in self.story)))


def check_driver(
    driver: Program | Policy,
    *,
    manners: Manners | None = None,
    arguments: Sequence[str] = (),
    environment: Sequence[tuple[str, str]] = (),
    grace_s: float = 10.0,
    drain_delay_s: float = 0.0,
    depth: int = DEPTH,
) -> None:
    """Hold a driver to the laws of stopping, in memory; AssertionError tells each broken one.

    `driver` is a `Program`, with the `arguments` and variables of a user, or a `Policy`, which
    brings its own times. `manners` say what the real server does at each signal or command; by
    default TERM drains it and every other signal cuts (signal(7)). Times are in seconds; `depth`
    is how many events far each future is searched.
    """
    found = violations(
        driver,
        manners=manners,
        arguments=arguments,
        environment=environment,
        grace_s=grace_s,
        drain_delay_s=drain_delay_s,
        depth=depth,
    )
    if not found:
        return
    first: dict[str, Violation] = {}
    for one in found:
        first.setdefault(one.law, one)
    told = []
    for law, one in first.items():
        more = [other.where for other in found if other.law == law and other is not one]
        also = f"\n  seen, too: {'; '.join(more)}" if more else ""
        told.append(f"{one}{also}")
    name = driver.__class__.__name__ if isinstance(driver, Policy) else driver.name
    count = "a law" if len(first) == 1 else f"{len(first)} laws"
    raise AssertionError(f"{name} breaks {count}:\n\n" + "\n\n".join(told))


def violations(
    driver: Program | Policy,
    *,
    manners: Manners | None = None,
    arguments: Sequence[str] = (),
    environment: Sequence[tuple[str, str]] = (),
    grace_s: float = 10.0,
    drain_delay_s: float = 0.0,
    depth: int = DEPTH,
) -> list[Violation]:
    """Return what `check_driver` would tell, as data; empty for a driver that keeps all laws."""
    manners = manners or Manners()
    found: list[Violation] = []
    if isinstance(driver, Policy):
        policy = driver
    else:
        times = {"grace_s": grace_s, "drain_delay_s": drain_delay_s}
        policy = policy_of(driver, arguments, environment, **times)
        hand = Hand(driver, tuple(arguments), tuple(environment), budget_of(policy))
        found += (Violation(fault, driver.name) for fault in handing.faults(hand))
    found += (Violation(fault, "the policy") for fault in ladders.faults(policy, manners))
    found += _searched(policy, depth)
    for case in gallery(policy, manners) if policy.stops else ():
        found += _played(policy, case)
    return found


def _searched(policy: Policy, depth: int) -> Iterator[Violation]:
    """Search every future of a life for a broken law of the core."""
    try:
        end_in_time(search(policy, depth)[0])
    except BrokenLawError as broken:
        yield Violation(broken.law, "a search of all events", broken.story)


def _played(policy: Policy, case: Case) -> Iterator[Violation]:
    """Live one case, and hold the whole life to what a bystander may expect."""
    try:
        tale = play(policy, case.server, case.scene)
    except BrokenLawError as broken:
        yield Violation(broken.law, str(case), broken.story)
        return
    for law in broken_by(tale, case):
        yield Violation(law, str(case), tuple(tale.told()))


def broken_by(tale: Tale, case: Case) -> Iterator[str]:
    """Yield what a bystander could not expect of a life, each as the law that it breaks."""
    policy = tale.policy
    if tale.code is None:
        yield "a stop that was asked for comes to an end"
        return
    if tale.seconds > policy.grace_s - FINISH_S + EPSILON_S:
        yield "the end comes within the grace"
    if any(moment < _kill_at(tale) - EPSILON_S for moment, _ in tale.kills):
        yield "nobody is sent SIGKILL before its deadline"
    if tale.left and policy.awaits:
        yield "no process is left behind"
    if not case.finishes:
        return
    if LOST in tale.fates:
        yield "a server that ends in time loses no request"
    if tale.kills:
        yield "a server that ends when it is told to is not killed"


def _kill_at(tale: Tale) -> float:
    """Return when the first SIGKILL may come; a hurry's moment, if somebody was in one."""
    policy = tale.policy
    asks = [moment for moment, event, _ in tale.journal if type(event).__name__ == "Asked"]
    pairs = pairwise(asks)
    hurries = [late for early, late in pairs if late - early >= policy.debounce_s and policy.hurry]
    planned = tale.began + policy.grace_s - max(policy.reserve_s, LEAST_RESERVE_S)
    return min((planned, *hurries))
