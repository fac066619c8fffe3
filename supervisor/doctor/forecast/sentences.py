"""A forecast in sentences: how it ends, and which requests are lost, turned away or refused."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Final

from supervisor.doctor.forecast.ending import LONG_S, Ending, ending
from supervisor.doctor.forecast.fate import UNKNOWN
from supervisor.doctor.knowledge.servers import CUT, ERROR, KEPT, LOSES_QUEUE
from supervisor.doctor.scripts.ends import DRAINS, GRACE, NOW
from supervisor.doctor.services.service import (
    COMPOSE,
    FLY,
    IMAGE,
    KUBERNETES,
    PROCFILE,
    SUPERVISORD,
    SWARM,
    SYSTEMD,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.forecast.forecast import Forecast

HOW: Final = {
    IMAGE: "docker stop",
    COMPOSE: "docker compose stop",
    SWARM: "a Swarm update",
    KUBERNETES: "a rollout",
    PROCFILE: "a restart of the dyno",
    SUPERVISORD: "supervisorctl stop",
    FLY: "fly deploy",
    SYSTEMD: "systemctl stop",
}


def asker(forecast: Forecast) -> str:
    """Say what stops it."""
    return HOW[forecast.service.kind]


def asked(forecast: Forecast) -> str:
    """Say how it is stopped: by what, with which signal, in how many seconds."""
    time = "no time-out" if isinf(forecast.grace_s) else f"{forecast.grace_s:g} s"
    return f"{asker(forecast)}: {forecast.service.signal}, {time}"


def before(forecast: Forecast) -> str:
    """Say what comes before the signal; empty without a hook."""
    hook, seconds = forecast.service.prestop, forecast.prestop_s
    if hook is None or seconds == 0:
        return ""
    if seconds is None:
        return f"preStop first ({hook.place}), and nobody can tell for how long"
    left = forecast.left_s or 0.0
    return (
        f"preStop first: {seconds:g} s ({hook.place}), in which it serves on; {left:g} s are left"
    )


def how(forecast: Forecast) -> str:
    """Say when it ends and with which code."""
    short, long = ending(forecast, 0.0), ending(forecast, LONG_S)
    nobody = "nobody kills it"
    if short is None or long is None:
        most = nobody
        if not isinf(forecast.grace_s):
            most = f"{forecast.grace_s:g} s at most, then SIGKILL"
        return f"unknown, because {forecast.unsure[0]}; {most}"
    if long.seconds >= LONG_S:
        if short.seconds >= LONG_S:
            return f"never ends by itself, and {nobody}"
        return f"ends when its {_noun(forecast)} are done, {_code(short)}; {nobody} before"
    if (short.seconds, short.code) == (long.seconds, long.code):
        return f"{_verb(forecast, long)} {_after(long.seconds)}, {_code(long)}"
    if short.code == long.code:
        return f"ends after {short.seconds:g} to {long.seconds:g} s, {_code(short)}"
    return (
        f"ends when its {_noun(forecast)} are done, {_code(short)}; {_verb(forecast, long)}"
        f" {_after(long.seconds)}, {_code(long)}, if they take longer"
    )


def _verb(forecast: Forecast, end: Ending) -> str:
    return "killed" if end.code == 137 and not end.finished and forecast.left_s else "ends"


def _after(seconds: float) -> str:
    return "at once" if seconds <= 0.5 else f"after {seconds:g} s"


def _code(end: Ending) -> str:
    return f"exit {end.code}" if end.code is not None else "its exit code was not measured"


def lost(forecast: Forecast) -> tuple[str, ...]:
    """Say what becomes of its requests; nothing where it has none, or where nobody can tell."""
    if forecast.programs:
        return tuple(
            f"{one.service.name}: {said}"
            for group in forecast.programs
            for one in group
            for said in lost(one)
        )
    return tuple(_lost(forecast))


def _lost(forecast: Forecast) -> Iterator[str]:
    fate, left, those = forecast.fate, forecast.left_s, _noun(forecast)
    if fate.ends == UNKNOWN or not fate.request or left is None:
        return
    if fate.request == ERROR:
        yield f"{those} that run are answered with a 500"
    elif fate.ends == NOW or fate.request == CUT:
        new = "; it takes new ones until it is killed, which are lost then" if fate.again else ""
        yield f"{those} that run are lost{new}"
    elif fate.ends == GRACE or not fate.told:
        goes_on = left if fate.limit_s is None else min(left, fate.limit_s)
        until = "until somebody kills it" if isinf(goes_on) else f"for {goes_on:g} s"
        yield f"it goes on {until}; {those} that run then are lost"
    else:
        yield from _drained(forecast, left)
    if forecast.service.kind == KUBERNETES and forecast.service.served and _closes(forecast):
        yield "connections that come before the endpoints have changed are refused: no preStop"


def _drained(forecast: Forecast, left: float) -> Iterator[str]:
    """Say which requests are too long, and what waits in the queue."""
    fate, program = forecast.fate, forecast.service.chain
    limit, place, those = fate.limit_s, fate.limit_place, _noun(forecast)
    if limit is not None and limit <= left:
        yield f"{those} that need more than {limit:g} s are lost ({place})"
    elif not isinf(left):
        yield f"{those} that need more than {left:g} s are lost"
    if program is not None and program.program in LOSES_QUEUE:
        yield "connections that still wait in the accept queue are lost"


def _noun(forecast: Forecast) -> str:
    chain = forecast.service.chain
    return "tasks" if chain is not None and chain.program == "celery" else "requests"


def _closes(forecast: Forecast) -> bool:
    """Tell whether it stops listening at once, while requests still come."""
    return forecast.fate.ends in (NOW, DRAINS) and forecast.service.prestop is None


def kept(forecast: Forecast) -> bool:
    """Tell whether no request is lost that ends within the grace period."""
    end = ending(forecast, 1.0)
    return end is not None and end.request in (KEPT, "") and end.finished
