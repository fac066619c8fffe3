"""How uWSGI is started: its doors, and what is added to its command."""

from __future__ import annotations

import pytest

from supervisor.address import Address
from supervisor.errors import UsageError
from supervisor.servers.uwsgi import launch
from supervisor.servers.uwsgi.doors import DoorSpec
from supervisor.servers.uwsgi.launch import Launch
from tests.servers.surroundings import ini, read

SOMAXCONN = 4096


def described(
    *lines: str, listens: tuple[tuple[str, str], ...] = (), master: bool = True
) -> Launch:
    """What is made of an ini; `listens` as from --listen."""
    text = ini(*(("master = true",) if master else ()), *lines)
    return launch.describe(read("--ini", "app.ini", app=text), listens, SOMAXCONN)


def public(found: Launch) -> list[DoorSpec]:
    """The doors without the private one between router and workers."""
    return [door for door in found.doors if door is not launch.PRIVATE]


SHARED = "shared"


def told(found: Launch) -> list[tuple[str, str, str, bool | str]]:
    """Address, option, protocol, whether we bind and whether uWSGI does too: every public door."""
    return [
        (str(d.address), d.option, d.protocol, SHARED if d.shared else d.ours)
        for d in public(found)
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("http = :8000", (":8000", "http", "http", SHARED)),
        ("http = localhost:8000", ("localhost:8000", "http", "http", False)),
        ("https = :8443,crt,key", (":8443", "https", "tls", False)),
        ("http-to-https = :80", (":80", "http-to-https", "http", False)),
        ("http-socket = :8000", (":8000", "http-socket", "http", True)),
        ("http-socket = 127.0.0.1:8000", ("127.0.0.1:8000", "http-socket", "http", True)),
        ("http-socket = [::1]:8000", ("[::1]:8000", "http-socket", "http", True)),
        ("http-socket = [::]:8000", ("[::]:8000", "http-socket", "http", True)),
        ("socket = :3031", (":3031", "socket", "uwsgi", True)),
        ("uwsgi-socket = :3031", (":3031", "uwsgi-socket", "uwsgi", True)),
        ("socket = /run/app.sock", ("/run/app.sock", "socket", "uwsgi", True)),
        # Spelled otherwise than uWSGI itself would: it binds beside ours.
        ("http-socket = 0.0.0.0:8000", ("0.0.0.0:8000", "http-socket", "http", SHARED)),
        ("http-socket = localhost:8000", ("localhost:8000", "http-socket", "http", False)),
        ("http-socket = [0:0::1]:8000", ("[0:0::1]:8000", "http-socket", "http", SHARED)),
        ("http-socket = :08000", (":8000", "http-socket", "http", SHARED)),
        # Its workers crash on the entry that is left unbound.
        ("http11-socket = :8000", (":8000", "http11-socket", "http", False)),
    ],
)  # fmt: skip
def test_one_door(line: str, expected: tuple[str, str, str, bool | str]) -> None:
    """What is spoken there, and who binds."""
    assert told(described(line)) == [expected]


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        (("", ":8000"), (":8000", "http-socket", "http", True)),
        (("http", "127.0.0.1:8000"), ("127.0.0.1:8000", "http-socket", "http", True)),
        (("http-router", ":8000"), (":8000", "http", "http", True)),
        (("uwsgi", ":8000"), (":8000", "socket", "uwsgi", True)),
        (("", "/run/a.sock"), ("/run/a.sock", "socket", "uwsgi", True)),
        (("http", "/run/a.sock"), ("/run/a.sock", "http-socket", "http", True)),
        (("", "[::1]:8000"), ("[::1]:8000", "http-socket", "http", True)),
        (("", "localhost:8000"), ("localhost:8000", "http-socket", "http", True)),
    ],
)
def test_listen(listen: tuple[str, str], expected: tuple[str, str, str, bool]) -> None:
    """An ini without any address is served where --listen says, and always by our listener."""
    assert told(described(listens=(listen,))) == [expected]


def test_the_classic_ini() -> None:
    """The one of start_server.sh: a router that shares its port with ours, a socket behind it."""
    found = described(
        "uid = uwsgi", "chdir = /opt/code", "wsgi-file = wsgi.py", "pidfile = /tmp/uwsgi.pid",
        "http = :8000", "vacuum = True", "processes = 1", "master-fifo = /tmp/uwsgi-fifo",
    )  # fmt: skip
    assert found.doors == (
        launch.PRIVATE,
        DoorSpec(
            Address("inet", "", 8000), "http", "http", ours=True, shared=True, where="app.ini:7"
        ),
    )
    assert (found.fifo, found.fifo_where) == ("/tmp/uwsgi-fifo", "app.ini:10")
    assert (found.uid, found.user, found.gid) == ("uwsgi", "app.ini:3", None)
    assert found.options == ("--listen", "1024", "--reuse-port", "--need-app")
    assert (found.router, found.stats, found.max_fd_set) == (True, None, False)


