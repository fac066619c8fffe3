"""Health: can this process serve, which means, does its database answer?"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, current_app
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from sample_app.database import DatabaseUnavailableError, database
from sample_app.endpoint import Answer, endpoint, json_response
from sample_app.models import Thought
from sample_app.problems import Problem

health = Blueprint("health", __name__)


class Health(BaseModel):
    """What works."""

    status: str = "ok"
    database: str


@health.get("/healthz")
@endpoint(Answer(HTTPStatus.OK, "The database answers", Health))
def check_health() -> Response:
    """Check that the database answers."""
    try:
        with database().reading() as session:
            session.execute(select(Thought.id).limit(1))
    except (SQLAlchemyError, DatabaseUnavailableError) as error:
        current_app.logger.warning("cannot read thoughts: %s", error)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        raise Problem(status, "The database doesn't answer; the log says why.") from error
    response = json_response(Health(database=database().url.get_backend_name()))
    response.headers["Cache-Control"] = "no-store"
    return response
