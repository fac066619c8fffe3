"""The OpenAPI document, made from the endpoints themselves, and a page to read it."""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from sample_app.endpoint import JSON, Endpoint
from sample_app.problems import MEDIA_TYPE, ProblemDetails

openapi = Blueprint("openapi", __name__)
_SCHEMAS = "#/components/schemas/{model}"
_PLACEHOLDER = re.compile(r"<(?:[^:<>]*:)?(\w+)>")
_VERBS = {"GET", "POST", "PUT", "DELETE"}


@openapi.get("/openapi.json")
def show_document() -> Response:
    """Describe this API."""
    return jsonify(document(current_app))


@openapi.get("/")
def show_page() -> str:
    """Describe this API to people, without scripts and without anything from elsewhere."""
    return render_template("openapi.html", document=document(current_app))


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of every endpoint of `app`."""
    paths: dict[str, dict[str, Any]] = {}
    models: set[tuple[type[BaseModel], JsonSchemaMode]] = {(ProblemDetails, "serialization")}
    for rule in app.url_map.iter_rules():
        view: Any = app.view_functions[rule.endpoint]
        if not isinstance(view, Endpoint):
            continue
        if view.body is not None:
            models.add((view.body, "validation"))
        if view.answer.model is not None:
            models.add((view.answer.model, "serialization"))
        path = paths.setdefault(_PLACEHOLDER.sub(r"{\1}", rule.rule), {})
        for verb in _VERBS & (rule.methods or set()):
            path[verb.lower()] = _operation(view, tag=rule.endpoint.partition(".")[0])
    by_name = sorted(models, key=lambda pair: pair[0].__name__)
    _, definitions = models_json_schema(by_name, ref_template=_SCHEMAS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Thoughts",
            "version": "1.0.0",
            "description": f"Errors are RFC 9457 problem details ({MEDIA_TYPE}).",
        },
        "paths": paths,
        "components": {"schemas": definitions["$defs"]},
    }


def _operation(view: Endpoint, tag: str) -> dict[str, Any]:
    summary, _, description = (inspect.getdoc(view.view) or "").partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": view.view.__name__,
        "tags": [tag],
        "summary": summary.removesuffix("."),
        "parameters": _parameters(view),
        "responses": _responses(view),
    }
    if description:
        operation["description"] = " ".join(description.split())
    if view.body is not None:
        content = {JSON: {"schema": _reference(view.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(view: Endpoint) -> list[dict[str, Any]]:
    parameters = [
        {"in": "path", "name": name, "required": True, "schema": TypeAdapter(kind).json_schema()}
        for name, kind in view.path.items()
    ]
    for place, model in (("query", view.query), ("header", view.headers)):
        properties = model.model_json_schema()["properties"] if model is not None else {}
        for name, schema in properties.items():
            described = {"in": place, "name": name, "schema": schema}
            parameters.append(described | {"description": schema.pop("description")})
    return parameters


def _responses(view: Endpoint) -> dict[str, Any]:
    answer = view.answer
    success: dict[str, Any] = {"description": answer.description}
    if answer.headers:
        success["headers"] = {
            name: {"description": told, "schema": {"type": "string"}}
            for name, told in answer.headers.items()
        }
    if answer.model is not None:
        success["content"] = {answer.media_type: {"schema": _reference(answer.model)}}
    elif answer.status != HTTPStatus.NO_CONTENT:
        success["content"] = {answer.media_type: {"schema": {"type": "string"}}}
    problem = {MEDIA_TYPE: {"schema": _reference(ProblemDetails)}}
    refusals = {
        str(int(status)): {"description": status.phrase, "content": problem}
        for status in _refusals(view)
    }
    other = {"default": {"description": "Any other problem", "content": problem}}
    return {str(int(answer.status)): success} | refusals | other


def _refusals(view: Endpoint) -> list[HTTPStatus]:
    refusals = [HTTPStatus.SERVICE_UNAVAILABLE]
    if view.path:
        refusals.append(HTTPStatus.NOT_FOUND)
    if view.query or view.headers or view.body:
        refusals.append(HTTPStatus.UNPROCESSABLE_ENTITY)
    if view.body:
        refusals += [
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        ]
    return sorted(refusals)


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _SCHEMAS.format(model=model.__name__)}
