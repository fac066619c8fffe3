"""Table 2 of the catalogue: each of these scripts was run as PID 1 and stopped."""

from __future__ import annotations

import pytest

from supervisor.doctor.commands.lines import becomes
from supervisor.doctor.knowledge.shells import ASH, BASH, DASH, MAYBE, NO, YES, ZSH
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script
from supervisor.doctor.scripts.ends import DRAINS, GRACE, NOW
from supervisor.doctor.scripts.outcome import outcome_of
from supervisor.doctor.scripts.shellfacts import ShellFacts
from supervisor.doctor.scripts.shellwalk import facts_of

BOTH = (DASH, BASH)
KILLED = (GRACE, 137, False)
DONE = (DRAINS, 0, True)
CUT = (NOW, 143, False)
TRAP = "trap 'kill $P' TERM; app & P=$!; "

TABLE_2 = (
    ("app", BOTH, KILLED),
    ("eval app", BOTH, KILLED),
    ("./other.sh", BOTH, KILLED),
    ("bash -c 'app; true'", BOTH, KILLED),
    ("(exec app)", BOTH, KILLED),
    ("if false; then exec app; else app; fi", BOTH, KILLED),
    ("exec app & wait", BOTH, KILLED),
    ("set -m; app & fg", BOTH, KILLED),
    ("exec app", BOTH, DONE),
    ("exec env A=1 app", BOTH, DONE),
    ("exec nohup app", BOTH, DONE),
    ("exec timeout 9 app", BOTH, DONE),
    ("exec app > >(cat)", (BASH,), DONE),
    ("exec app || exit", BOTH, DONE),
    (". ./start.sh", BOTH, DONE),
    ("app | cat", BOTH, KILLED),
    ("exec app | cat", BOTH, KILLED),
    (TRAP + "wait $!", BOTH, CUT),
    ("trap 'kill $P; wait $P' TERM; app & P=$!; wait $P", BOTH, (DRAINS, 143, True)),
    (TRAP + "wait $P; trap - TERM; wait $P; exit $?", BOTH, DONE),
    (TRAP + "while kill -0 $P; do wait $P; done", BOTH, DONE),
    (TRAP + "wait $P; wait $P", BOTH, DONE),
    ("set -e; " + TRAP + "wait $P; wait $P", BOTH, CUT),
    ("trap 'exit 0' TERM; app & wait", BOTH, (NOW, 0, False)),
    ("trap 'kill $(jobs -p)' EXIT; app & wait", (BASH,), CUT),
    ("trap 'kill $P' TERM; app", BOTH, KILLED),
    ("trap 'kill 0' TERM; app & wait", (BASH,), (NOW, 139, False)),
    ("trap 'trap - TERM; kill 0; wait' TERM; app & wait", BOTH, (DRAINS, 143, True)),
    ("trap 'kill -INT $P' TERM; app & P=$!; wait $P; wait $P", BOTH, KILLED),
    ("trap '' TERM; exec app", BOTH, KILLED),
    ("cleanup() { rm -f x; }; trap cleanup TERM EXIT; exec app", BOTH, DONE),
    ("app & tail -f /dev/null", BOTH, KILLED),
    ("app & exec sleep infinity", BOTH, KILLED),
    ("a & b & wait -n", (BASH,), KILLED),
    ("while true; do app; done", BOTH, KILLED),
    ("trap 'pkill app' TERM; app & wait", BOTH, CUT),
    ("f() { kill $P; wait; }; trap f SIGTERM; app & P=$!; wait", (DASH,), KILLED),
    ("f() { kill $P; wait; }; trap f SIGTERM; app & P=$!; wait", (BASH, ASH), (DRAINS, 143, True)),
)
BELOW_INIT = (
    ("app", CUT),
    ("trap 'kill $P' TERM; app", KILLED),
    ("app & tail -f /dev/null", CUT),
    ("while true; do app; done", CUT),
    ("exec app", DONE),
)
# Table 1: a line, and what becomes of it with dash, bash, busybox and zsh.
TABLE_1 = (
    ("app", NO, YES, YES, YES),
    ("A=1 app", NO, YES, YES, YES),
    ("app $X", NO, YES, YES, YES),
    ("command app", NO, YES, YES, YES),
    ("cd x && app", NO, YES, YES, YES),
    ("a; app", NO, YES, YES, YES),
    ("while x; do y; done; app", NO, YES, YES, YES),
    ("set -e; app", NO, YES, YES, YES),
    ("export A=1; app", NO, YES, YES, YES),
    ("app >f", NO, NO, YES, YES),
    ("app 2>&1", NO, NO, YES, YES),
    ("app <f", NO, NO, YES, YES),
    ("(app)", NO, NO, YES, YES),
    ("app | tee x", NO, NO, NO, NO),
    ("app || x", NO, NO, NO, NO),
    ("! app", NO, NO, NO, NO),
    ("time app", NO, NO, NO, NO),
    ("eval app", NO, NO, NO, NO),
    ("f() { app; }; f", NO, NO, NO, NO),
    ("trap x TERM; app", NO, NO, NO, MAYBE),
    ("app\n", NO, YES, NO, YES),
    ("exec app", YES, YES, YES, YES),
    ("a && exec app", YES, YES, YES, YES),
    ("{ app; }", NO, NO, MAYBE, MAYBE),
    ("if x; then app; fi", NO, NO, MAYBE, MAYBE),
)


def script(text: str) -> Script:
    found = shell.parse(text)
    assert isinstance(found, Script)
    return found


def facts(text: str) -> ShellFacts:
    return facts_of(script(text), lambda path: script("exec app") if "start" in path else None)


@pytest.mark.parametrize("text, kinds, wanted", TABLE_2)
def test_an_idiom_as_pid_1(
    text: str, kinds: tuple[str, ...], wanted: tuple[str, int, bool]
) -> None:
    """Seconds, code, and whether the application finished: as measured."""
    for kind in kinds:
        found = outcome_of(facts(text), kind)
        assert (found.ends, found.code, found.finished) == wanted, (kind, found.why)


@pytest.mark.parametrize("text, wanted", BELOW_INIT)
def test_an_idiom_below_an_init(text: str, wanted: tuple[str, int, bool]) -> None:
    """Default actions count again: what hung is cut."""
    found = outcome_of(facts(text), DASH, pid1=False)
    assert (found.ends, found.code, found.finished) == wanted, found.why


@pytest.mark.parametrize("text, dash, bash, ash, zsh", TABLE_1)
def test_a_line_behind_c(text: str, dash: str, bash: str, ash: str, zsh: str) -> None:
    """Table 1: whether `sh -c LINE` ends as the program itself."""
    found = [becomes(script(text), text, kind) for kind in (DASH, BASH, ASH, ZSH)]
    assert found == [dash, bash, ash, zsh]
