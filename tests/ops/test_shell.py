"""What shells come to at SIGTERM: each of these lines was run as PID 1, with dash and with bash."""

from __future__ import annotations

import pytest

from supervisor.ops.shellscript import parse
from tests.ops.crew import BACKGROUND, INT, RUNS, TERM, foretold, process, shell, sleeping

NEVER = 137
APP = process(7, "app", ppid=1, ignored=BACKGROUND, caught=TERM, text="")
IN_WAIT = (
    ("trap 'exit 3' TERM; sleep 600 & wait", 3),
    ("trap 'exit' TERM; sleep 600 & wait", 143),
    ("trap 'exit $?' TERM; sleep 600 & wait", 143),
    ("trap 'kill $!' TERM; sleep 600 & wait $!", 143),
    ("trap 'kill $P' TERM; sleep 600 & P=$!; wait $P; wait $P", 143),
    ("trap 'kill $P' TERM; sleep 600 & P=$!; wait; wait", 0),
    ("trap 'kill $P' TERM; sleep 600 & P=$!; wait $P; trap - TERM; wait $P; exit $?", 143),
    ("set -e; trap 'kill $P' TERM; sleep 600 & P=$!; wait $P; wait $P; exit 9", 143),
    ("trap 'kill $P' TERM; sleep 600 & P=$!; while kill -0 $P 2>/dev/null; do wait $P; done", 143),
    ("trap 'kill -TERM $P; wait $P' TERM; sleep 600 & P=$!; wait $P", 143),
    ("trap 'trap - TERM; kill 0; wait' TERM; sleep 600 & wait", 143),
    ("trap 'kill 0' TERM; sleep 600 & wait", 139),
    ("trap 'kill -INT $P' TERM; sleep 600 & P=$!; wait $P; wait $P", NEVER),
    ("trap 'echo no' TERM; sleep 600 & wait; wait", NEVER),
    ("trap 'echo bye' TERM EXIT; sleep 600 & wait; true", 0),
    ("trap 'echo no' TERM; while true; do sleep 600 & wait; done", NEVER),
    ("stop() {\n  kill $P; exit 4\n}\ntrap stop TERM\nsleep 600 &\nP=$!\nwait", 4),
    ("set -e; trap 'kill $P; wait $P; exit 0' TERM; sleep 600 & P=$!; wait $P", 143),
    ("set -e; trap 'kill $P; wait $P || exit 5' TERM; sleep 600 & P=$!; wait $P", 5),
    ("trap 'kill $P || true; exit 0' 15 # says who?\nsleep 600 & P=$!\nwait", 0),
)


@pytest.mark.parametrize(("text", "code"), IN_WAIT)
def test_a_trap_during_wait(text: str, code: int) -> None:
    """It runs at once; what comes then is in the script."""
    found = foretold(shell(text), sleeping(ignored=BACKGROUND))
    assert found.code == code, found.why
    assert found.killed is (code == NEVER)


def test_what_it_waits_for_may_have_a_code_of_its_own() -> None:
    """The second `wait` returns it."""
    text = "trap 'kill $P' TERM; python3 -c x & P=$!; wait $P; wait $P"
    code = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(6))"
    child = process(7, "python3", "-c", "x", ppid=1, caught=TERM, ignored=BACKGROUND, text=code)
    assert foretold(shell(text), child).code == 6


def test_a_command_in_the_foreground_holds_a_trap_up() -> None:
    """Nobody tells it to end; a short one in a loop ends by itself."""
    text = "trap 'exit 0' TERM; sleep 600; true"
    assert foretold(shell(text, wchan=RUNS), sleeping()).code == NEVER
    loop = "trap 'exit 0' TERM; while true; do sleep 1; done"
    found = foretold(shell(loop, wchan=RUNS, name="bash"), process(7, "sleep", "1", ppid=1))
    assert (found.code, found.give_or_take_s) == (0, 0.5)
    assert 0.5 < found.seconds < 0.7


def test_bash_waits_where_it_runs_commands() -> None:
    """What it started with `&` ignores INT and QUIT, or stands before an `&` in the script."""
    text = "trap 'exit 3' TERM; app & wait"
    assert foretold(shell(text, wchan=RUNS, name="bash"), APP).code == 3
    own = process(7, "app", ppid=1, caught=INT | TERM)
    assert foretold(shell(text, wchan=RUNS, name="bash"), own).code == 3
    front = "trap 'exit 3' TERM; app; true"
    assert foretold(shell(front, wchan=RUNS, name="bash"), own).code == NEVER


def test_a_trap_of_a_subshell_is_its_own() -> None:
    """The one around it still tells all, and waits for who does not listen."""
    text = "trap 'kill $(jobs -p); wait' TERM; (trap '' TERM; exec sleep 600) & wait"
    found = foretold(shell(text), sleeping(ignored=TERM | BACKGROUND))
    assert (found.code, found.unsure) == (NEVER, "")
    assert foretold(shell(text), sleeping(ignored=BACKGROUND)).code == 143


def test_one_of_several_children() -> None:
    """Which of them `$P` is, nothing tells."""
    text = "trap 'kill $P' TERM; app & P=$!; sleep 600 & wait; wait"
    sleeps = sleeping(pid=8, ignored=BACKGROUND)
    assert "which of its children" in foretold(shell(text), APP, sleeps).unsure
    assert not foretold(shell(text.replace("$P", "$(jobs -p)")), sleeps, sleeps).unsure


def test_an_exit_trap() -> None:
    """With it bash catches what would end it, and ends; others leave TERM alone."""
    text = "trap 'kill $(jobs -p)' EXIT; sleep 600 & wait"
    child = sleeping(ignored=BACKGROUND)
    assert foretold(shell(text, name="bash", wchan=RUNS), child).code == 143
    assert foretold(shell(text, trapped=0), child).code == NEVER


def test_a_script_that_cannot_be_read() -> None:
    """Then it is a guess, and says so."""
    found = foretold(shell("").replace(text=None), sleeping())
    assert "script" in found.unsure


def test_words_and_quotes() -> None:
    """Cut where a shell cuts."""
    script = parse("""a "b; c" 'd & e' $(f; g) # h\ni && j || k >x 2>&1 & l\\ m""")
    assert [one.words for one in script.commands] == [
        ("a", "b; c", "d & e", "$(f; g)"),
        ("i",),
        ("j",),
        ("k", ">x", "2>&1"),
        ("l m",),
    ]
    assert [one.behind for one in script.commands] == ["\n", "&&", "||", "&", ""]
