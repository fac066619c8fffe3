"""A server for the time of the making: for nobody but us, and proved to be shut down after it."""

from __future__ import annotations

import io
import signal
import subprocess
from pathlib import Path
from typing import IO, Self

from supervisor.cluster.programs import Programs
from supervisor.cluster.settings import Settings
from supervisor.errors import GracekeeperError
from supervisor.servers.postgres import control, pidfile

PORT = "5432"  # names the socket's file only


class TemporaryServer:
    """Serves a new cluster on a unix socket in a directory that only we can enter."""

    def __init__(self, programs: Programs, settings: Settings, cluster: Path, sockets: str) -> None:
        """Nothing runs yet; `sockets` is the directory."""
        self._programs, self._settings = programs, settings
        self._cluster, self._sockets = cluster, sockets

    def __enter__(self) -> Self:
        """Start it, and wait until it is ready."""
        wishes = {
            "listen_addresses": "",
            "unix_socket_directories": self._sockets,
            "port": PORT,
            "log_min_messages": "fatal",  # psql tells what is wrong
            "logging_collector": "off",
        }
        options = [word for name, value in wishes.items() for word in ("-c", f"{name}={value}")]
        self._child = self._programs.start(
            "postgres", "-D", str(self._cluster), *options, end_by=signal.SIGQUIT
        )
        while not self._is_ready():
            if self._child.poll() is not None:
                self._programs.finish(self._child, "start the new cluster's server")
                break
            self._programs.pause()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Shut it down, and see that it was; after a failure it only ends, with `programs`."""
        if kind is not None:
            return
        self._child.send_signal(signal.SIGINT)
        self._programs.finish(self._child, "shut the new cluster's server down")
        state = control.state((self._cluster / control.PATH).read_bytes())
        if state not in control.CLEAN:
            raise GracekeeperError(
                f"cannot use the new cluster: its state is {state!r} and not 'shut down'. Check the"
                " disk, and start again."
            )

    def run(self, source: Path | IO[bytes], doing: str, *, database: str, **variables: str) -> None:
        """Run SQL by psql, from a file or from what is read; the first error ends it."""
        settings = self._settings
        said = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        file = str(source) if isinstance(source, Path) else "-"
        child = self._programs.start(
            "psql",
            *("--no-psqlrc", "--no-password", "-v", "ON_ERROR_STOP=1", *said),
            f"--file={file}",
            stdin=subprocess.DEVNULL if isinstance(source, Path) else subprocess.PIPE,
            environment={
                "PGHOST": self._sockets,
                "PGPORT": PORT,
                "PGUSER": settings.user,
                "PGDATABASE": database,  # as an argument it could be a whole connection string
                "PGPASSWORD": settings.password or "",
            },
        )
        if not isinstance(source, Path):
            self._programs.feed(child, source)
        self._programs.finish(child, doing)

    def say(self, statement: str, doing: str, **variables: str) -> None:
        """Run one statement; values come as psql's variables, which it quotes."""
        text = io.BytesIO(f"{statement};\n".encode())
        self.run(text, doing, database="postgres", **variables)

    def _is_ready(self) -> bool:
        try:
            text = (self._cluster / pidfile.NAME).read_text(errors="replace")
        except FileNotFoundError:
            return False
        return pidfile.is_ready(text, self._child.pid)
