"""What `pip install gracekeeper[doctor]` brings, loaded when it is needed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from supervisor.errors import UsageError

if TYPE_CHECKING:
    from tree_sitter import Language


def needed(name: str) -> Any:
    """Import a module of the extra; UsageError when it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        package = {"yaml": "PyYAML"}.get(name, name.replace("_", "-"))
        raise UsageError(
            f"cannot run doctor: {package} is not installed. Do `pip install gracekeeper[doctor]`."
        ) from None


@cache
def bash_language() -> Language:
    """Return tree-sitter's grammar of bash, which is also read for sh."""
    language: Language = needed("tree_sitter").Language(needed("tree_sitter_bash").language())
    return language
