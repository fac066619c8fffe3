"""Drive a load from a background thread, so that the caller can stop servers meanwhile."""

from __future__ import annotations

import math
import signal
import threading
import time
from typing import TYPE_CHECKING, Self

from supervisor.drill.client import Client
from supervisor.drill.pacing import Pace
from supervisor.drill.reactor import Reactor, Task, pause
from supervisor.drill.records import Records
from supervisor.drill.result import Fate, Result
from supervisor.drill.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supervisor.drill.pacing import Turn
    from supervisor.drill.traffic import Load

_HEAD_START_S = 0.002  # an open loop begins so late that no client is
_MARGIN_S = 5.0  # what a thread may need to come to its end, beyond the deadlines of its requests


class Driver:
    """`start`, `mark`, `stop`; usable as a context manager. One driver drives one load, once."""

    def __init__(self, load: Load) -> None:
        """Raises ValueError for a load that has a path and no base."""
        if load.target is None:
            raise ValueError(
                f"cannot drive {load.url!r}: a path alone. "
                'Say where it is: load.at("http://host:port").'
            )
        self._load = load
        self._target = load.target
        self._thread = threading.Thread(target=self._run, name="drill", daemon=True)
        self._reactor: Reactor | None = None
        self._changed = threading.Condition()
        self._waiting = 0  # callers who wait for a change; nobody is told while it is 0
        self._records = Records()  # this and the counts are written by the thread alone
        self._marks: dict[str, float] = {}
        self._clients: list[Client] = []
        self._answered = 0
        self._in_flight = 0
        self._accepted = 0
        self._refused_in_a_row = 0
        self._unsent = 0
        self._stopping = False
        self._ended = False
        self._failure: BaseException | None = None
        self._end_at = self._over_at = float("inf")

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop; the tally stays available from `stop`."""
        self.stop()

    def start(self) -> Self:
        """Start all clients; return at once."""
        self._reactor = Reactor()
        if self._load.max_s is not None:
            self._end_at = time.monotonic() + self._load.max_s
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._thread.start()  # inherits the mask: signals stay with the caller's threads
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return self

    def mark(self, name: str, at: float | None = None) -> float:
        """Remember a moment (monotonic seconds), to split the tally at it; None: this one."""
        self._marks[name] = time.monotonic() if at is None else at
        return self._marks[name]

    def end(self, *, connects_s: float = math.inf, answers_s: float = math.inf) -> None:
        """Send nothing new from now on; return at once.

        `connects_s`  a handshake that is under way is waited for so long at most, then it is
                      refused: where a machine is gone, nothing else says so for seconds
        `answers_s`   and so long for an answer, then it is lost
        """
        self._stopping = True
        now = time.monotonic()
        for client in self._clients:
            client.connect_by = min(client.connect_by, now + connects_s)
            client.answer_by = min(client.answer_by, now + answers_s)
        if self._reactor is not None:
            self._reactor.wake()

    def stop(self) -> Tally:
        """Send nothing new, await what is under way, return everything. May be called again."""
        self.end()
        return self.join()

    def join(self, timeout_s: float | None = None) -> Tally:
        """Wait until the load ends by itself (`until_refused`, `max_s`, `per_client`) or by `stop`.

        Raises TimeoutError, or what made the driver fail.
        """
        if timeout_s is None and (self._stopping or self._load.max_s is not None):
            load = self._load
            timeout_s = load.deadline_s + load.connect_deadline_s + (load.max_s or 0) + _MARGIN_S
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"the load has not ended within {timeout_s:g} s; {self._state()}")
        if self._failure is not None:
            raise self._failure
        return self.tally()

    def tally(self) -> Tally:
        """The results so far."""
        return Tally(self._records.copy(), dict(self._marks), unsent=self._unsent)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self._ended

    @property
    def in_flight(self) -> int:
        """Requests accepted and not ended, now."""
        return self._in_flight

    def wait_answered(self, count: int, timeout_s: float = 30.0) -> None:
        """Return when so many complete answers have come. Raises TimeoutError."""
        self._wait(lambda: self._answered >= count, f"{count} answers", timeout_s)

    def wait_accepted(self, count: int, timeout_s: float = 30.0) -> None:
        """Return when so many requests were accepted, ended or not. Raises TimeoutError."""
        self._wait(lambda: self._accepted >= count, f"{count} accepted", timeout_s)

    def wait_in_flight(self, count: int, timeout_s: float = 30.0) -> None:
        """Return when so many requests are accepted and not ended. Raises TimeoutError."""
        self._wait(lambda: self._in_flight >= count, f"{count} in flight", timeout_s)

    def _wait(self, reached: Callable[[], bool], what: str, timeout_s: float) -> None:
        with self._changed:
            self._waiting += 1  # before the first look: what changes later is told
            self._changed.wait_for(lambda: reached() or self._ended, timeout_s)
            self._waiting -= 1
            if not reached():
                why = "the load ended first" if self._ended else f"not within {timeout_s:g} s"
                raise TimeoutError(f"waited for {what}: {why}; {self._state()}")

    def _state(self) -> str:
        count = len(self._records)
        latest = self._records[-1].reason or "answered" if count else "no result yet"
        return (
            f"{self._in_flight} in flight, {self._answered} answered of {count}, latest: {latest}"
        )

    def _run(self) -> None:
        try:
            self._drive(self._reactor or Reactor())
        except BaseException as failure:  # carried to the caller's thread
            self._failure = failure
        finally:
            self._ended = True
            with self._changed:
                self._changed.notify_all()

    def _drive(self, reactor: Reactor) -> None:
        pace = Pace(self._load, self._target.host, time.monotonic() + _HEAD_START_S)
        for number in range(self._load.clients):
            client = Client(number, self._load, reactor, self._note_accepted)
            self._clients.append(client)
            reactor.spawn(self._be_client(client, pace.turns(number)))
        reactor.run(self._tell)
        self._unsent = pace.unsent(min(self._over_at, time.monotonic()), len(self._records))

    def _tell(self) -> None:
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def _be_client(self, client: Client, turns: Iterator[Turn]) -> Task:
        try:
            for turn in turns:
                late = turn.due is not None and turn.due < time.monotonic()
                yield from self._await_turn(turn)
                if self._is_over():
                    return
                result = yield from client.perform(turn, late=late)
                self._note(result)
                yield from self._pause_after(result)
        finally:
            client.close()

    def _await_turn(self, turn: Turn) -> Task:
        due = min(turn.due or 0.0, self._end_at)
        while time.monotonic() < due and not self._is_over():
            yield due

    def _is_over(self) -> bool:
        limit = self._load.until_refused
        over = (
            self._stopping
            or time.monotonic() >= self._end_at
            or (limit is not None and self._refused_in_a_row >= limit)
        )
        if over:
            self._over_at = min(self._over_at, time.monotonic())
        return over

    def _note_accepted(self) -> None:
        self._in_flight += 1
        self._accepted += 1
        self._refused_in_a_row = 0

    def _note(self, result: Result) -> None:
        self._records.append(result)
        if result.fate is Fate.REFUSED:
            self._refused_in_a_row += 1
        else:
            self._in_flight -= 1
        self._answered += result.fate is Fate.ANSWERED

    def _pause_after(self, result: Result) -> Task:
        load = self._load
        if load.rate is not None:
            if result.fate is Fate.REFUSED:
                yield 0.0  # the rate is the pause; but others come first
        elif load.per_client is None:  # else nothing is retried
            pauses = {
                Fate.REFUSED: load.refused_pause_s,
                Fate.TURNED_AWAY: load.turned_away_pause_s,
            }
            yield from pause(pauses.get(result.fate, 0))
