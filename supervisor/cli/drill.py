"""`gracekeeper drill`: stop a service in the middle of a load, and count what became of all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from supervisor.cli.drilloptions import Sectioned, drill_options
from supervisor.errors import GracekeeperError, UsageError

if TYPE_CHECKING:
    from supervisor.drill.outcome import Outcome, Shortfall

FAILED, UNDRILLED = 1, 3


class UndrilledError(GracekeeperError):
    """It could not be drilled: nothing is known of its requests."""

    exit_code = UNDRILLED


@click.command(cls=Sectioned)
@click.argument("words", metavar="[TARGET | -- COMMAND...]", nargs=-1)
@drill_options
def drill(words: tuple[str, ...], **options: Any) -> None:
    """Stop a service in the middle of a load, and count what became of every request.

    TARGET is a container that runs, or else an image that is there, or compose:SERVICE.

    \b
      gracekeeper drill app:latest --path '/slow?s=1' --grace 30s
      gracekeeper drill compose:web --file compose.yaml --times 3
      gracekeeper drill --url http://127.0.0.1:8000/ -- python -m http.server 8000
      gracekeeper drill --url http://127.0.0.1/ --stop-command 'podman stop app'

    What is not there is brought up, and taken away at the end; what was there before stays. A TIME
    is 30s, 500ms, 1m30s, or a number of seconds.

    Lost: accepted, and no complete response came. Turned away: a complete 503
    with Retry-After and Connection: close. Refused: connect() failed, or TLS's
    handshake. Whoever was turned away or refused can safely try elsewhere.

    \b
    Exit codes:
      0    passed
      1    failed: what --fail-on names, or --slow-after, has happened
      2    bad input, or an action that such a target cannot take
      3    it could not be drilled: no engine, no such target, or it never
           answered; with --times, what came before is told, and what is missing
      130  Ctrl-C; what was brought up is taken away

    The JSON is described by supervisor/drill/drill.schema.json; docs/how-to/drill.md is the guide.
    """
    from supervisor.cli import drilled, drilling
    from supervisor.cli.drillrun import drilled as drills
    from supervisor.drill.document import document
    from supervisor.drill.outcome import Shortfall

    drilled.check(options["report_"])
    wish = drilling.wish(words, options)
    outcomes: list[Outcome] = []
    missing: Shortfall | None = None
    try:
        outcomes.extend(drills(wish))  # which keeps those before one that fails
    except GracekeeperError as error:
        if not outcomes:
            raise error if isinstance(error, UsageError) else UndrilledError(str(error)) from None
        missing = Shortfall(wish.times, str(error))
    told = document(outcomes, wish.limits, missing)
    drilled.write_all(options["report_"], told)
    drilled.tell(told, as_json=options["json_"])
    if missing:
        raise UndrilledError(f"after {len(outcomes)} of {wish.times} drills: {missing.why}")
    sys.exit(0 if told["verdict"]["ok"] else FAILED)
