"""Gracekeeper: a container entrypoint that never loses a request it has accepted."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    __version__: str


def __getattr__(name: str) -> str:
    """Look the version up only when somebody asks: importing the package must cost nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("gracekeeper")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
