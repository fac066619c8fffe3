"""Which request is next, and when it is due. Pure: no socket, no clock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supervisor.drill.traffic import Load, Request


class Turn(NamedTuple):
    """One request to send: at once, or in an open loop when it is due (monotonic seconds)."""

    request: Request
    wire: bytes
    due: float | None = None


class Pace:
    """Deals out the turns of a load to its clients.

    In a closed loop client n begins with the n-th request. In an open loop every client that is
    free takes the next turn, whose moment the rate alone decides.
    """

    def __init__(self, load: Load, host: str, begin: float) -> None:
        wires = {r: r.encode(host, keep_alive=load.keep_alive) for r in load.requests}
        self._turns = [Turn(r, wires[r]) for r in interleave(load.requests)]
        self._rate = load.rate
        self._per_client = load.per_client
        self._most = math.inf if load.per_client is None else load.per_client * load.clients
        self._begin = begin
        self._taken = 0

    def turns(self, client: int) -> Iterator[Turn]:
        """Those of one client, in order."""
        if self._rate is None:
            return self._closed(client)
        return self._open(self._rate)

    def unsent(self, at: float, sent: int) -> int:
        """How many were due at that moment and not sent; a closed loop owes nothing."""
        if self._rate is None:
            return 0
        due = math.floor((at - self._begin) * self._rate) + 1
        return max(0, int(min(due, self._most)) - sent)

    def _closed(self, client: int) -> Iterator[Turn]:
        turns = self._turns
        at = client
        while self._per_client is None or at < client + self._per_client:
            yield turns[at % len(turns)]
            at += 1

    def _open(self, rate: float) -> Iterator[Turn]:
        while self._taken < self._most:
            at = self._taken
            self._taken += 1
            request, wire, _ = self._turns[at % len(self._turns)]
            yield Turn(request, wire, self._begin + at / rate)


def interleave(requests: Sequence[Request]) -> tuple[Request, ...]:
    """A round in which each has as many turns as it weighs, spread evenly; always the same.

    Smooth weighted round robin, as nginx deals out its upstreams: a, b of 3:1 are a a b a.
    """
    divisor = math.gcd(*(request.weight for request in requests))
    weights = [request.weight // divisor for request in requests]
    total = sum(weights)
    credit = [0] * len(weights)
    round_ = []
    for _ in range(total):
        credit = [have + weight for have, weight in zip(credit, weights, strict=True)]
        best = credit.index(max(credit))
        credit[best] -= total
        round_.append(requests[best])
    return tuple(round_)
