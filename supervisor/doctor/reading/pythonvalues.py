"""What an expression is worth without running it: products, and what the environment may change."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.doctor.reading.pythonnodes import Constant

MOST: Final = 8  # expressions inside each other
LARGEST: Final = 10**9
CASTS: Final = ("int", "float", "str")
ASKING: Final = (
    *("os.getenv", "os.environ.get", "getenv", "environ.get", "env", "env.int", "environ.int"),
    *("config", "decouple.config", "env.str"),
)


def product(node: ast.expr, depth: int = 0) -> int | float | None:
    """Return the number that `5 * 60` comes to; None for what is no product of numbers."""
    if isinstance(node, ast.Constant) and depth:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return value if abs(value) <= LARGEST else None
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult) or depth > MOST:
        return None
    left, right = product(node.left, depth + 1), product(node.right, depth + 1)
    made = left * right if left is not None and right is not None else None
    return made if made is not None and abs(made) <= LARGEST else None


def fallback(node: ast.expr, named: Callable[[ast.AST], str], depth: int = 0) -> Constant:
    """Return what an expression is unless a variable of the environment is set."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and depth < MOST:
        return _constant(node.values[-1])
    if not isinstance(node, ast.Call) or depth >= MOST:
        return None
    name = named(node.func)
    if name in CASTS and len(node.args) == 1:
        return fallback(node.args[0], named, depth + 1)
    if name not in ASKING:
        return None
    said = node.args[1:2] or [one.value for one in node.keywords if one.arg == "default"]
    return _constant(said[0]) if said else None


def _constant(node: ast.expr) -> Constant:
    value = node.value if isinstance(node, ast.Constant) else product(node)
    return value if isinstance(value, str | int | float) else None
