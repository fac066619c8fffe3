"""The middleware: `Connection: close` while draining, and nothing else, ever."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor import wsgi
from supervisor.runtime.drainflag import DrainFlag

Headers = list[tuple[str, str]]


@pytest.fixture
def flag(monkeypatch: pytest.MonkeyPatch) -> Iterator[DrainFlag]:
    """The keeper's end of the flag, its descriptor in the environment."""
    fd = os.memfd_create("gracekeeper-drain")
    os.ftruncate(fd, 1)
    monkeypatch.setenv(wsgi.VARIABLE, str(fd))
    yield DrainFlag(fd)
    os.close(fd)


class Body:
    """What an application returns: iterable, and to be closed."""

    closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"ok"

    def close(self) -> None:
        self.closed = True


def answer(application: Any) -> tuple[str, Headers, tuple[Any, ...]]:
    """Call an application as a server does."""
    seen: list[tuple[str, Headers, tuple[Any, ...]]] = []

    def start_response(status: str, headers: Headers, *exc_info: Any) -> Any:
        seen.append((status, headers, exc_info))
        return seen.append

    assert list(application({"PATH_INFO": "/"}, start_response)) == [b"ok"]
    return seen[-1]


def app(*headers: tuple[str, str], body: Any = (b"ok",), error: bool = False) -> Any:
    def plain(_environ: Any, start_response: Any) -> Any:
        more = ((ValueError, ValueError("x"), None),) if error else ()
        assert callable(start_response("200 OK", list(headers), *more))
        return body

    return plain


def test_the_flag_is_raised(flag: DrainFlag) -> None:
    """From the moment on, without a restart of the app."""
    wrapped = wsgi.close_while_draining(app(("X", "1")))
    assert answer(wrapped)[1] == [("X", "1")]
    flag.raise_()
    assert answer(wrapped)[1] == [("X", "1"), ("Connection", "close")]


@pytest.mark.parametrize("name", ["Connection", "connection", "CONNECTION"])
def test_the_apps_own_header_is_replaced(name: str) -> None:
    """Names of headers have no case; two that disagree would be worse than none."""
    wrapped = wsgi.close_while_draining(app((name, "keep-alive"), ("X", "1")), lambda: True)
    assert answer(wrapped)[1] == [("X", "1"), ("Connection", "close")]


def test_while_it_serves_nothing_changes() -> None:
    """Not even the list of headers."""
    kept = [("connection", "keep-alive")]
    assert answer(wsgi.close_while_draining(app(*kept), lambda: False))[1] == kept


def test_errors_are_passed_on() -> None:
    """exc_info belongs to the server (PEP 3333)."""
    _status, headers, more = answer(wsgi.close_while_draining(app(error=True), lambda: True))
    assert headers == [("Connection", "close")]
    assert more[0][0] is ValueError


def test_the_body_is_the_apps_own() -> None:
    """The server closes it, so it must not be wrapped."""
    body = Body()
    wrapped = wsgi.close_while_draining(app(body=body), lambda: True)
    assert wrapped({}, lambda *_: print) is body


@pytest.mark.parametrize("value", [None, "", "x", "-1", "9999"])
def test_no_flag(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without gracekeeper around it, in any server, it changes nothing."""
    monkeypatch.delenv(wsgi.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(wsgi.VARIABLE, value)
    assert wsgi.drain_flag()() is False


def test_another_files_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was started by the app has the variable, and something else at the number."""
    with Path(sys.executable).open("rb") as file:  # begins with a byte that is not zero
        monkeypatch.setenv(wsgi.VARIABLE, str(file.fileno()))
        assert wsgi.drain_flag()() is False


@pytest.mark.process
def test_importing_it_costs_nothing() -> None:
    """The app gets the module and the package, and not one module of ours more."""
    code = "import sys, supervisor.wsgi; print(*(m for m in sys.modules if m.startswith('superv')))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert set(run.stdout.split()) == {"supervisor", "supervisor.wsgi"}


@pytest.mark.process
def test_a_child_sees_the_same_page(flag: DrainFlag) -> None:
    """The page is shared: raised here, seen in a process that was started before."""
    code = (
        "import sys, supervisor.wsgi as w; f = w.drain_flag(); print(f(), flush=True);"
        " sys.stdin.readline(); print(f())"
    )
    fd = int(os.environ[wsgi.VARIABLE])
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(fd,),
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == "False\n"
        flag.raise_()
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "True\n"
