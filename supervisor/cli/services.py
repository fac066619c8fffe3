"""Several services in a table, for a person."""

from __future__ import annotations

from typing import Any

from supervisor.cli.blocking import blocking

HEADS = ("service", "is", "pid", "waiting", "inside", "answered", "needs")
RIGHT = ("pid", "waiting", "inside", "answered")


def text(found: dict[str, Any]) -> str:
    """Draw the fleet, one line for each service."""
    left = found["budget_left_s"]
    services = found["services"]
    title = f"{len(services)} services, {found['phase']} (pid {found['pid']} gracekeeper)"
    if left is not None:
        title += f", {max(0.0, left):.1f} s of {found['grace_s']:g} s left"
    rows = [HEADS, *(_row(one) for one in services)]
    waits = [(one["name"], line) for one in services for line in blocking(one)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADS))]
    lines = [title, "", *(_line(row, widths) for row in rows)]
    if waits:
        lines += ["", "  the stop waits for", *(f"  {name}: {told}" for name, told in waits)]
    return "\n".join(lines)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        f"{cell:>{width}}" if head in RIGHT else f"{cell:<{width}}"
        for head, cell, width in zip(HEADS, row, widths, strict=True)
    ]
    return f"  {'  '.join(cells)}".rstrip()


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    needs = ", ".join(f"{need['name']} {need['condition']}" for need in one["needs"])
    if "service" not in one:  # it has not begun, or is over
        return (one["name"], _stage(one), "", "", "", "", needs)
    seen, connections = one["service"]["server"] != "generic", one["connections"]
    inside = f"{connections['serving']}" if one["in_request"] is None else f"{one['in_request']}"
    return (
        one["name"],
        _stage(one),
        str(one["service"]["pid"] or ""),
        str(connections["queued"] + connections["half_open"]) if seen else "",
        inside if seen else "",
        str(one["requests"]) if seen and one["workers"] else "",
        needs,
    )


def _stage(one: dict[str, Any]) -> str:
    """Say where a service is, with the phase of its stop, or how it ended."""
    if one["stage"] == "over":
        if one["code"] is None:
            return "never started"
        return "done" if one["task"] and one["code"] == 0 else f"ended with {one['code']}"
    told = {"ready": one.get("phase", "ready"), "stopping": one.get("phase", "stopping")}
    text = "running" if one["task"] and one["stage"] == "ready" else one["stage"]
    text = told.get(text, text)
    return f"{text}, generation {one['generation']}" if one.get("generation", 1) > 1 else text
