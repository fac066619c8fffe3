"""What PID 1 tells of several services: health over HTTP, status and commands over the socket."""

from __future__ import annotations

import os
from time import monotonic

from supervisor.core.fleet import OVER, WAITING
from supervisor.core.phases import SERVING
from supervisor.runtime.endpoints import BAD_INPUT, Endpoints, reply, wished
from supervisor.runtime.status import status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.runtime.conversation import Conversation
    from supervisor.runtime.fleet import Fleet
    from supervisor.runtime.keeper import Keeper


class FleetEndpoints(Endpoints):
    """Answers for several; what is asked of one service is its own endpoints' to answer."""

    def __init__(self, fleet: Fleet) -> None:
        """Tell of these services."""
        self._fleet = fleet
        self._kept = fleet

    @property
    def _phase(self) -> str:
        state = self._fleet.state
        if state.ending:
            return "stopping"
        serves = all(
            keeper.present.state.phase == SERVING
            for name, keeper in self._fleet.keepers.items()
            if state.parts[name].essential and not state.parts[name].task
        )
        return "serving" if state.ready and serves else "starting"

    def _found(self, told: Callable[[dict[str, Any]], None]) -> None:
        """Look at all services that run, then tell."""
        fleet = self._fleet
        waiting = [
            name for name, life in fleet.state.lives.items() if life.stage not in (WAITING, OVER)
        ]
        left = set(waiting)

        def seen(name: str) -> Callable[[object], None]:
            def came(_look: object) -> None:
                left.discard(name)
                if not left:
                    told(self._status())

            return came

        if not waiting:
            told(self._status())
        for name in waiting:
            fleet.keepers[name].present.observer.look(seen(name))

    def _status(self) -> dict[str, Any]:
        """Return what is known now; bytes and seconds."""
        fleet, phase = self._fleet, self._phase
        state = fleet.state
        services = []
        for name, life in state.lives.items():
            part = state.parts[name]
            known: dict[str, Any] = {
                "name": name,
                "task": part.task,
                "stage": life.stage,
                "code": life.code,
                "needs": [need.as_dict() for need in part.needs],
            }
            keeper = fleet.keepers.get(name)
            if keeper and life.stage != OVER:
                known |= status(keeper)
            services.append(known)
        left = round(state.ends_at - monotonic(), 3) if state.ending else None
        return {
            "phase": phase,
            "ready": phase == "serving",
            "pid": os.getpid(),
            "grace_s": state.grace_s,
            "budget_left_s": left,
            "services": services,
        }

    def do(self, verb: str, wish: dict[str, Any], talk: Conversation) -> bytes | None:
        """Do it for one service, the only one that can be meant where none is named."""
        name = wish.get("service")
        if name is not None and not isinstance(name, str):
            told = f"cannot {verb}: a service is told by its name"
            return reply({"error": told, "code": BAD_INPUT})
        if verb == "restart" and self._fleet.state.ending:
            return reply({"error": "cannot restart: everything is stopping"})
        if verb == "status" and name is None:
            self._found(lambda found: talk.reply(reply(found)))
            return None
        command = str(wish.get("verb")) if verb == "which" else verb
        candidates = self._candidates(command) if name is None else [name]
        if len(candidates) > 1 or (name is not None and name not in self._fleet.state.parts):
            of = "" if name is None else f" service {name!r}"
            why = "say of which service" if name is None else "there is none"
            known = ", ".join(self._fleet.state.parts)
            told = f"cannot {wished(verb, wish, of)}: {why}. There is {known}."
            return reply({"error": told, "code": BAD_INPUT})
        keeper = self._fleet.keepers.get(candidates[0]) if candidates else None
        if keeper is None or keeper.code is not None:
            why = f"{name} does not run" if name else "no service that runs can do that"
            told = f"cannot {wished(verb, wish)}: {why}. `gracekeeper status` shows them."
            return reply({"error": told})
        return Endpoints(keeper).do(verb, wish, talk)

    def _candidates(self, verb: str) -> list[str]:
        """Return the services that this can be done with."""
        return [
            name
            for name, keeper in self._fleet.keepers.items()
            if keeper.code is None and _can(verb, keeper)
        ]


def _can(verb: str, keeper: Keeper) -> bool:
    plan = keeper.plan
    if verb == "restart":
        return not plan.no_restart
    return plan.recycle is not None if verb == "recycle" else bool(plan.fifo)
