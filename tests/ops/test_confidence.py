"""How sure an answer is: where the evidence leaves two readings, both are told."""

from __future__ import annotations

import pytest

from supervisor.ops.case import Case
from supervisor.ops.causes.decide import cause
from supervisor.ops.life import NS, Event
from tests.ops.endings import Ending
from tests.ops.made import T, die, ended, kill, log_of, oom, stopped
from tests.ops.test_causes import RECORDED


def test_who_killed_it_is_told_by_what_was_sent() -> None:
    """The engine may have asked, and somebody else have killed."""
    assert "the engine had sent SIGTERM, but no KILL" in cause(ended(kill(5, 15), die(6))).sentence
    assert "the engine sent no signal" in cause(ended(die(6))).sentence


@pytest.mark.parametrize(
    ("argv", "log", "init", "expected"),
    [
        (("app",), "", False, "out-of-memory"),
        (("app",), "Killed", False, "child-out-of-memory"),
        (("gunicorn", "app"), "Worker (pid:8) was sent SIGKILL!", False, "out-of-memory"),
        (("sh", "-c", "app; exit $?"), "", False, "child-out-of-memory"),
        (("sh", "-c", "exec app"), "", False, "out-of-memory"),
        (("timeout", "60", "app"), "", False, "child-out-of-memory"),
        (("app",), "", True, "child-out-of-memory"),
    ],
)
def test_whose_memory_it_was(argv: tuple[str, ...], log: str, init: bool, expected: str) -> None:
    """A shell ends with 137 as well when what it ran was killed."""
    case = log_of(ended(oom(4.8), die(5), argv=argv), log)
    case = case.replace(container=case.container.replace(init=init))
    for one in (case, case.replace(events=(), state=case.state.replace(oom=True))):
        found = cause(one)
        assert (found.id, found.confidence) == (expected, "likely")
        assert ("PID 1 passed that on as its own code, 137" in found.sentence) == (
            expected == "child-out-of-memory"
        )


@pytest.mark.parametrize("code", [129, 130, 137, 143])
def test_a_code_that_nobody_sent_a_signal_for(code: int) -> None:
    """`exit 137`: 128 + n is any program's to choose."""
    found = cause(ended(die(6, code), code=code))
    assert found.confidence == "possible"
    assert f"Or nobody did, and {code} is its own code" in found.sentence
    sent = cause(ended(kill(5, 12), die(9, 137)))
    entered = cause(ended(Event(T + 5 * NS, "exec_start"), die(5.1, 143), code=143))
    assert (sent.confidence, entered.confidence) == ("likely", "likely")
    assert "own code" not in sent.sentence + entered.sentence


@pytest.mark.parametrize("one, kind, case", RECORDED, ids=lambda value: getattr(value, "name", ""))
def test_what_has_ended_is_not_asked(one: Ending, kind: str, case: Case) -> None:
    """`inspect` is for what runs: first it has to be started again."""
    fix = cause(case).fix
    assert "gracekeeper inspect" not in fix or "Start it again and" in fix


@pytest.mark.parametrize(
    "case",
    [
        ended(die(5, 127), code=127),
        ended(die(5, 126), code=126),
        ended(die(5, 134), code=134),
        ended(die(5, 136), code=136),
        ended(die(5, 3), code=3, argv=("gunicorn", "app")),
        ended(die(5, 22), code=22, argv=("uwsgi",)),
        ended(die(5, 30), code=30, argv=("uwsgi",)),
        ended(kill(5, 15), die(9, 30), stopped(9.1), code=30, argv=("uwsgi",)),
        ended(die(5, 124), code=124, argv=("app", "timeout")),
        ended(kill(5, 15), kill(15, 9), die(15.1), argv=("uwsgi", "--master")),
        ended(kill(5, 15), kill(15, 9), die(15.1), argv=("gracekeeper", "--", "app")),
        ended(kill(5, 9), die(5.1), Event(T + 6 * NS, "destroy")),
        ended(kill(5, 15), kill(5.1, 9), die(5.2)),
    ],
)
def test_nothing_is_certain_by_one_sign(case: Case) -> None:
    """A code may be anybody's, and a command line is what was meant to run."""
    assert cause(case).confidence == "likely"


