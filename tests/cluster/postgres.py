"""A real PostgreSQL for tests: where it is, how root runs it, and what its files say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.ports import free_port
from tests.runtime.kept import GRACEKEEPER, Kept

_PLACES = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]]
PATH = os.pathsep.join((*_PLACES, os.environ.get("PATH", os.defpath)))
BIN = Path(os.path.realpath(shutil.which("postgres", path=PATH) or "/nowhere/postgres")).parent
# PostgreSQL refuses to be root; in a user namespace of its own, the same files are somebody else's.
AS_OTHER = ("unshare", "-U", "--map-user=1000", "--map-group=1000") if os.getuid() == 0 else ()
_POSSIBLE = not AS_OTHER or not subprocess.run([*AS_OTHER, "true"], check=False).returncode
NEEDS_POSTGRES = pytest.mark.skipif(
    not (BIN.is_dir() and _POSSIBLE), reason="needs PostgreSQL's server; root, user namespaces, too"
)
MAKE = (*AS_OTHER, sys.executable, "-I", "-m", "supervisor.cluster")
ADMIN = {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": "s3cret"}


def environment(data: Path, **variables: str) -> dict[str, str]:
    """The task's variables, with nothing of our own that begins alike."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "POSTGRES_"))}
    nowhere = {"POSTGRES_INIT_DIR": str(data.parent / "init")}
    return {**ours, **nowhere, "PATH": PATH, "PGDATA": str(data), **variables}


def make(data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the task that makes a cluster."""
    return subprocess.run(
        MAKE,
        env=environment(data, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def state(data: Path) -> str:
    """What pg_controldata says: not our own reading of the file."""
    command = [str(BIN / "pg_controldata"), str(data)]
    out = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    return out.partition("cluster state:")[2].partition("\n")[0].strip()


class Served:
    """A kept server, and the way to it."""

    def __init__(self, kept: Kept, data: Path, port: int) -> None:
        self.kept, self.data, self.port = kept, data, port
        self._sessions = ExitStack()

    def connect(
        self, database: str = "postgres", user: str = "app", password: str = "s3cret", **more: Any
    ) -> psycopg.Connection[tuple[Any, ...]]:
        """A session; the superuser's, unless another is named."""
        session = psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=user,
            password=password,
            connect_timeout=10,
            **more,
        )
        self._sessions.callback(session.close)
        return session

    def leave(self) -> None:
        """Close every session; what the server has cut is closed, too."""
        self._sessions.close()


@contextmanager
def served(folder: Path, data: Path, *options: str, wait: bool = True) -> Iterator[Served]:
    """Run `gracekeeper run OPTIONS -- postgres` on a cluster."""
    port = free_port()
    wishes = (f"port={port}", f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1")
    command = ("postgres", "-D", str(data), *(word for wish in wishes for word in ("-c", wish)))
    run = (*AS_OTHER, *GRACEKEEPER, *options, "--", *command)
    with Kept(folder, *run, PATH=PATH) as kept:
        if wait:
            kept.wait_for("ready")
        server = Served(kept, data, port)
        try:
            yield server
        finally:
            server.leave()
        if kept.process.poll() is None:  # killed, it would stand in the way of the next
            kept.ask()
            kept.end()
