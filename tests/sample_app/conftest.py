"""The application on a fresh database: SQLite always, PostgreSQL when TEST_DATABASE_URL is set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from sample_app import create_app
from sample_app.database import Database, named_by
from sample_app.models import Base


def _postgres() -> str:
    """Another variable than the application's: the tests drop its tables."""
    names = ("DATABASE_URL", "DATABASE_PASSWORD_FILE")
    settings = {name: os.environ.get(f"TEST_{name}") for name in names}
    if not settings["DATABASE_URL"]:
        return ""
    return named_by(settings).render_as_string(hide_password=False)


_POSTGRES = _postgres()

Refused = Callable[[TestResponse, int], dict[str, Any]]


@pytest.fixture(params=["sqlite", "postgresql"] if _POSTGRES else ["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'thoughts.db'}"
    with create_engine(_POSTGRES, poolclass=NullPool).begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS schema_migrations"))
    return _POSTGRES


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = create_app({"DATABASE_URL": database_url})
    app.extensions["database"].migrate()
    yield app
    app.extensions["database"].close()


@pytest.fixture
def database(app: Flask) -> Database:
    database: Database = app.extensions["database"]
    return database


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def refused() -> Refused:
    """Check that a response is a problem with this status, and return its details."""

    def check(response: TestResponse, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.mimetype == "application/problem+json"
        details: dict[str, Any] = response.get_json(force=True)
        assert details["status"] == status
        assert details["type"]
        assert details["title"]
        return details

    return check
