"""Gathers what an engine still knows of a container's end."""

from __future__ import annotations

from posixpath import join, normpath
from typing import Any, Final

from supervisor.errors import GracekeeperError
from supervisor.ops import containers, ownreport
from supervisor.ops.case import LOG_HIDDEN, REMOVED, Case
from supervisor.ops.causes import front
from supervisor.ops.containers import Container, State
from supervisor.ops.engine import Engine, GoneError
from supervisor.ops.life import NS, Event, Life, lives, read
from supervisor.ops.log import Line, times
from supervisor.ops.masking import masked_line

LINES: Final = 200
SCRIPT: Final = 1 << 16  # bytes
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # moby's own
KEPT: Final = 256  # events of all containers together, moby's daemon/events
ROOM_S: Final = 1.0  # an engine writes times down a moment after they happened


def gather(engine: Engine, name: str) -> Case:
    """Return a container's case, also when only events are left of it; GoneError for none."""
    try:
        found = engine.inspect(name)
    except GoneError:
        return _remembered(engine, name)
    one, state = containers.container(found), containers.state(found)
    try:
        case = Case(one, state, tuple(read(event) for event in _past(engine, one.id)))
        hidden = _forgotten(case, case.life)
    except GracekeeperError as error:
        case, hidden = Case(one, state), [f"the events are hidden: {error}"]
    whole = _complete(engine, case, hidden)
    return whole.replace(script=_script(engine, whole, found["Config"]))


def _script(engine: Engine, case: Case, config: dict[str, Any]) -> str:
    """Return the gist of the shell script that PID 1 was started as; empty when it can't be read.

    It can be read from a container that has ended, volumes included, by `docker cp`'s way.
    """
    file = front.script(case)
    if not file or case.report or case.state.status not in ("exited", "dead"):
        return ""
    for place in _places(file, config, called=file == case.container.argv[0]):
        try:
            text = engine.file(case.container.id, place, SCRIPT)
        except GracekeeperError:
            continue
        return front.gist(text.decode(errors="replace"))
    return ""


def _places(file: str, config: dict[str, Any], *, called: bool) -> list[str]:
    """Return where a script may lie: in its folder, where a shell looks first, or in PATH."""
    folder = "/" + str(config.get("WorkingDir") or "").strip("/")
    if "/" in file:
        return [normpath(join(folder, file))]
    variables = (str(one).partition("=") for one in config.get("Env") or ())
    path = next((value for name, _, value in variables if name == "PATH"), PATH)
    return [join(one, file) for one in (*([] if called else [folder]), *path.split(":")) if one][:8]


def _past(engine: Engine, name: str) -> list[dict[str, Any]]:
    """Return all that an engine still knows to have happened to a container."""
    return list(engine.events(0, engine.now() + ROOM_S / 1000, container=[name]))


def _complete(engine: Engine, case: Case, hidden: list[str]) -> Case:
    """Add the log, our report in it, and what is hidden."""
    life = case.life
    found: list[Line] = []
    if life.started or case.state.started:
        try:
            found = engine.lines(case.container.id, LINES, *_span(case, life))
        except GracekeeperError as error:
            hidden.append(f"{LOG_HIDDEN}: {error}")
    log = tuple(line.text for line in found)
    hidden += ownreport.unread(log)
    shown, report = tuple(masked_line(line) for line in log), ownreport.report_in(log)
    return case.replace(log=shown, written=times(found), report=report, hidden=tuple(hidden))


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
    try:
        past = _past(engine, name)
    except GracekeeperError as error:
        raise GoneError(
            f"cannot find container {name}: the engine has none of that name, and what happened to"
            f" it is hidden: {error}"
        ) from None
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
    gone = f"{REMOVED}: its command, its log and its settings are gone"
    return Case(one, state, events, hidden=(gone,))
