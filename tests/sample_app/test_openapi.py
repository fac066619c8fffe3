from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").get_json()
    return document


def _check(document: dict[str, Any], model: str, instance: object) -> None:
    schema = {"$ref": f"#/components/schemas/{model}", "components": document["components"]}
    Draft202012Validator(schema).validate(instance)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_route_is_in_it(app: Flask, document: dict[str, Any]) -> None:
    described = {(path, verb.upper()) for path, item in document["paths"].items() for verb in item}

    assert described == {
        ("/api/thoughts", "GET"),
        ("/api/thoughts", "POST"),
        ("/api/thoughts/{thought_id}", "GET"),
        ("/api/thoughts/{thought_id}", "PUT"),
        ("/api/thoughts/{thought_id}", "DELETE"),
        ("/api/export", "GET"),
        ("/healthz", "GET"),
    }
    other = {"openapi.show_document", "openapi.show_page"}
    routes = {rule.endpoint for rule in app.url_map.iter_rules()} - other
    assert len(routes) == len(described)


def test_the_pace_of_an_export_is_documented(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/api/export"]["get"]["parameters"]

    pace, pad = (next(p for p in parameters if p["name"] == n) for n in ("pace_s", "pad_bytes"))
    assert (pace["schema"]["minimum"], pace["schema"]["maximum"]) == (0, 30)
    assert (pad["schema"]["minimum"], pad["schema"]["maximum"]) == (0, 64 * 1024 * 1024)
    assert "busy" in pace["description"]


def test_the_page_tells_of_every_operation_by_itself(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    page = client.get("/")

    assert page.mimetype == "text/html"
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            assert f"<h2><code>{verb.upper()} {path}</code>" in page.text
            assert operation["summary"] in page.text
    assert "http:" not in page.text
    assert "https:" not in page.text
    assert "<script" not in page.text


def test_answers_are_as_described(client: FlaskClient, document: dict[str, Any]) -> None:
    created = client.post("/api/thoughts", json={"text": "x"})

    _check(document, "ThoughtOut", created.get_json())
    _check(document, "ThoughtPage", client.get("/api/thoughts").get_json())
    _check(document, "Health", client.get("/healthz").get_json())


@pytest.mark.parametrize("path", ["/nowhere", "/api/thoughts?limit=0", "/api/thoughts/1"])
def test_problems_are_as_described(
    client: FlaskClient, document: dict[str, Any], path: str
) -> None:
    _check(document, "ProblemDetails", client.get(path).get_json(force=True))
