"""Log lines to every kind of stdout: none may hold PID 1 up, none may be an error."""

from __future__ import annotations

import json
import os
import pty
import socket
from pathlib import Path
from time import monotonic

import pytest

from supervisor.runtime.output import Output, printable


def lines(data: bytes) -> list[str]:
    """The events of what was written."""
    return [json.loads(line)["event"] for line in data.splitlines()]


def fill(fd: int) -> None:
    """Write until there is no room; `fd` stays as blocking as it was."""
    again = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(again, b"." * 4096)
    except BlockingIOError:
        os.close(again)


def test_a_pipe_stays_blocking_for_the_service() -> None:
    """It is shared: only our own end of it is made non-blocking."""
    read, write = os.pipe()
    Output("json", write).event("spawned", pid=1)
    assert os.get_blocking(write)
    assert lines(os.read(read, 4096)) == ["spawned"]
    os.close(read)
    os.close(write)


def test_a_full_pipe_drops_and_counts() -> None:
    """Nobody reads; the line is gone and PID 1 is not held up."""
    read, write = os.pipe()
    output = Output("json", write)
    fill(write)
    begun = monotonic()
    output.event("phase")
    output.line("report", patience_s=0.05)
    assert 0.05 <= monotonic() - begun < 2
    assert output.dropped == 2
    os.read(read, 65536)
    output.event("again")
    assert output.dropped == 2
    os.close(read)
    os.close(write)


def test_a_full_pipe_that_can_not_be_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's: what is shared is written to only when there is room."""

    def refuse(*_: object) -> int:
        raise PermissionError

    read, write = os.pipe()
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        output = Output("json", write)
    output.event("one")
    assert lines(os.read(read, 4096)) == ["one"]
    fill(write)
    output.event("two")
    assert output.dropped == 1
    os.close(read)
    os.close(write)


def test_a_line_that_is_longer_than_a_pipe() -> None:
    """Written in parts while somebody reads; cut when nobody does."""
    read, write = os.pipe()
    output = Output("json", write)
    output.line("x" * 200_000, patience_s=0.05)
    assert output.dropped == 1
    os.close(read)
    os.close(write)


def test_nobody_reads_the_pipe_any_more() -> None:
    """A closed stdout is not an error."""
    read, write = os.pipe()
    os.close(read)
    output = Output("json", write)
    output.event("spawned")
    assert output.dropped == 1
    os.close(write)


def test_a_pipe_that_is_closed_later() -> None:
    """The reader goes while we run."""
    read, write = os.pipe()
    output = Output("json", write)
    os.close(read)
    output.event("spawned")
    assert output.dropped == 1
    os.close(write)


def test_a_file_is_shared_with_the_service(tmp_path: Path) -> None:
    """Its offset, too: nobody overwrites the other."""
    path = tmp_path / "log"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    output = Output("json", fd)
    output.event("one")
    os.write(fd, b'{"event": "the service"}\n')
    output.event("two")
    os.close(fd)
    assert lines(path.read_bytes()) == ["one", "the service", "two"]


def test_a_full_disk() -> None:
    """The line is dropped."""
    fd = os.open("/dev/full", os.O_WRONLY)
    output = Output("json", fd)
    output.event("spawned")
    assert output.dropped == 1
    os.close(fd)


def test_a_socket() -> None:
    """It can't be opened again; with room it is written to, without it not."""
    ours, theirs = socket.socketpair()
    output = Output("json", ours.fileno())
    output.event("one")
    assert lines(theirs.recv(4096)) == ["one"]
    for _ in range(20_000):
        output.event("fill", text="." * 200)
        if output.dropped:
            break
    assert output.dropped == 1
    theirs.close()
    output.event("gone")
    assert output.dropped == 2
    ours.close()


def test_a_terminal() -> None:
    """Written to like a pipe, and not made ours."""
    master, slave = pty.openpty()
    Output("text", slave).event("ready")
    assert b" gracekeeper  ready" in os.read(master, 4096)
    assert os.get_blocking(slave)
    os.close(master)
    os.close(slave)


def test_no_stdout_at_all() -> None:
    """Closed before we came."""
    read, write = os.pipe()
    os.close(read)
    os.close(write)
    output = Output("json", write)
    output.event("spawned")
    assert output.dropped == 1


def test_what_no_encoding_can_hold(tmp_path: Path) -> None:
    """An argument that is not UTF-8 comes as a lone surrogate; a path may hold anything."""
    path = tmp_path / "log"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    for log_format in ("json", "text"):
        Output(log_format, fd).event("spawned", command="\udcff", why="a\nb \x1b[31m")
    os.close(fd)
    first, second = path.read_text().splitlines()
    assert json.loads(first)["command"] == "\udcff"
    assert "\x1b" not in second
    assert "\\x0a" in second


def test_nobody_steers_a_terminal_through_us() -> None:
    """Paths of requests come from clients."""
    assert printable("GET /é \x1b[2J\n\u202e") == "GET /é \\x1b[2J\\x0a\\x202e"
