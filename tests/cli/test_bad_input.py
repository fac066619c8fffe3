"""Bad input through the real command: one clear line, the right code, and nothing left behind."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import gracekeeper, run

pytestmark = pytest.mark.process

INI = "[uwsgi]\nmaster = true\nhttp-socket = 127.0.0.1:{port}\n"
TRUE = ("--", "true")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a good ini, and what a run would make if it went on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "app.ini").write_text(INI.format(port=port))
    (tmp_path / "no-master.ini").write_text("[uwsgi]\nhttp-socket = 127.0.0.1:1\n")
    (tmp_path / "app.sh").write_text("#!/bin/sh\n")
    yield tmp_path
    assert not (tmp_path / "control.sock").exists()
    assert not (tmp_path / "app.sock").exists()


def uwsgi(*lines: str) -> tuple[str, ...]:
    """A command that reads `bad.ini`, whose third line and on are these."""
    return ("--", "uwsgi", "--ini", "bad.ini", *lines)


def refused(
    folder: Path,
    *arguments: str,
    code: int = 2,
    environment: dict[str, str] | None = None,
) -> str:
    """Run what can't work; return what is said about it."""
    done = gracekeeper(folder, "run", *arguments, environment=environment)
    assert done.code == code, done
    assert done.out == "", "nothing was started, so nothing was logged"
    assert done.err.startswith("gracekeeper: cannot ")
    assert done.err.count("\n") == 1, done.err
    return done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "cannot run nothing: there is no command"),
        (("--",), "cannot run nothing"),
        (("--grcae", "5", *TRUE), "cannot understand --grcae: there is no such option"),
        (("--grace", "abc", *TRUE), "cannot use --grace: 'abc' is no duration: write 10, 10s"),
        (("--grace", "nan", *TRUE), "cannot use --grace: 'nan' is no duration"),
        (("--grace", "inf", *TRUE), "cannot use --grace: 'inf' is no duration"),
        (("--grace", "0", *TRUE), "cannot stop within a grace of 0 s"),
        (("--grace", "-1", *TRUE), "cannot use --grace: '-1' is no duration"),
        (("--grace", "5", "--drain-delay", "4.5", *TRUE), "Give more grace than 5.5 s"),
        (("--rewrite", "TERM", *TRUE), "cannot rewrite 'TERM' (--rewrite): there is no colon"),
        (("--rewrite", "KILL:TERM", *TRUE), "cannot wait for KILL (--rewrite)"),
        (("--stop-signals", "FOO", *TRUE), "cannot read 'FOO' as a signal (--stop-signals)"),
        (("--success-codes", "0,256", *TRUE), "cannot read '256' as an exit code"),
        (("--parent-death", "x", *TRUE), "cannot read 'x' as a signal (--parent-death)"),
        (("--group", "--", "uwsgi", "--ini", "x"), "cannot rewrite signals for uwsgi, nor send"),
        (("--late", "never", *TRUE), "cannot use --late: 'never' is not one of"),
        (("--health", "8081", *TRUE), "cannot listen on '8081' (--health): there is no port"),
        (("--health", "no.such.invalid:1", *TRUE), "'no.such.invalid': "),
        (("--health", "[zz::]:1", *TRUE), "(--health): "),
        (("--health", "192.0.2.1:8081", *TRUE), "Choose an address of this machine"),
        (("--control", "/no/where/c.sock", *TRUE), "its directory does not exist. Make the"),
        (("--control", f"/tmp/{'x' * 108}", *TRUE), "a socket's path has room for 107 bytes"),
        (("--control", "app.ini", *TRUE), "there is another kind of file"),
        (("--report", "no/where.json", *TRUE), "cannot write a report to no/where.json (--report)"),
        (("--report", ".", *TRUE), "(--report): it is a directory"),
        (("--listen", ":8000", *TRUE), "cannot hand a listener to true (--listen)"),
        (("--listen", "gopher=:8000", "--", "uwsgi", "-M"), "protocol 'gopher' (--listen)"),
        (("--", "uwsgi", "--ini", "gone.ini"), "cannot read gone.ini (command line): No such file"),
        (("--", "uwsgi", "--ini", "."), "cannot read . (command line): it is a directory"),
        (("--", "uwsgi", "--ini", "no-master.ini"), "without a master process"),
    ],
    ids=str,
)
def test_refused(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    """Exit 2, one line, nothing started."""
    assert told in refused(folder, *arguments)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("http-socket = :x", "cannot listen on ':x' (bad.ini:4): 'x' is not a port"),
        ("listen = abc", "cannot listen with a queue of 'abc' (bad.ini:4)"),
        ("master-fifo = .", "cannot use FIFO . (bad.ini:4): there is a directory"),
        ("master-fifo = app.ini", "(bad.ini:4): there is a file that is no FIFO"),
        ("master-fifo = no/where", "(bad.ini:4): no is no directory"),
        ("http-socket = no.such.invalid:1", "(bad.ini:4): 'no.such.invalid': "),
        ("socket = no/app.sock", "(bad.ini:4): its directory does not exist"),
        ("http-socket = 192.0.2.1:8000", "(bad.ini:4): Cannot assign requested address"),
        ("include = gone.ini", "cannot read gone.ini (bad.ini:4): No such file"),
    ],
)
def test_a_bad_line(folder: Path, line: str, told: str) -> None:
    """File and line are named; the doors that were bound before it are gone again."""
    (folder / "bad.ini").write_text(f"[uwsgi]\nmaster = true\nsocket = {folder}/app.sock\n{line}\n")
    assert told in refused(folder, *uwsgi())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GRACEKEEPER_GRACE", "abc", "cannot use $GRACEKEEPER_GRACE: 'abc' is no duration"),
        ("GRACEKEEPER_LATE", "x", "cannot use $GRACEKEEPER_LATE: 'x' is not one of"),
        ("GRACEKEEPER_HURRY", "x", "cannot use $GRACEKEEPER_HURRY: 'x' is not a valid boolean"),
        ("GRACEKEEPER_LISTEN", ":x", "cannot listen on ':x' (--listen)"),
        ("UWSGI_LISTEN", "abc", "cannot listen with a queue of 'abc' ($UWSGI_LISTEN)"),
        ("UWSGI_HTTP", ":99999", "cannot listen on ':99999' ($UWSGI_HTTP)"),
    ],
)
def test_a_bad_variable(folder: Path, name: str, value: str, told: str) -> None:
    """The variable is named, as nobody remembers that it is set."""
    (folder / "bad.ini").write_text("[uwsgi]\nmaster = true\nhttp = :1\n")
    assert told in refused(folder, *uwsgi(), environment={name: value})


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("no-such-command", 127, "there is no such command. Check the name and PATH"),
        ("./gone", 127, "there is no such command"),
        ("./app.sh", 126, "./app.sh can't be executed. Check its mode"),
        ("/", 126, "/ can't be executed"),
    ],
)
def test_a_command_that_cannot_run(folder: Path, command: str, code: int, told: str) -> None:
    """The shell's codes for it."""
    (folder / "app.sh").chmod(0o644)
    assert told in refused(folder, "--", command, code=code)


