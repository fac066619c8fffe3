"""What a forecast says: who is cut, what to do, and what is not known."""

from __future__ import annotations

from tests.ops.crew import BACKGROUND, INT, TERM, foretold, process, shell, sleeping

WINCH, TSTP = 28, 20
TINI = process(1, "/usr/bin/tini", "--", "x", wchan="do_sigtimedwait")


def test_what_a_trap_waits_for_is_not_cut() -> None:
    """It was told, and has ended by then: there is nothing to mend."""
    child = process(7, "app", ppid=1, caught=TERM, ignored=BACKGROUND, text="")
    for told in ("kill -TERM $P; wait $P; exit 0", "kill $(jobs -p); wait"):
        found = foretold(shell(f"trap '{told}' TERM; app & P=$!; wait $P"), child)
        assert (found.killed, found.cut, found.todo) == (False, (), ""), told
    found = foretold(shell("trap 'kill $P; exit 0' TERM; app & P=$!; wait $P"), child)
    assert found.cut == (7,)
    assert found.todo.startswith("Put `exec`")


def test_the_advice_is_for_who_goes_on() -> None:
    """Not for a uWSGI that happens to run below, and not for the shell that waits for it."""
    uwsgi = process(7, "uwsgi", ppid=1, caught=TERM, settings=(("master", "true"),))
    assert foretold(process(1, "app"), uwsgi).todo.startswith("Handle SIGTERM in `app`")
    assert "gracefully_kill_them_all" in foretold(TINI, uwsgi).todo
    waits = shell("trap 'kill $P; wait $P' TERM; sleep 600 & P=$!; wait $P")
    found = foretold(waits, sleeping(ignored=TERM | BACKGROUND))
    assert found.todo.startswith("Handle SIGTERM in `sleep`, where it is ignored now")


def test_a_time_that_is_not_known_is_not_told() -> None:
    """A handler that sets a flag leaves open when somebody looks at it."""
    text = "loop.add_signal_handler(signal.SIGTERM, stop.set)"
    found = foretold(process(1, "python3", "a.py", caught=TERM, text=text))
    assert "end in 0 after a time that is not known, or in 137 after 10 s" in found.sentence
    trap = shell("trap 'kill $P; wait $P; exit 0' TERM; python3 a.py & P=$!; wait $P")
    child = process(7, "python3", "a.py", ppid=1, caught=TERM, ignored=BACKGROUND, text=text)
    found = foretold(trap, child)
    assert "not known" in found.sentence
    assert found.unsure


def test_what_ends_nothing() -> None:
    """A signal that does nothing by default, or only stops, in a sentence."""
    found = foretold(TINI, sleeping(), signal=WINCH)
    assert found.why.endswith("`sleep` does nothing at SIGWINCH, which is the default")
    found = foretold(TINI, sleeping(), signal=TSTP)
    assert found.killed
    assert found.why.endswith("`sleep` is stopped by SIGTSTP, which is no end")


def test_python_may_catch_its_interrupt() -> None:
    """`python -m http.server` does, and ends with 0."""
    one = process(1, "python3", "-m", "http.server", caught=INT)
    assert foretold(one, signal=2).unsure
    assert foretold(one.replace(text="except KeyboardInterrupt: pass"), signal=2).unsure
    assert not foretold(one.replace(text="f()"), signal=2).unsure
