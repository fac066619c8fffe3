"""`gracekeeper fifo`: uWSGI's own commands, refused when they make no sense."""

from __future__ import annotations

import click

from supervisor.cli.client import ask, control_option
from supervisor.servers.uwsgi.fifo import COMMANDS, Command


def _row(command: Command) -> str:
    byte = "\\n" if command.byte == "\n" else command.byte
    never = command.ends_service or command.cuts_requests
    return f"  {command.name:21}{byte:>2} {command.effect}{' (refused)' if never else ''}"


def _table() -> str:
    rows = [_row(command) for command in COMMANDS if not command.name.startswith("slot-")]
    return "\n".join(["\b", "Commands:", *rows, f"  {'slot-0 .. slot-9':20}0-9 use that FIFO slot"])


@click.command(epilog=_table())
@control_option
@click.option("--service", metavar="NAME", help="Of several services, this one's FIFO.")
@click.argument("command")
def fifo(control: str | None, service: str | None, command: str) -> None:
    """Write COMMAND, a name or uWSGI's own letter, to its master FIFO.

    What would end the service, cut requests or kill the http router is refused, and says why.
    """
    click.echo(f"wrote {ask(control, do='fifo', command=command, service=service)['wrote']}")
