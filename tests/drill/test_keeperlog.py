"""What a keeper's log says of a restart and of a recycling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.drill.sites import keeperlog
from supervisor.drill.sites.keeperlog import Heard, events, recycled, restarted

BEGUN, DONE = {"event": "recycle"}, {"event": "recycled", "time": 12.5}
LOOK = {"event": ""}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeperlog, "QUIET_S", 0.0)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ([LOOK, {"event": "restart", "outcome": "done", "why": ""}], ""),
        ([{"event": "restart", "outcome": "done", "why": "2 were lost"}], "2 were lost"),
        (
            [{"event": "restart", "outcome": "failed", "why": "it is not ready"}],
            "the new generation was thrown away: it is not ready",
        ),
        ([{"event": "restart-refused", "why": "it can't"}], "it can't be restarted: it can't"),
        ([LOOK], "no restart was done: its log does not say so (it needs --log-format json)"),
    ],
)
def test_a_restart(said: list[dict[str, Any]], wrong: str) -> None:
    assert restarted(said) == wrong


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ([BEGUN, DONE, BEGUN, DONE, LOOK], ""),
        ([BEGUN, {"event": "recycle-failed", "why": "no"}], "its workers can't be recycled: no"),
        ([BEGUN, {"event": "restart", "outcome": "done", "why": ""}], ""),
        (
            [{"event": "restart", "outcome": "failed", "why": "late"}],
            "it was restarted in vain: late",
        ),
        ([BEGUN, DONE, BEGUN], "1 of 2 workers were recycled"),
        ([LOOK], "nothing: its log does not say so (it needs --log-format json)"),
    ],
)
def test_a_recycling(said: list[dict[str, Any]], wrong: str) -> None:
    assert recycled(said) == wrong


def test_the_next_worker_is_waited_for() -> None:
    """One that is done and another that has begun are no end."""

    def said() -> Iterator[dict[str, Any]]:
        yield from (BEGUN, DONE, BEGUN, LOOK, LOOK)
        yield from (DONE, LOOK)
        raise AssertionError("it is over")

    heard = Heard(said())
    assert recycled(heard) == ""
    assert heard.last_s == 12.5


def test_only_its_own_lines_are_read() -> None:
    lines = ["hello", '{"event" no', '{"event": "phase", "phase": "stopping"}', json.dumps([1])]
    assert events(lines) == [{"event": "phase", "phase": "stopping"}]
