from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient


def test_a_created_thought_is_found_at_its_location(client: FlaskClient) -> None:
    created = client.post("/api/thoughts", json={"text": "  hello \n", "author": "ada"})

    assert created.status_code == 201
    thought = created.get_json()
    assert thought["text"] == "hello"
    assert thought["author"] == "ada"
    assert thought["updated_at"] == thought["created_at"]
    assert created.headers["Location"] == f"/api/thoughts/{thought['id']}"
    assert client.get(created.headers["Location"]).get_json() == thought


def test_an_author_may_be_left_out(client: FlaskClient) -> None:
    assert client.post("/api/thoughts", json={"text": "x"}).get_json()["author"] == "anonymous"


def test_moments_are_in_utc(client: FlaskClient) -> None:
    location = client.post("/api/thoughts", json={"text": "x"}).headers["Location"]

    created_at = datetime.fromisoformat(client.get(location).get_json()["created_at"])

    assert created_at.utcoffset() == timedelta(0)


def test_replacing_keeps_the_id_and_moves_updated_at(client: FlaskClient) -> None:
    before = client.post("/api/thoughts", json={"text": "one", "author": "ada"}).get_json()
    location = f"/api/thoughts/{before['id']}"

    replaced = client.put(location, json={"text": "two"})

    after = replaced.get_json()
    assert replaced.status_code == 200
    assert (after["id"], after["text"], after["author"]) == (before["id"], "two", "anonymous")
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > before["updated_at"]
    assert client.get(location).get_json() == after


def test_a_deleted_thought_is_gone_and_its_id_is_not_used_again(
    client: FlaskClient, refused: Any
) -> None:
    location = client.post("/api/thoughts", json={"text": "x"}).headers["Location"]

    assert client.delete(location).status_code == 204

    refused(client.get(location), 404)
    refused(client.delete(location), 404)
    refused(client.put(location, json={"text": "y"}), 404)
    assert client.post("/api/thoughts", json={"text": "y"}).headers["Location"] != location


@pytest.mark.parametrize(
    "body, name",
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": 1}, "text"),
        ({"text": None}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "NUL \0"}, "text"),
        ({"text": "x", "author": "y" * 81}, "author"),
        ({"text": "x", "mood": "good"}, "mood"),
        ([], "-"),
        ("text", "-"),
    ],
)
def test_invalid_thoughts_are_refused(
    client: FlaskClient, refused: Any, body: object, name: str
) -> None:
    details = refused(client.post("/api/thoughts", json=body), 422)

    assert details["type"] == "urn:problem:invalid-input"
    assert [(error["in"], error["name"]) for error in details["errors"]] == [("body", name)]
    assert client.get("/api/thoughts").get_json()["items"] == []


def test_all_that_is_wrong_is_told_at_once(client: FlaskClient, refused: Any) -> None:
    details = refused(client.post("/api/thoughts", json={"text": "", "author": ""}), 422)

    assert [error["name"] for error in details["errors"]] == ["text", "author"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"text": "x"', b"\xff", b'{"text": "\\ud800"}'])
def test_what_is_not_json_is_malformed(client: FlaskClient, refused: Any, body: bytes) -> None:
    response = client.post("/api/thoughts", data=body, content_type="application/json")

    assert "Malformed JSON" in refused(response, 400)["detail"]


@pytest.mark.parametrize("text", ["😀 ünïcode", "100%", "a_b", "back\\slash", "'; drop table --"])
def test_any_other_text_is_kept_and_found(client: FlaskClient, text: str) -> None:
    client.post("/api/thoughts", json={"text": "something else"})
    client.post("/api/thoughts", json={"text": text})

    found = client.get("/api/thoughts", query_string={"q": text}).get_json()["items"]

    assert [thought["text"] for thought in found] == [text]


def test_search_heeds_text_and_author_but_not_case(client: FlaskClient) -> None:
    client.post("/api/thoughts", json={"text": "Hello", "author": "ada"})
    client.post("/api/thoughts", json={"text": "bye", "author": "HELLOISE"})
    client.post("/api/thoughts", json={"text": "bye", "author": "bob"})

    found = client.get("/api/thoughts?q=hello").get_json()["items"]

    assert [thought["author"] for thought in found] == ["ada", "HELLOISE"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=1&limit=2",
        "after=-1",
        "after=9223372036854775808",
        "q=" + "x" * 201,
        "q=%00",
        "page=2",
    ],
)
def test_invalid_queries_are_refused(client: FlaskClient, refused: Any, query: str) -> None:
    details = refused(client.get(f"/api/thoughts?{query}"), 422)

    (error,) = details["errors"]
    assert (error["in"], error["name"]) == ("query", query.partition("=")[0])


@pytest.mark.parametrize("thought_id", ["0", "9223372036854775807", "9223372036854775808", "x"])
def test_an_id_that_cannot_be_is_not_found(
    client: FlaskClient, refused: Any, thought_id: str
) -> None:
    refused(client.get(f"/api/thoughts/{thought_id}"), 404)
