"""What a Python program does at a signal, read from its source without running it."""

from __future__ import annotations

import ast

from supervisor.core.signalnames import name as signal_name
from supervisor.ops.ending import BY_SIGNAL, INSTANT_S, Ending, never
from supervisor.ops.process import Process

INT, KILL = 2, 9
UNKNOWN_STATUS = 0.5
LAST_WORDS = "how long its `finally` and atexit take"
UNKNOWN = "what its handler does can't be read"
EXITS = ("sys.exit", "exit", "quit", "os._exit", "SystemExit")
TELLS = ("set", "stop", "close", "cancel", "shutdown", "put", "terminate", "write", "send", "kill")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def ending(process: Process, number: int) -> Ending:
    """Return how a Python process that catches a signal would end."""
    handler = _handler(process.text, number) if process.text else None
    if handler is None:
        why = f"Python catches {signal_name(number)}"
        if number == INT:  # Python's own
            caught = process.text is None or "KeyboardInterrupt" in process.text
            unsure = "whether its code catches KeyboardInterrupt" if caught else ""
            why = f"{why} and raises KeyboardInterrupt"
            return Ending(INSTANT_S, BY_SIGNAL + INT, why, unsure=unsure)
        return Ending(INSTANT_S, 0, why, unsure=UNKNOWN, timed=False)
    tree, function = handler
    return _end_of(process, tree, function)


def _handler(text: str, number: int) -> tuple[ast.Module, _Function | str] | None:
    """Return the source and the handler of a signal: a function, or the name of something else."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name.split(".")[-1] not in ("signal", "add_signal_handler") or len(call.args) < 2:
            continue
        if _means(call.args[0], tree, number):
            return tree, _function(call.args[1], tree)
    return None


def _means(node: ast.expr, tree: ast.Module, number: int) -> bool:
    """Tell whether an argument is this signal; a loop's variable is what it loops over."""
    said = ast.unparse(node)
    if isinstance(node, ast.Name):
        loops = (one for one in ast.walk(tree) if isinstance(one, ast.For))
        said = " ".join(ast.unparse(one.iter) for one in loops if ast.unparse(one.target) == said)
    words = {word.strip(" .,()[]") for word in said.replace(".", " ").split()}
    return signal_name(number) in words or str(number) in words


def _function(node: ast.expr, tree: ast.Module) -> _Function | str:
    if isinstance(node, ast.Lambda):
        return node
    name = ast.unparse(node)
    for one in ast.walk(tree):
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if one.name == name.split(".")[-1]:
            return one
    return name


def _end_of(process: Process, tree: ast.Module, function: _Function | str) -> Ending:
    if isinstance(function, str):
        if function.endswith("default_int_handler"):
            return Ending(INSTANT_S, BY_SIGNAL + INT, "its handler raises KeyboardInterrupt")
        if function.split(".")[-1] in TELLS:
            return _told(tree, f"its handler is {function}")
        return Ending(INSTANT_S, 0, f"its handler is {function}", unsure=UNKNOWN, timed=False)
    waits = sum(_sleeps(function), INSTANT_S)
    found = next(filter(None, (_exit(process, node, waits) for node in ast.walk(function))), None)
    if found is not None:
        return found
    if _does_something(function):
        return _told(tree, "its handler tells the program").later(waits - INSTANT_S)
    return never("its handler does nothing that would end it")


def _exit(process: Process, node: ast.AST, waits: float) -> Ending | None:
    """Return how a part of a handler ends the program; None when it doesn't."""
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    raised = _raised(node) if isinstance(node, ast.Raise) else ""
    if name in EXITS or raised == "SystemExit":
        status = _status(node)
        unsure = "" if status is not None else "its handler computes the code"
        return _leaves(process, waits, status or 0, f"its handler calls {name or raised}", unsure)
    if not raised:
        return None
    status = BY_SIGNAL + INT if raised == "KeyboardInterrupt" else 1
    return _leaves(process, waits, status, f"its handler raises {raised}", "")


def _leaves(process: Process, after_s: float, status: int, why: str, unsure: str) -> Ending:
    """Return the end, unless a thread that is no daemon keeps the interpreter alive."""
    text = (process.text or "").replace(" ", "")
    if "_exit" not in why and (found := _last_words(process.text or "")) is not None:
        after_s, unsure = after_s + found, unsure or LAST_WORDS
    if process.threads == 1 or "_exit" in why or "daemon=True" in text:
        return Ending(after_s, status, why, unsure=unsure)
    if "Thread(" in text:
        return never(f"{why}, but Python waits for its threads", "whether they end")
    return Ending(after_s, status, why, unsure=unsure or f"what its {process.threads} threads are")


def _last_words(text: str) -> float | None:
    """Return how long what runs at an orderly exit sleeps; None where nothing does."""
    blocks = [one.finalbody for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Try)]
    if not any(blocks) and "atexit.register(" not in text:
        return None
    return sum(nap for block in blocks for one in block for nap in _sleeps(one))


def _told(tree: ast.Module, why: str) -> Ending:
    """Return what follows a flag: the loop looks at it when its time.sleep is over (PEP 475)."""
    naps = [s for loop in ast.walk(tree) if isinstance(loop, ast.While) for s in _sleeps(loop)]
    half = max(naps, default=0.0) / 2
    unsure = "how the program leaves its loop can't be read"
    return Ending(INSTANT_S + half, 0, why, half, unsure, timed=bool(naps))


def _sleeps(node: ast.AST) -> list[float]:
    calls = (one for one in ast.walk(node) if isinstance(one, ast.Call) and one.args)
    naps = (one.args[0] for one in calls if ast.unparse(one.func) in ("time.sleep", "sleep"))
    return [
        float(n.value)
        for n in naps
        if isinstance(n, ast.Constant) and isinstance(n.value, int | float)
    ]


def _raised(node: ast.Raise) -> str:
    what = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return ast.unparse(what) if what else "again"


def _status(node: ast.AST) -> int | None:
    """Return the code that an exit has, None when it is computed."""
    call = node.exc if isinstance(node, ast.Raise) else node
    arguments = call.args if isinstance(call, ast.Call) else []
    if not arguments:
        return 0
    try:
        value = ast.literal_eval(arguments[0])
    except ValueError:
        value = _sum(arguments[0])
    if isinstance(value, str):
        return 1
    return value % 256 if isinstance(value, int) else (0 if value is None else None)


def _sum(node: ast.expr) -> object:
    """Return what `128 + 15` is; anything else stays unknown."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [one.value for one in (node.left, node.right) if isinstance(one, ast.Constant)]
        numbers = [one for one in parts if isinstance(one, int)]
        return sum(numbers) if len(numbers) == 2 else UNKNOWN_STATUS
    return UNKNOWN_STATUS


def _does_something(function: _Function) -> bool:
    """Tell a handler that sets, stops or calls something from one that only speaks."""
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal | ast.Assign | ast.AugAssign):
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in TELLS:
            return True
    return False
