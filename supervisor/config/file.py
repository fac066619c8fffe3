"""A gracekeeper.toml: read, checked, and all of its mistakes told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from supervisor.config import document, meaning, records
from supervisor.config.mistakes import Mistakes
from supervisor.config.shape import SERVICES
from supervisor.config.shaping import shaped
from supervisor.config.variables import expanded

if TYPE_CHECKING:
    from supervisor.config.declared import Declared


def read(path: str, environment: Mapping[str, str]) -> Declared:
    """Return what a file declares; UsageError for all that is wrong with it."""
    found = document.load(path)
    mistakes = Mistakes(path, found.lines)
    data = expanded(found.data, environment, mistakes)
    top, services = shaped(data, mistakes)
    every = data.get(SERVICES)
    meaning.check(top, services, every if isinstance(every, dict) else {}, mistakes)
    declared = records.declared(path, top, services, mistakes)
    mistakes.refuse()
    return declared