def test_a_script_that_the_kernel_cannot_run(folder: Path) -> None:
    """What only the exec finds out is told in the report, with the same code."""
    (folder / "app.sh").write_text("#!/no/such/interpreter\n")
    (folder / "app.sh").chmod(0o755)
    done = gracekeeper(folder, "run", "--", "./app.sh")
    assert done.code in (126, 127)
    assert done.events[-1]["service"]["why"].startswith("cannot run ")


def test_an_address_in_use(folder: Path) -> None:
    """Whoever has it, shared or not: two owners of one port would lose requests."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        address = f"127.0.0.1:{other.getsockname()[1]}"
        for option in ("http-socket", "http", "socket"):
            ini = f"[uwsgi]\nmaster = true\n{option} = {address}\n"
            (folder / "bad.ini").write_text(ini)
            assert f"cannot listen on {address} (bad.ini:3): it is in use" in refused(
                folder, *uwsgi()
            )
        assert "(--health): it is in use" in refused(folder, "--health", address, *TRUE)
        assert "(--listen): it is in use" in refused(
            folder, "--listen", address, "--", "uwsgi", "-M"
        )


def test_a_unix_socket_in_use(folder: Path) -> None:
    """A live one is not taken from its owner; a dead one is replaced."""
    path = folder / "live.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen(1)
        assert "it is in use" in refused(folder, "--control", str(path), *TRUE)
    done = gracekeeper(folder, "run", "--control", str(path), *TRUE)
    assert done.code == 0, done
    assert not path.exists()


def test_a_user_that_does_not_exist(folder: Path) -> None:
    """As root it can't work; as anybody else uWSGI would not even try, so it is a warning."""
    (folder / "bad.ini").write_text(
        "[uwsgi]\nmaster = true\nuid = nobody-knows\nhttp-socket = 127.0.0.1:1\n"
    )
    if os.getuid() == 0:
        assert "as user 'nobody-knows' (bad.ini:3): there is no such user" in refused(
            folder, *uwsgi()
        )


def test_a_low_port(folder: Path) -> None:
    """Without the privilege for it the reason is given, and what to do."""
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii"))
    if os.getuid() == 0 or first < 2:
        pytest.skip("here every port may be bound")
    assert "Low ports need a privilege" in refused(folder, "--health", "127.0.0.1:1", *TRUE)


def test_a_warning_for_a_variable_that_means_nothing(folder: Path) -> None:
    """A typing error in a name would else go unnoticed until the first stop."""
    done = gracekeeper(folder, "run", *TRUE, environment={"GRACEKEEPER_GRACE_S": "30"})
    assert done.code == 0
    assert [e["why"] for e in done.events if e["event"] == "warning"] == [
        "GRACEKEEPER_GRACE_S means nothing to gracekeeper"
    ]


def test_an_internal_error_is_one_line(folder: Path) -> None:
    """No traceback reaches a user who did not ask for one."""
    broken = "import supervisor.front.prepare as p; p.find = lambda _: 1/0\n"
    code = f"{broken}from supervisor.__main__ import main; main(['run', '--', 'true'])"
    done = run(folder, sys.executable, "-c", code)
    assert (done.code, done.out) == (70, "")
    assert done.err == (
        "gracekeeper: cannot go on: internal error, ZeroDivisionError: division by zero."
        " GRACEKEEPER_DEBUG=1 shows where.\n"
    )
    done = run(folder, sys.executable, "-c", code, environment={"GRACEKEEPER_DEBUG": "1"})
    assert "Traceback" in done.err
    assert done.code == 1
