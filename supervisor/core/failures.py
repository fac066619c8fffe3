"""Failures: the news of an action that could not even be tried."""

from __future__ import annotations

from supervisor.core.actions import Action, Send, Spawn, WriteFifo
from supervisor.core.events import Event, Failed, SpawnFailed
from supervisor.core.exitstatus import NOT_EXECUTABLE


def failure(action: Action, why: str) -> Event:
    """Return the news that an action could not even be tried."""
    if isinstance(action, Spawn):
        return SpawnFailed(NOT_EXECUTABLE, why)
    names: dict[type[Action], str] = {WriteFifo: "fifo", Send: "send"}
    return Failed(names.get(type(action), type(action).__name__), why)
