"""A stack: docker/compose.yaml as a project of its own, brought up, asked and taken down."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any, Self

from benchmarks.entrypoints import ROOT

COMPOSE = ROOT / "docker/compose.yaml"
SERVICES = ("nginx", "app", "db")
GRACEKEEPER = "/opt/venv/bin/gracekeeper"
WITHIN_S = 180.0
LINE_WITHIN_S = 30.0
CUTS = ("upstream prematurely closed", "reset by peer) while reading response header from upstream")
# What stands in the database, by the application's own settings.
ROWS = """
import json, os
from sqlalchemy import text
from sample_app.database import Database, named_by
database = Database(named_by(os.environ))
with database.reading() as session:
    rows = session.execute(text("SELECT id, text FROM thoughts"))
    print(json.dumps([tuple(row) for row in rows]))
database.close()
"""


class StackError(Exception):
    """A command of docker's failed; the message has its last words."""


class Stack:
    """One project of docker compose; leaving the context removes all of it."""

    def __init__(self, project: str, tag: str, folder: Path) -> None:
        """`tag`: of the images; `folder`: for the secret."""
        self.project = project
        self._environment = {
            **os.environ,
            "TAG": tag,
            "SECRETS": str(folder),
            "LISTEN": "127.0.0.1:",  # any port: nobody comes that way
        }
        subprocess.run(("sh", str(ROOT / "docker/make-secrets.sh"), str(folder)), check=True)

    def __enter__(self) -> Self:
        """Nothing is up yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove containers, networks and volumes."""
        self.compose("--profile", "test", "down", "--volumes", "--timeout", "1")

    def compose(self, *words: str) -> str:
        """Run docker compose to its end, and return what it wrote to stdout; StackError."""
        return self._run("docker", "compose", "-p", self.project, "-f", str(COMPOSE), *words)

    def up(self, *words: str) -> None:
        """Start everything, and wait until all of it is healthy."""
        self.compose("up", "--detach", "--wait", "--no-build", *words)

    def inside(self, service: str, *command: str) -> str:
        """Run a command in a service's container."""
        return self.compose("exec", "-T", service, *command)

    def container(self, service: str) -> str:
        """The id of a service's container, running or not."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def state(self, service: str) -> dict[str, Any]:
        """What the engine tells of a service's container: ExitCode, FinishedAt, ..."""
        shown = self._run("docker", "inspect", "-f", "{{json .State}}", self.container(service))
        state: dict[str, Any] = json.loads(shown)
        return state

    def wait_for_line(self, service: str, part: str) -> None:
        """Return when a service logs, from now on, a line with this in it; StackError if none."""
        words = ("docker", "logs", "--follow", "--tail", "0", self.container(service))
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout
            killer = threading.Timer(LINE_WITHIN_S, process.kill)
            killer.start()
            found = any(part in line for line in process.stdout)
            killer.cancel()
            process.kill()
        if not found:
            raise StackError(f"no line of {service} has {part!r} within {LINE_WITHIN_S:g} s")

    def rows(self) -> list[tuple[int, str]]:
        """All thoughts in the database: id and text."""
        told = self.inside("app", "/opt/venv/bin/python3", "-c", ROWS)
        return [(number, thought) for number, thought in json.loads(told)]

    def cut(self) -> int:
        """How many requests uWSGI has accepted from nginx and not answered, as nginx tells."""
        told = self.compose("logs", "--no-log-prefix", "nginx")
        return sum(why in line for line in told.splitlines() for why in CUTS)

    def cluster_state(self) -> str:
        """What pg_controldata says of the data of a database that is down."""
        command = '/usr/lib/postgresql/*/bin/pg_controldata "$PGDATA"'
        told = self.compose("run", "--rm", "--no-deps", "--entrypoint", "sh", "db", "-c", command)
        lines = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
        return lines["Database cluster state"].strip()

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        if done.returncode:
            said = "\n".join(done.stderr.splitlines()[-15:])
            raise StackError(f"{' '.join(command[-4:])}: exit {done.returncode}\n{said}")
        return done.stdout
