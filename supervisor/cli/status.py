"""`gracekeeper status`: what the keeper knows now."""

from __future__ import annotations

import json
import threading
from typing import Any

import click

from supervisor.cli import blocking, services
from supervisor.cli.client import ask, control_option, gone, service_argument
from supervisor.cli.telling import tell
from supervisor.errors import GracekeeperError

EVERY_S = 1.0
MIB = 1 << 20
HIDDEN = ("mechanism", "why_restart", "every_s", "least_age_s")  # of what limits recycling


@click.command()
@control_option
@service_argument
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--watch", is_flag=True, help="Again every second, until Ctrl-C or its end.")
@click.option("--stacks", is_flag=True, help="With the Python stacks of what a stop waits for.")
def status(
    control: str | None, service: str | None, as_json: bool, watch: bool, stacks: bool
) -> None:
    """Show phase, generations, connections and workers of a running gracekeeper.

    Of several services, one line each; more of the one that is named. While it stops: what it waits
    for, which request, and for how long. --stacks asks py-spy, where that is installed.

    Exits with 1 when nobody answers, with 0 when what --watch shows has ended. The JSON is
    described by supervisor/cli/status.schema.json.
    """
    shown = False
    while True:
        try:
            found = ask(control, do="status", service=service)
        except GracekeeperError:
            if not (shown and gone(control)):
                raise
            click.echo("gracekeeper: it has ended", err=True)
            return
        shown = True
        waited_for = blocking.stacks(blocking.pids(found)) if stacks else []
        if watch and not as_json:
            click.clear()  # only on a terminal
        if as_json:
            found = {**found, "stacks": waited_for} if stacks else found
            click.echo(json.dumps(found, indent=None if watch else 2))
        else:
            tell("\n".join([text(found), *([""] if waited_for else []), *waited_for]))
        if not watch:
            return
        threading.Event().wait(EVERY_S)


def text(found: dict[str, Any]) -> str:
    """Draw a status for a person."""
    if "services" in found:
        return services.text(found)
    connections, service = found["connections"], found["service"]
    left = found["budget_left_s"]
    title = f"{service['server']} is {found['phase']}"
    waits = blocking.blocking(found)
    rows = [
        ("address", ", ".join(found["addresses"]) or "none of ours"),
        ("pid", f"{found['pid']} gracekeeper, {_or(service['pid'], 'no')} {service['server']}"),
        ("waiting", f"{connections['queued']} queued, {connections['half_open']} half open"),
        ("inside", f"{connections['serving']} connections, {_or(found['in_request'])} in request"),
        ("answered", f"{_or(found['requests'])} requests, {found['turned_away']} turned away"),
        ("restart", _restart(found)),
        ("recycle", _recycle(found["recycle"])),
    ]
    lines = [
        title if left is None else f"{title}, {max(0.0, left):.1f} s of {found['grace_s']:g} s left"
    ]
    lines += (f"  {name:<9} {told}" for name, told in rows if told)
    lines += (f"  {'waits for' if not at else '':<9} {line}" for at, line in enumerate(waits))
    if found["workers"]:
        heads = f"  {'worker':<8}{'pid':>8}{'requests':>10}{'memory':>11}{'age':>9}  now"
        lines += ("", heads)
        lines += (_worker(worker) for worker in found["workers"])
    return "\n".join(lines)


def _worker(worker: dict[str, Any]) -> str:
    doing = ", ".join(worker["running"]) or ("idle" if worker["accepting"] else "starting")
    if worker["running"] and worker["busy_s"] is not None and worker["busy_s"] >= 1:
        doing += f" for {duration(worker['busy_s'])}"
    size = "?" if worker["memory"] is None else f"{worker['memory'] / MIB:.1f} MiB"
    return (
        f"  {worker['id']:<8}{worker['pid']:>8}{worker['requests']:>10}{size:>11}"
        f"{duration(worker['age_s']):>9}  {doing}"
    )


def _restart(found: dict[str, Any]) -> str:
    """Tell of generations, once there was more than one."""
    last = found["restart"]
    if last["following"]:
        return f"generation {last['following']} is starting, {found['generation']} serves"
    if last["leaving"]:
        return f"generation {last['leaving']} is leaving, {found['generation']} serves"
    if not last["outcome"]:
        return ""
    why = f": {last['why']}" if last["why"] else ""
    return f"generation {found['generation']} serves; last restart: {last['outcome']}{why}"


def _recycle(found: dict[str, Any]) -> str:
    if found["mechanism"] is None:
        return ""
    if found["going"]:
        return f"worker {found['going']['worker']} is going: {found['going']['why']}"
    limits = [f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in _limits(found)]
    told = ", ".join(limits) if limits else "by hand only"
    if found["next_look_s"] is not None:
        told += f"; next look in {found['next_look_s']:.0f} s"
    if found["blind"]:
        told += f"; blind: {', '.join(found['blind'])}"
    if found["last"]:
        one = found["last"][-1]
        told += f"; last: worker {one['worker']} ({one['why']})"
    return told


def _limits(found: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in found["limits"].items() if name not in HIDDEN]


def duration(seconds: float) -> str:
    """Show seconds as people say them."""
    minutes, hours = seconds / 60, seconds / 3600
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes:.0f} min" if minutes < 60 else f"{hours:.1f} h"


def _or(value: Any, nothing: str = "?") -> str:
    """Show a number, or what stands for an unknown one."""
    return nothing if value is None else str(value)
