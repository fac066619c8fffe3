"""The application factory: where the parts are put together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from sample_app.database import Database, default_url, parse_url
from sample_app.export import export
from sample_app.health import health
from sample_app.openapi import openapi
from sample_app.problems import register_problems
from sample_app.thoughts import thoughts

_MAX_BODY_BYTES = 64 * 1024


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, not yet connected to anything.

    The database is `DATABASE_URL` from `config`, else from the environment, else a SQLite file
    in the temporary directory. It is opened on first use in each process, so that the
    application may be created before a server forks its workers. Raises ValueError when the
    URL can't be used.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    app.config["DATABASE_URL"] = os.environ.get("DATABASE_URL") or default_url()
    app.config.from_mapping(config)
    app.extensions["database"] = Database(parse_url(app.config["DATABASE_URL"]))
    register_problems(app)
    for blueprint in (thoughts, export, health, openapi):
        app.register_blueprint(blueprint)
    return app
