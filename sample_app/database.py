"""Sessions on SQLite or PostgreSQL, safe across the fork of a server's workers."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import cast

from flask import current_app
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from sample_app.migrations import Migration, migrate

_BUSY_TIMEOUT_S = 10
_CONNECT_TIMEOUT_S = 5


class DatabaseUnavailableError(Exception):
    """The database can't even be opened, for a reason outside of it."""


def default_url() -> str:
    """Return a SQLite file in the temporary directory, writable even on a read-only root."""
    return f"sqlite:///{Path(tempfile.gettempdir()) / 'thoughts.db'}"


def named_by(settings: Mapping[str, str | None]) -> URL:
    """Return the URL that DATABASE_URL and DATABASE_PASSWORD_FILE make.

    A password in a file of its own is one that the database's container can be given, too. Raises
    ValueError as `parse_url` does, and when the file can't be read.
    """
    url = parse_url(settings.get("DATABASE_URL") or default_url())
    path = settings.get("DATABASE_PASSWORD_FILE")
    if not path or url.get_backend_name() == "sqlite":
        return url
    try:
        password = Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot use DATABASE_PASSWORD_FILE: {error}"
        raise ValueError(message) from error
    return url.set(password=password)


def parse_url(raw: str) -> URL:
    """Return the URL with a driver that is installed.

    `postgres://` and `postgresql://` mean psycopg 3. Raises ValueError for any other database,
    and for SQLite in memory, which workers can't share.
    """
    try:
        url = make_url(raw)
    except ArgumentError as error:
        message = "cannot use DATABASE_URL: it isn't of the form scheme://host/name"
        raise ValueError(message) from error
    backend = url.get_backend_name()
    if backend in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        message = f"cannot use DATABASE_URL: {backend!r} is neither sqlite nor postgresql"
        raise ValueError(message)
    if url.database in {None, "", ":memory:"}:
        message = "cannot use DATABASE_URL: workers can't share SQLite in memory, name a file"
        raise ValueError(message)
    return url


@dataclass(frozen=True)
class _Engines:
    """One pool seen twice: for transactions that only read, and for those that write."""

    reading: Engine
    writing: Engine


class Database:
    """Gives out sessions; connects on first use in each process.

    A SQLite file gets its tables then, too. PostgreSQL's are made by `sample_app.migrate`, once
    and before anything serves.

    A forked worker gets an engine of its own. The parent's stays in the dict, untouched: to
    collect it would close connections that the parent still uses.
    """

    def __init__(self, url: URL) -> None:
        """Remember where the database is. Nothing is opened yet."""
        self.url = url
        self._by_pid: dict[int, _Engines] = {}
        self._lock = Lock()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session on one snapshot: all its queries see the same moment."""
        with Session(self._engines().reading) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session in one transaction: committed at the end, undone by any exception."""
        engine = self._engines().writing
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self) -> list[Migration]:
        """Bring the tables up to date, and return the steps that were missing."""
        with self._engines().writing.begin() as connection:
            return migrate(connection)

    def close(self) -> None:
        """Close this process's idle connections. The next session opens new ones."""
        engines = self._by_pid.pop(os.getpid(), None)
        if engines is not None:
            engines.writing.dispose()

    def _engines(self) -> _Engines:
        with self._lock:
            pid = os.getpid()
            if pid not in self._by_pid:
                sqlite = self.url.get_backend_name() == "sqlite"
                self._by_pid[pid] = _open_sqlite(self.url) if sqlite else _open_postgres(self.url)
            return self._by_pid[pid]


def database() -> Database:
    """Return the database of the application that serves this request."""
    return cast("Database", current_app.extensions["database"])


def _open_sqlite(url: URL) -> _Engines:
    # isolation_level=None: the driver begins nothing by itself, `_begin` below does. A writer
    # takes the lock at once and waits for it; one that read first would fail without waiting
    # (https://www.sqlite.org/isolation.html, SQLITE_BUSY_SNAPSHOT).
    arguments = {"timeout": _BUSY_TIMEOUT_S, "isolation_level": None}
    reading = create_engine(url, connect_args=arguments)
    writing = reading.execution_options(begin="IMMEDIATE")

    @event.listens_for(reading, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    with _one_at_a_time(Path(f"{url.database}.lock")):
        with closing(reading.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode=WAL")
        with writing.begin() as connection:
            migrate(connection)
    return _Engines(reading, writing)


@contextmanager
def _one_at_a_time(lock_file: Path) -> Iterator[None]:
    # Changing to WAL doesn't wait for the busy timeout: of workers that start together, some
    # would fail with "database is locked".
    try:
        lock = lock_file.open("a")
    except OSError as error:
        message = f"cannot write {lock_file}: {error.strerror}"
        raise DatabaseUnavailableError(message) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _open_postgres(url: URL) -> _Engines:
    arguments = {"connect_timeout": _CONNECT_TIMEOUT_S}
    writing = create_engine(url, connect_args=arguments, pool_pre_ping=True)
    reading = writing.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return _Engines(reading, writing)
