"""What looks tell, though seconds lie between them and a program becomes another one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from supervisor.ops.case import Case, Sighting
from supervisor.ops.causes.decide import cause
from supervisor.ops.document import document
from supervisor.ops.life import NS
from tests.ops.crew import foretold, process
from tests.ops.made import T, die, ended, stopped
from tests.ops.made import kill as killed
from tests.ops.test_watching import Scripted, event, kill, seen, watched
from tests.ops.test_watching import die as died

AGO = 19 * NS // 10  # an idle container is looked at every 2 s


def cut(*, init: bool) -> Case:
    """A shell that ends at once at a stop, with a child, seen for the last time AGO."""
    last = T + 60 * NS - AGO
    case = ended(killed(60, 15), die(60.05, 143), stopped(60.1), code=143, argv=("sh", "-c", "x;y"))
    crew = [("sh", 50), ("python3", 51)]
    if init:
        crew.insert(0, ("docker-init", 49))
    sightings = tuple(
        Sighting(pid, pid - 1, name, (name,), T, last, before="dies" if name == "sh" else "caught")
        for name, pid in crew
    )
    container = case.container.replace(init=init)
    return case.replace(sightings=sightings, container=container)


@pytest.mark.parametrize(
    ("init", "who"), [(False, "PID 1 (sh) is"), (True, "What docker-init runs (sh) is")]
)
def test_who_was_there_at_the_last_look_was_there_to_the_end(init: bool, who: str) -> None:
    """A stop that takes no time ends before the next look."""
    case = cut(init=init)
    found = cause(case)
    assert (found.id, found.confidence) == ("shell-cut-children", "certain")
    assert found.sentence.startswith(who)
    shown = document(case, found)["processes"]
    assert {one["ended"] for one in shown} == {0.05}


BOOTS = "50 1 50 0 Ss 9 1 0 0 0 0 do_wait bash bash -c migrate;exec app"
SERVES = "50 1 50 0 Ss 9 1 0 0 0 4000 do_wait app app"


def test_what_it_becomes_while_it_stops_was_not_asked() -> None:
    """The signal was dropped while a script ran; the program that follows never heard of it."""
    engine: Any = Scripted()
    one = seen(engine, BOOTS)
    one.hear(kill(6, 15))
    for row in (BOOTS, SERVES, SERVES):
        engine.top = lambda *_, row=row: [row.split()]
        one.look(T + 7 * NS)
    one.hear(kill(9, 9))
    one.hear(died(9.1, 137))
    (first,) = one.case.sightings
    assert (first.name, first.before) == ("bash", "dropped")
    assert cause(one.case).id == "shell-kept-signal"


def test_it_is_called_what_it_was_when_it_was_asked() -> None:
    """`nohup app` and `bash -c 'exec app'` are app by then."""
    case = ended(killed(5, 15), killed(8, 9), die(8.1), stopped(8.2), argv=("nohup", "app"))
    app = Sighting(50, 1, "app", ("/opt/app:", "-v"), T, T + 8 * NS, before="dropped")
    assert "PID 1 (app) has no handler" in cause(case.replace(sightings=(app,))).sentence


@pytest.mark.parametrize(
    ("script", "begins"),
    [("migrate; exec app", True), ("migrate; app", False), ("exec app; migrate", False)],
)
def test_a_script_on_its_way_to_its_exec(script: str, begins: bool) -> None:
    """It has the `exec` that others would be told to write."""
    first = process(1, "bash", "-c", script, text=script, wchan="do_wait")
    found = foretold(first, process(7, "migrate", ppid=1, inner=7))
    assert found.killed
    assert ("before the `exec` at the script's end" in found.todo) == begins


class Slow(Scripted):
    """An engine whose log comes after the news that it is running again."""

    def __init__(self, *script: dict[str, Any]) -> None:
        super().__init__(*script)
        self.asked = threading.Event()

    def follow_log(self, name: str, most: int, since: float) -> Iterator[bytes]:
        self.asked.wait(5)
        yield b"2030-01-01T00:00:05.5Z no such table\n"


def test_a_life_is_told_with_its_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs again before its log was read: what it said must not be called nothing."""
    engine = Slow(died(5, 1), event(5.1, "start"), died(9, 1))
    monkeypatch.setattr(threading.Thread, "join", _asking(engine, threading.Thread.join))
    first, _ = watched(monkeypatch, engine)
    assert first.log == ("no such table",)


def _asking(engine: Slow, join: Any) -> Any:
    """Let the log come as soon as somebody waits for it."""

    def joined(thread: threading.Thread, timeout: float | None = None) -> None:
        engine.asked.set()
        join(thread, timeout)

    return joined
