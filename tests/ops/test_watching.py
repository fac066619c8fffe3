"""What is heard of containers becomes ends, each once and with what belongs to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.errors import GracekeeperError
from supervisor.ops import watching
from supervisor.ops.case import Case, Sighting
from supervisor.ops.causes.decide import cause
from supervisor.ops.containers import moment
from supervisor.ops.engine import GoneError
from supervisor.ops.gathering import gather
from supervisor.ops.life import NS
from supervisor.ops.recording import _stretch

ID = "a" * 64
BEGAN = "2030-01-01T00:00:00.5Z"
T = moment(BEGAN)
STATES = {"die": "exited", "start": "running", "destroy": "gone"}


def event(seconds: float, action: str, **attributes: str) -> dict[str, Any]:
    """As the engine's stream has it."""
    own = {"name": "web", "image": "app", **attributes}
    at = T + int(seconds * NS)
    return {"Action": action, "Actor": {"ID": ID, "Attributes": own}, "timeNano": at}


def kill(seconds: float, signal: int) -> dict[str, Any]:
    return event(seconds, "kill", signal=str(signal))


def die(seconds: float, code: int) -> dict[str, Any]:
    return event(seconds, "die", exitCode=str(code))


class Scripted:
    """An engine with one container, whose state follows from the events that were told."""

    def __init__(self, *script: dict[str, Any], status: str = "running", log: bytes = b"") -> None:
        self.script, self.status, self.log_text = script, status, log
        self.code = 0
        self.over = threading.Event()

    def now(self) -> float:
        return T / NS

    def inspect(self, name: str) -> dict[str, Any]:
        if self.status == "gone":
            raise GoneError(f"cannot find container {name}: it is gone.")
        state = {"Status": self.status, "ExitCode": self.code, "OOMKilled": False, "Error": ""}
        state |= {"Pid": 0, "StartedAt": BEGAN, "FinishedAt": "0001-01-01T00:00:00Z"}
        host = {"Init": None, "RestartPolicy": {"Name": "no"}, "Memory": 0}
        config = {"Image": "app", "StopSignal": "SIGTERM", "StopTimeout": 3}
        made = {"Id": ID, "Name": "/web", "Path": "app", "Args": ["-v"], "RestartCount": 0}
        return {**made, "State": state, "Config": config, "HostConfig": host}

    def names(self, project: str) -> list[str]:
        return [ID] if project == "shop" else []

    def events(self, since: float, until: float | None = None, **_: Any) -> Iterator[Any]:
        for one in self.script:
            self.status = STATES.get(one["Action"], self.status)
            self.code = int(one["Actor"]["Attributes"].get("exitCode", self.code))
            yield one
        if until is None:
            self.over.wait(30)

    def follow_log(self, name: str, lines: int, since: float) -> Iterator[bytes]:
        yield from (self.log_text[:5], self.log_text[5:])

    def log(self, name: str, lines: int, since: float, until: float | None) -> list[str]:
        raise GracekeeperError("cannot ask about web: its driver does not read. Use another.")

    def top(self, name: str, columns: str) -> list[list[str]]:
        return []

    def same_machine(self, pid: int, name: str) -> bool:
        return False


def watched(
    monkeypatch: pytest.MonkeyPatch, engine: Scripted, project: str | None = None
) -> list[Case]:
    """Every end that is told."""
    monkeypatch.setattr(watching, "Engine", lambda: engine)
    monkeypatch.setattr(watching, "SETTLE_S", 0.05)
    names = () if project else ("web",)
    try:
        one = watching.Watching(engine, names, project)  # type: ignore[arg-type]
        return list(one.ends(lambda _recordings, _now: None))
    finally:
        engine.over.set()


def test_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """One end, with its last lines."""
    script = (kill(9, 15), die(9.2, 3), event(9.3, "stop"))
    (case,) = watched(monkeypatch, Scripted(*script, log=b"one\ntwo, cut off"))
    assert (cause(case).id, case.code) == ("failed-while-stopping", 3)
    assert case.log == ("one", "two, cut off")
    assert case.life.started == T


def test_an_end_that_a_restart_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker restart`, then a kill: two ends, the first told before it runs again."""
    script = (
        *(kill(5, 15), kill(8, 9), die(8.1, 137), event(8.2, "stop"), event(8.3, "start")),
        *(event(8.3, "restart"), kill(20, 9), die(20.1, 137)),
    )
    found = watched(monkeypatch, Scripted(*script))
    assert [cause(case).id for case in found] == ["grace-over", "killed-by-request"]


def test_one_that_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker rm -f`: its events and what was seen before are all there is."""
    (case,) = watched(
        monkeypatch, Scripted(kill(5, 9), die(5.1, 137), event(5.2, "destroy")), project="shop"
    )
    assert (cause(case).id, case.code, case.state.status) == ("removed-by-force", 137, "removed")


def test_a_state_is_not_forgotten_in_the_last_moment() -> None:
    """Who was stopped until the KILL is a zombie, or runs, when it is looked at last."""
    seen: Sighting | None = None
    for at, state in enumerate("STTTTTZ"):
        now = T + at * NS // 4
        own = _stretch(seen, state, now)
        seen = Sighting(7, 1, "app", (), first=T, last=now, **own)
    assert seen
    assert (seen.state, seen.until - seen.since) == ("T", NS)
    assert _stretch(seen, "S", seen.until + NS)["state"] == "S"  # it did go on


@pytest.mark.parametrize("project", [None, "shop"])
def test_one_that_has_ended_before(monkeypatch: pytest.MonkeyPatch, project: str | None) -> None:
    """Nothing is waited for, and its end is told all the same."""
    script = (event(0, "start"), kill(9, 15), kill(12, 9), die(12.1, 137))
    (case,) = watched(monkeypatch, Scripted(*script, status="exited"), project)
    assert (cause(case).id, case.code) == ("grace-over", 137)


def test_a_project_without_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to wait for."""
    with pytest.raises(GoneError, match="cannot watch project nope: it has no containers"):
        watched(monkeypatch, Scripted(), project="nope")


def test_an_engine_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, not waited out."""
    engine = Scripted()
    engine.over.set()
    with pytest.raises(GracekeeperError, match="cannot watch on: the engine has ended"):
        watched(monkeypatch, engine)


def test_events_that_are_kept_no_longer() -> None:
    """What is missing, and why, is told with the answer."""
    engine = Scripted(status="exited")
    engine.code = 137
    case = gather(engine, "web")  # type: ignore[arg-type]
    assert cause(case).id == "unknown"
    forgotten, log = case.hidden
    assert "it keeps the last 256 events" in forgotten
    assert "the log is hidden: cannot ask about web: its driver does not read" in log


def test_only_events_are_left() -> None:
    """Of a container that was removed a moment ago."""
    engine = Scripted(kill(5, 9), die(5.1, 137), event(5.2, "destroy"), status="gone")
    case = gather(engine, "web")  # type: ignore[arg-type]
    assert (cause(case).id, case.container.name) == ("removed-by-force", "web")
    assert "the container was removed" in case.hidden[0]


def test_nothing_is_left() -> None:
    """The name may be wrong."""
    with pytest.raises(GoneError, match="none of its last 256 events is about one"):
        gather(Scripted(status="gone"), "web")  # type: ignore[arg-type]
