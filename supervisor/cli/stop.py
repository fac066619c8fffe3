"""`gracekeeper stop`: ask for a stop, and wait for its end."""

from __future__ import annotations

import os
import select
from contextlib import closing

import click

from supervisor.cli.client import connect, control_option, exchange, peer


@click.command()
@control_option
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until it has ended.")
def stop(control: str | None, wait: bool) -> None:
    """Ask a running gracekeeper to stop its service, as SIGTERM would.

    A second one, a second later or more, makes it faster. `run` exits as it would for SIGTERM.
    Inside the container that it ends, this command ends with it (137): use --no-wait there.
    """
    with closing(connect(control)) as client:
        # Taken hold of before it is asked: afterwards its pid may be somebody else's.
        pid = peer(client)
        pidfd = os.pidfd_open(pid) if wait and pid else -1
        exchange(client, do="stop")
    if pidfd < 0:
        click.echo("asked to stop", err=True)
        return
    click.echo(f"stopping (pid {pid}) ...", err=True)
    select.select([pidfd], [], [])
    os.close(pidfd)
    click.echo("stopped", err=True)
