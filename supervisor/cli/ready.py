"""`gracekeeper ready`: one bit, for HEALTHCHECK and exec probes."""

from __future__ import annotations

import click

from supervisor.cli.client import ask, control_option
from supervisor.errors import GracekeeperError


@click.command()
@control_option
def ready(control: str | None) -> None:
    """Exit with 0 if new requests are welcome, with 1 if not or if nobody answers."""
    found = ask(control, do="status")
    if not found["ready"]:
        raise GracekeeperError(f"not ready: {found['service']['server']} is {found['phase']}")
    click.echo("ready")
