"""`gracekeeper run`: be a container's ENTRYPOINT."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import click

from supervisor.cli.recycling import recycle_options
from supervisor.core.exitstatus import EXIT_CODE_POLICIES
from supervisor.core.revival import RESTART_POLICIES

# Not options: ours to the app, and for a traceback.
OTHER_VARIABLES = ("GRACEKEEPER_DRAIN_FD", "GRACEKEEPER_DEBUG")


def listen(value: str) -> tuple[str, str]:
    """Split `[NAME=]ADDR`; a path may have an equals sign of its own."""
    name, equals, address = value.partition("=")
    if not equals or name.startswith(("/", "./", "unix:")):
        return "", value
    return name, address


def unknown_variables(environment: Iterable[str], command: click.Command) -> tuple[str, ...]:
    """Return a warning for every variable that looks like ours and means nothing."""
    known = {param.envvar for param in command.params} | set(OTHER_VARIABLES)
    strange = (name for name in environment if name.startswith("GRACEKEEPER_"))
    return tuple(f"{name} means nothing to gracekeeper" for name in strange if name not in known)


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@click.option(
    "--listen",
    "listens",
    multiple=True,
    metavar="[NAME=]ADDR",
    envvar="GRACEKEEPER_LISTEN",
    help="Own this address and hand it to uWSGI, gunicorn, uvicorn, hypercorn or granian. For"
    " uWSGI, NAME is what is spoken there: http (http-socket), http-router or uwsgi; by default"
    " http, on a unix socket uwsgi.  [repeatable]",
)
@click.option(
    "--grace",
    type=float,
    default=10,
    show_default=True,
    metavar="S",
    envvar="GRACEKEEPER_GRACE",
    help="Seconds from the signal to the platform's KILL; everything fits in.",
)
@click.option(
    "--drain-delay",
    type=float,
    default=0,
    show_default=True,
    metavar="S",
    envvar="GRACEKEEPER_DRAIN_DELAY",
    help="Seconds of normal service after the signal, for balancers to look away.",
)
@click.option(
    "--late",
    type=click.Choice(["answer", "hold"]),
    default="answer",
    show_default=True,
    envvar="GRACEKEEPER_LATE",
    help="Answer who comes after the signal with 503, or let them wait for the next server.",
)
@click.option(
    "--hurry/--no-hurry",
    default=True,
    show_default=True,
    envvar="GRACEKEEPER_HURRY",
    help="A second signal, a second later or more, makes it faster.",
)
@click.option(
    "--health",
    metavar="ADDR",
    envvar="GRACEKEEPER_HEALTH",
    help="Serve /livez, /readyz, /status and /metrics here.  [default: off]",
)
@click.option(
    "--control",
    metavar="PATH",
    envvar="GRACEKEEPER_CONTROL",
    help="The control socket.  [default: $XDG_RUNTIME_DIR/gracekeeper.sock,"
    " /run/gracekeeper.sock or /tmp/gracekeeper-UID.sock]",
)
@click.option(
    "--restart",
    type=click.Choice(RESTART_POLICIES),
    default="never",
    show_default=True,
    envvar="GRACEKEEPER_RESTART",
    help="Start a command anew that has ended by itself, after 0.5 s to 30 s; given up after 8"
    " ends in a row.",
)
@click.option(
    "--watch-file",
    metavar="PATH",
    envvar="GRACEKEEPER_WATCH_FILE",
    help="Restart without a gap when this file, or one in this folder, has changed.",
)
@click.option(
    "--start-timeout",
    type=float,
    default=60,
    show_default=True,
    metavar="S",
    envvar="GRACEKEEPER_START_TIMEOUT",
    help="At a restart: seconds until the next generation must be ready, or is thrown away.",
)
@click.option(
    "--restart-grace",
    type=float,
    default=60,
    show_default=True,
    metavar="S",
    envvar="GRACEKEEPER_RESTART_GRACE",
    help="And seconds for the one before to answer whom it has accepted.",
)
@click.option(
    "--report",
    metavar="FILE",
    envvar="GRACEKEEPER_REPORT",
    help="Write the shutdown report here, too.",
)
@click.option(
    "--exit-code",
    type=click.Choice(EXIT_CODE_POLICIES),
    default="signal",
    show_default=True,
    envvar="GRACEKEEPER_EXIT_CODE",
    help="After a stop: 128 + signal (143 for TERM), the child's own, or 0.",
)
@click.option(
    "--log-format",
    type=click.Choice(["json", "text"]),
    default="json",
    show_default=True,
    envvar="GRACEKEEPER_LOG_FORMAT",
    help="How the keeper's own lines look; the report is JSON in any case.",
)
@recycle_options
@click.argument("command", nargs=-1, metavar="[--] COMMAND [ARG]...")
@click.pass_context
def run(
    context: click.Context,
    /,
    listens: tuple[str, ...],
    grace: float,
    drain_delay: float,
    late: str,
    hurry: bool,
    health: str | None,
    control: str | None,
    restart: str,
    watch_file: str | None,
    start_timeout: float,
    restart_grace: float,
    report: str | None,
    exit_code: str,
    log_format: str,
    command: tuple[str, ...],
    **recycle: Any,
) -> None:
    """Run COMMAND as a container's main program and stop it without losing a request.

    uWSGI gets its listening sockets from here, so that what is queued behind its workers is known;
    its ini works as it is. Any other command is started, signalled, waited for and reported on.

    Every option is also read from the environment: --drain-delay from GRACEKEEPER_DRAIN_DELAY, and
    so on; several GRACEKEEPER_LISTEN are separated by spaces. ADDR is HOST:PORT, :PORT,
    [IPV6]:PORT or the path of a unix socket.

    \b
    Exit codes: 128 + signal after a stop, the command's own when it ends by itself, 2 for bad
    input (nothing was started), 126 or 127 when the command can't be executed or isn't there.

    \b
    Example:  gracekeeper run --grace 30 --health :8081 -- uwsgi --ini /opt/uwsgi/uwsgi.ini
    """
    from supervisor.front.options import Options
    from supervisor.front.prepare import keep
    from supervisor.front.recycling import RecycleOptions

    keep(
        Options(
            command=command,
            listen=tuple(listen(value) for value in listens),
            grace_s=grace,
            drain_delay_s=drain_delay,
            late=late,
            hurry=hurry,
            health=health,
            control=control,
            restart=restart,
            watch_file=watch_file,
            start_timeout_s=start_timeout,
            restart_grace_s=restart_grace,
            report=report,
            exit_code=exit_code,
            log_format=log_format,
            recycle=RecycleOptions(
                **{name.removeprefix("recycle_"): value for name, value in recycle.items()}
            ),
            notes=unknown_variables(os.environ, context.command),
        )
    )