@pytest.mark.parametrize(
    "name, change, sure",
    [
        ("no exec", {}, "certain"),
        ("trap, no exec", {}, "certain"),
        ("trap, no exec", {1: {"before": "caught"}}, "likely"),  # it may have been told
        ("shell cuts", {}, "likely"),  # its trap may have waited
        ("stopped by SIGSTOP", {}, "certain"),
        ("stopped by SIGSTOP", {0: {"ppid": 1}}, "likely"),  # below a PID 1 that is not
        ("uwsgi reloads at TERM", {}, "certain"),
        ("keeper cut short", {}, "certain"),
        ("gunicorn's import", {}, "certain"),
        ("not found by a shell", {}, "certain"),
        ("init, no handler", {}, "certain"),
    ],
)
def test_how_sure_it_is(name: str, change: dict[int, dict[str, object]], sure: str) -> None:
    """Certain is what two signs say that have nothing to do with each other, or the kernel."""
    case = next(case for one, _, case in RECORDED if one.name == name)
    seen = [one.replace(**change.get(at, {})) for at, one in enumerate(case.sightings)]
    if 0 in change:
        seen.insert(0, seen[0].replace(pid=1, state="S", before="caught", since=seen[0].until))
    found = cause(case.replace(sightings=tuple(seen)))
    assert (found.id, found.confidence) == (cause(case).id, sure)


@pytest.mark.parametrize(
    ("before", "log", "expected"),
    [
        ("dies", "", ("no-handler", "certain")),
        ("caught", "", ("stopped", "likely")),
        ("waited", "", ("stopped", "likely")),
        ("", "", ("no-handler", "possible")),
        ("", "Handling signal: term", ("stopped", "likely")),
    ],
)
def test_below_an_init(before: str, log: str, expected: tuple[str, str]) -> None:
    """143 is what a program without a handler ends with, and what many handlers end with."""
    case = next(case for one, _, case in RECORDED if one.name == "init, no handler")
    init, program = case.sightings
    worker = program.replace(pid=99, ppid=program.pid, before="dies" if before else "")
    seen = (init, program.replace(before=before), worker)
    found = cause(log_of(case.replace(sightings=seen), log))
    assert (found.id, found.confidence) == expected
    unseen = cause(log_of(case.replace(sightings=()), "drained"))
    assert "Either the program has no handler" in unseen.sentence
    assert "or its handler ends it with 143" in unseen.sentence


@pytest.mark.parametrize(("before", "expected"), [("dies", "no-handler"), ("", "stopped")])
def test_a_slow_end_below_an_init(before: str, expected: str) -> None:
    """A busy machine takes a second to tell of an end; who would die has not waited."""
    case = next(case for one, _, case in RECORDED if one.name == "init, no handler")
    init, program = case.sightings
    later = tuple(
        one.replace(at=one.at + NS) if one.action in ("die", "stop") else one for one in case.events
    )
    slow = case.replace(events=later, sightings=(init, program.replace(before=before)))
    assert cause(slow).id == expected


def test_what_it_says_that_it_heard() -> None:
    """A look that came too late saw no handler any more; and a shell has passed it on."""
    for name in ("no handler", "no exec"):
        case = next(case for one, _, case in RECORDED if one.name == name)
        said = log_of(case, "[2026-11-23 21:00:58 +0000] [1] [INFO] Handling signal: term")
        assert (cause(said).id, cause(said).confidence) == ("busy", "likely")


def test_one_look_at_who_is_stopped() -> None:
    """On a machine that has no time for a second one."""
    case = next(case for one, _, case in RECORDED if one.name == "stopped by SIGSTOP")
    first = case.sightings[0]
    once = cause(case.replace(sightings=(first.replace(since=first.until),)))
    assert (once.id, once.confidence) == ("held", "likely")


@pytest.mark.parametrize(
    ("grace", "sure"),
    [("1m", "certain"), ("1m30s", "certain"), ("900ms", "likely"), ("9" * 400, "likely")],
)
def test_a_keeper_s_own_grace(grace: str, sure: str) -> None:
    """Whatever unit it is told in."""
    case = next(case for one, _, case in RECORDED if one.name == "keeper cut short")
    argv = tuple(grace if word == "60" else word for word in case.container.argv)
    found = cause(case.replace(container=case.container.replace(argv=argv)))
    assert (found.id, found.confidence) == ("keeper-cut-short", sure)
