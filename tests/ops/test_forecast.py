"""What is foretold of programs and inits, from masks, waits and their own files."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.ops.disposition import disposition
from supervisor.ops.listener import Inside
from supervisor.ops.process import Process, Tree
from supervisor.ops.reach import reach
from supervisor.ops.scene import Scene
from supervisor.ops.special import started_as
from tests.ops.crew import (
    BACKGROUND,
    CHLD,
    HUP,
    INT,
    QUIT,
    TERM,
    foretold,
    process,
    shell,
    sleeping,
)

HANDLER = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))"
EVERYTHING = HUP | INT | QUIT | TERM
WINCH = 28


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, "dropped"),
        ({"inner": 5}, "dies"),
        ({"caught": TERM}, "caught"),
        ({"ignored": TERM}, "ignored"),
        ({"blocked": TERM, "waited": 0}, "blocked"),
        ({"blocked": TERM, "waited": TERM}, "waited"),
        ({"blocked": EVERYTHING, "waited": None}, "waited"),
        ({"wchan": "do_sigtimedwait"}, "waited"),
        ({"caught": TERM, "state": "T"}, "held"),
        ({"caught": TERM, "state": "D"}, "held"),
        ({"state": "Z"}, "dead"),
    ],
)
def test_what_the_kernel_does(more: dict[str, Any], word: str) -> None:
    """tini is not deaf: its masks are empty, and it waits in sigtimedwait."""
    assert disposition(process(1, "app", **more), 15) == word
    assert disposition(process(1, "app", **more), 9) == ("dead" if word == "dead" else "dies")
    assert disposition(process(5, "app"), WINCH) == "none"


def tini(*options: str, **more: Any) -> Process:
    """It waits in sigtimedwait."""
    return process(1, "/usr/bin/tini", *options, "--", "x", wchan="do_sigtimedwait", **more)


def test_inits_end_as_their_child_does() -> None:
    """With its code, or 128 + n; tini may have been told that this is none."""
    assert foretold(tini(), sleeping()).code == 143
    assert foretold(tini("-e", "143"), sleeping()).code == 0
    assert foretold(tini(), sleeping(ignored=TERM)).killed
    assert foretold(tini(), sleeping(), signal=WINCH).killed
    inherited = process(6, "curl", ppid=1, group=1, age_s=9.0)
    own = sleeping(group=7, caught=TERM, age_s=8.0)
    assert "`sleep`" in foretold(tini(), inherited, own).why
    told = reach(Scene(Tree((tini(), inherited, own))))
    assert told == {1: "stop", 6: "nobody", 7: "parent"}
    quits = process(1, "dumb-init", "-r", "15:3", "nginx", wchan="do_sigtimedwait", caught=TERM)
    master = process(7, "nginx:", "master", ppid=1, caught=EVERYTHING)
    assert "finishes" in foretold(quits, master).why
    assert "cuts" in foretold(quits.replace(argv=("dumb-init", "nginx")), master).why


def test_a_group_is_told_as_a_whole() -> None:
    """Then the command that holds a trap up ends, too."""
    text = "trap 'exit 5' TERM; sleep 600; true"
    line = ("sh", "-c", text)
    child = process(6, *line, ppid=1, group=6, caught=TERM | CHLD, wchan="do_wait", text=text)
    below = sleeping(ppid=6, group=6)
    alone = process(1, "dumb-init", "-c", *line, wchan="do_sigtimedwait")
    assert foretold(alone, child, below).killed
    assert foretold(alone.replace(argv=("dumb-init", *line)), child, below).code == 5
    assert foretold(tini("-g"), child, below).code == 5
    variables = (("TINI_KILL_PROCESS_GROUP", "1"),)
    assert foretold(tini(variables=variables), child, below).code == 5


UWSGI = process(1, "uwsgi", "--ini", "x", caught=EVERYTHING)
GRACEFULLY = "unix_signal:15 gracefully_kill_them_all"


@pytest.mark.parametrize(
    ("settings", "signal", "code"),
    [
        ({"master": "true"}, 15, 137),
        ({"master": "true"}, 2, 0),
        ({"master": "true", "die-on-term": "true"}, 15, 0),
        ({"master": "true", "die-on-term": "true"}, 3, 137),
        ({"master": "true", "hook-master-start": GRACEFULLY}, 15, 0),
        ({"master": "true", "exit-on-reload": "true"}, 15, 0),
        ({"master": "false"}, 15, 30),
    ],
)
def test_uwsgi(settings: dict[str, str], signal: int, code: int) -> None:
    """It catches TERM in every configuration: only that tells what it does then."""
    found = foretold(UWSGI.replace(settings=tuple(settings.items())), signal=signal)
    assert (found.code, found.unsure) == (code, "")


def test_uwsgi_that_cannot_be_read() -> None:
    """Its usual answer, said to be a guess."""
    found = foretold(UWSGI.replace(settings=(("unread", "no such file"),)))
    assert found.killed
    assert found.unsure == "no such file"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("sys.exit(128 + 15)", 143),
        ("raise SystemExit(3)", 3),
        ("os._exit(4)", 4),
        ("sys.exit('text')", 1),
        ("sys.exit()", 0),
        ("raise RuntimeError", 1),
        ("raise KeyboardInterrupt", 130),
        ("print('no')", 137),
        ("server.stop()", 0),
        ("time.sleep(60); sys.exit(0)", 137),
    ],
)
def test_python_by_its_source(body: str, code: int) -> None:
    """A handler is read, not run."""
    text = f"import signal\ndef end(*_):\n    {body}\nsignal.signal(signal.SIGTERM, end)"
    found = foretold(process(1, "python3", "a.py", caught=TERM | INT, text=text))
    assert found.code == code, found.why


def test_handlers_of_other_forms() -> None:
    """asyncio's, a loop over signals, Python's own; none that can be read is a guess."""
    loop = "for s in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(s, lambda *_: exit(5))"
    one = process(1, "python3", "a.py", caught=TERM | INT)
    assert foretold(one.replace(text=loop)).code == 5
    tells = "loop.add_signal_handler(signal.SIGTERM, stop.set)"
    assert foretold(one.replace(text=tells)).code == 0
    own = "signal.signal(signal.SIGTERM, signal.default_int_handler)"
    assert foretold(one.replace(text=own)).code == 130
    assert foretold(one.replace(text="not python(")).unsure
    assert foretold(one, signal=2).code == 130


def test_node() -> None:
    """It catches TERM always, and raises it again without a listener: a PID 1 drops that."""
    one = process(1, "node", "a.js", caught=TERM | INT, text="setInterval(f, 1)")
    assert foretold(one).killed
    assert foretold(tini(), one.replace(pid=7, ppid=1, inner=7)).code == 143
    assert foretold(one.replace(text="process.on('SIGTERM', () => process.exit(9))")).code == 9
    assert foretold(one.replace(text=None)).unsure


def test_who_is_inside_counts() -> None:
    """A request that has run for long is expected to take as long again; gunicorn has a limit."""
    one = process(1, "python3", "/usr/bin/gunicorn", "app", caught=EVERYTHING)
    assert foretold(one, connections=Inside(connected=2)).unsure == ""
    busy = Inside(connected=2, running=1, longest_s=8.0)
    assert "the oldest for 8.0 s" in foretold(one, connections=busy).unsure
    assert foretold(one, connections=busy).seconds > 8
    assert foretold(one, connections=busy, grace_s=5).killed
    limited = one.replace(argv=(*one.argv, "--graceful-timeout", "3"))
    assert 3 <= foretold(limited, connections=busy).seconds < 3.5
    assert foretold(one, connections=None).unsure


def test_who_hangs_is_waited_for() -> None:
    """A worker that is stopped, or in an uninterruptible sleep, answers nobody."""
    one = process(1, "python3", "/usr/bin/gunicorn", "app", caught=EVERYTHING)
    worker = one.replace(pid=7, ppid=1, inner=7)
    assert foretold(one, worker).code == 0
    found = foretold(one, worker.replace(state="T"))
    assert (found.code, found.unsure) == (137, "")


def test_postgres_waits_for_whoever_is_connected() -> None:
    """At TERM; INT ends it at once."""
    one = process(1, "postgres", caught=EVERYTHING)
    assert foretold(one).code == 0
    assert foretold(one, connections=Inside(connected=1)).killed
    assert foretold(one, connections=Inside(connected=1), signal=2).code == 0


def test_supervisord_and_s6_wait_for_what_they_run() -> None:
    """One after the other, or all at once; supervisord kills after its patience."""
    settings = (("program sleep", "INT 2"),)
    one = process(1, "/usr/bin/python3", "/usr/bin/supervisord", caught=TERM, settings=settings)
    slow = sleeping(ignored=INT)
    assert 2.9 < foretold(one, slow).seconds < 3.2
    assert 4.9 < foretold(one, slow, slow.replace(pid=8)).seconds < 5.2
    scanner = process(1, "s6-svscan", "/s", blocked=EVERYTHING)
    keeper = process(6, "s6-supervise", "a", ppid=1, blocked=EVERYTHING)
    assert foretold(scanner, keeper, sleeping(ppid=6)).code == 0
    assert foretold(scanner, keeper, sleeping(ppid=6, ignored=TERM)).killed


def test_gracekeeper_kills_before_it_is_killed() -> None:
    """Its own grace period counts, which its control socket tells."""
    one = process(1, "python3", "/x/supervisor/runtime/boot.py", "4", blocked=EVERYTHING)
    deaf = sleeping(ignored=TERM)
    assert foretold(one, sleeping()).code == 143
    found = foretold(one.replace(settings=(("grace", "5"),)), deaf)
    assert (found.code, round(found.seconds)) == (143, 4)
    assert foretold(one.replace(settings=(("grace", "30"),)), deaf).killed


@pytest.mark.parametrize("name", ["uwsgi", "gunicorn"])
def test_gracekeeper_waits_for_who_is_inside(name: str) -> None:
    """As long again as the oldest has run, and no longer than its budget."""
    given = (("grace", "5"),)
    one = process(1, "python3", "/x/supervisor/runtime/boot.py", "4", blocked=EVERYTHING)
    crew = one.replace(settings=given), process(7, name, ppid=1, caught=EVERYTHING)
    busy = foretold(*crew, connections=Inside(connected=2, running=1, longest_s=3.0))
    assert (busy.code, round(busy.seconds)) == (143, 3)
    assert "the oldest for 3.0 s" in busy.unsure
    assert "for 4 s at most" in busy.why
    assert round(foretold(*crew, connections=Inside(1, 1, 9.0)).seconds) == 4
    assert foretold(*crew, connections=None).unsure == "whether anybody is inside"
    assert not foretold(*crew).unsure


def test_gracekeeper_as_its_container_was_started() -> None:
    """An exec has replaced its command line, and the container still has it."""
    one = process(1, "python3", "/x/supervisor/runtime/boot.py", "4", blocked=EVERYTHING)
    main = process(7, "python3", ppid=1, caught=TERM, text=HANDLER)

    def code(*argv: str) -> int:
        return foretold(started_as(one, argv), main).code

    assert code("gracekeeper", "run", "--", "app") == 143
    assert code("gracekeeper", "run", "--exit-code", "child", "--", "app") == 4
    assert code("gracekeeper", "run", "--exit-code=zero", "--", "app") == 0
    assert code("/usr/bin/tini", "--", "app") == 4


def test_gracekeeper_waits_for_nobody_above_it() -> None:
    """Below `docker run --init` it ends with its own service, and its init as it does."""
    one = process(6, "python3", "/x/supervisor/runtime/boot.py", ppid=1, blocked=EVERYTHING)
    stranger = sleeping(pid=8, ignored=TERM)  # that its init has inherited
    found = foretold(tini(), one.replace(group=6), sleeping(ppid=6), stranger)
    assert (found.code, found.killed) == (143, False)


def test_threads_keep_python_alive() -> None:
    """Unless they are daemons."""
    one = process(1, "python3", "a.py", caught=TERM, threads=2)
    starts = f"{HANDLER}\nthreading.Thread(target=f).start()"
    assert foretold(one.replace(text=starts)).killed
    assert foretold(one.replace(text=starts.replace("f)", "f, daemon=True)"))).code == 4
    assert foretold(one.replace(text=HANDLER)).unsure


def test_a_stranger_is_a_guess() -> None:
    """And what would have to be known is said."""
    found = foretold(process(1, "app", caught=TERM))
    assert (found.code, found.unsure) == (0, "what `app` does at SIGTERM is not known")
    assert "probably" in found.sentence


def test_who_is_cut_and_who_is_told() -> None:
    """A shell below an init ends at once: a fast stop that nobody below has heard of."""
    script = process(6, "sh", "-c", "app; true", ppid=1, caught=CHLD, text="app; true")
    app = process(7, "app", ppid=6, caught=TERM)
    found = foretold(tini(), script, app)
    assert (found.code, found.cut) == (143, (7,))
    told = reach(Scene(Tree((tini(), script, app, sleeping(pid=9, ppid=0)))))
    assert told == {1: "stop", 6: "parent", 7: "nobody", 9: "nobody"}
    kills = shell("trap 'kill $!' TERM; app & wait")
    assert reach(Scene(Tree((kills, sleeping(ignored=BACKGROUND)))))[7] == "parent"


def test_a_signal_that_kills_is_no_question() -> None:
    """STOPSIGNAL KILL."""
    found = foretold(process(1, "app", ignored=TERM), signal=9)
    assert (found.code, found.killed) == (137, False)
