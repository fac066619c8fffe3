"""`gracekeeper check`: what a gracekeeper.toml would do, or all that is wrong with it."""

from __future__ import annotations

import json
import os
import shlex
import textwrap
from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

import click

from supervisor.config import forecast, secrets
from supervisor.config.declared import Declared, DeclaredService
from supervisor.config.plan import encode
from supervisor.config.quantities import text_of
from supervisor.core.policy import Rung
from supervisor.core.signalnames import name as signal_name

WIDTH = 100
Row = tuple[str, ...]


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print what was read, and when, as JSON.")
def check(file: str, as_json: bool) -> None:
    """Read a gracekeeper.toml and tell what it would do; nothing is started.

    All mistakes are told at once, each with its line; what only starting can tell (users, programs,
    addresses in use) is not looked at. Secrets from files, and variables of services that are named
    like one, are not shown; what ${...} puts elsewhere is.

    \b
    Exit codes: 0 the file is right, 2 it is not. The JSON is described by
    supervisor/cli/check.schema.json.
    """
    from supervisor.config.file import read

    declared = read(file, os.environ)
    click.echo(json.dumps(data(declared), indent=2) if as_json else text(declared))


def data(declared: Declared) -> dict[str, Any]:
    """Return the file's records with secrets masked, and the forecast."""
    found: dict[str, Any] = _finite(encode(declared))
    for service, shown in zip(declared.services, found["services"], strict=True):
        environment = secrets.masked(dict(service.environment), service.secrets)
        shown["environment"] = environment
        shown["recycle"] = dict(service.recycle)
    stops = [vars(one) for one in forecast.stops(declared)]
    return {**found, "starts": forecast.starts(declared), "stops": stops}


def _finite(value: Any) -> Any:
    """Return the same with null for what has no end: JSON can't say infinity."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def text(declared: Declared) -> str:
    """Return it for a person, at most 100 columns wide."""
    tasks = sum(one.task for one in declared.services)
    services = len(declared.services) - tasks
    counted = [_many(services, "service")] * bool(services) + [_many(tasks, "task")] * bool(tasks)
    times = f"grace {text_of(declared.grace_s)}"
    if declared.drain_delay_s:
        times += f", drain delay {text_of(declared.drain_delay_s)}"
    blocks = [
        f"{declared.path} is right: {' and '.join(counted)}, {times}",
        "Start, each as soon as all that it waits for is true:\n" + _rows(_starts(declared)),
        "Stop, each when all that need it are over; at the latest:\n" + _rows(_stops(declared)),
    ]
    for title, rows in (("Doors", _doors(declared)), ("Recycle", _recycle(declared))):
        if rows:
            blocks.append(f"{title}:\n{_rows(rows)}")
    return "\n\n".join(blocks)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _starts(declared: Declared) -> Iterator[Row]:
    services = {one.name: one for one in declared.services}
    for step, names in enumerate(forecast.starts(declared), 1):
        for place, name in enumerate(names):
            yield ("" if place else f"{step}", name, "; ".join(_start(services[name])))


def _start(service: DeclaredService) -> Iterator[str]:
    """Tell of one service what it waits for, and what others wait for."""
    if service.after:
        yield "after " + ", ".join(f"{need.name} is {need.condition}" for need in service.after)
    else:
        yield "at once"
    if service.task:
        yield "a task"
    elif service.ready:
        target = shlex.join(service.ready.argv) or service.ready.target
        yield f"ready by {' '.join(filter(None, (service.ready.kind, target)))}"
    if not service.task:
        yield f"within {text_of(service.start_timeout_s)}"
    if service.restart != "never":
        yield f"restart {service.restart}"
    if not service.essential:
        yield "not essential"


def _stops(declared: Declared) -> Iterator[Row]:
    services = {one.name: one for one in declared.services}
    yield "asked", "over", "", ""
    for one in forecast.stops(declared):
        ladder = services[one.name].stop
        how = ", ".join(_rung(rung) for rung in ladder) if ladder else "its server's own ladder"
        yield f"{one.asked_s:4.1f}s", f"{one.over_s:4.1f}s", one.name, how


def _rung(rung: Rung) -> str:
    whom = "" if rung.target == "main" else f" to the {rung.target}"
    patience = "" if rung.patience_s is None else f" for {text_of(rung.patience_s)}"
    return f"{signal_name(rung.signal)}{whom}{patience}"


def _doors(declared: Declared) -> list[Row]:
    doors: list[Row] = [(one.name, " ".join(one.listen)) for one in declared.services if one.listen]
    if declared.health:
        doors.append(("gracekeeper", f"{declared.health} (health)"))
    return doors


def _recycle(declared: Declared) -> list[Row]:
    return [
        (one.name, ", ".join(f"{key} {value}" for key, value in one.recycle))
        for one in declared.services
        if one.recycle
    ]


def _rows(rows: Iterable[Row]) -> str:
    """Return columns, the last one wrapped below itself."""
    rows = list(rows)
    *widths, _last = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        head = "  " + "  ".join(cells) + "  "
        room = max(WIDTH - len(head), 20)
        first, *more = textwrap.wrap(row[-1], room, break_on_hyphens=False) or [""]
        lines += [head + first, *(" " * len(head) + one for one in more)]
    return "\n".join(line.rstrip() for line in lines)
