"""`check_driver`: our own drivers pass, and each way of breaking one is found and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from supervisor.core.policy import Policy, Rung
from supervisor.front.options import Options
from supervisor.servers import generic, granian, gunicorn, hypercorn, nginx, uvicorn
from supervisor.servers.postgres import ladder as postgres
from supervisor.servers.program import LADDER, Contradiction, Handover, Listening, Program, Words
from supervisor.servers.uwsgi import ladder as uwsgi
from supervisor.testing import Manners, check_driver, policy_of, violations
from tests.front.test_served import prepared
from tests.ports import free_port

TERM, INT, QUIT, USR2 = 15, 2, 3, 12
SEVERAL = ("--workers", "2")
MASTER = Options(("it",))
# As their fronts make them (front/uwsgi.py, front/postgres.py, front/prepare.py).
UWSGI = MASTER.policy(
    looks=True,
    ladder=uwsgi.DRAINED,
    unready=uwsgi.NEVER_READY,
    forced=uwsgi.OUT_OF_TIME,
)
POSTGRES = MASTER.policy(
    looks=True, ladder=postgres.LADDER, forced=postgres.OUT_OF_TIME, forward=postgres.FORWARDED
).replace(shut_signal=postgres.SHUT, quiesce_s=5.0)
GENERIC = MASTER.policy(
    looks=False, ladder=generic.LADDER, forward=generic.FORWARDED, stops=generic.STOPS
).replace(passes=True)

OWN: dict[str, tuple[Program | Policy, dict[str, Any]]] = {
    "gunicorn": (gunicorn.PROGRAM, {"manners": Manners(cuts=(INT, QUIT))}),
    "uvicorn": (uvicorn.PROGRAM, {"manners": Manners(drains=(TERM, INT), cuts=())}),
    "uvicorn, several": (uvicorn.PROGRAM, {"arguments": SEVERAL}),
    "hypercorn": (hypercorn.PROGRAM, {}),
    "hypercorn, several": (
        hypercorn.PROGRAM,
        {"arguments": SEVERAL, "manners": Manners(drains=(), cuts=(TERM, INT))},
    ),
    "granian": (granian.PROGRAM, {"drain_delay_s": 2.0}),
    "nginx": (nginx.PROGRAM, {"manners": Manners(drains=(QUIT,), cuts=(TERM, INT))}),
    "uwsgi": (UWSGI, {"manners": Manners(drains=("q",), cuts=(INT, QUIT))}),
    "postgres": (POSTGRES, {"manners": Manners(drains=(), cuts=(INT, QUIT), shuts=(TERM,))}),
    "generic": (GENERIC, {}),
}


@pytest.mark.parametrize("name", OWN)
def test_our_own_drivers_keep_the_laws(name: str) -> None:
    """Each with the manners that were read in its server's source and measured."""
    driver, facts = OWN[name]
    check_driver(driver, depth=1, **facts)


@pytest.mark.parametrize("name", OWN)
def test_they_keep_them_in_little_time(name: str) -> None:
    """What is held against a ladder scales with the grace; uWSGI's needs 3 s of it."""
    driver, facts = OWN[name]
    driver = driver.replace(grace_s=3.0) if isinstance(driver, Policy) else driver
    check_driver(driver, depth=0, **{**facts, "grace_s": 3.0, "drain_delay_s": 0.5})


def test_a_patience_that_is_short_does_not_excuse_a_cut() -> None:
    """A server that is left to finish, and told to end by what cuts it."""
    hasty = UWSGI.replace(finishes=True, ladder=uwsgi.NEVER_READY)
    assert LOST in {one.law for one in violations(hasty, depth=0, **OWN["uwsgi"][1])}


@pytest.mark.parametrize("command", ["uvicorn --workers 2", "gunicorn", "nginx", "granian"])
def test_the_policy_is_the_one_that_the_front_makes(command: str) -> None:
    """What a test is told holds for what runs."""
    program, arguments = OWN[command.split(maxsplit=1)[0]][0], command.split()[1:]
    assert isinstance(program, Program)
    with prepared(command, f"127.0.0.1:{free_port()}") as plan:
        assert policy_of(program, arguments, grace_s=10.0, drain_delay_s=2.0) == plan.policy


KILL = Rung("kill the tree", signal=9, target="tree")
ASK = Rung("terminate", signal=TERM)
KILLED = "a server that ends when it is told to is not killed"
LOST = "a server that ends in time loses no request"


@pytest.mark.parametrize(
    ("ladder", "laws"),
    [
        ((KILL, ASK), ("'kill the tree' kills before anybody was asked", KILLED)),
        ((KILL,), ("'kill the tree' kills before anybody was asked", KILLED)),
        ((ASK,), ("does not kill the tree",)),
        ((ASK, KILL.replace(target="main")), ("does not kill the tree",)),
        ((KILL.replace(name="k", target="busy"), ASK, KILL), ("its first rung, 'k', kills",)),
        ((ASK.replace(patience_s=60.0), KILL), ("is 60 s, and there are 9 s before",)),
        ((ASK.replace(patience_s=-1.0), KILL), ("has a patience of -1 s",)),
        ((ASK, *(Rung(f"{n}", signal=QUIT) for n in "abc"), KILL), ("deadline need 0.75 s",)),
        ((ASK.replace(signal=QUIT), KILL), (LOST,)),
        ((ASK.replace(signal=USR2), KILL), (KILLED,)),
        ((ASK.replace(command="q"), KILL), ("has to be one of",)),
        ((ASK.replace(signal=77), KILL), ("sends what is no signal: 77",)),
        ((ASK.replace(target="workers"), KILL), ("has the target 'workers'",)),
        ((ASK, ASK.replace(patience_s=0.1), KILL), ("are not unique",)),
        ((), ("there is no rung",)),
    ],
)
def test_a_broken_ladder_is_found(ladder: tuple[Rung, ...], laws: tuple[str, ...]) -> None:
    """In a policy that looks and finishes, and in one that knows nothing."""
    manners = Manners(cuts=(INT, QUIT), hears=(USR2,))
    blind = Policy(10.0, ladder=ladder, unready_ladder=LADDER, forced_ladder=LADDER)
    for policy in (blind, blind.replace(looks=True, finishes=True)):
        with pytest.raises(AssertionError) as raised:
            check_driver(policy, manners=manners, depth=0)
        for law in laws:
            assert law in str(raised.value)


