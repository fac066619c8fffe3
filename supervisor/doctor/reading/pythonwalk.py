"""Ways through Python's syntax tree, and out of its endless loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LEAVES: Final = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.Constant)
# A generator lasts as long as somebody asks it for more.
LEAVING: Final = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)
EXITS: Final = ("sys.exit", "exit", "quit", "os._exit", "os.abort")
BECOMES: Final = "os.exec"
OF_SIGINT: Final = frozenset(("KeyboardInterrupt", "SystemExit", "GeneratorExit"))


def own(top: ast.AST) -> Iterator[ast.AST]:
    """Return what is in a node, what functions inside do left out."""
    left = children(top)
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            left.extend(children(node))


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes below one that may have something to say: twice as fast as `ast`'s own."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found.extend(each for each in value if isinstance(each, ast.AST))
        elif isinstance(value, ast.AST) and not isinstance(value, LEAVES):
            found.append(value)
    return found


def is_endless(node: ast.AST) -> bool:
    """Tell whether it is `while True:`."""
    return (
        isinstance(node, ast.While)
        and isinstance(node.test, ast.Constant)
        and bool(node.test.value)
    )


def leaves(loop: ast.AST, dotted: Callable[[ast.AST], str]) -> bool:
    """Tell whether a loop may end by itself; what it does at SIGINT, a stop never sends."""
    left = children(loop)
    while left:
        node = left.pop()
        if isinstance(node, LEAVING):
            return True
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in EXITS or name.startswith(BECOMES):
                return True
        if isinstance(node, FUNCTIONS) or (isinstance(node, ast.ExceptHandler) and _sigint(node)):
            continue
        left.extend(children(node))
    return False


def catches(node: ast.AST) -> bool:
    """Tell whether a `try` ends a loop inside of it at more than SIGINT: `except StopIteration`."""
    handlers = node.handlers if isinstance(node, ast.Try | ast.TryStar) else ()
    return any(not _sigint(each) for each in handlers)


def _sigint(node: ast.ExceptHandler) -> bool:
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return all(isinstance(each, ast.Name) and each.id in OF_SIGINT for each in kinds)
