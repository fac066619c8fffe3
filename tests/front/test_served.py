"""Preparing servers that take our listener: what is bound, what the Plan says, what is refused."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from supervisor.config.plan import Plan
from supervisor.errors import InUseError, UsageError
from supervisor.front import prepare, served, signalmask
from supervisor.front.options import Options
from supervisor.front.recycling import RecycleOptions
from supervisor.front.undo import Undo
from tests.ports import free_port


@contextlib.contextmanager
def prepared(
    command: str, *addresses: str, name: str = "", grace_s: float = 10.0
) -> Iterator[Plan]:
    """A plan for a command, unmade at the end."""
    listen = tuple((name, address) for address in addresses)
    options = Options(tuple(command.split()), listen, grace_s=grace_s, drain_delay_s=2.0)
    with Undo() as made:
        plan = served.prepare(options, "/bin/it", made)
        for fd in plan.pass_fds:
            made.later(partial(os.close, fd))
        yield plan


def test_the_plan_of_a_server_that_takes_a_descriptor() -> None:
    """Bound, patient with silent clients, without delay for small answers; ours before theirs."""
    port = free_port()
    with prepared("python -m uvicorn --workers 2 app:app", f"127.0.0.1:{port}") as plan:
        (door,) = plan.doors
        assert door.fd is not None
        assert plan.argv == (
            *("python", "-m", "uvicorn", "--fd", str(door.fd)),
            # a restart leaves it 60 s, of which we keep one, and it one for its own end
            *("--timeout-graceful-shutdown", "58", "--workers", "2", "app:app"),
        )
        assert plan.executable == "/bin/it"
        assert set(plan.pass_fds) == {door.fd, plan.drain_fd}
        assert dict(plan.environment)["GRACEKEEPER_DRAIN_FD"] == str(plan.drain_fd)
        assert (plan.server, plan.probe, plan.policy.looks) == ("uvicorn", "accept", True)
        assert plan.policy.finishes
        assert plan.no_restart == ""
        assert plan.policy.forward == (21, 22)  # SIGHUP restarts it, as a generation
        assert [rung.signal for rung in plan.policy.ladder] == [15, 9]
        with socket.socket(fileno=os.dup(door.fd)) as listener:
            assert listener.getsockname() == ("127.0.0.1", port)
            for option in (socket.TCP_NODELAY, socket.TCP_DEFER_ACCEPT):
                assert listener.getsockopt(socket.IPPROTO_TCP, option)


def test_the_plan_of_a_server_that_binds(tmp_path: Path) -> None:
    """Nothing is bound, but it is made sure that it can be; we join it at the stop."""
    port = free_port()
    with prepared("granian app:app", f"127.0.0.1:{port}") as plan:
        assert plan.doors[0].fd is None
        assert plan.argv == ("granian", "--host", "127.0.0.1", "--port", str(port), "app:app")
        assert plan.pass_fds == (plan.drain_fd,)
        assert plan.no_restart.startswith("granian itself listens")
    with prepared("granian app:app", f"{tmp_path}/app.sock") as plan:
        assert not (tmp_path / "app.sock").exists()


def test_a_unix_socket_is_for_everybody_who_may_enter_its_directory(tmp_path: Path) -> None:
    """And gunicorn, which would remove its path, takes us for an older gunicorn."""
    path = tmp_path / "app.sock"
    with prepared("gunicorn app:app", str(path), f"127.0.0.1:{free_port()}") as plan:
        assert path.stat().st_mode & 0o777 == 0o666
        environment = dict(plan.environment)
        assert environment["GUNICORN_PID"] == str(os.getpid())
        assert environment["GUNICORN_FD"] == ",".join(str(door.fd) for door in plan.doors)
    assert not path.exists()


@pytest.mark.parametrize(
    ("command", "addresses", "name", "told"),
    [
        (
            "true",
            (":8000",),
            "",
            "listener to true .*: only uWSGI, gunicorn, uvicorn, hypercorn, g",
        ),
        ("uvicorn a:a", (":8000", ":8001"), "", "cannot hand 2 listeners to uvicorn"),
        ("gunicorn a:a", (":8000", ":8000"), "", "it is named twice"),
        ("gunicorn a:a", (":8000",), "uwsgi", "gunicorn speaks http"),
        ("gunicorn a:a", ("8000",), "", "there is no port"),
        ("gunicorn --reload a:a", (":8000",), "", "with `--reload`"),
    ],
)
def test_what_is_refused(command: str, addresses: tuple[str, ...], name: str, told: str) -> None:
    """Before anything is bound."""
    with pytest.raises(UsageError, match=told), prepared(command, *addresses, name=name):
        pass


@pytest.mark.parametrize("command", ["gunicorn a:a", "granian a:a"])
def test_an_address_that_is_taken(command: str) -> None:
    """Whoever is to bind it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InUseError, match=address), prepared(command, address):
            pass


@pytest.mark.parametrize("listen", [(), (("", ":8000"),)])
def test_workers_that_are_not_known_are_not_recycled(
    listen: tuple[tuple[str, str], ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit that nobody would look at is refused, and not ignored."""
    monkeypatch.setattr(signalmask, "adopt_orphans", lambda **_: True)
    control = str(tmp_path / "control.sock")
    options = Options(("true",), listen, control=control, recycle=RecycleOptions(requests=5))
    with Undo() as made, pytest.raises(UsageError, match="cannot recycle the workers of true"):
        prepare.plan_for(options, made)