def test_a_router_and_sockets_beside_it() -> None:
    """The router gets a private socket, so that the configured ones are doors like others."""
    found = described("http = :8000", "socket = :3031", "socket = /run/a.sock")
    assert found.doors[0] is launch.PRIVATE
    assert [door.backend for door in public(found)] == [False, False, False]


@pytest.mark.parametrize("own", ["http-to = :3031", "http-use-socket = 0", "map-socket = 0:1"])
def test_a_router_that_was_told_where_to_go(own: str) -> None:
    """Then what is behind it is behind it, and never shut before it."""
    found = described("http = :8000", "socket = :3031", own)
    assert [(d.option, d.backend) for d in found.doors] == [("http", False), ("socket", True)]


def test_sockets_of_the_environment_keep_their_numbers() -> None:
    """They come before anything on the command line, so the router would meet them first."""
    settings = read(
        "--ini", "app.ini", app=ini("master", "http = :80"), environment={"UWSGI_SOCKET": ":1"}
    )
    found = launch.describe(settings, (), SOMAXCONN)
    assert [(d.option, d.backend) for d in found.doors] == [("http", False), ("socket", True)]


def test_a_relative_unix_socket() -> None:
    """It lies where chdir leads; uWSGI knows it by the name that was written."""
    (door,) = described("chdir = /srv/app/", "socket = app.sock", "chmod-socket = 660").doors
    assert (door.address.path, door.name, door.ours) == ("/srv/app/app.sock", "app.sock", True)
    assert door.mode == 0o660


@pytest.mark.parametrize(
    ("lines", "mode", "ours"),
    [
        ((), None, True),
        (("chmod-socket",), 0o666, True),
        (("chmod-socket = 1",), 0o666, True),
        (("chmod = 664",), 0o664, True),
        (("chown-socket = www-data",), None, False),
    ],
)
def test_the_file_of_a_unix_socket(lines: tuple[str, ...], mode: int | None, ours: bool) -> None:
    """Its mode is ours to give; its owner is not."""
    (door,) = described("socket = /run/a.sock", *lines).doors
    assert (door.mode, door.ours) == (mode, ours)


@pytest.mark.parametrize(
    ("line", "by_socket", "by_router"),
    [
        ("threads = 2", False, False),
        ("master-as-root = true", True, True),
        ("drop-after-apps = true", True, True),
        ("drop-after-init = true", True, False),
        ("chown-socket = x", True, False),
        ("drop-after-init = false", False, False),
    ],
)
def test_who_owns_what_uwsgi_binds(line: str, by_socket: bool, by_router: bool) -> None:
    """A reuseport group belongs to one user, so it matters when privileges are dropped."""
    (socket,) = described(line, "http-socket = 0.0.0.0:80").doors
    assert socket.as_root is by_socket
    assert public(described(line, "http = :80"))[0].as_root is by_router


def test_the_same_socket_twice() -> None:
    """uWSGI takes it for one; a router would fail."""
    assert len(described("socket = :9000", "socket = :9000").doors) == 1


@pytest.mark.parametrize(("protocol", "spoken"), [("http", "http"), ("uwsgi", "uwsgi")])
def test_a_socket_that_speaks_something_else(protocol: str, spoken: str) -> None:
    """`protocol` says what `socket` means."""
    (door,) = described("socket = :9000", f"protocol = {protocol}").doors
    assert (door.option, door.protocol) == ("socket", spoken)


@pytest.mark.parametrize(
    ("lines", "stats"),
    [
        (("stats = /run/s",), "/run/s"),
        (("chdir = /srv", "stats = s"), "/srv/s"),
        (("stats = s",), "s"),
        (("stats = :9191",), ":9191"),
        (("stats-server = [::1]:9191",), "[::1]:9191"),
        (("stats = @s",), "\0s\0"),
        (("stats = :9191", "stats-http = true"), "http::9191"),
        (("stats = /a", "stats = /b"), "/b"),
        ((), None),
    ],
)
def test_stats(lines: tuple[str, ...], stats: str | None) -> None:
    """Where they are asked for, as the keeper connects to it."""
    assert described("http = :80", *lines).stats == stats