def test_the_signal_that_cuts_is_told_with_its_story() -> None:
    """TERM cuts nginx, QUIT drains it: which server, which request, what it heard before."""
    broken = nginx.PROGRAM.replace(ladder=LADDER)
    facts = OWN["nginx"][1]
    [first, *_others] = violations(broken, depth=0, **facts)
    assert (first.law, first.where) == (
        LOST,
        "a server that is small, with requests behind its worker",
    )
    story = [line.split(" s  ")[1].strip() for line in first.story]
    assert story.index("main hears SIGTERM: cut") < story.index("request 1 is lost")
    with pytest.raises(AssertionError, match=r"nginx breaks a law:\n\na server that ends in time"):
        check_driver(broken, depth=0, **facts)


def test_to_be_left_to_finish_is_a_claim() -> None:
    """Hypercorn's workers cut each other: who would say that they finish, would lose requests."""
    claims = Program("new", lambda *_: Handover(("--fd", "7")), ())
    facts = OWN["hypercorn, several"][1]
    found = violations(claims, depth=0, manners=facts["manners"])
    assert LOST in {one.law for one in found}


@pytest.mark.parametrize(
    ("policy", "law"),
    [
        (GENERIC.replace(passes=False, forward=(TERM,)), "SIGTERM asks for a stop, so it is never"),
        (UWSGI.replace(stops=(TERM,), forward=(INT,)), "SIGINT is forwarded while it serves, and"),
        (UWSGI.replace(forward=(1,)), "SIGHUP is forwarded while it serves, and it means shut"),
        (UWSGI.replace(forward=(USR2, USR2)), "SIGUSR2 is forwarded twice"),
        (UWSGI.replace(forward=(9,)), "SIGKILL can't be heard"),
        (UWSGI.replace(stops=()), "no signal asks for a stop"),
        (UWSGI.replace(unready_ladder=()), "unready_ladder: there is no rung"),
    ],
)
def test_signals_that_contradict_each_other_are_found(policy: Policy, law: str) -> None:
    """What is forwarded, what asks for a stop, and what a rung sends."""
    found = violations(policy, manners=Manners(drains=("q",), shuts=(1,)), depth=0)
    assert [one for one in found if law in one.law]


TIMES = count()
Hand = Callable[[Words, Sequence[Listening], float, int], Handover]


def hands(*options: str, **more: Any) -> Hand:
    """A way to take a door: by `--fd N`, and these options."""
    return lambda _words, doors, _budget_s, _keeper: Handover(
        ("--fd", str(doors[0].fd), *options), **more
    )


def times(seconds: Callable[[float], object]) -> Hand:
    """A way to take a door, with a time."""
    return lambda words, doors, budget_s, keeper: Handover(
        ("--fd", str(doors[0].fd), "--time", str(seconds(budget_s)))
    )


@pytest.mark.parametrize(
    ("hand", "law"),
    [
        (lambda *_: Handover(("--fd", "70")), "name the door 7"),
        (hands("--fd", "7"), "the option --fd is given more than once"),
        (hands("--quiet", "--quiet"), "the option --quiet is given more than once"),
        (hands(environment=(("A", "1"), ("A", "2"))), "a variable is set more than once"),
        (hands("--quiet"), "--quiet is added although the user has written it"),
        (times(lambda budget_s: budget_s + 2), "--time 11.0 does not fit the 9 s"),
        (times(lambda budget_s: budget_s / 9), "--time 1.0 does not fit the 9 s"),
        (times(lambda budget_s: f"{budget_s}m"), "--time 9.0m follows the budget and is no number"),
        (times(int), "--time 0 for a budget of 0.3 s"),
        (times(lambda _: next(TIMES)), "answers differently when it is asked twice"),
        (hands(forward=(TERM,)), "SIGTERM asks for a stop, so it is never forwarded"),
    ],
)
def test_a_bad_handover_is_found(hand: Hand, law: str) -> None:
    """Whatever `hand` answers is held against the doors, the user's words and the time."""
    found = [one.law for one in violations(Program("new", hand, ()), depth=0)]
    assert [one for one in found if law in one]


@pytest.mark.parametrize(
    ("program", "law"),
    [
        (Program("gunicorn3", hands(), ()), "its name 'gunicorn3' is empty, a path, or not its"),
        (Program("new", hands(), (Contradiction("-x", "so", "Do it."),)), "without a full stop"),
        (Program("new", hands(), (Contradiction("x", "so", "Do it"),)), "'x' is no option"),
        (Program("new", hands(), (Contradiction("-x", "a", "B", "xy"),)), "a letter of 2"),
    ],
)
def test_words_that_say_nothing_are_found(program: Program, law: str) -> None:
    """Names, and what is told of contradictions."""
    assert [one for one in violations(program, depth=0) if law in one.law]
