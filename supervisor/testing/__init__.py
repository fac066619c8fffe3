"""What tests use: made-up worlds for drivers of servers, real containers and processes for images.

Importing this costs nothing: each name is loaded when it is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.drill.outcome import Outcome as Outcome
    from supervisor.drill.tls import Trust as Trust
    from supervisor.drill.traffic import Load as Load
    from supervisor.drill.traffic import Request as Request
    from supervisor.testing.assertion import assert_graceful as assert_graceful
    from supervisor.testing.cases import gallery as gallery
    from supervisor.testing.clock import Clock as Clock
    from supervisor.testing.compose import GracefulCompose as GracefulCompose
    from supervisor.testing.container import GracefulContainer as GracefulContainer
    from supervisor.testing.driver import check_driver as check_driver
    from supervisor.testing.driver import policy_of as policy_of
    from supervisor.testing.driver import violations as violations
    from supervisor.testing.kernel import Kernel as Kernel
    from supervisor.testing.laws import BrokenLawError as BrokenLawError
    from supervisor.testing.process import GracefulProcess as GracefulProcess
    from supervisor.testing.server import Manners as Manners
    from supervisor.testing.server import Server as Server
    from supervisor.testing.subject import Graceful as Graceful
    from supervisor.testing.traffic import Visit as Visit
    from supervisor.testing.world import Scene as Scene
    from supervisor.testing.world import Tale as Tale
    from supervisor.testing.world import play as play

__all__ = [
    "BrokenLawError",
    "Clock",
    "Graceful",
    "GracefulCompose",
    "GracefulContainer",
    "GracefulProcess",
    "Kernel",
    "Load",
    "Manners",
    "Outcome",
    "Request",
    "Scene",
    "Server",
    "Tale",
    "Trust",
    "Visit",
    "assert_graceful",
    "check_driver",
    "gallery",
    "play",
    "policy_of",
    "violations",
]

# Where each name comes from, below `supervisor`.
_FOUND_IN = {
    "BrokenLawError": "testing.laws",
    "Clock": "testing.clock",
    "Graceful": "testing.subject",
    "GracefulCompose": "testing.compose",
    "GracefulContainer": "testing.container",
    "GracefulProcess": "testing.process",
    "Kernel": "testing.kernel",
    "Load": "drill.traffic",
    "Manners": "testing.server",
    "Outcome": "drill.outcome",
    "Request": "drill.traffic",
    "Scene": "testing.world",
    "Server": "testing.server",
    "Tale": "testing.world",
    "Trust": "drill.tls",
    "Visit": "testing.traffic",
    "assert_graceful": "testing.assertion",
    "check_driver": "testing.driver",
    "gallery": "testing.cases",
    "play": "testing.world",
    "policy_of": "testing.driver",
    "violations": "testing.driver",
}


def __getattr__(name: str) -> object:
    """Load a name's module when the name is asked for (PEP 562)."""
    if name not in _FOUND_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"supervisor.{_FOUND_IN[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("docker", "testcontainers"):
            raise
        raise ImportError(
            f"cannot import {name}: testcontainers is not installed. Do `pip install"
            " gracekeeper[testing]`."
        ) from None


def __dir__() -> list[str]:
    """Return the names, loaded or not."""
    return sorted(_FOUND_IN)
