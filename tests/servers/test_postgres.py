"""What is taken from PostgreSQL's process titles, files and command line."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.core.looks import Look
from supervisor.servers.postgres import commandline, control, pidfile, titles
from supervisor.servers.postgres.titles import Client, client, look, serves

OWN = "postgres\0-D\0/data"
IDLE = "postgres: app shop 10.0.0.7(36394) idle"
OPEN = "postgres: app shop [local] idle in transaction"
BACKGROUND = (
    "postgres: checkpointer ",
    "postgres: main: walwriter ",
    "postgres: autovacuum worker shop",
    "postgres: parallel worker for PID 321 ",
    "postgres: logical replication worker for subscription 16399 ",
    "postgres: walsender copier 10.0.0.9(55012) streaming 0/3000060",
    OWN,
    "",
)


@pytest.mark.parametrize(
    ("title", "read"),
    [
        (IDLE, Client("app shop", "idle")),
        (OPEN, Client("app shop", "idle in transaction")),
        ("postgres: my: x: app shop ::1(5) UPDATE waiting", Client("app shop", "UPDATE waiting")),
        ("postgres: a b c d [local] SELECT", Client("a b c d", "SELECT")),
        ("postgres: [local] x(1) [local] COMMIT", Client("[local] x(1)", "COMMIT")),
        ("postgres: app shop host.example(80) ", Client("app shop", "")),
        *((title, None) for title in BACKGROUND),
    ],
)
def test_a_title(title: str, read: Client | None) -> None:
    """Clients have an address; names may be anything."""
    assert client(title) == read


def test_a_look() -> None:
    """An idle session is owed nothing; who is not let in yet is at the door."""
    entering = "postgres: app shop [local] authentication"
    seen = look([IDLE, OPEN, entering, *BACKGROUND], OWN, ready=True)
    running = ("app shop idle in transaction",)
    assert seen == Look(
        ready=True, half_open=2, serving=1, in_request=1, requests=None, running=running
    )
    assert look([IDLE, *BACKGROUND[:3]], OWN, ready=False) == Look(in_request=0, requests=None)


def test_without_titles_nobody_knows() -> None:
    """With `update_process_title` off a session may be anything, and is waited for."""
    seen = look([IDLE, "postgres: app shop [local] "], OWN, ready=True)
    assert (seen.in_request, seen.serving) == (None, 1)


def test_who_serves() -> None:
    """The writer of the log starts when the server is up."""
    assert serves(BACKGROUND)
    assert not serves(["postgres: checkpointer ", "postgres: startup recovering 00000001", IDLE])


@given(st.text(), st.lists(st.text(max_size=8)))
def test_any_title(title: str, words: list[str]) -> None:
    """Whatever stands there, it is read."""
    look([title, " ".join(["postgres:", *words]), f"postgres: {title}"], title, ready=True)


@pytest.mark.parametrize(
    ("text", "ready"),
    [
        ("7\n/data\n1\n5432\n/tmp\n*\n 1 2\nready   \n", True),
        ("8\n/data\n1\n5432\n/tmp\n*\n 1 2\nready   \n", False),
        ("7\n/data\n1\n5432\n/tmp\n*\n 1 2\nstopping\n", False),
        ("7\n/data\n1\n5432\n", False),
        ("", False),
    ],
)
def test_readiness(text: str, ready: bool) -> None:
    """Its own main process, and no one of before."""
    assert pidfile.is_ready(text, 7) is ready


@pytest.mark.parametrize(
    ("number", "state"), [(1, "shut down"), (6, "in production"), (77, "unknown")]
)
def test_a_control_file(number: int, state: str) -> None:
    """The state stands behind the versions; what is short is nothing."""
    data = struct.pack("QIII", 2**63, 1300, 202209061, number)
    assert control.state(data) == state
    assert control.state(data[:19]) == "unknown"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-D /a", (None, "/a", "/a/postgresql.conf")),
        ("-iD/a -p 5433", (None, "/a", "/a/postgresql.conf")),
        ("", (None, "/env", "/env/postgresql.conf")),
        ("-c config_file=/c.conf -c data_directory=/d", ("/d", "/env", "/c.conf")),
        ("--data-directory=/d -D /a", ("/d", "/a", "/a/postgresql.conf")),
    ],
)
def test_where_the_cluster_is(words: str, expected: tuple[str, str, str]) -> None:
    """As postgres reads it."""
    assert commandline.places(words.split(), "/env") == expected


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("data_directory = '/d d'  # here", "/d d"),
        (" data_directory=/d # here", "/d"),
        ("DATA_DIRECTORY '/d'", "/d"),
        ("#data_directory = '/d'\nport = 1", None),
    ],
)
def test_a_configuration(line: str, found: str | None) -> None:
    """The last line counts, with and without quotes."""
    assert commandline.data_directory(line) == found


@pytest.mark.parametrize(
    ("words", "serving"),
    [("", True), ("-D /a", True), ("--version", False), ("-C port", False), ("--single x", False)],
)
def test_what_is_no_server(words: str, serving: bool) -> None:
    """postgres can be asked things, too."""
    assert commandline.serves(words.split()) is serving


def test_the_longest_name_is_cut() -> None:
    """It goes into logs."""
    found = client(f"postgres: {'x' * 999} shop [local] idle")
    assert found is not None
    assert len(found.who) == titles.LONGEST