@pytest.mark.parametrize(
    ("lines", "fifo"),
    [
        (("master-fifo = /a", "master-fifo = /b"), "/a"),
        (("chdir = /srv", "chdir2 = /x", "master-fifo = f"), "/srv/f"),
        (("chdir = app", "master-fifo = f"), "app/f"),
    ],
)
def test_the_fifo(lines: tuple[str, ...], fifo: str) -> None:
    """Slot 0 is the first one; it is made after chdir."""
    assert described("http = :80", *lines).fifo == fifo


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        (("http-socket = :80",), ("--listen", "1024")),
        (("http-socket = :80", "listen = 2000"), ("--listen", "2000")),
        (("http-socket = :80", "listen = 5"), ("--listen", "1024")),
        (("http = :80", "reuse-port = true"), ("--listen", "1024")),
        (("http-socket = :80", "module = a"), ("--listen", "1024", "--need-app")),
        (("http-socket = :80", "wsgi = a", "need-app = false"), ("--listen", "1024")),
    ],
)
def test_what_is_added(lines: tuple[str, ...], options: tuple[str, ...]) -> None:
    """No more than is needed, and never against what was said."""
    assert described(*lines).options == options


def test_a_small_kernel_limit() -> None:
    """uWSGI refuses a queue that is longer than the kernel allows."""
    found = launch.describe(read("-M", "--http-socket", ":80"), (), 128)
    assert found.options == ("--listen", "128")


def test_handover() -> None:
    """The option that names the door, and a promise not to close it at a reload."""
    (door,) = described("uwsgi-socket = :3031").doors
    assert launch.handover(door, 7) == ("--uwsgi-socket", "fd://7", "--safe-fd", "7")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), r"cannot find an address to serve on.*--listen HOST:PORT"),
        (("http = :99999",), r"cannot listen on ':99999' \(app.ini:3\): '99999' is not a port"),
        (("http = :0",), r"cannot listen on ':0' \(app.ini:3\)"),
        (("http = ::1:80",), r"\(app.ini:3\): an IPv6 address needs brackets"),
        (("http = *:80",), r"\(app.ini:3\): uWSGI takes `\*` for the first interface"),
        (("socket = fd://3",), r"cannot listen on 'fd://3' \(app.ini:3\)"),
        (("socket = @abstract",), r"\(app.ini:3\): a socket without a path"),
        (("socket =",), r"\(app.ini:3\): a socket without a path"),
        ((f"socket = /{'x' * 107}",), r"\(app.ini:3\): a socket's path has room for 107 bytes"),
        (("fastcgi-socket = :80",), r"cannot guard `fastcgi-socket` \(app.ini:3\)"),
        (("socket = :80", "protocol = scgi"), r"\(app.ini:3\) with protocol 'scgi'"),
        (("http = :80", "http = :80"), r"on :80 \(app.ini:4\): app.ini:3 has it already"),
        (("http-socket = :80", "socket = :80"), r"on :80 \(app.ini:4\): app.ini:3 has it already"),
        (("http = :80", "daemonize = /l"), r"with `daemonize` \(app.ini:4\)"),
        (("http = :80", "emperor = /v"), r"with `emperor` \(app.ini:4\)"),
        (("http = :80", "master = off"), r"without a master process \(app.ini:4\)"),
        (("http = :80", "listen = abc"), r"queue of 'abc' \(app.ini:4\): it is no number"),
        (("http = :80", "listen = 1k"), r"queue of '1k' \(app.ini:4\)"),
        (("http = :80", "listen = 0"), r"queue of '0' \(app.ini:4\)"),
        (("http = :80", "listen = 9999"), r"queue of 9999 \(app.ini:4\): this kernel allows 4096"),
        (("socket = /a", "chmod-socket = rw"), r"chmod-socket 'rw' \(app.ini:4\)"),
        (("socket = /a", "chmod-socket = 0660"), r"chmod-socket '0660' \(app.ini:4\)"),
    ],
)  # fmt: skip
def test_what_cannot_work(lines: tuple[str, ...], message: str) -> None:
    """Each mistake is named with its place before anything starts."""
    with pytest.raises(UsageError, match=message):
        described(*lines)


@pytest.mark.parametrize(
    ("listen", "message"),
    [
        (
            ("gopher", ":80"),
            r"protocol 'gopher' \(--listen\): uWSGI knows http, http-router, uwsgi",
        ),
        (("", ":x"), r"cannot listen on ':x' \(--listen\)"),
        (("", ":8000"), r"on :8000 \(--listen\): app.ini:3 has it already"),
    ],
)
def test_a_listen_that_cannot_work(listen: tuple[str, str], message: str) -> None:
    """The same for --listen."""
    with pytest.raises(UsageError, match=message):
        described("http = :8000", listens=(listen,))


def test_a_master_is_missing() -> None:
    """Nobody could be told to stop; a section that isn't there is named, as it may be why."""
    with pytest.raises(UsageError, match=r"Add `master = true`"):
        described("http = :80", master=False)
    with pytest.raises(UsageError, match=r"There is no section \[uwsgi\] in app.ini"):
        launch.describe(read("--ini", "app.ini", app="[uWSGI]\nmaster\n"), (), SOMAXCONN)
