"""Where a load goes: a URL, or a path that is told later where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervisor.drill.load import Driver, Load, Request
from supervisor.drill.target import Target, split
from tests.drill.scripted import DEADLINE_S, OK, Peer, Scripted

if TYPE_CHECKING:
    from pathlib import Path


def answer(peer: Peer) -> None:
    peer.read_head()
    peer.send(OK)


@pytest.mark.parametrize(
    "url, why",
    [
        ("ftp://127.0.0.1/", r"cannot use 'ftp://127.0.0.1/': expected http\(s\)://"),
        ("127.0.0.1:80", "cannot use '127.0.0.1:80'"),
        ("unix:", "no socket path"),
        ("http://:80/", "no host"),
        ("http://127.0.0.1:http/", "cannot use 'http://127.0.0.1:http/'"),
        ("http://nowhere.invalid/", "cannot find the host 'nowhere.invalid'"),
    ],
)
def test_a_url_that_cannot_be_used(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Load(url)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_url_with_a_user_is_refused_and_not_repeated(scheme: str) -> None:
    with pytest.raises(
        ValueError, match=r"of h with a user: .* Leave out .* before the @"
    ) as error:
        split(f"{scheme}://joe:hunter2@h:80/?token=S")
    assert "hunter2" not in str(error.value)
    assert "joe" not in str(error.value)
    assert split("http://h/~joe@work?mail=a@b") == ("http://h", "/~joe@work?mail=a@b")


@pytest.mark.parametrize(
    "url, port, certified",
    [
        ("http://127.0.0.1", 80, ""),
        ("https://127.0.0.1/x", 443, "127.0.0.1"),
        ("https://localhost:8443", 8443, "localhost"),
        ("https://[::1]:8443", 8443, "::1"),
    ],
)
def test_a_scheme_says_which_port_and_whether_there_is_tls(
    url: str, port: int, certified: str
) -> None:
    target = Target.parse(url)
    assert (target.address[1], target.certified) == (port, certified)
    assert split(url)[0].startswith(url.partition(":")[0] + "://")


def test_a_path_is_a_load_that_says_later_where() -> None:
    load = Load("/slow?s=1", clients=3, requests=(Request("/a"), Request("/b")))
    with pytest.raises(ValueError, match=r"cannot drive '/slow\?s=1': a path alone"):
        Driver(load)
    aimed = load.at("http://127.0.0.1:8000/left/aside")
    assert aimed == Load("http://127.0.0.1:8000/slow?s=1", clients=3, requests=load.requests)
    assert Load("/x").at("http://127.0.0.1").requests == (Request("/x"),)
    assert load.at("unix:/run/app.sock").url == "unix:/run/app.sock:/slow?s=1"
    assert aimed.at("http://127.0.0.1:9").url == "http://127.0.0.1:9/slow?s=1"
    with pytest.raises(ValueError, match="the base is a path"):
        load.at("/elsewhere")


def test_a_path_is_driven_where_it_was_aimed(tmp_path: Path) -> None:
    with Scripted.unix(answer, tmp_path / "app.sock") as server:
        load = Load("/slow", clients=2, per_client=1).at(server.url)
        tally = Driver(load).start().join(DEADLINE_S)
    assert [result.path for result in tally.results] == ["/slow"] * 2
    assert tally.answered == 2
