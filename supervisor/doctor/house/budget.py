"""Whether a stop fits into its grace period: all that is waited for, each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record
from supervisor.doctor.knowledge.platforms import MARGIN_S

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

PRESTOP, TRAP, SERVER, SUPERVISORD, MARGIN = (
    *("preStop", "trap", "server", "supervisord", "margin"),
)


class Term(Record):
    """One wait of `seconds`; `said`: somebody wrote it down, it is no default."""

    name: str
    seconds: float
    place: Place
    said: bool
    text: str


class Budget(Record):
    """What a stop of a service may need. `whole`: nothing in it is unknown or without a limit."""

    service: Service
    terms: tuple[Term, ...]
    whole: bool

    @property
    def needs_s(self) -> float:
        """Return the seconds that it may take at most, as far as they are known."""
        return sum(term.seconds for term in self.terms)

    @property
    def over_s(self) -> float:
        """Return how many seconds are missing; 0 if it fits."""
        return max(0.0, self.needs_s - self.service.grace)

    @property
    def facts(self) -> tuple[str, ...]:
        """Return the sum, term by term, as a finding has it."""
        return tuple(f"{one.place}: {one.text}" for one in self.terms if one.seconds)


def budget(house: House, service: Service) -> Budget:
    """Add up what a service's stop waits for."""
    terms: list[Term] = []
    whole = service.chain is not None
    if (hook := service.prestop) is not None:
        if hook.sleeps_s is None:
            whole = False
        else:
            text = f"the preStop hook takes {hook.sleeps_s:g} s"
            terms.append(Term(PRESTOP, hook.sleeps_s, hook.place, True, text))
    for link in service.chain.links if service.chain else ():
        trap = link.facts.term_trap if link.facts else None
        slept = trap.handler.sleeps_s if trap and trap.handler else 0.0
        if trap is not None and slept:
            terms.append(Term(TRAP, slept, trap.place, True, f"the trap sleeps {slept:g} s"))
    server, known = _server(house, service)
    terms += server
    if terms:
        terms.append(Term(MARGIN, MARGIN_S, service.place, False, f"{MARGIN_S:g} s to end"))
    return Budget(service, tuple(terms), whole and known)


def _server(house: House, service: Service) -> tuple[list[Term], bool]:
    """Return what the server at the end waits for, and whether that is all."""
    for supervised in house.supervised:
        if supervised.service is service and supervised.place is not None:
            waits = supervised.stops_s
            if waits is None:
                return [], False
            said = any(program.get("stopwaitsecs") for program in supervised.programs)
            text = f"supervisord waits up to {waits:g} s for its programs, by priority"
            return [Term(SUPERVISORD, waits, supervised.place, said, text)], True
    for server in house.servers:
        if server.service is service:
            waits = server.graceful_s
            if waits is None:
                return [], False
            said = "graceful-timeout" in server.options or server.name == "uvicorn"
            key = "timeout-graceful-shutdown" if server.name == "uvicorn" else "graceful-timeout"
            text = f"{server.name} waits up to {waits:g} s for its requests"
            return [Term(SERVER, waits, server.where(key), said, text)], True
    return [], False
