"""What can be stopped in the middle of a load, and restarted, recycled and killed."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from supervisor.core import signalnames
from supervisor.drill.site import Order
from supervisor.drill.trial import Middle, trial
from supervisor.errors import GracekeeperError, UsageError
from supervisor.testing import current

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from supervisor.drill.outcome import Outcome
    from supervisor.drill.site import Site
    from supervisor.drill.tls import Trust
    from supervisor.drill.traffic import Load


class Graceful(ABC):
    """Something that serves. Each method loads it, acts in the middle, and counts.

    `grace`   seconds until KILL; None: the test's `@pytest.mark.graceful`, else its own
    `signal`  a name or a number; empty: its own stop signal
    `load`    what is sent meanwhile, `Load("/slow", clients=8)`; None: nothing
    `at`      seconds of load before it is asked; None: as soon as all clients are being served
    `port`    the one that is loaded; None: the first that it has

    Raises GracekeeperError for what can't be done; what goes wrong in the stop is in the outcome.
    """

    trust: Trust | None = None  # of a load that says nothing of it

    @abstractmethod
    def site(self, port: int | None, *, loaded: bool) -> AbstractContextManager[Site]:
        """Return it as a drill sees it; without a load nothing needs to answer."""

    def stop_gracefully(
        self,
        grace: float | None = None,
        signal: str | int = "",
        load: Load | None = None,
        *,
        at: float | None = None,
        port: int | None = None,
    ) -> Outcome:
        """Send the signal, wait for the end, KILL after the grace period."""
        return self._drill(Order("stop", _number(signal), _grace(grace)), load, at, port)

    def restart_gracefully(
        self,
        grace: float | None = None,
        load: Load | None = None,
        *,
        signal: str | int = "",
        at: float | None = None,
        port: int | None = None,
    ) -> Outcome:
        """Stop it and start it again; return when it answers."""
        return self._drill(Order("restart", _number(signal), _grace(grace)), load, at, port)

    def recycle(
        self,
        load: Load | None = None,
        *,
        signal: str | int = "",
        within_s: float | None = None,
        at: float | None = None,
        port: int | None = None,
    ) -> Outcome:
        """Replace its workers while it serves, as its server is asked to.

        `signal` is what asks one that is not known; `within_s`: when all must be new ones.
        """
        return self._drill(Order("recycle", _number(signal), within_s), load, at, port)

    def kill_at(
        self,
        phase: str = "",
        load: Load | None = None,
        *,
        grace: float | None = None,
        at: float | None = None,
        port: int | None = None,
    ) -> Outcome:
        """Ask it to stop, and send KILL as soon as it is in this phase; without one, at once."""
        return self._drill(Order("kill", 0, _grace(grace), phase), load, at, port)

    def _drill(
        self, order: Order, load: Load | None, at: float | None, port: int | None
    ) -> Outcome:
        middle = None if at is None else Middle(seconds=at)
        if load and self.trust and not load.trust:
            load = replace(load, trust=self.trust)
        try:
            with self.site(port, loaded=load is not None) as site:
                return current.tell(trial(site, order, load, at=middle))
        except (
            GracekeeperError
        ) as error:  # its words say it all; a test's traceback ends at its own
            raise error.with_traceback(None) from None


def _grace(given: float | None) -> float | None:
    grace_s = current.defaults().grace if given is None else given
    if grace_s is not None and not 0 <= grace_s < math.inf:  # an engine takes -1 for ever
        raise UsageError(f"cannot wait {grace_s:g} s: that is no grace period. Give 0 or more.")
    return grace_s


def _number(signal: str | int) -> int:
    if not signal:
        return 0
    number = signalnames.number(str(signal))
    if number is None:
        raise UsageError(f"cannot send {signal!r}: no such signal. Name one of signal(7), SIGTERM.")
    return number
