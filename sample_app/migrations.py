"""Migrations: how the tables came to be, one numbered step after the other."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

_LOCK = 7_470_417  # any number, the same for everybody who migrates


class Migration(NamedTuple):
    """One step. Once released it is never changed: the next one corrects it."""

    number: int
    name: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


MIGRATIONS = (
    Migration(
        1,
        "thoughts",
        # IF NOT EXISTS: databases from before there were migrations have these tables.
        # Without AUTOINCREMENT, SQLite gives the id of a deleted last row to the next one.
        sqlite=(
            """CREATE TABLE IF NOT EXISTS thoughts (
                id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                author VARCHAR(80) NOT NULL,
                text TEXT NOT NULL,
                created_at DATETIME NOT NULL,
                updated_at DATETIME NOT NULL
            )""",
        ),
        postgresql=(
            """CREATE TABLE IF NOT EXISTS thoughts (
                id BIGSERIAL PRIMARY KEY,
                author VARCHAR(80) NOT NULL,
                text TEXT NOT NULL,
                created_at TIMESTAMP WITH TIME ZONE NOT NULL,
                updated_at TIMESTAMP WITH TIME ZONE NOT NULL
            )""",
        ),
    ),
    Migration(
        2,
        "remembered answers",
        sqlite=(
            """CREATE TABLE IF NOT EXISTS remembered_answers (
                "key" VARCHAR(255) NOT NULL PRIMARY KEY,
                fingerprint VARCHAR(64) NOT NULL,
                location TEXT NOT NULL,
                body TEXT NOT NULL,
                created_at DATETIME NOT NULL
            )""",
            """CREATE INDEX IF NOT EXISTS ix_remembered_answers_created_at
                ON remembered_answers (created_at)""",
        ),
        postgresql=(
            """CREATE TABLE IF NOT EXISTS remembered_answers (
                key VARCHAR(255) PRIMARY KEY,
                fingerprint VARCHAR(64) NOT NULL,
                location TEXT NOT NULL,
                body TEXT NOT NULL,
                created_at TIMESTAMP WITH TIME ZONE NOT NULL
            )""",
            """CREATE INDEX IF NOT EXISTS ix_remembered_answers_created_at
                ON remembered_answers (created_at)""",
        ),
    ),
)

_REGISTER = """CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL
)"""


def migrate(connection: Connection) -> list[Migration]:
    """Take the missing steps, in the caller's transaction, and return them.

    Whoever else migrates waits, and finds nothing left to do. Steps that are not known here are a
    newer release's, which this one has to live with while it is being replaced.
    """
    postgresql = connection.dialect.name == "postgresql"
    if postgresql:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.exec_driver_sql(_REGISTER)
    taken = set(connection.scalars(text("SELECT number FROM schema_migrations")))
    missing = [one for one in MIGRATIONS if one.number not in taken]
    note = text("INSERT INTO schema_migrations (number, name) VALUES (:number, :name)")
    for one in missing:
        for statement in one.postgresql if postgresql else one.sqlite:
            connection.exec_driver_sql(statement)
        connection.execute(note, {"number": one.number, "name": one.name})
    return missing
