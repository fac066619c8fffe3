"""`gracekeeper restart`: the next generation, without a gap."""

from __future__ import annotations

import threading
from typing import Any

import click

from supervisor.cli.client import ask, control_option, service_argument
from supervisor.errors import GracekeeperError

EVERY_S = 0.1


@click.command()
@control_option
@service_argument
@click.option("--rehearse", is_flag=True, help="Start it, see that it gets ready, throw it away.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the outcome.")
def restart(control: str | None, service: str | None, rehearse: bool, wait: bool) -> None:
    """Start the service anew beside the running one, and lead newcomers there when it is ready.

    The one before then answers everybody whom it has accepted, and ends. If the new one does not
    load or does not become ready in time, it is thrown away, and the running one never noticed:
    exit code 1, with the last lines that the new one said. Of several services, say which; without
    SERVICE, it is the only one that can be restarted.

    SIGHUP to `gracekeeper run` does the same.
    """
    begun = ask(control, do="restart", rehearse=rehearse, service=service)
    number, service = begun["generation"], begun["service"] or None
    if not wait:
        click.echo(f"generation {number} is being started", err=True)
        return
    told = ""
    while True:
        found = ask(control, do="status", service=service)
        last = found["restart"]
        line = _progress(number, last)
        if line != told:
            click.echo(line, err=True)
            told = line
        if last["outcome"] != "running" and last["following"] != number:
            break
        threading.Event().wait(EVERY_S)
    if last["outcome"] == "failed":
        raise _failed(number, last)
    if last["why"]:
        raise GracekeeperError(
            f"restarted, and not without a loss: {last['why']}. Give more `--restart-grace`."
        )


def _progress(number: int, last: dict[str, Any]) -> str:
    if last["following"] == number:
        waits = "is starting" if last["outcome"] == "running" else "is ready, and ends again"
        return f"generation {number} {waits} ..."
    if last["leaving"]:
        return f"generation {number} serves; generation {last['leaving']} is leaving ..."
    return {
        "done": f"generation {number} serves, alone",
        "rehearsed": f"generation {number} became ready, and was thrown away",
    }.get(last["outcome"], f"generation {number} was thrown away")


def _failed(number: int, last: dict[str, Any]) -> GracekeeperError:
    said = "".join(f"\n  | {line}" for line in last["last_lines"])
    return GracekeeperError(
        f"cannot restart: generation {number} was thrown away: {last['why']}. The one before serves"
        f" on. Look at what it said last:{said or ' nothing'}"
    )
