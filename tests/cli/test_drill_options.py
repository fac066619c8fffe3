"""What the options of `gracekeeper drill` mean, and what can't be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from supervisor.cli import drilling
from supervisor.cli.drill import drill
from supervisor.errors import UsageError


def given(*words: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """What the command gets for a command line."""
    options = drill.make_context("drill", list(words)).params
    return options.pop("words"), options


@pytest.mark.parametrize(
    "text, path, weight",
    [
        ("/", "/", 1),
        ("/b=3", "/b", 3),
        ("/slow?s=1", "/slow?s=1", 1),
        ("/slow?s=1=3", "/slow?s=1", 3),
        ("/slow?a=b&s=1=12", "/slow?a=b&s=1", 12),
        ("/a=b", "/a=b", 1),
    ],
)
def test_a_query_is_not_a_weight(text: str, path: str, weight: int) -> None:
    """A path is weighed by a number behind it, and `?s=1` is part of it."""
    (request,) = drilling.load(given("x", "--path", text)[1]).requests
    assert (request.path, request.weight) == (path, weight)


def test_a_load_is_as_it_was_asked_for(tmp_path: Path) -> None:
    """Clients, rate, connections, bodies; a body is POSTed."""
    (tmp_path / "body").write_bytes(b"\x00\xff")
    words = ["x", "--clients", "3", "--rate", "50", "--keep-alive", "--path", "/a", "--path", "/b"]
    load = drilling.load(given(*words, "--body-file", str(tmp_path / "body"))[1])
    assert (load.clients, load.rate, load.keep_alive) == (3, 50.0, True)
    assert [(x.path, x.method, x.body) for x in load.requests] == [
        ("/a", "POST", b"\x00\xff"),
        ("/b", "POST", b"\x00\xff"),
    ]
    put = drilling.load(given("x", "--method", "PUT", "--body", "é")[1]).requests[0]
    assert (put.method, put.body) == ("PUT", "é".encode())
    assert (
        drilling.load(given("--url", "http://127.0.0.1:1/a?b", "x")[1]).requests[0].path == "/a?b"
    )


@pytest.mark.parametrize(
    "text, at",
    [("2", 2.0), ("500ms", 0.5), ("1m30s", 90.0), ("100 requests", 100), ("1request", 1)],
)
def test_the_middle_is_a_time_or_a_number_of_requests(text: str, at: float | int) -> None:
    """As a float and an int."""
    found = drilling.moment(text)
    assert (found, type(found)) == (at, type(at))


def test_who_says_twice_what_is_slow_is_told_once() -> None:
    """Whoever names a limit wants to know of it, whether slow is in --fail-on or not."""
    for words in ((), ("--fail-on", "lost,exit,slow")):
        found = drilling.wish(*given("x", "--slow-after", "5s", *words)).limits
        assert found.fail_on == ("lost", "exit", "slow")


def test_what_fails_it_unless_somebody_says_so() -> None:
    """Whoever is killed loses what it is doing; codes are those of a wait status."""
    assert drilling.wish(*given("x")).limits.fail_on == ("lost", "exit")
    assert drilling.wish(*given("x", "--action", "kill")).limits.fail_on == ("exit",)
    assert drilling.wish(*given("x", "--fail-on", "slow")).limits.fail_on == ("slow",)
    assert drilling.codes("0, 255") == (0, 255)
    with pytest.raises(UsageError, match="0 to 255"):
        drilling.codes("x")


def test_what_may_be_said_twice_or_not_at_all() -> None:
    """A restart by a command is done as often as one likes; a project needs no file."""
    where = ("--url", "http://127.0.0.1:1", "--stop-command", "x", "--action", "restart")
    assert drilling.wish(*given(*where, "--times", "3")).times == 3
    found = drilling.where(*given("compose:web", "--project", "p"))
    assert (found.project, found.files, found.url, found.ready_within_s) == ("p", (), "", 60.0)
    found = drilling.where(*given("compose:web", "--file", "f", "--ready-within", "2m"))
    assert (found.project, found.files, found.ready_within_s) == ("", ("f",), 120.0)
    assert drilling.where(*given("x", "--port", "65535")).port == 65535
    assert drilling.load(given("x")[1]).requests[0].method == "GET"


def test_a_target_or_a_url() -> None:
    """A command follows `--`; all that it has is its own."""
    assert drilling.where(*given("app:latest", "--env", "A=b=c")).variables == {"A": "b=c"}
    found = drilling.where(*given("--url", "http://127.0.0.1:1", "--", "sh", "-c", "x --at 1"))
    assert (found.target, found.command) == ("", ("sh", "-c", "x --at 1"))
    found = drilling.where(*given("--url", "http://127.0.0.1:1", "--stop-command", "x"))
    assert (found.stop_command, found.command) == ("x", ())


def test_a_scheme_is_one_in_any_letters() -> None:
    """RFC 3986, 3.1: they are compared in lower case."""
    found = drilling.where(*given("--url", "HTTPS://127.0.0.1:1", "--insecure", "--", "x"))
    assert found.trust is not None


@pytest.mark.parametrize(
    "words, why",
    [
        ((), "nothing is named"),
        (("a", "b"), "b is another"),
        (("--url", "http://127.0.0.1:1"), "nothing is named that serves there"),
        (("--stop-command", "x"), "Add --url"),
        (("--url", "http://h", "--stop-command", "x", "y"), "y would be started"),
        (("--url", "http://h:1", "--port", "1", "x"), "Leave out --port"),
        (("a", "--project", "p"), "compose:SERVICE"),
        (("compose:a", "--env", "A=b"), "--env is for what is started here"),
        (("a", "--ready", "x"), "it is no path"),
        (("a", "--ready-within", "soon"), "cannot use --ready-within"),
        (("a", "--ready", "/a b"), "cannot use --ready: cannot ask for '/a b'"),
        (("a", "--ready", "/ä"), "percent-encode it"),
        (("",), "nothing is named"),
        (("compose:",), "nothing is named"),
        (("a", "--path", "/a=1001", "--path", "/b"), "it is at most 1000"),
        (("a", "--at", "0 requests"), "it is at least 1"),
        (
            ("--url", "http://127.0.0.1:1", "--stop-command", "x", "--times", "2"),
            "Use --action restart",
        ),
        (("a", "--env", "A"), "NAME=VALUE"),
        (("a", "--insecure"), "--url https://"),
        (("--url", "http://h", "--ca", "x", "--", "y"), "--url https://"),
        (("--url", "https://h", "--ca", "x", "--insecure", "y"), "Leave out one"),
        (("--url", "https://h", "--ca", "/nowhere", "y"), "cannot read --ca /nowhere"),
        (("a", "--cert", "x"), "--url https://"),
        (("--url", "https://h", "--key", "x", "--", "y"), "Add --cert"),
        (("--url", "https://h", "--cert", "/nowhere", "y"), "cannot read --cert /nowhere"),
        (("a", "--port", "0"), "--port 0"),
        (("a", "--port", "65536"), "--port 65536"),
        (("a", "--file", "f"), "compose:SERVICE"),
        (("a", "--env", "=b"), "NAME=VALUE"),
        (
            ("--url", "http://h", "--stop-command", "x", "--env", "A=b"),
            "--env is for what is started",
        ),
        (("a", "--times", "0"), "--times 0"),
        (("a", "--clients", "0"), "0 clients"),
        (("a", "--rate", "0"), "0 requests/s: a rate is more than 0"),
        (("a", "--method", "GE T"), "a method is one word"),
        (("a", "--path", "x"), "no path"),
        (("a", "--path", "/x=0"), "weigh"),
        (("a", "--body", "x", "--body-file", "y"), "two bodies"),
        (("a", "--body-file", "/nowhere"), "cannot read --body-file /nowhere"),
        (("a", "--signal", "TREM"), "no such signal"),
        (("a", "--grace", "10x"), "cannot use --grace"),
        (("a", "--at", "soon"), "`100 requests`"),
        (("a", "--slow-after", "-1"), "cannot use --slow-after"),
        (("a", "--exit-code", "256"), "0 to 255"),
        (("a", "--fail-on", "all"), "none of lost, exit, slow"),
        (("a", "--report", "x.pdf"), "told by its ending"),
        (("a", "--report", "/nowhere/x.html"), "cannot write /nowhere/x.html"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_starts(
    words: tuple[str, ...], why: str
) -> None:
    """In one line, and as bad input."""
    with pytest.raises((UsageError, click.BadParameter)) as error:
        drill.main(list(words), standalone_mode=False)
    assert why in str(error.value)
    assert "\n" not in str(error.value)
