"""A REST API for thoughts: something real for the supervisor to look after."""

from __future__ import annotations

from sample_app.app import create_app

__all__ = ["create_app"]
