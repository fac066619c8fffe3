"""`gracekeeper inspect`: what a stop would do to a container, or to a process, as it is now."""

from __future__ import annotations

import json

import click

from supervisor.config.mistakes import UnfitError
from supervisor.config.quantities import seconds
from supervisor.core.signalnames import number as signal_number
from supervisor.errors import GracekeeperError, UsageError

LONGEST = 20  # digits; Python reads none of more than 4300


@click.command()
@click.argument("target", metavar="[PID|CONTAINER]", required=False, default="1")
@click.option("--signal", metavar="NAME", help="The stop signal.  [default: the container's, TERM]")
@click.option("--grace", metavar="TIME", help="The grace period.  [default: the container's, 10s]")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def inspect(target: str, signal: str | None, grace: str | None, as_json: bool) -> None:
    """Show the processes of a container, and foretell how `docker stop` would end.

    For each process: whether the stop signal is told to it, and whether it would end by it; who
    listens where and how many wait; memory, and kills for want of it. Nothing is changed, and no
    signal is sent. Without an argument it looks at PID 1 of where it runs.

    \b
    TOLD: by the stop itself, by its parent, maybe, or by nobody.
    THEN: dies     it has no handler, and ends
          caught   its own handler decides
          waited   signalfd or sigtimedwait takes it
          ignored  nothing happens
          dropped  it has no handler, and is PID 1
          blocked  nobody takes it
          none     that signal does nothing by default
          halts    it is stopped, not ended
          held     it is stopped already, or in an uninterruptible sleep
          dead     it is a zombie

    Exit codes: 0 told, 1 no such process or container, it does not run, or the engine can't be
    reached; 2 bad input. The JSON is described by supervisor/ops/inspect.schema.json.
    """
    from supervisor.ops import inspection

    wish = inspection.Wish(_signal(signal), None if grace is None else _grace(grace))
    if target.isdecimal():
        found = inspection.of_process(_pid(target), wish)
    else:
        found = inspection.of_container(target, wish)
    if as_json:
        from supervisor.ops.inspectdata import data

        click.echo(json.dumps(data(found), indent=2))
        return
    from supervisor.cli.processes import text
    from supervisor.cli.telling import tell

    tell(text(found))


def _pid(text: str) -> int:
    if len(text) > LONGEST:
        raise GracekeeperError(
            f"cannot inspect process {text[:LONGEST]}...: a PID has 7 digits at most (proc(5)). See"
            " `ps -e`."
        )
    return int(text)


def _signal(text: str | None) -> int | None:
    """Read a signal's name."""
    if text is None:
        return None
    found = signal_number(text) if len(text) <= LONGEST else None
    if found is None:
        raise UsageError(
            f"cannot use --signal {text[:LONGEST]}: there is no such signal. Try TERM or QUIT."
        )
    return found


def _grace(text: str) -> float:
    """Read a duration."""
    try:
        return seconds(text)
    except UnfitError as error:
        raise UsageError(f"cannot use --grace: {error}. Write a duration: 30s, 500ms.") from None
