"""Sight: an observer for a server that can be looked at; for any other command, its absence."""

from __future__ import annotations

from supervisor.core.looks import Look

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.config.plan import Plan
    from supervisor.runtime.backends import Backends
    from supervisor.runtime.children import Children
    from supervisor.runtime.frontdoor import FrontDoor
    from supervisor.runtime.inquiry import Inquiry
    from supervisor.runtime.observer import Observer
    from supervisor.runtime.poller import Poller
    from supervisor.servers.uwsgi.stats import Worker


class Unseen:
    """No doors, no workers, nobody who waits; at most, somebody who asks for readiness."""

    workers: tuple[Worker, ...] = ()
    turned_away = 0
    last = Look()
    stats: str | None = None

    def __init__(self, inquiry: Inquiry | None = None) -> None:
        """Nothing was asked yet."""
        self._inquiry = inquiry

    def look(self, seen: Callable[[Look], None]) -> None:
        """Tell at once that there is nothing to tell."""
        if self._inquiry and self._inquiry.look() != self.last.ready:
            self.last = Look(ready=True)
        seen(self.last)

    def leaving(self) -> int:
        """Nothing is on its way through us."""
        return 0


def of(
    plan: Plan,
    poller: Poller,
    doors: list[FrontDoor],
    children: Children,
    inquiry: Inquiry | None = None,
) -> Observer | Backends | Unseen:
    """Return who looks at this service; loaded only if there is something to see."""
    if plan.server == "postgres":
        from supervisor.runtime.backends import Backends

        return Backends(plan.data, children, inquiry)
    if not (plan.policy.looks or doors):
        return Unseen(inquiry)
    from supervisor.runtime.observer import Observer

    return Observer(poller, plan.stats, doors, inquiry=inquiry)


def inquiry(plan: Plan, poller: Poller, children: Children) -> Inquiry | None:
    """Return who asks whether it serves, if there is something to ask."""
    if plan.readiness is None:
        return None
    from supervisor.runtime.inquiry import Inquiry

    return Inquiry(plan.readiness, poller, children)
