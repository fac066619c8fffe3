"""Making a cluster: initdb, who may come in, the database, and what the init folder holds."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from supervisor.cluster.programs import Programs
from supervisor.cluster.settings import Settings
from supervisor.cluster.temporary import TemporaryServer
from supervisor.errors import GracekeeperError

EVERYBODY = "host all all all"
# On our own socket there is nobody but us: who can reach it runs as the owner of the files anyway.
LOCAL = "trust"
LISTENS = "listen_addresses = '*'"


def make(settings: Settings, programs: Programs, cluster: Path) -> list[str]:
    """Make the cluster in a directory that is not there yet; return warnings."""
    _initialize(settings, programs, cluster)
    _append(cluster / "pg_hba.conf", f"{EVERYBODY} {settings.method}")
    _append(cluster / "postgresql.conf", LISTENS)
    files, notes = _init_files(settings.init_folder)
    with (
        tempfile.TemporaryDirectory(prefix="cluster-") as sockets,
        TemporaryServer(programs, settings, cluster, sockets) as server,
    ):
        if settings.database != "postgres":
            doing = f"create the database {settings.database!r} (POSTGRES_DB)"
            server.say('CREATE DATABASE :"name"', doing, name=settings.database)
        for file in files:
            _run(server, file, settings.database)
    return notes


def _initialize(settings: Settings, programs: Programs, cluster: Path) -> None:
    password: tuple[str, ...] = ()
    fd = os.memfd_create("password")  # neither an argument nor a file that somebody could find
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - told unless we are stopped: then it is noise
    try:
        if settings.password:
            os.write(fd, f"{settings.password}\n".encode(errors="surrogateescape"))
            password = (f"--pwfile=/proc/self/fd/{fd}",)
        child = programs.start(
            "initdb",
            f"--pgdata={cluster}",
            f"--username={settings.user}",
            *password,
            f"--auth-host={settings.method}",
            f"--auth-local={LOCAL}",
            *("--encoding=UTF8", "--data-checksums"),
            *settings.arguments,
            pass_fds=(fd,),
            stdout=subprocess.DEVNULL,  # how to start a server is our business
            stderr=errors,
        )
        programs.finish(child, f"make a cluster in {settings.data}")
    except GracekeeperError:
        errors.seek(0)
        sys.stderr.write(errors.read().decode(errors="replace"))
        raise
    finally:
        os.close(fd)
        errors.close()


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n# Added when the cluster was made.\n{line}\n")
        file.flush()
        os.fsync(file.fileno())


def _init_files(folder: Path) -> tuple[list[Path], list[str]]:
    """Return what is to be run, by name, and what is not, with the reason."""
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return [], []
    except OSError as error:
        raise GracekeeperError(
            f"cannot read the init folder {folder}: {error.strerror}. Let uid {os.getuid()} read"
            " it, or choose another (POSTGRES_INIT_DIR)."
        ) from None
    files = [path for path in found if path.name.endswith((".sql", ".sql.gz"))]
    others = [path for path in found if path not in files]
    return files, [f"{path} was not run: only *.sql and *.sql.gz are" for path in others]


def _run(server: TemporaryServer, path: Path, database: str) -> None:
    doing = f"run {path}"
    if not path.name.endswith(".gz"):
        server.run(path, doing, database=database)
        return
    try:
        with gzip.open(path) as file:
            server.run(file, doing, database=database)  # type: ignore[arg-type]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise GracekeeperError(
            f"cannot {doing}: {error}. Compress it anew; nothing of the new cluster was kept."
        ) from None
