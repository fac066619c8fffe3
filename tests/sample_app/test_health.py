from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sample_app import create_app
from sample_app.database import Database
from sample_app.models import Base


def test_healthy(client: FlaskClient, database: Database) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.get_json() == {"status": "ok", "database": database.url.get_backend_name()}
    assert response.headers["Cache-Control"] == "no-store"


@pytest.fixture(params=["sqlite:///{}/missing/thoughts.db", "postgresql://127.0.0.1:1/thoughts"])
def unreachable(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    return create_app({"DATABASE_URL": request.param.format(tmp_path)})


def test_unhealthy_without_a_database(unreachable: Flask, refused: Any) -> None:
    refused(unreachable.test_client().get("/healthz"), 503)


def test_unhealthy_without_the_tables(
    client: FlaskClient, database: Database, refused: Any
) -> None:
    with database.writing() as session:
        Base.metadata.drop_all(session.connection())

    refused(client.get("/healthz"), 503)


def test_requests_may_be_tried_again_later(unreachable: Flask, refused: Any) -> None:
    response = unreachable.test_client().post("/api/thoughts", json={"text": "x"})

    assert "try again" in refused(response, 503)["detail"]
    assert response.headers["Retry-After"] == "1"


def test_a_database_that_comes_late_is_found(tmp_path: Path, refused: Any) -> None:
    folder = tmp_path / "late"
    app = create_app({"DATABASE_URL": f"sqlite:///{folder}/thoughts.db"})
    refused(app.test_client().get("/healthz"), 503)

    folder.mkdir()

    assert app.test_client().get("/healthz").status_code == 200
    app.extensions["database"].close()
