"""One service among several: who it is, what it says, and what can be asked of it."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from supervisor.cli.client import connect, exchange
from supervisor.errors import GracekeeperError
from tests.cli.command import gracekeeper
from tests.ports import free_port
from tests.runtime.fleets import NOBODY, fetch, fleet, notify_socket, order, service
from tests.runtime.kept import APP, GRACEKEEPER, Kept

pytestmark = pytest.mark.process
STATUS_SCHEMA = json.loads(Path("supervisor/cli/status.schema.json").read_text(encoding="utf-8"))


def test_health_is_everybodys(tmp_path: Path) -> None:
    """Ready when all are, each with metrics of its own; asked to stop, it is over at once."""
    port = free_port()
    services = (
        service("db", ready='{ file = "db.here" }'),
        service("app", after='{ db = "started" }'),
        service("cron", essential="false", ready='{ file = "never" }'),
    )
    top = f'health = "127.0.0.1:{port}"\ndrain_delay = 1'
    with fleet(tmp_path, *services, top=top) as kept:
        kept.wait_for("ready", service="app")
        assert fetch(port, "/readyz") == (503, "starting\n")
        (tmp_path / "db.here").touch()
        kept.wait_for("ready", service="db")
        assert fetch(port, "/readyz") == (200, "serving\n")
        metrics = fetch(port, "/metrics")[1]
        assert 'gracekeeper_ready{service="app"} 1' in metrics
        assert 'gracekeeper_phase{service="cron",phase="starting"} 1' in metrics
        names = [one["name"] for one in json.loads(fetch(port, "/status")[1])["services"]]
        assert names == ["db", "app", "cron"]
        kept.ask()
        kept.wait_for("signal")
        assert fetch(port, "/readyz") == (503, "stopping\n")
        assert "stopping" not in {event["event"] for event in kept.events}
        assert kept.end() == 143
    assert order(kept, "stopping")[0] in ("app", "cron")
    assert order(kept, "stopping")[2:] == ["db"]
    assert kept.report["phases"][0] == {"name": "delaying", "start": 0.0, "end": 1.0}


def test_who_is_never_ready_is_given_up(tmp_path: Path) -> None:
    """With timeout(1)'s code; what a stranger says to its notify socket is not heard."""
    keys = {"ready": "{ notify = true }", "start_timeout": "1.2"}
    late = service("app", command='["sleep", "1000"]', **keys)
    with fleet(tmp_path, late) as kept:
        pid = kept.wait_for("spawned", service="app")["pid"]
        told = kept.wait_until(lambda: notify_socket(pid), "NOTIFY_SOCKET")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"READY=1", told)
        assert kept.end() == 124, kept.text
    assert "app was not ready in time" in kept.report["verdict"]
    assert "ready" not in {event["event"] for event in kept.events}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_user_folder_environment_and_secret(tmp_path: Path) -> None:
    """What it is and where; the secret is in its environment alone."""
    (tmp_path / "pw").write_text("swordfish\n")
    shell = (
        "grep SigIgn /proc/self/status; echo opened > /dev/stdout;"
        'echo one is up $$PWD $$(id -u) $$(id -g) "$$HUSH"; exec sleep 1000'
    )
    one = service(
        "one",
        command=json.dumps(["sh", "-c", shell]),
        user='"65534:65534"',
        cwd='"/tmp"',
        environment='{ HUSH_FILE = "pw" }',
    )
    with fleet(tmp_path, one, service("two", cwd='"/"')) as kept:
        assert kept.wait_for_line("one is up") == (
            f"one | one is up /tmp {NOBODY} {NOBODY} swordfish"
        )
        kept.wait_for_line("two is up / 0 0")
        kept.wait_for_line("one | opened")  # the pipe is its own
        ignored = int(kept.wait_for_line("SigIgn").split()[-1], 16)
        assert not ignored & (1 << 12 | 1 << 24)  # PIPE and XFSZ, which Python ignores
        assert b"swordfish" not in Path(f"/proc/{kept.pid}/environ").read_bytes()
        kept.ask()
        assert kept.end() == 143
    assert kept.text.count("swordfish") == 1


def test_alone_it_has_our_stdout(tmp_path: Path) -> None:
    """And PID 1 is not in its way; a task's lines have its name all the same."""
    task = service("init", command='["echo", "hello"]', task="true")
    app = service("app", after='["init"]')
    with fleet(tmp_path, task, app) as kept:
        kept.wait_for_line("app is up")
        pid = kept.wait_for("spawned", service="app")["pid"]
        assert Path(f"/proc/{pid}/fd/1").readlink() == Path(f"/proc/{kept.pid}/fd/1").readlink()
        kept.ask()
        kept.end()
    assert "init | hello" in kept.lines
    assert any(line.startswith("app is up") for line in kept.lines)


