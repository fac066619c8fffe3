"""Where something answers, and when it is ready."""

from __future__ import annotations

import contextlib
import ssl
from typing import Any

import pytest

from supervisor.drill.sites import addresses, place
from supervisor.drill.sites.command import CommandSite
from supervisor.drill.sites.place import answers, status, wait_for
from supervisor.drill.sites.process import ProcessSite
from supervisor.drill.tls import Trust
from supervisor.errors import GracekeeperError, UsageError
from tests.drill.scripted import OK, TURN_AWAY, Peer, Scripted
from tests.drill.tls import OLD, PEM, https, plain, secure

ID = "a" * 64


def said(*answers_: bytes) -> Any:
    """A script that gives one answer to each connection, the last one for ever."""
    left = list(answers_)

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(left.pop(0) if left[1:] else left[0])

    return script


@pytest.mark.parametrize(
    ("answer", "code", "ready"),
    [
        (OK, 200, True),
        (OK.replace(b"200 OK", b"404 Not Found"), 404, True),
        (OK.replace(b"200 OK", b"500 Oh"), 500, True),
        (TURN_AWAY, 503, False),
        (OK[:-2], None, False),
        (b"SSH-2.0\r\n", None, False),
    ],
)
def test_any_answer_but_not_yet(answer: bytes, code: int | None, ready: bool) -> None:
    with Scripted.tcp(said(answer)) as server:
        assert status(server.url) == code
        assert answers(server.url) is ready
        url = server.url
    assert status(url) is None


def test_https_is_asked_as_it_is_trusted() -> None:
    """A stranger will never be another: that is told at once, and so is whoever has no TLS."""

    def script(peer: Peer) -> None:
        with contextlib.suppress(ssl.SSLError):
            secure(peer).read_head()
            peer.send(OK)

    with Scripted.tcp(script) as server:
        url = https(server.url)
        for trust in (Trust(str(PEM)), Trust(insecure=True)):
            loud = url.replace("https", "HTTPS")
            for one in (url, loud):
                assert status(one, context=place.trusted(one, trust)) == 200
        with pytest.raises(GracekeeperError, match=r"cannot trust https://.*self-signed.*--ca"):
            wait_for(lambda: (url,), "/", lambda: "", context=place.trusted(url, None))
        with pytest.raises(UsageError, match=r"cannot read --ca nowhere.*Name a PEM file"):
            ProcessSite(["x"], url, trust=Trust("nowhere"))
    assert place.trusted("http://127.0.0.1", Trust("nowhere")) is None
    with Scripted.tcp(plain) as server:
        url = https(server.url)
        context = place.trusted(url, Trust(insecure=True))
        with pytest.raises(GracekeeperError, match=r"speaks no TLS. Write http://"):
            CommandSite("true", url, trust=Trust(insecure=True)).up()
    assert status(url, context=context) is None


def test_what_tls_said_is_told() -> None:
    """Of a server with which hands can never be shaken: no answer alone would not say why."""
    context = place.trusted("https://h", Trust(insecure=True))
    assert context is not None
    context.minimum_version = ssl.TLSVersion.TLSv1_3

    def script(peer: Peer) -> None:
        with contextlib.suppress(ssl.SSLError):
            secure(peer, OLD)

    with Scripted.tcp(script) as server:
        told = r"no answer \(TLS: tlsv1 alert protocol version\) from https://"
        with pytest.raises(GracekeeperError, match=told):
            wait_for(lambda: (https(server.url),), "/", lambda: "", 0, context)


def test_it_is_waited_for() -> None:
    with Scripted.tcp(said(TURN_AWAY, TURN_AWAY, OK)) as server:
        bases = iter([(), ("http://127.0.0.1:1", server.url)])
        latest: tuple[str, ...] = ()

        def known() -> tuple[str, ...]:
            nonlocal latest
            latest = next(bases, latest)
            return latest

        assert wait_for(known, "/", lambda: "") == server.url


def test_what_will_never_answer() -> None:
    with pytest.raises(GracekeeperError, match="cannot bring it up: it ended with 3"):
        wait_for(lambda: (), "/", lambda: "it ended with 3", 5)
    told = r"no answer from http://127.0.0.1:1/ready within 0 s"
    with pytest.raises(GracekeeperError, match=told):
        wait_for(lambda: ("http://127.0.0.1:1",), "/ready", lambda: "", 0)
    not_yet = Scripted.tcp(said(TURN_AWAY))
    told = f"nothing but 503 from {not_yet.url}/ within 0 s"
    with not_yet as server, pytest.raises(GracekeeperError, match=told):
        wait_for(lambda: (server.url,), "/", lambda: "", 0)
    with pytest.raises(UsageError, match="Give http://HOST:PORT"):
        place.status("ftp://x")


