"""Which of the signals that a container got was the request to stop."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.ops.case import Case
from supervisor.ops.causes.decide import cause
from supervisor.ops.containers import Container
from supervisor.ops.document import document
from supervisor.ops.life import NS
from supervisor.ops.recording import Recording
from tests.ops.made import DAY, T, die, ended, kill, stopped
from tests.ops.test_watching import Scripted, event

HUP, INT, QUIT, KILL, USR1, TERM = 1, 2, 3, 9, 10, 15
BY_STOP = (kill(DAY, TERM), kill(DAY + 10, KILL), die(DAY + 10.1), stopped(DAY + 10.2))
LONG = (kill(DAY, TERM), kill(DAY + 60, KILL), die(DAY + 60.1), stopped(DAY + 60.2))


@pytest.mark.parametrize(
    "case, asked_at, grace_s",
    [
        pytest.param(ended(kill(1, QUIT), *BY_STOP), DAY, 10, id="threads were dumped"),
        pytest.param(ended(kill(DAY - 3, QUIT), *BY_STOP), DAY, 10, id="just before"),
        pytest.param(ended(kill(1, TERM), *BY_STOP), DAY, 10, id="ignored once"),
        pytest.param(ended(kill(DAY - 4, TERM), *BY_STOP), DAY - 4, 14, id="repeated"),
        pytest.param(ended(kill(1, TERM), *LONG), DAY, 60, id="ignored once, a long grace"),
        pytest.param(ended(*LONG), DAY, 60, id="a long grace"),
        pytest.param(ended(kill(DAY, INT), *BY_STOP[1:]), DAY, 10, id="another signal"),
        pytest.param(ended(kill(DAY, USR1), *BY_STOP[1:]), DAY, 10, id="any other"),
        pytest.param(ended(kill(DAY, INT), *LONG[1:]), DAY, 60, id="another, a long grace"),
        pytest.param(ended(kill(1, TERM), kill(DAY, KILL), die(DAY)), None, None, id="by hand"),
        pytest.param(ended(kill(1, QUIT), die(DAY, 1), code=1), None, None, id="not asked"),
        pytest.param(ended(kill(1, INT), die(2, 130), code=130), 1, None, id="asked by hand"),
        pytest.param(ended(kill(1, TERM), die(DAY, 0), code=0), 1, None, id="a long drain"),
        pytest.param(
            ended(kill(1, TERM), kill(DAY, INT), die(DAY + 1, 130), code=130),
            *(DAY, None),
            id="ignored, then another",
        ),
        pytest.param(ended(kill(5, KILL), kill(6, TERM), die(9)), None, None, id="too late"),
        pytest.param(ended(kill(5, QUIT)), None, None, id="no end is known"),
        pytest.param(ended(kill(5, TERM)), 5, None, id="no end is known, its own"),
    ],
)
def test_request(case: Case, asked_at: float | None, grace_s: float | None) -> None:
    """The one that belongs to the end; and all that is told from it agrees."""
    asked, life = case.asked, case.life
    assert (asked and asked.at) == (asked_at if asked_at is None else T + int(asked_at * NS))
    assert life.grace_s(case.container) == grace_s
    assert life.outlived(case.container) == (grace_s is not None)
    if asked:
        assert life.origin(case.container) == asked.at
        assert document(case, cause(case))["asked_at"] == asked.at / NS


def test_an_end_in_the_moment_of_the_kill() -> None:
    """Its code is its own, so it was not cut; the report agrees with the cause."""
    case = ended(kill(5, TERM), kill(15, KILL), die(15, 0), stopped(15.1), code=0)
    found = cause(case)
    assert found.id == "stopped"
    assert document(case, found)["requests"]["cut"] is None


def test_a_grace_without_end() -> None:
    """`--stop-timeout -1`: whenever it ends, that is why."""
    case = ended(kill(1, INT), die(DAY, 130), code=130)
    assert case.asked is None
    assert case.replace(container=case.container.replace(grace_s=-1.0)).asked


def test_a_stop_signal_of_its_own() -> None:
    """QUIT is nginx' own, and TERM just before the end counts as well."""
    case = ended(kill(1, QUIT), kill(DAY, TERM), die(DAY + 1, 143), code=143)
    nginx = case.container.replace(signal=QUIT)
    assert case.replace(container=nginx).asked == kill(DAY, TERM)
    assert case.replace(container=nginx, events=(*case.events[:2], die(9, 0))).asked == kill(
        1, QUIT
    )


@pytest.mark.parametrize(
    "sent, now, since",
    [
        ((), 9, None),
        ((TERM,), DAY, 1),  # its `-t` is not told
        ((QUIT,), 2, 1),
        ((QUIT,), DAY, None),  # it lives on: that was no request
        ((HUP,), 2, None),
        ((KILL,), 2, 1),  # not even that ends it before its call returns
    ],
)
def test_stopping(sent: tuple[int, ...], now: float, since: float | None) -> None:
    """What is being answered while it lives."""
    engine: Any = Scripted()
    began = Recording(engine, engine.inspect("web")).state.started
    one = Recording(engine, engine.inspect("web"))
    for number in sent:
        one.hear(event(1, "kill", signal=str(number)))
    found = one.stopping(began + int(now * NS))
    assert (found and (found.at - began) / NS) == since
    one.hear(event(now, "die", exitCode="0"))
    assert one.stopping(began + int(now * NS)) is None


def test_what_was_seen_is_about_the_stop_signal() -> None:
    """PID 1 ignores TERM; what it does at INT nobody has looked at."""
    from supervisor.ops.case import Sighting

    seen = Sighting(7, 1, "app", ("app",), first=T, last=T + int(DAY * NS), before="ignored")
    case = ended(kill(DAY, INT), *BY_STOP[1:]).replace(sightings=(seen,))
    assert cause(case).id == "grace-over"
    own = case.replace(container=Container("0" * 64, "web", argv=("app",), signal=INT))
    assert cause(own).id == "signal-ignored"
    assert "SIGINT" in cause(own).sentence
