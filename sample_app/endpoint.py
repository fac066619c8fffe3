"""A view together with its contract: one declaration to check requests and to document them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import update_wrapper
from http import HTTPStatus
from typing import Any, get_type_hints

from flask import Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from sample_app.problems import InputError, InvalidInputProblem, Problem

View = Callable[..., Response]
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """One way in which an endpoint succeeds. `headers` maps each name to its description."""

    status: int
    description: str
    model: type[BaseModel] | None = None
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class Endpoint:
    """A view whose annotations say what it takes.

    A parameter named `query`, `headers` or `body` is a pydantic model, checked before the view
    is called; every other parameter is part of the path.
    """

    def __init__(self, view: View, answer: Answer) -> None:
        """Read the contract from the view's annotations."""
        update_wrapper(self, view)
        self.view = view
        self.answer = answer
        hints = get_type_hints(view)
        hints.pop("return")
        self.query: type[BaseModel] | None = hints.pop("query", None)
        self.headers: type[BaseModel] | None = hints.pop("headers", None)
        self.body: type[BaseModel] | None = hints.pop("body", None)
        self.path: dict[str, type] = hints

    def __call__(self, **path: Any) -> Response:
        """Check the request and call the view. Raises Problem for input it can't take."""
        inputs: dict[str, BaseModel] = {}
        if self.query is not None:
            inputs["query"] = _check("query", self.query, _query())
        if self.headers is not None:
            inputs["headers"] = _check("header", self.headers, _headers(self.headers))
        if self.body is not None:
            inputs["body"] = _check_body(self.body)
        return self.view(**path, **inputs)


def endpoint(answer: Answer) -> Callable[[View], Endpoint]:
    """Make an endpoint of the decorated view, which succeeds with `answer`."""
    return lambda view: Endpoint(view, answer)


def json_response(model: BaseModel, status: int = HTTPStatus.OK) -> Response:
    """Return the model as a JSON response."""
    return Response(model.model_dump_json(), status=status, mimetype=JSON)


def _query() -> dict[str, Any]:
    # A repeated parameter stays a list, which no scalar accepts: better told than half ignored.
    pairs = request.args.to_dict(flat=False).items()
    return {name: values[0] if len(values) == 1 else values for name, values in pairs}


def _headers(model: type[BaseModel]) -> dict[str, str]:
    names = [info.alias or name for name, info in model.model_fields.items()]
    return {name: request.headers[name] for name in names if name in request.headers}


def _check(place: str, model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _invalid(place, error) from error


def _check_body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"The body must be {JSON}.")
    try:
        return model.model_validate_json(request.get_data())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            raise Problem(HTTPStatus.BAD_REQUEST, f"Malformed JSON: {first['msg']}") from error
        raise _invalid("body", error) from error


def _invalid(place: str, error: ValidationError) -> Problem:
    return InvalidInputProblem(
        [
            InputError(place=place, name=".".join(map(str, one["loc"])) or "-", detail=one["msg"])
            for one in error.errors(include_url=False, include_context=False)
        ]
    )
