"""A refusal says what was asked for, also where one command asks on behalf of another."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from supervisor.cli import recycle
from supervisor.errors import GracekeeperError
from supervisor.runtime.endpoints import Endpoints
from supervisor.runtime.fleetendpoints import FleetEndpoints

NAMED = {"service": "nosuch"}


def told(endpoints: type[Any], verb: str, wish: dict[str, Any]) -> str:
    """Return why it is refused by one that has the services app and web, or app alone."""
    answerer: Any = object.__new__(endpoints)
    answerer._keeper = SimpleNamespace(plan=SimpleNamespace(name="app"))
    parts = {"app": None, "web": None}
    keeper = SimpleNamespace(code=None)
    answerer._fleet = SimpleNamespace(
        state=SimpleNamespace(parts=parts, ending=False),
        keepers=dict.fromkeys(parts, keeper),
    )
    answerer._candidates = lambda _verb: list(parts)
    found: str = json.loads(answerer.do(verb, wish, SimpleNamespace()))["error"]
    return found


@pytest.mark.parametrize("endpoints", [Endpoints, FleetEndpoints])
@pytest.mark.parametrize(
    ("verb", "wish", "why"),
    [
        ("status", {}, "cannot show service 'nosuch': "),
        ("status", {"verb": "recycle"}, "cannot recycle service 'nosuch': "),
        ("fifo", {}, "cannot write to the FIFO of service 'nosuch': "),
        ("restart", {}, "cannot restart service 'nosuch': "),
    ],
)
def test_a_service_that_there_is_not(
    endpoints: type[Any], verb: str, wish: dict[str, Any], why: str
) -> None:
    assert told(endpoints, verb, {**NAMED, **wish}).startswith(why)


def test_which_is_meant() -> None:
    assert told(FleetEndpoints, "fifo", {}).startswith("cannot write to the FIFO: say of which")
    asked = {"verb": "recycle"}
    assert told(FleetEndpoints, "which", asked).startswith("cannot recycle: say of which")


def test_recycle_asks_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first question is for a status."""

    def ask(_control: str | None, **wish: Any) -> dict[str, Any]:
        assert (wish["do"], wish["verb"]) == ("status", "recycle")
        raise GracekeeperError("cannot recycle service 'nosuch': there is none.")

    monkeypatch.setattr(recycle, "ask", ask)
    done = CliRunner().invoke(recycle.recycle, ["nosuch"])
    assert isinstance(done.exception, GracekeeperError)
