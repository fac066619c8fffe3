"""The checkout's Python files and what they import, read and not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "supervisor",
    "launcher",
    "sample_app",
    "entrypoints",
    "benchmarks",
    "tests",
    "docs",
    "docker",
)


class Import(NamedTuple):
    """One imported module or name, where it stands, and whether it runs when the file is loaded."""

    name: str
    line: int
    at_load: bool


def files(*folders: str) -> list[Path]:
    """Return the Python files below some folders of the checkout."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    """Return a path as seen from the checkout's root."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """Return the dotted name that a file is imported by."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Return what a file imports at run time; `if TYPE_CHECKING:` does not happen there."""
    return tuple(_imports(ast.parse(path.read_text(encoding="utf-8")), path, at_load=True))


def _imports(node: ast.AST, path: Path, *, at_load: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_load) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(name, child.lineno, at_load) for name in _from(child, path))
        elif isinstance(child, ast.If) and _is_type_checking(child.test):
            for other in child.orelse:
                yield from _imports(ast.Module([other], []), path, at_load=at_load)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, path, at_load=at_load and not function)


def _from(node: ast.ImportFrom, path: Path) -> list[str]:
    base = node.module or ""
    if node.level:
        package = module_name(path).split(".")
        keep = len(package) - node.level + (path.name == "__init__.py")
        base = ".".join((*package[:keep], *base.split("."))).strip(".")
    # `from package import module` imports the module, too; other names are not modules.
    submodules = [f"{base}.{alias.name}" for alias in node.names]
    return [base, *(name for name in submodules if source_of(name))]


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name | ast.Attribute) and ast.unparse(test).endswith(
        "TYPE_CHECKING"
    )


def source_of(module: str) -> Path | None:
    """Return the file of one of our own modules, or None for somebody else's."""
    place = ROOT.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None
