"""One trial: a load, an order in the middle of it, and what became of every request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from supervisor.core.phases import STARTING
from supervisor.drill.driver import Driver
from supervisor.drill.outcome import ASKED, OVER, Outcome
from supervisor.drill.tally import Fate, Tally
from supervisor.errors import GracekeeperError, UsageError

if TYPE_CHECKING:
    from supervisor.drill.outcome import End
    from supervisor.drill.site import Order, Site
    from supervisor.drill.traffic import Load

WARM_UP_S: Final = 3.0  # until every client has had an answer; slow routes have none by then
ALL_INSIDE_S: Final = 1.0  # of quick routes, all clients are hardly ever inside at once
AFTERWARDS_S: Final = 5.0  # until what was restarted has answered everybody again
GONE_S: Final = 0.1  # the address of a container that has ended answers nobody, for seconds
LAST_ANSWER_S: Final = 5.0  # what it wrote before its end may still be on its way
EVERY_S: Final = 0.1
LOOK_S: Final = 0.02
WARMING_UP, ORDERED, AFTERWARDS, ENDING = "warming up", "ordered", "afterwards", "ending"


@dataclass(frozen=True, slots=True)
class Middle:
    """When the order is given, instead of as soon as every client is at work.

    `seconds`   after the load began
    `answered`  after so many answers
    """

    seconds: float | None = None
    answered: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a trial is; `part`: warming up, ordered, afterwards or ending."""

    part: str
    seconds: float
    in_flight: int
    answered: int
    turned_away: int
    refused: int
    lost: int


Teller = Callable[[Progress], None]


def trial(
    site: Site,
    order: Order,
    load: Load | None = None,
    *,
    at: Middle | None = None,
    progress: Teller | None = None,
) -> Outcome:
    """Bring a site up, load it, give the order in the middle, and await what is under way.

    `progress` is called about ten times a second, from another thread. Raises GracekeeperError when
    the site can't be brought up, the load can't begin, or the order can't be given.
    """
    site.up()
    if load is None or order.phase == STARTING:  # nobody can be inside of what is not ready
        return _outcome(site, order, site.take(order), Tally(()), loaded=False)
    try:
        aimed = load if load.base else load.at(site.base())
        driver = Driver(aimed)
    except ValueError as error:
        raise UsageError(f"cannot load {site.name}: {error}.") from None
    try:
        end, tally = _loaded(driver, site, order, load, at or Middle(), progress)
    except OSError as error:  # sites tell theirs in words; TimeoutError is one of them
        why = str(error.strerror or error).rstrip(".")
        raise GracekeeperError(f"cannot load {site.name}: {why}.") from None
    return replace(_outcome(site, order, end, tally, loaded=True), secure=bool(aimed.context))


def _loaded(
    driver: Driver, site: Site, order: Order, load: Load, at: Middle, progress: Teller | None
) -> tuple[End, Tally]:
    """Give the order in the middle of a load; OSError when the load can't go on."""
    with ExitStack() as leaving:
        driver.start()
        leaving.callback(_abandon, driver)
        telling = leaving.enter_context(_Telling(driver, progress))
        telling.part = WARMING_UP
        _await_middle(driver, load, at, site)
        telling.part = ORDERED
        base = site.base()
        given = time.monotonic()
        end = site.take(order)  # which looks around first: the load goes on meanwhile
        driver.mark(ASKED, given if end.asked_at is None else end.asked_at)
        driver.mark(OVER, end.over_at)
        if order.action in ("restart", "recycle"):
            telling.part = AFTERWARDS
            end = _await_answers(driver, load, end, moved=site.base() != base)
        telling.part = ENDING
        if end.exit_code is not None and order.action in ("stop", "kill"):
            driver.end(connects_s=GONE_S, answers_s=LAST_ANSWER_S)
        return end, driver.stop()  # which waits no longer than that


def _abandon(driver: Driver) -> None:
    """End a load that nobody wants any more; what was wrong is being told already."""
    driver.end(connects_s=0.0, answers_s=0.0)
    with suppress(OSError):
        driver.stop()


def _outcome(site: Site, order: Order, end: End, tally: Tally, *, loaded: bool) -> Outcome:
    return Outcome(
        site=site.name,
        action=order.action,
        signal=end.signal or order.signal,
        grace_s=order.grace_s if end.grace_s is None else end.grace_s,
        end=end,
        tally=tally,
        loaded=loaded,
    )


