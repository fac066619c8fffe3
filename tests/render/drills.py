"""Documents of real drills: an image that was killed, and two stops of a command that was kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from supervisor.render.drillmodel import Drill, read

FOLDER = Path(__file__).with_name("drills")
NAMES = ("killed", "passed")


def document(name: str) -> dict[str, Any]:
    """One document as `gracekeeper drill --report` wrote it."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def drill(name: str) -> Drill:
    """The same, read."""
    return read(document(name), name)
