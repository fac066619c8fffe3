"""Files stay short, tests wait for facts, and the drawn table is the real one."""

from __future__ import annotations

import ast
import runpy

import pytest

from tests.rules.sources import FOLDERS, ROOT, files, shown

MOST_LINES = 300
# Programs that tests start and that are slow on purpose; they are not tests.
SLOW_PROGRAMS = {"tests/runtime/app.py", "tests/images/inis/leaking.py"}


def test_no_file_is_too_long() -> None:
    """Beyond 300 lines a module has more than one subject."""
    lengths = {shown(p): len(p.read_text().splitlines()) for p in files(*FOLDERS)}
    assert {name: n for name, n in lengths.items() if n > MOST_LINES} == {}


def test_no_test_sleeps() -> None:
    """A test that waits for time instead of a fact is slow on a good day and wrong on a bad one."""
    sleeps = [
        f"{shown(path)}:{node.lineno}"
        for path in files("tests")
        if shown(path) not in SLOW_PROGRAMS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        if ast.unparse(node.func).split(".")[-1] == "sleep"
    ]
    assert sleeps == []


def test_the_diagram_is_drawn_from_the_table() -> None:
    """ARCHITECTURE.md shows the transitions that the code has."""
    diagram = runpy.run_path(str(ROOT / "docs/diagram.py"))
    page = (ROOT / "ARCHITECTURE.md").read_text()
    assert diagram["redrawn"](page) == page, "run: python docs/diagram.py --write"


def test_a_page_without_its_markers_is_an_error() -> None:
    """The generator does not guess where the diagram belongs."""
    diagram = runpy.run_path(str(ROOT / "docs/diagram.py"))
    with pytest.raises(SystemExit, match="marker"):
        diagram["redrawn"]("no markers")
