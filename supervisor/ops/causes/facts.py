"""What a decision rests on, told one fact to a line."""

from __future__ import annotations

from collections.abc import Iterator

from supervisor.core.signalnames import name
from supervisor.ops.case import Case
from supervisor.ops.containers import Container
from supervisor.ops.life import Life

MOST_LINES = 3
WIDTH = 160


def facts(case: Case) -> tuple[str, ...]:
    """Return all that was seen of its end, in order."""
    return (
        *_container(case.container),
        *_script(case.script),
        *_events(case),
        *_state(case),
        *_log(case),
    )


def _container(one: Container) -> Iterator[str]:
    if one.argv:
        line = " ".join(one.argv)
        yield f"PID 1 was started as `{_short(line)}`" + (", below docker-init" * one.init)


def _script(gist: str) -> Iterator[str]:
    if gist:
        yield f"its script ends in `{_short(gist.splitlines()[-1])}`"


def _events(case: Case) -> Iterator[str]:
    life = case.life
    origin = life.origin(case.container)
    told = [f"{name(one.signal)} at {_after(one.at, origin)}" for one in life.kills]
    told += [f"oom at {_after(at, origin)}" for at in life.oom]
    told += [f"exec at {_after(one.at, origin)}" for one in life.execs]
    if life.died:
        told.append(f"end with {case.code} at {_after(life.died.at, origin)}")
    told += [word for word, true in _marks(life) if true]
    if told:
        yield f"the engine's events: {', '.join(told)}"
    if life.died and not life.told:
        yield "the engine sent no signal" + (" that it still tells of" if not life.started else "")
    if life.sick:
        yield "its health check had failed"
    if case.foretold:
        yield f"before the stop: {case.foretold.why}"


def _marks(life: Life) -> Iterator[tuple[str, bool]]:
    yield "stop", life.stopped
    yield "unpause", life.unpaused
    yield "removed", bool(life.destroyed)


def _state(case: Case) -> Iterator[str]:
    if case.state.oom:
        yield "OOMKilled is true"
    if case.state.error:
        yield f"the engine's error: {_short(case.state.error)}"
    if case.life.died and case.state.status in ("running", "paused"):
        yield "it has been started again since"
    if case.state.restarts:
        yield f"restarted {case.state.restarts} times ({case.container.policy})"


def _log(case: Case) -> Iterator[str]:
    origin = case.life.origin(case.container)
    times = case.written or (0,) * len(case.log)
    told = [(at, one) for at, one in zip(times, case.log, strict=True) if one.strip()]
    for at, line in told[-MOST_LINES:]:
        if '"event":"report"' not in line.replace(" ", ""):
            when = f" at {_after(at, origin)}" if at and origin else ""
            yield f"log{when}: {_short(line)}"


def _after(at: int, origin: int) -> str:
    return f"{(at - origin) / 1e9:.3f} s"


def _short(text: str) -> str:
    text = "".join(one if one.isprintable() else " " for one in text.strip())
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
