"""nginx' configuration, as it shows it itself: which `listen` means one of our doors."""

from __future__ import annotations

import pytest

from supervisor.address import Address
from supervisor.servers import nginx
from supervisor.servers.program import Listening, Words

ANY = Listening(Address("inet", "", 8080), 7)
LOCAL = Listening(Address("inet", "127.0.0.1", 80), 8)
SIX = Listening(Address("inet6", "::1", 8080), 9)
PATH = Listening(Address("unix", path="/run/a b.sock"), 10)


@pytest.mark.parametrize(
    ("listen", "door"),
    [
        ("listen 8080;", ANY),
        ("server{listen\t*:8080 backlog=511;}", ANY),
        ("# listen 1;\nlisten 0.0.0.0:8080\n  default_server;", ANY),
        ("listen 127.0.0.1;", LOCAL),
        ("listen [0:0::1]:8080;", SIX),
        ("listen 'unix:/run/a b.sock';", PATH),
        ("listen localhost:8080;", ANY),  # only a resolver knows
    ],
)
def test_a_door_that_is_somebody_s(listen: str, door: Listening) -> None:
    """However its address is spelled."""
    assert nginx.objection(f"http {{ server {{ {listen} }} }}", [door]) == ""


@pytest.mark.parametrize(
    "listen",
    [
        "",
        "listen 80;",
        "listen 127.0.0.1:8080;",
        "listen [::]:8080;",
        "# listen 8080;",
        "return 200 'listen 8080;';",
        "listen unix:8080;",
    ],
)
def test_a_door_that_is_nobody_s(listen: str) -> None:
    """What to write is told in nginx' own words."""
    told = nginx.objection(f"server {{ {listen} }}", [ANY])
    assert told.startswith("no `listen` of its configuration names :8080. Write `listen 8080;`, or")
    assert "`listen unix:/run/a b.sock;`" in nginx.objection(listen, [PATH])
    assert "`listen [::1]:8080;`" in nginx.objection(listen, [SIX])


def test_workers_with_listeners_of_their_own() -> None:
    """They would stand beside ours, and get a share of the newcomers."""
    told = nginx.objection("listen 80 reuseport; listen *:8080 reuseport;", [ANY])
    assert told.startswith("`listen 8080 reuseport` makes a listener for each worker")


def test_it_is_told_as_by_an_older_one() -> None:
    """QUIT is its gentle end; a socket's path can't be handed on to a second generation."""
    handed = nginx.hand(Words(()), [ANY, LOCAL], 8.0, 1)
    assert handed.environment == (("NGINX", "7;8;"),)
    assert handed.finishes
    assert handed.no_restart == ""
    assert handed.forward == (1, 10)
    assert [rung.signal for rung in nginx.PROGRAM.ladder] == [3, 9]
    assert "by the name" in nginx.hand(Words(()), [PATH], 8.0, 1).no_restart
