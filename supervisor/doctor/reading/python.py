"""Python files by `ast`: what is imported, called, looped and done at a signal. Nothing is run."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.reading.pythonfacts import Facts

if TYPE_CHECKING:
    from supervisor.doctor.reading.pythonnodes import Python
    from supervisor.doctor.reading.source import Source

LARGEST: Final = 256 * 1024  # characters; a tree takes a hundred times that
TELLING: Final = (
    *("__main__", "signal", "while True", "while 1", ".run(", "serve", "_forever"),
    *("wait_for_termination", "start_consuming", "BlockingScheduler"),
)


def telling(source: Source) -> bool:
    """Tell whether a file can say anything about its end: parsing all of a tree takes too long."""
    return source.kind == "gunicorn" or any(word in source.text for word in TELLING)


def parse(source: Source) -> Python | Skip:
    """Read a file; a Skip with its line where Python would refuse it."""
    if len(source.text) > LARGEST:
        return Skip(Place(source.path), f"a Python file larger than {LARGEST // 1024} KiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the escapes in other people's strings
            tree = ast.parse(source.text)
    except SyntaxError as error:
        return Skip(Place(source.path, max(error.lineno or 1, 1)), f"not Python 3: {error.msg}")
    except (ValueError, RecursionError, MemoryError):
        return Skip(Place(source.path), "not Python 3, or too deep")
    return Facts(source.path).module(tree)