def test_two_who_write_at_once_tear_no_line(tmp_path: Path) -> None:
    """Far more than a pipe holds, from both, as JSON from one of them."""
    shout = 'import os\nfor n in range(3000): os.write(1, b"%d %s\\n" % (n, b"x" * 80))'
    command = json.dumps([sys.executable, "-S", "-c", shout])
    services = [service(name, command=command, task="true") for name in ("one", "two")]
    services[1] += 'log = "json"\n'
    with fleet(tmp_path, *services) as kept:
        assert kept.end() == 0, kept.text[-2000:]
    x = "x" * 80
    ones = [line for line in kept.lines if line.startswith("one | ")]
    twos = [json.loads(line) for line in kept.lines if line.startswith('{"service":"two"')]
    assert ones == [f"one | {n} {x}" for n in range(3000)]
    assert [two["line"] for two in twos] == [f"{n} {x}" for n in range(3000)]
    assert {two["stream"] for two in twos} == {"stdout"}


def test_two_hundred_in_a_row(tmp_path: Path) -> None:
    """Started and stopped one after the other."""
    row = [
        service(f"s{n}", command='["sleep", "1000"]', **({"after": f'["s{n - 1}"]'} if n else {}))
        for n in range(200)
    ]
    names = [f"s{n}" for n in range(200)]
    with fleet(tmp_path, *row) as kept:
        kept.wait_for("ready", service="s199")
        kept.ask()
        assert kept.end() == 143
    assert order(kept, "spawned") == names
    assert order(kept, "stopping") == names[::-1]
    assert kept.report["seconds"] < 10


def test_uwsgi_among_others_is_restarted_and_recycled(tmp_path: Path) -> None:
    """By hand, as when it is alone; who can't be says why."""
    port = free_port()
    command = ["uwsgi", "--master", "--processes", "2", "--wsgi-file", str(APP)]
    app = service("app", command=json.dumps(command), listen=f'"127.0.0.1:{port}"')
    with fleet(tmp_path, app, service("cron")) as kept:
        kept.wait_for("ready", service="app")
        done = gracekeeper(tmp_path, "restart")
        assert "generation 2 serves, alone" in done.err, done.err
        done = gracekeeper(tmp_path, "recycle", "app")
        assert "worker 1: " in done.err, done.err
        done = gracekeeper(tmp_path, "restart", "cron")
        assert "cannot restart: no listener of ours" in done.err
        names: tuple[Any, ...] = (5, [], {})
        for name in names:
            with closing(connect(kept.control)) as client, pytest.raises(GracekeeperError):
                exchange(client, do="restart", service=name)
        with closing(connect(kept.control)) as client, pytest.raises(GracekeeperError, match="one"):
            exchange(client, do="stop", service="app")
        done = gracekeeper(tmp_path, "restart", "nobody")
        told = "gracekeeper: cannot restart service 'nobody': there is none. There is app, cron.\n"
        assert (done.code, done.err) == (2, told)
        assert [gracekeeper(tmp_path, one, "nobody").code for one in ("status", "recycle")] == [
            2,
            2,
        ]
        shown = gracekeeper(tmp_path, "status").out
        assert "app      serving, generation 2" in shown
        for name in ((), ("app",), ("cron",)):
            told = json.loads(gracekeeper(tmp_path, "status", *name, "--json").out)
            Draft202012Validator(STATUS_SCHEMA).validate(told)
        kept.ask()
        assert kept.end() == 143
    assert "no request was lost by app" in kept.report["verdict"]


def test_bad_input_starts_nothing(tmp_path: Path) -> None:
    """What only this machine can tell is told with the file's line, too."""
    for text, why in (
        (service("app", command='["nowhere"]'), "gracekeeper.toml:2: cannot run nowhere"),
        (service("app", user='"nobody-at-all"'), "there is no user 'nobody-at-all'"),
        (service("app", cwd='"/nowhere"'), "cannot run app in /nowhere: No such file"),
        (service("app", after='["x"]'), "x"),
    ):
        with fleet(tmp_path, text) as kept:
            assert kept.end() in (2, 127), kept.text
        assert why in kept.text
        assert "spawned" not in kept.text
    with fleet(tmp_path, service("app"), GRACEKEEPER_GRACE="often") as kept:
        assert kept.end() == 2
    few = shlex.join([*GRACEKEEPER, "--config", "gracekeeper.toml"])
    with Kept(tmp_path, "sh", "-c", f"ulimit -n 28; exec {few}") as kept:
        assert kept.end() == 2, kept.text
        assert "cannot keep 1 services with 28 open files" in kept.text
