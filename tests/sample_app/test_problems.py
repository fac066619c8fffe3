from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient


def test_an_unknown_path(client: FlaskClient, refused: Any) -> None:
    details = refused(client.get("/nowhere"), 404)

    assert (details["type"], details["title"]) == ("about:blank", "Not Found")
    assert details["instance"] == "/nowhere"


def test_a_method_that_is_not_allowed(client: FlaskClient, refused: Any) -> None:
    response = client.patch("/api/thoughts")

    refused(response, 405)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type(client: FlaskClient, refused: Any, media_type: str) -> None:
    response = client.post("/api/thoughts", data=b'{"text": "x"}', content_type=media_type)

    assert refused(response, 415)["detail"] == "The body must be application/json."


def test_a_body_that_is_too_large(client: FlaskClient, refused: Any) -> None:
    refused(client.post("/api/thoughts", json={"text": "x" * 65_536}), 413)


def test_a_bug_is_logged_and_not_shown(
    app: Flask, refused: Any, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/bug")
    def bug() -> str:
        raise RuntimeError("the secret")

    response = app.test_client().get("/bug")

    assert "secret" not in response.text
    refused(response, 500)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the secret"


def test_a_redirect_is_not_a_problem(app: Flask) -> None:
    @app.get("/folder/")
    def folder() -> str:
        return ""

    assert app.test_client().get("/folder").status_code == 308
