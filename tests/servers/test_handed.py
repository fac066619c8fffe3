"""Servers that take a listener: recognised, refused where they contradict, told in their words."""

from __future__ import annotations

import pytest

from supervisor.address import Address
from supervisor.errors import UsageError
from supervisor.servers import programs
from supervisor.servers.program import Handover, Listening, Program, Words

TCP = Listening(Address("inet", "", 8000), 7)
UNIX = Listening(Address("unix", path="/run/app.sock"), 8)
BUDGET_S = 8.5
KEEPER = 1


def named(name: str) -> Program:
    return next(one for one in programs.known() if one.name == name)


def handed(
    name: str,
    *arguments: str,
    doors: tuple[Listening, ...] = (TCP,),
    variables: dict[str, str] | None = None,
) -> Handover:
    one = named(name)
    return one.hand(one.words(arguments, tuple((variables or {}).items())), doors, BUDGET_S, KEEPER)


@pytest.mark.parametrize(
    ("command", "name", "words"),
    [
        ("gunicorn app:app", "gunicorn", 1),
        ("/usr/bin/gunicorn3 -w 2 app:app", "gunicorn", 1),
        ("./bin/uvicorn app:app", "uvicorn", 1),
        ("python -m uvicorn app:app", "uvicorn", 3),
        ("python3.12 -u -X dev -W error -m hypercorn app:app", "hypercorn", 8),
        ("/opt/bin/python -Xdev -OOm granian app:app", "granian", 4),
        ("pypy3 -muvicorn app:app", "uvicorn", 2),
    ],
)
def test_what_is_recognised(command: str, name: str, words: int) -> None:
    """By the program's name, or as a module of any Python."""
    assert programs.find(command.split()) == (named(name), words)


@pytest.mark.parametrize(
    "command",
    ["true", "gunicornc", "python", "python -m", "python app.py -m uvicorn", "python -c uvicorn"],
)
def test_what_is_a_stranger(command: str) -> None:
    """A name that only begins alike, or that a script gets as its own argument."""
    assert programs.find(command.split()) is None


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("gunicorn", "--bind :80", "`--bind`"),
        ("gunicorn", "--bind=:80", "`--bind`"),
        ("gunicorn", "--bin :80", "`--bind`"),
        ("gunicorn", "-b :80", "`--bind`"),
        ("gunicorn", "-b:80", "`--bind`"),
        ("gunicorn", "-D", "`--daemon`"),
        ("gunicorn", "-RD", "`--daemon`"),
        ("gunicorn", "--reload", "`--reload`"),
        ("gunicorn", "--reuse-port", "`--reuse-port`"),
        ("uvicorn", "--host 0.0.0.0", "`--host`"),
        ("uvicorn", "--port=80", "`--port`"),
        ("uvicorn", "--uds /a", "`--uds`"),
        ("uvicorn", "--fd 3", "`--fd`"),
        ("uvicorn", "--reload", "`--reload`"),
        ("hypercorn", "-b :80", "`--bind`"),
        ("hypercorn", "--insecure-bind :80", "`--insecure-bind`"),
        ("hypercorn", "--quic-bind :80", "`--quic-bind`"),
        ("hypercorn", "--reload", "`--reload`"),
        ("granian", "--host ::", "`--host`"),
        ("granian", "--port 80", "`--port`"),
        ("granian", "--uds /a", "`--uds`"),
        ("granian", "--reload", "`--reload`"),
    ],
)
def test_what_contradicts(name: str, arguments: str, told: str) -> None:
    """A second address, a way out of our sight, or workers that end under their requests."""
    with pytest.raises(
        UsageError, match=rf"^cannot .* {name} \(--listen\) with {told}: .*\. .*\.$"
    ):
        handed(name, *arguments.split(), "app:app")


@pytest.mark.parametrize(
    ("name", "variable", "value"),
    [
        ("gunicorn", "GUNICORN_CMD_ARGS", "--workers 2 -b :80"),
        ("gunicorn", "GUNICORN_CMD_ARGS", "'--bind"),
        ("uvicorn", "UVICORN_RELOAD", "1"),
        ("granian", "GRANIAN_RELOAD", "true"),
        ("granian", "GRANIAN_UDS", "/a"),
    ],
)
def test_variables_contradict_too(name: str, variable: str, value: str) -> None:
    """Where our own options would not win over them."""
    with pytest.raises(UsageError, match=r"^cannot (hand|read) "):
        handed(name, "app:app", variables={variable: value})


