"""Drive a load from a background thread, so that the caller can stop servers meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import signal
import threading
import time
from typing import TYPE_CHECKING, Self

from supervisor.drill.client import Client
from supervisor.drill.tally import Outcome, Result, Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.drill.traffic import Load

_MARGIN_S = 5.0  # what a thread may need to come to its end, beyond the deadlines of its requests


class Driver:
    """`start`, `mark`, `stop`; usable as a context manager. One driver drives one load, once."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._thread = threading.Thread(target=self._run, name="drill", daemon=True)
        self._changed = threading.Condition()
        self._results: list[Result] = []
        self._marks: dict[str, float] = {}
        self._answered = 0
        self._in_flight = 0
        self._accepted = 0
        self._refused_in_a_row = 0
        self._stopping = False
        self._ended = False
        self._failure: BaseException | None = None
        self._end_at = float("inf")

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop; the tally stays available from `stop`."""
        self.stop()

    def start(self) -> Self:
        """Start all clients; return at once."""
        if self._load.max_s is not None:
            self._end_at = time.monotonic() + self._load.max_s
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._thread.start()  # inherits the mask: signals stay with the caller's threads
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        return self

    def mark(self, name: str) -> float:
        """Remember this moment (monotonic seconds), to split the tally at it."""
        self._marks[name] = time.monotonic()
        return self._marks[name]

    def end(self) -> None:
        """Send nothing new from now on; return at once."""
        self._stopping = True

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
        with self._changed:
            return Tally(tuple(self._results), dict(self._marks))

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
            self._changed.wait_for(lambda: reached() or self._ended, timeout_s)
            if not reached():
                why = "the load ended first" if self._ended else f"not within {timeout_s:g} s"
                raise TimeoutError(f"waited for {what}: {why}; {self._state()}")

    def _state(self) -> str:
        latest = self._results[-1].reason if self._results else "no result yet"
        return (
            f"{self._in_flight} in flight, {self._answered} answered of {len(self._results)}, "
            f"latest: {latest or 'answered'}"
        )

    def _run(self) -> None:
        try:
            asyncio.run(self._drive())
        except BaseException as failure:  # carried to the caller's thread
            self._failure = failure
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    async def _drive(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self._load.clients):
                group.create_task(self._be_client(number))

    async def _be_client(self, number: int) -> None:
        load = self._load
        client = Client(number, load, self._note_accepted)
        offset = number % len(load.requests)
        requests = itertools.islice(itertools.cycle(load.requests), offset, None)
        try:
            for request in itertools.islice(requests, load.per_client):
                if self._is_over():
                    return
                result = await client.perform(request)
                self._note(result)
                await self._pause_after(result)
        finally:
            client.close()

    def _is_over(self) -> bool:
        limit = self._load.until_refused
        return (
            self._stopping
            or time.monotonic() >= self._end_at
            or (limit is not None and self._refused_in_a_row >= limit)
        )

    def _note_accepted(self) -> None:
        with self._changed:
            self._in_flight += 1
            self._accepted += 1
            self._refused_in_a_row = 0
            self._changed.notify_all()

    def _note(self, result: Result) -> None:
        with self._changed:
            self._results.append(result)
            if result.outcome is Outcome.REFUSED:
                self._refused_in_a_row += 1
            else:
                self._in_flight -= 1
            self._answered += result.outcome is Outcome.ANSWERED
            self._changed.notify_all()

    async def _pause_after(self, result: Result) -> None:
        if self._load.per_client is not None:
            return  # nothing is retried
        if result.outcome is Outcome.REFUSED:
            await asyncio.sleep(self._load.refused_pause_s)
        elif result.outcome is Outcome.TURNED_AWAY and self._load.turned_away_pause_s:
            await asyncio.sleep(self._load.turned_away_pause_s)
