"""Imports point one way, and the keeper stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.sources import ROOT, files, imports, module_name, shown, source_of

# What each part of `supervisor` may import of the others; itself always.
VALUES = {"core", "errors", "address"}
BELOW_RUNTIME = VALUES | {"servers", "config", "recycle", "report"}
ASIDE = BELOW_RUNTIME | {"ops", "drill", "testing"}  # what never touches the runtime
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "core": set(),
    "errors": set(),
    "wsgi": set(),
    "address": {"core", "errors"},
    "servers": VALUES | {"recycle"},
    "recycle": VALUES,
    "report": VALUES,
    "render": VALUES | {"report"},  # by what a report is judged
    "config": VALUES | {"servers", "recycle"},
    "cluster": VALUES | {"servers", "config"},  # a program of its own, which the keeper runs
    "runtime": BELOW_RUNTIME | {"quickimport"},
    "front": BELOW_RUNTIME | {"runtime"},  # it runs before the exec, so it may be rich
    "ops": ASIDE | {"render"},  # which knows what a report has to be
    "drill": ASIDE,
    "doctor": ASIDE | {"render"},  # what a terminal must not obey
    "testing": ASIDE | {"render"},  # the page of an outcome
    "cli": ASIDE | {"doctor", "render", "runtime", "front"},
    "__main__": {"quickimport", "front", "runtime", "cli"},
    "quickimport": set(),
}
# The doctor's floors: each stands on those before it, and on no other.
FLOORS = (
    *("finding", "knowledge", "reading"),
    *("commands", "scripts", "services", "servers", "platforms", "house"),
    *("rule", "rules"),
)
STRANGERS = ("sample_app", "entrypoints", "benchmarks", "tests", "docs")

# What PID 1 must not pay for: each brings others with it, `re`, `enum` and `socket` among them.
TOO_HEAVY = {
    "asyncio",
    "ctypes",
    "dataclasses",
    "enum",
    "json",
    "logging",
    "pathlib",
    "re",
    "selectors",
    "socket",
    "subprocess",
    "typing",
}
KEEPER = "supervisor.runtime.boot"
RUN_BEFORE_EXEC: set[str] = set()  # modules of supervisor.runtime that the front alone loads


def part(module: str) -> str:
    """Return the part of `supervisor` that a module belongs to."""
    return [*module.split("."), "__init__"][1]


def test_imports_point_one_way() -> None:
    """core <- servers, config, recycle, report <- runtime <- cli; nobody else meets the runtime."""
    wrong = []
    for path in files("supervisor"):
        own = part(module_name(path))
        assert own in MAY_IMPORT, f"{shown(path)}: say in {__name__} what it may import"
        for name, line, _ in imports(path):
            if not name.startswith("supervisor."):
                continue
            if part(name) not in MAY_IMPORT[own] | {own}:
                wrong.append(f"{shown(path)}:{line} imports {name}")
    assert not wrong


def test_the_core_imports_nothing_but_itself() -> None:
    """Pure: no clock, no file, no environment, not even the standard library."""
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for path in files("supervisor/core")
        for name, line, _ in imports(path)
        if name != "__future__" and not f"{name}.".startswith("supervisor.core.")
        if not (name == "supervisor" or part(name) == "core")
    ]
    assert not wrong


def test_the_doctor_reads_from_the_ground_up() -> None:
    """Whoever reads a command line knows of no Dockerfile, and nobody below of the house."""
    wrong = []
    for path in files("supervisor/doctor"):
        own = module_name(path).split(".")[2:3]
        if not own or own[0] not in FLOORS:
            continue  # what joins, draws and writes
        below = FLOORS[: FLOORS.index(own[0]) + 1]
        for name, line, _ in imports(path):
            if name.startswith("supervisor.doctor.") and name.split(".")[2] not in below:
                wrong.append(f"{shown(path)}:{line} imports {name}")
    assert not wrong


def test_recycling_decides_and_does_nothing() -> None:
    """As pure as the core, of which it uses the records alone."""
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for path in files("supervisor/recycle")
        for name, line, _ in imports(path)
        if name != "__future__" and name not in ("supervisor.core", "supervisor.core.record")
        if not f"{name}.".startswith("supervisor.recycle.")
    ]
    assert not wrong


def test_the_product_and_what_surrounds_it_do_not_mix() -> None:
    """The sample app proves something because it knows nothing of us; and we nothing of it."""
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for folder, strangers in (("supervisor", STRANGERS), ("sample_app", ("supervisor",)))
        for path in files(folder)
        for name, line, _ in imports(path)
        if name.split(".")[0] in strangers
    ]
    assert not wrong


def test_the_middleware_stands_alone() -> None:
    """It is imported by applications: the standard library, and nothing of the rest."""
    for name, line, _ in imports(ROOT / "supervisor/wsgi.py"):
        assert name.split(".")[0] in sys.stdlib_module_names, f"line {line} imports {name}"


def test_the_runtime_imports_no_third_party() -> None:
    """Whatever PID 1 runs, the image has it with Python; lazily is no excuse."""
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for path in files("supervisor/runtime")
        for name, line, _ in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names | {"supervisor"}
    ]
    assert not wrong


@pytest.mark.parametrize(
    "path",
    [p for p in files("supervisor/runtime") if module_name(p) not in RUN_BEFORE_EXEC],
    ids=shown,
)
def test_a_module_of_the_runtime_loads_nothing_heavy(path: Path) -> None:
    """What is rare may be imported by the function that needs it, then."""
    wrong = [f"line {i.line}: {i.name}" for i in imports(path) if i.at_load and heavy(i.name)]
    assert not wrong


def test_nothing_that_the_keeper_loads_loads_anything_heavy() -> None:
    """Not through another part of `supervisor` either."""
    seen: dict[str, str] = {KEEPER: "the exec"}
    queue = [KEEPER]
    wrong = []
    while queue:
        module = queue.pop()
        path = source_of(module)
        assert path is not None
        for name, line, at_load in imports(path):
            if at_load and heavy(name):
                wrong.append(f"{shown(path)}:{line} imports {name}; loaded by {seen[module]}")
            if at_load and name not in seen and source_of(name):
                seen[name] = module
                queue.append(name)
    assert not wrong
    assert len(seen) > 20


@pytest.mark.process
def test_the_keeper_in_fact_loads_nothing_heavy() -> None:
    """Asked of an interpreter as lean as the keeper's."""
    code = f"import sys; sys.path.append({str(ROOT)!r}); import {KEEPER}; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert not TOO_HEAVY & set(run.stdout.split())


def heavy(name: str) -> bool:
    """Tell whether PID 1 must not load this."""
    return name.partition(".")[0] in TOO_HEAVY
