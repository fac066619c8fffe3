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
from supervisor.ops.log import Line
from supervisor.ops.recording import Recording, _stretch

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

    def follow_log(self, name: str, most: int, since: float) -> Iterator[bytes]:
        yield from (self.log_text[:40], self.log_text[40:])

    def lines(self, name: str, most: int, since: float, until: float | None) -> list[Line]:
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
    log = b"2030-01-01T00:00:05.5Z one\n2030-01-01T00:00:09.6Z two, cut off"
    (case,) = watched(monkeypatch, Scripted(*script, log=log))
    assert (cause(case).id, case.code) == ("failed-while-stopping", 3)
    assert case.log == ("one", "two, cut off")
    assert case.written == (T + 5 * NS, T + 91 * NS // 10)
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


def test_a_paused_one_is_seen_as_it_goes_on() -> None:
    """In the freezer everybody is in state D, and nothing that waits for the disk."""
    columns = "50 1 50 0 Ds 9 1 0 0 0 4000 __refrigerator app app"
    engine: Any = Scripted()
    engine.top = lambda *_: [columns.split()]
    told = engine.inspect("web")
    told["State"] |= {"Pid": 50, "Status": "paused"}
    engine.inspect = lambda _: told
    one = Recording(engine, told)
    one.look(T)
    (seen,) = one.case.sightings
    assert (seen.state, seen.before) == ("S", "caught")


def seen(engine: Any, *rows: str) -> Recording:
    """A recording of a PID 1 that is 50 on another machine, looked at as ps(1) shows it."""
    told = engine.inspect("web")
    told["State"]["Pid"] = 50
    engine.inspect = lambda _: told
    one = Recording(engine, told)
    for row in rows:
        engine.top = lambda *_, row=row: [row.split()]
        one.look(T + 5 * NS)
    return one


CATCHES = "50 1 50 0 Ss 9 1 0 0 0 4000 do_wait app app"
DEFAULTS = "50 1 50 0 Rs 9 1 0 0 1000 0 - app app"  # a Python that finishes takes handlers away
WORDLESS = "50 1 50 0 Rs 9 1 0 0 1000 0 - app [app]"


def test_a_look_is_after_what_was_heard() -> None:
    """Clocks are read apart: what it does while it stops is not what it did before."""
    engine: Any = Scripted()
    one = seen(engine, CATCHES)
    foretold = one.case.foretold
    one.hear(kill(5.007, 15))
    engine.top = lambda *_: [DEFAULTS.split()]
    one.look(T + 5 * NS)
    (found,) = one.case.sightings
    assert (found.before, one.case.foretold) == ("caught", foretold)
    assert found.last == one.case.life.kills[0].at


def test_who_is_on_the_way_out_tells_nothing() -> None:
    """Its words go first, then its masks; nobody has asked, or nobody has told us yet."""
    engine: Any = Scripted()
    before = seen(engine, CATCHES).case
    after = seen(engine, CATCHES, WORDLESS).case
    assert (after.sightings, after.foretold) == (
        tuple(one.replace(state="R") for one in before.sightings),
        before.foretold,
    )
    (late,) = seen(engine, WORDLESS).case.sightings
    assert late.before == ""


@pytest.mark.parametrize("near", [True, False])
def test_where_it_runs_is_found_out_once(near: bool) -> None:
    """A process that has gone is not one of another machine, first or later."""
    engine: Any = Scripted()
    engine.same_machine = lambda *_: near
    one = seen(engine)
    engine.same_machine = lambda *_: False
    one.hear(event(1, "oom"))
    assert bool(one.hidden) == (not near)
    ended = engine.inspect("web")
    gone = {**ended, "State": {**ended["State"], "Pid": 0}}
    engine.inspect = lambda _: gone
    assert not Recording(engine, ended).hidden


@pytest.mark.parametrize(
    "masks, before",
    [
        (("4000", "0"), "dropped"),
        (("0", "4000"), "dropped"),
        (("0", "4000", "4000"), "blocked"),
    ],
)
def test_who_starts_a_child_blocks_signals_for_a_moment(
    masks: tuple[str, ...], before: str
) -> None:
    """vfork blocks them all in the parent: what a single look saw is not how it is."""
    engine: Any = Scripted()
    told = engine.inspect("web")
    told["State"] |= {"Pid": 50}
    engine.inspect = lambda _: told
    one = Recording(engine, told)
    for at, mask in enumerate(masks):
        row = f"50 1 50 0 Ss 9 1 0 {mask} 0 0 poll_schedule app app".split()
        engine.top = lambda *_, row=row: [row]
        one.look(T + at * NS)
    (seen,) = one.case.sightings
    assert seen.before == before


def test_all_that_happened_comes_before_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that believes that nobody has asked yet would take what is left for what there was."""
    looks: list[bool] = []
    monkeypatch.setattr(
        Recording, "look", lambda self, now: looks.append(bool(self.case.life.kills))
    )
    one = watching.Watching(Scripted(), ("web",), None)  # type: ignore[arg-type]
    for told in (event(8, "health_status: healthy"), kill(9, 15)):
        one._news.put(told)
    one._looked[ID] = float("-inf")
    one._listen()
    one._look()
    assert looks == [True]


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
