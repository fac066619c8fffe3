"""The application factory: where the parts are put together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from sample_app.database import Database, named_by
from sample_app.export import export
from sample_app.health import health
from sample_app.openapi import openapi
from sample_app.problems import register_problems
from sample_app.thoughts import thoughts

_MAX_BODY_BYTES = 64 * 1024


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, not yet connected to anything.

    The database is `DATABASE_URL` from `config`, else from the environment, else a SQLite file
    in the temporary directory; its password may be in a file, `DATABASE_PASSWORD_FILE`. It is
    opened on first use in each process, so that the application may be created before a server
    forks its workers. Raises ValueError when the URL or the file can't be used.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    for name in ("DATABASE_URL", "DATABASE_PASSWORD_FILE"):
        app.config[name] = os.environ.get(name)
    app.config.from_mapping(config)
    app.extensions["database"] = Database(named_by(app.config))
    register_problems(app)
    for blueprint in (thoughts, export, health, openapi):
        app.register_blueprint(blueprint)
    return app