def _await_middle(driver: Driver, load: Load, at: Middle, site: Site) -> None:
    """Wait until the order shall be given; GracekeeperError when nobody gets an answer."""
    began = time.monotonic()
    if at.seconds is not None:
        _wait(driver, lambda _: False, at.seconds)
        _wait(driver, lambda tally: bool(tally.results or driver.in_flight), WARM_UP_S)
    elif at.answered is not None:
        _await_answered(driver, load, at.answered, site)
    else:
        answered = _Answered()
        _wait(driver, lambda tally: answered.count(tally) >= load.clients, WARM_UP_S)
        if not driver.ended:
            _wait_inside(driver, load.clients)
    if driver.ended:
        driver.join()  # which raises what it failed by
    tally = driver.tally()
    if tally.answered + tally.turned_away == 0 and not driver.in_flight:
        seconds = time.monotonic() - began
        reasons = (tally.reasons(Fate.LOST) + tally.reasons(Fate.REFUSED)).most_common(1)
        why = reasons[0][0] if reasons else "no request was sent"
        raise GracekeeperError(
            f"cannot load {site.name}: none of {len(tally.results)} requests was answered within"
            f" {seconds:.1f} s ({why}). Look whether the load's URL is one that answers."
        )
    if driver.ended and not tally.results:
        raise GracekeeperError(f"cannot load {site.name}: the load ended at once.")


def _await_answered(driver: Driver, load: Load, wanted: int, site: Site) -> None:
    """Wait for so many answers, for as long as they come; GracekeeperError when they cease.

    None at all is another story, which is not told here.
    """
    patience_s = load.deadline_s + load.connect_deadline_s
    latest = -1
    while not driver.ended and latest < (answered := driver.tally().answered) < wanted:
        latest = answered
        _wait(driver, lambda tally: tally.answered > latest, patience_s)  # noqa: B023 - waits here
    if driver.ended:
        driver.join()
    if 0 < (answered := driver.tally().answered) < wanted:
        raise GracekeeperError(
            f"cannot act in the middle: only {answered} of {wanted} requests to {site.name} were"
            f" answered, and none within {patience_s:g} s. Ask for fewer."
        )


class _Answered:
    """Who has had an answer to a request that was accepted after a moment; looks at news only."""

    def __init__(self, after: float = 0.0) -> None:
        self._after, self._at = after, 0
        self._clients: set[int] = set()

    def count(self, tally: Tally) -> int:
        """Return how many clients have had one."""
        for one in tally.results[self._at :]:
            if one.fate is Fate.ANSWERED and (one.t_connected or 0.0) > self._after:
                self._clients.add(one.client)
        self._at = len(tally.results)
        return len(self._clients)


def _wait_inside(driver: Driver, clients: int) -> None:
    try:
        driver.wait_in_flight(clients, ALL_INSIDE_S)
    except TimeoutError:
        return  # as many as are inside at a time: that is the middle, too


def _await_answers(driver: Driver, load: Load, end: End, *, moved: bool) -> End:
    """Go on until those who were refused or lost meanwhile have an answer again."""
    if moved:
        hidden = "what came after the restart: it answers at another address now"
        return replace(end, hidden=(*end.hidden, hidden))
    answered = _Answered(driver.tally().marks[OVER])
    _wait(driver, lambda tally: answered.count(tally) >= load.clients, AFTERWARDS_S)
    return end


def _wait(driver: Driver, reached: Callable[[Tally], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and not driver.ended and not reached(driver.tally()):
        time.sleep(min(LOOK_S, max(0.0, deadline - time.monotonic())))


class _Telling:
    """Tells about ten times a second how far it is, whatever the trial waits for."""

    def __init__(self, driver: Driver, progress: Teller | None) -> None:
        self.part = WARMING_UP
        self._driver, self._progress = driver, progress
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="drill progress", daemon=True)

    def __enter__(self) -> _Telling:
        if self._progress:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._progress:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            self._tell()

    def _tell(self) -> None:
        counts = self._driver.tally().counts
        if self._progress:
            self._progress(
                Progress(
                    part=self.part,
                    seconds=time.monotonic() - self._began,
                    in_flight=self._driver.in_flight,
                    answered=counts[Fate.ANSWERED],
                    turned_away=counts[Fate.TURNED_AWAY],
                    refused=counts[Fate.REFUSED],
                    lost=counts[Fate.LOST],
                )
            )