def test_variables_that_are_overruled_do_not_contradict() -> None:
    """An image may have them for runs without us; what stands on the command line wins."""
    variables = {"UVICORN_HOST": "::", "UVICORN_PORT": "80", "UVICORN_RELOAD": "0"}
    handed("uvicorn", "app:app", variables=variables)
    handed("granian", "app:app", variables={"GRANIAN_HOST": "::", "GRANIAN_PORT": "80"})
    handed("gunicorn", "app:app", variables={"UVICORN_RELOAD": "1"})


def test_values_and_what_follows_two_dashes_are_no_options() -> None:
    """An option's letter inside another's value, and what is the application's own."""
    handed("gunicorn", "-wb", "-kD", "app:app", "--", "--bind", "x")
    handed("uvicorn", "app:app", "--header", "x:--host")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gunicorn", "--bind fd://7 --graceful-timeout 9"),
        ("uvicorn", "--fd 7 --timeout-graceful-shutdown 8"),
        ("hypercorn", "--bind fd://7 --graceful-timeout 8"),
        ("granian", "--host 0.0.0.0 --port 8000"),
    ],
)
def test_how_a_listener_is_handed_over(name: str, options: str) -> None:
    """And the patience that agrees with ours: gunicorn kills when it ends, the others clean up."""
    found = handed(name, "app:app")
    assert " ".join(found.options) == options
    assert found.finishes
    assert found.environment == ()


def test_a_user_s_own_patience_stays() -> None:
    """However it is written."""
    assert handed("gunicorn", "--graceful-timeout=3", "a:a").options == ("--bind", "fd://7")
    assert (
        handed("gunicorn", "a:a", variables={"GUNICORN_CMD_ARGS": "--graceful-t 3"}).options[2:]
        == ()
    )
    variables = {"UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": "3"}
    assert handed("uvicorn", "a:a", variables=variables).options == ("--fd", "7")
    assert handed("hypercorn", "--graceful-timeout", "3", "a:a").options == ("--bind", "fd://7")


def test_a_budget_of_almost_nothing() -> None:
    """Their patience is a whole number of seconds, and not none."""
    one = named("uvicorn")
    assert one.hand(Words(()), (TCP,), 0.2, KEEPER).options[-1] == "1"


def test_gunicorn_does_not_remove_the_path_of_a_unix_socket() -> None:
    """It gets it as from an older gunicorn, whose path that would be; several at once, too."""
    found = handed("gunicorn", "app:app", doors=(TCP, UNIX))
    assert dict(found.environment) == {"GUNICORN_FD": "7,8", "GUNICORN_PID": "1"}
    assert "--bind" not in found.options


def test_granian_gets_a_path() -> None:
    """With a mode like ours, unless the user knows better."""
    door = UNIX.replace(fd=-1)
    plain = handed("granian", "a:a", doors=(door,)).options
    assert plain == ("--uds", "/run/app.sock", "--uds-permissions", "666")
    own = handed("granian", "--uds-permissions", "600", "a:a", doors=(door,)).options
    assert own == ("--uds", "/run/app.sock")


@pytest.mark.parametrize(
    ("arguments", "finishes"),
    [
        ("a:a", True),
        ("-w 1 a:a", True),
        ("-w0 a:a", True),
        ("--workers=2 a:a", False),
        ("-c file:h.py a:a", False),
        ("-c file:h.py --workers 1 a:a", True),
    ],
)
def test_several_hypercorn_workers_are_not_left_to_finish(arguments: str, finishes: bool) -> None:
    """The first that is done takes the others with it; a file may say that there are several."""
    assert handed("hypercorn", *arguments.split()).finishes is finishes


def test_signals_for_those_who_know_them() -> None:
    """A single uvicorn would die of SIGHUP, and stop at SIGTTIN."""
    assert handed("gunicorn", "a:a").forward == (1, 10, 21, 22)
    assert handed("uvicorn", "a:a").forward == ()
    assert handed("uvicorn", "--workers", "2", "a:a").forward == (1, 21, 22)
    assert handed("uvicorn", "a:a", variables={"UVICORN_WORKERS": "2"}).forward == (1, 21, 22)
    assert handed("hypercorn", "a:a").forward == handed("granian", "a:a").forward == ()


def test_every_program_shows_what_it_is() -> None:
    """Its name is a module beside the others, and its contradictions end in advice."""
    for one in programs.known():
        assert one.hand.__module__ == f"supervisor.servers.{one.name}"
        assert all(c.todo and not c.todo.endswith(".") for c in one.contradictions)
