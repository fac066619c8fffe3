"""`gracekeeper ready`: one bit, for HEALTHCHECK and exec probes."""

from __future__ import annotations

from typing import Any

import click

from supervisor.cli.client import ask, control_option
from supervisor.errors import GracekeeperError


@click.command()
@control_option
def ready(control: str | None) -> None:
    """Exit with 0 if new requests are welcome, with 1 if not or if nobody answers."""
    found = ask(control, do="status")
    if not found["ready"]:
        raise GracekeeperError(f"not ready: {_who(found)} {found['phase']}")
    click.echo("ready")


def _who(found: dict[str, Any]) -> str:
    if "services" not in found:
        return f"{found['service']['server']} is"
    late = [one["name"] for one in found["services"] if not fine(one)]
    return f"{', '.join(late) or 'the fleet'} {'are' if len(late) > 1 else 'is'}"


def fine(service: dict[str, Any]) -> bool:
    """Tell whether one of several services is as it should be."""
    return bool(service["code"] == 0 if service["task"] else service.get("ready"))
