"""Gathers what an engine still knows of a container's end."""

from __future__ import annotations

from typing import Any, Final

from supervisor.errors import GracekeeperError
from supervisor.ops import containers, ownreport
from supervisor.ops.case import Case
from supervisor.ops.containers import Container, State
from supervisor.ops.engine import Engine, GoneError
from supervisor.ops.life import NS, Event, Life, lives, read
from supervisor.ops.masking import masked_line

LINES: Final = 200
KEPT: Final = 256  # events of all containers together, moby's daemon/events
ROOM_S: Final = 1.0  # an engine writes times down a moment after they happened


def gather(engine: Engine, name: str) -> Case:
    """Return a container's case, also when only events are left of it; GoneError for none."""
    try:
        found = engine.inspect(name)
    except GoneError:
        return _remembered(engine, name)
    one, state = containers.container(found), containers.state(found)
    past = list(engine.events(0, engine.now() + ROOM_S / 1000, container=[one.id]))
    events = tuple(read(event) for event in past)
    return complete(engine, Case(one, state, events))


def complete(engine: Engine, case: Case) -> Case:
    """Add the log, our report in it, and what is hidden."""
    life = case.life
    hidden = [*case.hidden, *_forgotten(case, life)]
    log: tuple[str, ...] = case.log
    if not log and (life.started or case.state.started):
        try:
            log = tuple(engine.log(case.container.id, LINES, *_span(case, life)))
        except GracekeeperError as error:
            hidden.append(f"the log is hidden: {error}")
    hidden += ownreport.unread(log)
    shown = tuple(masked_line(line) for line in log)
    return case.replace(log=shown, report=ownreport.report_in(log), hidden=tuple(hidden))


def _span(case: Case, life: Life) -> tuple[float, float | None]:
    """Return from when to when the log is this life's."""
    started = (life.started or case.state.started) / NS - ROOM_S / 2
    again = case.state.started / NS
    restarted = life.died is not None and case.state.started > life.died.at
    return started, again - ROOM_S / 1000 if restarted else None


def _forgotten(case: Case, life: Life) -> list[str]:
    over = case.state.status in ("exited", "dead") and case.state.started
    if over and not life.died:
        return [
            "the engine has forgotten this end: it keeps the last 256 events of all containers,"
            " so who sent which signal is not known"
        ]
    if life.died and not life.started and case.events:
        return ["the engine has forgotten its start, so an earlier signal may be missing"]
    return []


def _remembered(engine: Engine, name: str) -> Case:
    """Return what events tell of a container that was removed."""
    past = list(engine.events(0, engine.now() + ROOM_S / 1000, container=[name]))
    if not past:
        raise GoneError(
            f"cannot find container {name}: the engine has none of that name, and none of its"
            f" last {KEPT} events is about one. `docker ps -a` lists those that it has."
        )
    last = [event for event in past if event["Actor"]["ID"] == past[-1]["Actor"]["ID"]]
    return removed(last)


def removed(past: list[dict[str, Any]]) -> Case:
    """Return the case of a container that only its events are left of."""
    actor = past[-1]["Actor"]
    attributes = actor.get("Attributes") or {}
    one = Container(
        id=actor["ID"], name=attributes.get("name") or "?", image=attributes.get("image") or ""
    )
    events: tuple[Event, ...] = tuple(read(event) for event in past)
    over = [life for life in lives(events) if life.died]
    died = over[-1].died if over else None
    code = died.code if died and died.code is not None else 0
    state = State(
        "removed", code, started=over[-1].started if over else 0, finished=died.at if died else 0
    )
    gone = "the container was removed: its command, its log and its settings are gone"
    return Case(one, state, events, hidden=(gone,))
