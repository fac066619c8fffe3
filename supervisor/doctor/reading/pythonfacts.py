"""From Python's syntax tree to facts, without recursion: a tree may be deeper than the stack."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

from supervisor.doctor.finding import Place
from supervisor.doctor.reading import pythonnodes as py
from supervisor.doctor.reading.pythonvalues import fallback, product
from supervisor.doctor.reading.pythonwalk import (
    FUNCTIONS,
    catches,
    children,
    is_endless,
    leaves,
    own,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TELLING: Final = (
    *FUNCTIONS,
    *(ast.Call, ast.For, ast.AsyncFor, ast.While, ast.If, ast.Import, ast.ImportFrom),
    *(ast.Try, ast.TryStar),
)
_SIGNALS: Final = """
ABRT ALRM BREAK BUS CHLD CLD CONT EMT FPE HUP ILL INFO INT IO IOT KILL PIPE POLL PROF PWR QUIT RTMAX
RTMIN SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ
"""
SIGNALS: Final = frozenset(f"SIG{name}" for name in _SIGNALS.split())
MOST_NAMES: Final = 50  # dots in a name


class _Around(NamedTuple):
    """Where in the module a node is."""

    function: str = ""
    in_main: bool = False
    loop: int = 0
    guarded: bool = False  # by a `try` that goes on behind it


class Facts:
    """Collects what one module says."""

    def __init__(self, path: str) -> None:
        """Nothing was seen yet."""
        self._path = path
        self._imports: list[str] = []
        self._alias: dict[str, str] = {}
        self._calls: list[py.Call] = []
        self._functions: list[py.Function] = []
        self._loops: list[py.Loop] = []
        self._constants: dict[str, py.Value] = {}
        self._choices: dict[str, tuple[str, ...]] = {}  # what a `for` goes through
        self._lambdas: dict[tuple[int, int], py.Function] = {}
        self._main: Place | None = None

    def module(self, tree: ast.Module) -> py.Python:
        """Return the facts of a module."""
        telling: list[tuple[ast.AST, _Around]] = []
        left: list[tuple[ast.AST, _Around]] = [(tree, _Around())]
        classes: list[ast.ClassDef] = []
        while left:
            node, around = left.pop()
            if isinstance(node, ast.ClassDef):
                classes.append(node)
            if isinstance(node, TELLING):
                telling.append((node, around))
                self._import(node)
                around = self._inner(node, around)
            left.extend((child, around) for child in reversed(children(node)))
        for statement in tree.body:
            self._assignment(statement)
        for node, around in telling:
            self._look(node, around)
        return py.Python(
            tuple(self._imports),
            tuple(self._calls),
            tuple(self._functions),
            tuple(self._handlers()),
            tuple(self._loops),
            self._constants,
            self._main,
            {one.name: tuple(map(self._dotted, one.bases)) for one in classes},
        )

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for each in node.names:
                self._imports.append(each.name)
                if each.asname:
                    self._alias[each.asname] = each.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for each in node.names:
                self._imports.append(f"{module}.{each.name}")
                self._alias[each.asname or each.name] = f"{module}.{each.name}"

    def _assignment(self, node: ast.stmt) -> None:
        targets: Iterable[ast.expr] = ()
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                self._constants[target.id] = self._value(value)

    def _inner(self, node: ast.AST, around: _Around) -> _Around:
        if isinstance(node, ast.Lambda):
            return around._replace(function="<lambda>", loop=0, guarded=False)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return around._replace(function=node.name, loop=0, guarded=False)
        if _is_main(node):
            return around._replace(in_main=True)
        if is_endless(node):
            return around._replace(loop=node.lineno)  # type: ignore[attr-defined]
        if catches(node):
            return around._replace(guarded=True)
        return around

    def _look(self, node: ast.AST, around: _Around) -> None:
        if isinstance(node, ast.Call):
            self._call(node, around)
        elif isinstance(node, FUNCTIONS):
            made = self._function(node)
            self._functions.append(made)
            if isinstance(node, ast.Lambda):
                self._lambdas[node.lineno, node.col_offset] = made
        elif isinstance(node, ast.For | ast.AsyncFor) and isinstance(node.target, ast.Name):
            if isinstance(node.iter, ast.Tuple | ast.List | ast.Set):
                names = tuple(map(self._dotted, node.iter.elts))
                before = self._choices.get(node.target.id, ())
                self._choices[node.target.id] = before + names
        elif is_endless(node):
            ends = around.guarded or leaves(node, self._dotted)
            place = self._place(node)
            self._loops.append(py.Loop(place, around.function, around.in_main, ends))
        elif _is_main(node):
            self._main = self._place(node)

    def _call(self, node: ast.Call, around: _Around) -> None:
        name = self._dotted(node.func)
        if not name:
            return
        keywords = tuple((each.arg, self._value(each.value)) for each in node.keywords if each.arg)
        args = tuple(self._value(each) for each in node.args)
        place = self._place(node)
        self._calls.append(py.Call(name, place, args, keywords, *around[:3]))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> py.Function:
        inner = list(own(node))
        calls = (self._dotted(each.func) for each in inner if isinstance(each, ast.Call))
        stored = (each for each in inner if isinstance(each, ast.Name | ast.Attribute))
        sets = (self._dotted(each) for each in stored if isinstance(each.ctx, ast.Store))
        return py.Function(
            name="<lambda>" if isinstance(node, ast.Lambda) else node.name,
            place=self._place(node),
            calls=tuple(filter(None, calls)),
            sets=tuple(filter(None, sets)),
            raises=any(isinstance(each, ast.Raise) for each in inner),
            is_async=isinstance(node, ast.AsyncFunctionDef),
        )

    def _handlers(self) -> Iterator[py.Handler]:
        named = {each.name: each for each in self._functions}
        for call in self._calls:
            via_loop = call.name.endswith(".add_signal_handler")
            if not (via_loop or call.name == "signal.signal") or len(call.args) < 2:
                continue
            signal, target = call.args[0], call.args[1]
            name = target.name.removeprefix("signal.").removeprefix("Handlers.")
            function = named.get(name.rpartition(".")[2])
            if name == "<lambda>":
                function = self._lambdas.get((target.place.line, target.column))
            yield py.Handler(self._signals(signal), name, call.place, function, via_loop)

    def _signals(self, value: py.Value) -> tuple[str, ...]:
        """Return their names; none where one of them is known only when it runs."""
        if value.is_constant:
            known = {15: "SIGTERM", 2: "SIGINT", 3: "SIGQUIT", 1: "SIGHUP"}
            return tuple(filter(None, [known.get(value.constant)]))  # type: ignore[arg-type]
        names = self._choices.get(value.name, (value.name,))
        short = tuple(name.rpartition(".")[2] for name in names)
        return short if all(name in SIGNALS for name in short) else ()

    def _value(self, node: ast.expr) -> py.Value:
        place = self._place(node)
        if isinstance(node, ast.Constant):
            simple = node.value is None or isinstance(node.value, str | int | float)
            return py.Value(place, node.value if simple else None, simple)  # type: ignore[arg-type]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            number = getattr(node.operand, "value", None)
            if isinstance(number, int | float):
                return py.Value(place, -number, is_constant=True)
        if isinstance(node, ast.List | ast.Tuple):
            flat = [each for each in node.elts if not isinstance(each, ast.List | ast.Tuple)]
            return py.Value(place, items=tuple(map(self._value, flat[:1000])))
        if isinstance(node, ast.Lambda):
            return py.Value(place, name="<lambda>", column=node.col_offset)
        if (number := product(node)) is not None:
            return py.Value(place, number, is_constant=True)
        if isinstance(node, ast.Call | ast.BoolOp):
            return py.Value(place, fallback=fallback(node, self._dotted))
        return py.Value(place, name=self._dotted(node))

    def _dotted(self, node: ast.AST) -> str:
        """Return a name with what it was imported as; `?` for what isn't a name: `?.run`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < MOST_NAMES:
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            parts.append(self._alias.get(node.id, node.id))
        elif isinstance(node, ast.Call) and parts:  # asyncio.get_running_loop().add_signal_handler
            parts.append("?")
        else:
            return ""
        return ".".join(reversed(parts))

    def _place(self, node: ast.AST) -> Place:
        line = getattr(node, "lineno", 1)
        return Place(self._path, line, getattr(node, "end_lineno", None) or line)


def _is_main(node: ast.AST) -> bool:
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    names = [each.id for each in sides if isinstance(each, ast.Name)]
    values = [each.value for each in sides if isinstance(each, ast.Constant)]
    return names == ["__name__"] and values == ["__main__"]
