from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from sample_app import migrate as command
from sample_app.database import Database, parse_url
from sample_app.migrations import MIGRATIONS, migrate
from sample_app.models import Base


@pytest.fixture
def engine(database_url: str) -> Engine:
    return create_engine(parse_url(database_url), poolclass=NullPool)


def tables(connection: Connection) -> dict[str, Any]:
    """What a database says of its tables, without names that nobody chose."""
    found = inspect(connection)
    return {
        name: (
            {c["name"]: (str(c["type"]), c["nullable"]) for c in found.get_columns(name)},
            found.get_pk_constraint(name)["constrained_columns"],
            {one["name"]: one["column_names"] for one in found.get_indexes(name)},
        )
        for name in Base.metadata.tables
    }


def test_they_make_what_the_models_say(engine: Engine) -> None:
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        wanted = tables(connection)
        Base.metadata.drop_all(connection)
        assert migrate(connection) == list(MIGRATIONS)
        assert tables(connection) == wanted


def test_the_second_time_there_is_nothing_to_do(engine: Engine) -> None:
    with engine.begin() as connection:
        migrate(connection)
    with engine.begin() as connection:
        assert migrate(connection) == []
        assert list(connection.scalars(text("SELECT number FROM schema_migrations"))) == [1, 2]


def test_a_database_from_before_migrations_is_taken_as_it_is(engine: Engine) -> None:
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        row = "('key', 'f', 'l', 'b', '2026-01-01 00:00:00')"
        connection.execute(text(f"INSERT INTO remembered_answers VALUES {row}"))
        migrate(connection)
        assert connection.scalar(text("SELECT count(*) FROM remembered_answers")) == 1


def test_numbers_go_up() -> None:
    numbers = [one.number for one in MIGRATIONS]
    assert numbers == sorted(set(numbers))


def test_the_command(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert command.main() == 0
    assert capsys.readouterr().out.endswith("the tables are up to date\n")
    database = Database(parse_url(database_url))
    assert database.migrate() == []
    database.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://db/x", "cannot use DATABASE_URL: 'mysql' is neither"),
        ("postgresql://me:secret@127.0.0.1:1/x", "cannot migrate postgresql+psycopg://me:***@127."),
        ("sqlite:////nowhere/x.db", "cannot write /nowhere/x.db.lock"),
    ],
)
def test_what_the_command_cannot_do(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert command.main() == 1
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1