class Hands:
    """What an engine says of one container."""

    def __init__(self, *, local: bool = True, host: str = "unix:///d.sock", **found: Any) -> None:
        self.engine, self.host, self._local = self, host, local
        self.called = {ID: "app:latest"}.__getitem__
        settings = {"Ports": found.pop("ports", {}), "IPAddress": "172.17.0.2"}
        settings["Networks"] = {"bridge": {"IPAddress": "172.17.0.2"}}
        config = {"ExposedPorts": found.pop("exposed", {})}
        self._found = {"Id": ID, "Name": "/web", "State": {"Pid": 5}, "Config": config}
        self._found |= {"NetworkSettings": settings}
        self._found |= {"HostConfig": {"NetworkMode": found.pop("mode", "bridge")}}

    def inspect(self, name: str) -> dict[str, Any]:
        return self._found

    def same_machine(self, pid: int, name: str) -> bool:
        return self._local


PUBLISHED = {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "53/udp": None}


@pytest.mark.parametrize(
    ("hands", "port", "bases"),
    [
        (
            Hands(ports=PUBLISHED, exposed={"80/tcp": {}}),
            None,
            ("http://172.17.0.2:8000", "http://127.0.0.1:32768"),
        ),
        (Hands(ports=PUBLISHED, local=False), None, ("http://127.0.0.1:32768",)),
        (
            Hands(ports=PUBLISHED, local=False, host="tcp://build:2375"),
            None,
            ("http://build:32768",),
        ),
        (
            Hands(exposed={"9000/tcp": {}, "80/tcp": {}, "53/udp": {}}),
            None,
            ("http://172.17.0.2:80",),
        ),
        (Hands(), 8080, ("http://172.17.0.2:8080",)),
        (
            Hands(local=False, ports={"80/tcp": [{"HostIp": "", "HostPort": "32768"}]}),
            None,
            ("http://127.0.0.1:32768",),
        ),
        (
            Hands(local=False, ports={"80/tcp": [{"HostPort": "32768"}]}),
            None,
            ("http://127.0.0.1:32768",),
        ),
        (
            Hands(
                local=False,
                ports={
                    "80/tcp": [
                        {"HostIp": "0.0.0.0", "HostPort": "32768"},
                        {"HostIp": "::", "HostPort": "32768"},
                        {"HostIp": "10.1.2.3", "HostPort": "32768"},
                    ]
                },
            ),
            None,
            ("http://127.0.0.1:32768", "http://10.1.2.3:32768"),
        ),
        (Hands(ports=None, exposed=None), 80, ("http://172.17.0.2:80",)),
        (Hands(mode="host"), 8080, ("http://127.0.0.1:8080",)),
    ],
)
def test_a_container_itself_comes_before_its_proxy(
    hands: Any, port: int | None, bases: tuple[str, ...]
) -> None:
    assert addresses.bases(hands, ID, port) == bases
    through = [addresses.proxied(hands, ID, base) for base in bases]
    assert through == [":32768" in base for base in bases]


def test_its_own_port_is_not_its_proxy_s_though_both_have_one_number() -> None:
    hands: Any = Hands(ports={"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8000"}]})
    own, published = addresses.bases(hands, ID, None)
    assert (own, published) == ("http://172.17.0.2:8000", "http://127.0.0.1:8000")
    assert not addresses.proxied(hands, ID, own)
    assert addresses.proxied(hands, ID, published)


def test_a_port_that_nobody_named() -> None:
    with pytest.raises(
        UsageError, match=r"where app:latest listens: .* --port 8000, in a test with_exposed_ports"
    ):
        addresses.bases(Hands(), ID, None)  # type: ignore[arg-type]


def test_a_site_is_named_by_its_place_alone() -> None:
    """What else a URL holds would stand in every report; a password is not even repeated."""
    url = "http://127.0.0.1:1/a?token=S"
    command, process = CommandSite("true", url), ProcessSite(["true"], url)
    assert command.name == command.base() == process.base() == "http://127.0.0.1:1"
    assert place.base_of("unix:/run/app.sock:/a") == "unix:/run/app.sock"
    with pytest.raises(UsageError, match=r"with a user: .* Give http") as error:
        CommandSite("true", "http://u:hunter2@127.0.0.1:1/")
    assert "hunter2" not in str(error.value)
    with pytest.raises(UsageError, match="a path alone"):
        ProcessSite(["true"], "/a")
