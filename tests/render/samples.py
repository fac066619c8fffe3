"""Reports of real stops: one lost requests, one lost none, and one is of several services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from supervisor.render.model import Shutdown, read

FOLDER = Path(__file__).with_name("stops")
NAMES = ("lost", "clean", "fleet")


def document(name: str) -> dict[str, Any]:
    """One report as the keeper wrote it."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def sample(name: str, **changes: Any) -> Shutdown:
    """One report, with some of its fields changed."""
    return read({**document(name), **changes}, name)
