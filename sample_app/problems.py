"""Every error as RFC 9457 problem details (application/problem+json)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, json, request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from sample_app.database import DatabaseUnavailableError

MEDIA_TYPE = "application/problem+json"


class InputError(BaseModel):
    """One thing that is wrong with the input."""

    place: str = Field(
        serialization_alias="in", examples=["body"], description="query, header or body"
    )
    name: str = Field(examples=["text"], description="The parameter, or the path of the member")
    detail: str = Field(examples=["String should have at most 2000 characters"])


class ProblemDetails(BaseModel):
    """Problem details as in RFC 9457."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "title", "status"]})

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    instance: str | None = Field(default=None, description="The path that was asked for")
    errors: list[InputError] | None = Field(default=None, description="One per invalid input")


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """A refusal or failure that the client is told about."""

    def __init__(
        self, status: int, detail: str, *, kind: str = "about:blank", title: str | None = None
    ) -> None:
        """Take what the client will read; without a title, the status's own phrase is used."""
        super().__init__(detail)
        self.details = ProblemDetails(
            type=kind, title=title or HTTPStatus(status).phrase, status=status, detail=detail
        )


class InvalidInputProblem(Problem):
    """Input that was understood and can't be accepted (422)."""

    def __init__(self, errors: list[InputError]) -> None:
        """Take everything that is wrong, so that one round trip tells it all."""
        super().__init__(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "; ".join(f"{error.place} {error.name}: {error.detail}" for error in errors),
            kind="urn:problem:invalid-input",
            title="Invalid input",
        )
        self.details.errors = errors


def register_problems(app: Flask) -> None:
    """Answer every error of `app` with problem details, routing errors included."""
    app.register_error_handler(Problem, lambda problem: _respond(problem.details))
    app.register_error_handler(HTTPException, _from_http)
    for unavailable in (OperationalError, PoolTimeoutError, DatabaseUnavailableError):
        app.register_error_handler(unavailable, _from_database)
    app.register_error_handler(DBAPIError, _from_driver)
    app.register_error_handler(Exception, _from_bug)


def _from_http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    kept = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return _respond(Problem(status, error.description or "").details, kept)


def _from_database(error: Exception) -> Response:
    current_app.logger.error("cannot reach the database: %s", error)
    # A commit may have happened although its answer got lost: only the same key is safe then.
    detail = (
        "The database can't be reached or is too busy; try again, and what creates something with"
        " the same Idempotency-Key."
    )
    details = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail).details
    return _respond(details, [("Retry-After", "1")])


def _from_driver(error: DBAPIError) -> Response:
    # Which class a connection's end is reported as depends on what was being done at the moment.
    return _from_database(error) if error.connection_invalidated else _from_bug(error)


def _from_bug(error: Exception) -> Response:
    current_app.logger.error("unexpected error on %s", request.path, exc_info=error)
    return _respond(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "An unexpected error.").details)


def _respond(details: ProblemDetails, headers: Iterable[tuple[str, str]] = ()) -> Response:
    told: dict[str, Any] = details.model_dump(mode="json", by_alias=True, exclude_none=True)
    told["instance"] = request.path
    response = Response(json.dumps(told), status=details.status, mimetype=MEDIA_TYPE)
    response.headers.extend(headers)
    return response
