from __future__ import annotations

import base64
import hashlib
import json
import time
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.pool import Pool
from werkzeug.test import TestResponse


def _lines(response: TestResponse) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.data.splitlines()]


def test_an_export_has_every_thought_once(client: FlaskClient) -> None:
    created = [
        client.post("/api/thoughts", json={"text": text}).get_json() for text in ("one", "two")
    ]

    response = client.get("/api/export")

    assert response.mimetype == "application/x-ndjson"
    assert _lines(response) == created
    assert client.get("/api/export?q=TW").get_data() == response.data.splitlines(True)[1]


def test_an_export_tells_its_size_and_digest_first(client: FlaskClient) -> None:
    client.post("/api/thoughts", json={"text": "one"})

    response = client.get("/api/export?pad_bytes=200000")

    digest = base64.b64encode(hashlib.sha256(response.data).digest()).decode()
    assert response.content_length == len(response.data)
    assert response.headers["Repr-Digest"] == f"sha-256=:{digest}:"


@pytest.mark.parametrize("asked, got", [(0, 0), (1, 1024), (1024, 1024), (3_000_000, 3_000_320)])
def test_padding_is_whole_records_of_valid_json(client: FlaskClient, asked: int, got: int) -> None:
    response = client.get(f"/api/export?pad_bytes={asked}")

    assert len(response.data) == got
    assert all(set(line) == {"padding"} for line in _lines(response))


def test_padding_is_streamed_in_bounded_chunks(client: FlaskClient) -> None:
    response = client.get("/api/export?pad_bytes=67108864", buffered=False)

    assert response.content_length == 67_108_864
    assert len(next(iter(response.response))) == 65_536
    response.close()


def test_an_empty_export_can_be_slow(client: FlaskClient) -> None:
    start = time.monotonic()

    response = client.get("/api/export?pace_s=0.05")

    assert response.data == b""
    assert response.status_code == 200
    assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize(
    "query",
    [
        "pace_s=-1",
        "pace_s=30.1",
        "pace_s=nan",
        "pace_s=inf",
        "pad_bytes=-1",
        "pad_bytes=67108865",
        "pad_bytes=1.5",
        "seconds=1",
    ],
)
def test_bounds_are_kept(client: FlaskClient, refused: Any, query: str) -> None:
    (error,) = refused(client.get(f"/api/export?{query}"), 422)["errors"]

    assert error["name"] == query.partition("=")[0]


def test_thoughts_created_during_an_export_are_not_in_it(client: FlaskClient) -> None:
    """Otherwise the size and the digest, told before, would lie."""
    client.post("/api/thoughts", json={"text": "before"})
    response = client.get("/api/export", buffered=False)

    assert client.post("/api/thoughts", json={"text": "during"}).status_code == 201

    assert [line["text"] for line in _lines(response)] == ["before"]
    assert response.content_length == len(response.data)
    response.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_snapshot_ends_when_the_client_leaves(client: FlaskClient, method: str) -> None:
    client.get("/healthz")
    seen: Counter[str] = Counter()
    listeners = {
        name: lambda *_, name=name: seen.update([name]) for name in ("checkout", "checkin")
    }
    for name, listener in listeners.items():
        event.listen(Pool, name, listener)
    try:
        response = client.open("/api/export?pad_bytes=200000", method=method, buffered=False)
        assert seen == {"checkout": 1}
        response.close()
    finally:
        for name, listener in listeners.items():
            event.remove(Pool, name, listener)

    assert seen == {"checkout": 1, "checkin": 1}


def test_head_tells_the_size_without_waiting(client: FlaskClient) -> None:
    response = client.head("/api/export?pace_s=30&pad_bytes=2048")

    assert response.content_length == 2048
    assert response.data == b""
