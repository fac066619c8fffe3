"""Looks: what the kernel knows of connections and what the server says of its workers, together."""

from __future__ import annotations

from supervisor.core.looks import Look
from supervisor.runtime.census import Census
from supervisor.runtime.probe import Probe
from supervisor.runtime.stats import StatsQuery
from supervisor.servers.uwsgi.stats import Worker, told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.runtime.frontdoor import FrontDoor
    from supervisor.runtime.inquiry import Inquiry
    from supervisor.runtime.poller import Poller


class Observer:
    """Takes one look at a time and remembers the workers it saw last."""

    def __init__(
        self,
        poller: Poller,
        stats: str | None,
        doors: list[FrontDoor],
        probe: str | None = None,
        inquiry: Inquiry | None = None,
    ) -> None:
        """Nothing was seen yet.

        `probe` is the Plan's, which half of a look tells readiness; by default the stats server's
        where there is one. `inquiry` has to agree.
        """
        self._poller, self.stats, self._doors = poller, stats, doors
        self._inquiry = inquiry
        probe = ("accept" if stats is None else "stats") if probe is None else probe
        self._probes = probes(poller, doors) if probe == "accept" else []
        self._waiting: list[Callable[[Look], None]] = []
        self._asking = False
        self.workers: tuple[Worker, ...] = ()
        self.last = Look()

    def look(self, seen: Callable[[Look], None]) -> None:
        """Take a look and call back with it, at the latest after the stats server's patience."""
        if seen not in self._waiting:
            self._waiting.append(seen)
        if self._asking:
            return
        self._asking = True
        if self.stats is None:
            self._answered(None)
        else:
            StatsQuery(self._poller, self.stats, self._answered)

    def _answered(self, document: dict[str, Any] | None) -> None:
        # Connections are counted after the workers were asked: a request that has just left the
        # queue is then with a worker, and one that a worker has just ended may still be on its way.
        self._asking = False
        waiting, self._waiting = self._waiting, []
        known = None if document is None else told(document)
        self.workers = self.workers if known is None else known
        try:
            counts = self.count()
        except OSError:
            counts = self._guess(blind=known is None)
        look = self._probed(combine(counts, known))
        if self._inquiry:
            look = look.replace(ready=look.ready and self._inquiry.look())
        self.last = look
        for seen in waiting:
            seen(self.last)

    @property
    def turned_away(self) -> int:
        """How many of our own connections got our 503; they are no clients."""
        return sum(probe.turned_away for probe in self._probes)

    def _probed(self, look: Look) -> Look:
        """Add what the probes know: a server is ready when each of its doors leads to a worker.

        A connection of ours that waits in a queue is nobody to be waited for. An unknown queue is
        less than none, and stays unknown.
        """
        if not self._probes:
            return look
        ready = all([probe.look() for probe in self._probes])  # noqa: C419 - each has to look
        waiting = sum(probe.waits for probe in self._probes)
        return look.replace(ready=ready, queued=max(min(0, look.queued), look.queued - waiting))

    def count(self) -> Census:
        """Count at all doors; OSError when the kernel does not tell."""
        total = Census()
        for front in self._doors:
            total += front.count()
        return total

    def leaving(self) -> int:
        """Return how much is on its way: bytes owed and handshakes; 0 when nobody can tell."""
        try:
            counts = self.count()
        except OSError:
            return 0
        return counts.owed_bytes + counts.half_open

    def _guess(self, *, blind: bool) -> Census:
        """Without the kernel's list: who waits at our listeners; unseen is not absent."""
        waiting = sum(front.somebody_waits for front in self._doors)
        return Census(queued=waiting or (-1 if blind else 0))


def probes(poller: Poller, doors: list[FrontDoor]) -> list[Probe]:
    """Return a probe for every door that clients come to."""
    return [Probe(poller, front) for front in doors if not front.door.backend]


def combine(counts: Census, known: tuple[Worker, ...] | None) -> Look:
    """Join both halves of a look; without the workers' word `in_request` is unknown."""
    look = Look(
        queued=counts.queued,
        half_open=counts.half_open,
        serving=counts.serving,
        backend=counts.backend,
        owed_bytes=counts.owed_bytes,
        received_bytes=counts.received_bytes,
    )
    if known is None:
        return look
    return look.replace(
        ready=any(worker.accepting for worker in known),
        in_request=sum(worker.busy for worker in known),
        starting=sum(not worker.accepting and worker.status != "cheap" for worker in known),
        requests=sum(worker.requests for worker in known),
        average_s=max((worker.average_s for worker in known), default=0.0),
        running=tuple(line for worker in known for line in worker.running),
    )
