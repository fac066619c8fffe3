from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from sample_app.database import Database
from sample_app.idempotency import RETENTION
from sample_app.models import RememberedAnswer, Thought

_KEY = {"Idempotency-Key": "key-1"}


def _count(client: FlaskClient) -> int:
    return len(client.get("/api/thoughts?limit=100").get_json()["items"])


def test_the_same_request_again_gets_the_same_answer(client: FlaskClient) -> None:
    first = client.post("/api/thoughts", json={"text": "x"}, headers=_KEY)
    client.delete(first.headers["Location"])

    second = client.post("/api/thoughts", json={"text": "x"}, headers=_KEY)

    assert (second.status_code, second.data) == (201, first.data)
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert _count(client) == 0


def test_the_same_body_in_other_words_is_the_same(client: FlaskClient) -> None:
    client.post("/api/thoughts", json={"text": "x"}, headers=_KEY)
    again = b' {"author": "anonymous", "text": "x "} '

    second = client.post("/api/thoughts", data=again, content_type="application/json", headers=_KEY)

    assert second.headers["Idempotency-Replayed"] == "true"


def test_another_body_with_the_same_key_is_refused(client: FlaskClient, refused: Any) -> None:
    client.post("/api/thoughts", json={"text": "x"}, headers=_KEY)

    details = refused(client.post("/api/thoughts", json={"text": "y"}, headers=_KEY), 422)

    assert details["type"] == "urn:problem:idempotency-key-reused"
    assert _count(client) == 1


def test_a_refused_request_does_not_use_up_its_key(client: FlaskClient, refused: Any) -> None:
    refused(client.post("/api/thoughts", json={"text": ""}, headers=_KEY), 422)

    assert client.post("/api/thoughts", json={"text": "x"}, headers=_KEY).status_code == 201


def test_without_a_key_every_request_creates(client: FlaskClient) -> None:
    for _ in range(2):
        client.post("/api/thoughts", json={"text": "x"})

    assert _count(client) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "ümlaut"])
def test_an_invalid_key_is_refused(client: FlaskClient, refused: Any, key: str) -> None:
    response = client.post("/api/thoughts", json={"text": "x"}, headers={"Idempotency-Key": key})

    (error,) = refused(response, 422)["errors"]
    assert (error["in"], error["name"]) == ("header", "Idempotency-Key")
    assert _count(client) == 0


def test_a_key_is_forgotten_after_its_retention(client: FlaskClient, database: Database) -> None:
    client.post("/api/thoughts", json={"text": "x"}, headers=_KEY)
    with database.writing() as session:
        remembered = session.get_one(RememberedAnswer, "key-1")
        long_ago = remembered.created_at - RETENTION - timedelta(seconds=1)
        session.execute(update(RememberedAnswer).values(created_at=long_ago))

    again = client.post("/api/thoughts", json={"text": "y"}, headers=_KEY)

    assert again.status_code == 201
    assert _count(client) == 2


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(texts=st.lists(st.sampled_from(["x", "y"]), min_size=2, max_size=8))
def test_concurrent_duplicates_create_one_thought(
    app: Flask, database: Database, texts: list[str]
) -> None:
    """Of requests with one key, those with the winner's body get its answer, the others 422."""
    with database.writing() as session:
        session.execute(delete(Thought))
        session.execute(delete(RememberedAnswer))
    together = Barrier(len(texts))

    def post(text: str) -> tuple[str, int, str | None]:
        together.wait(timeout=10)
        answer = app.test_client().post("/api/thoughts", json={"text": text}, headers=_KEY)
        return text, answer.status_code, answer.headers.get("Location")

    with ThreadPoolExecutor(len(texts)) as pool:
        answers = list(pool.map(post, texts))

    (kept,) = app.test_client().get("/api/thoughts").get_json()["items"]
    for text, status, location in answers:
        same = text == kept["text"]
        assert status == (201 if same else 422)
        assert location == (f"/api/thoughts/{kept['id']}" if same else None)
