"""`gracekeeper run`: be a container's ENTRYPOINT."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from supervisor.cli.recycling import recycle_options
from supervisor.config.quantities import text_of
from supervisor.errors import UsageError
from supervisor.front.duration import seconds
from supervisor.front.table import CONFIG, OPTIONS, OTHER_VARIABLES, PREFIX, Option

F = TypeVar("F", bound=Callable[..., Any])


def duration(value: str | float) -> float:
    """Return seconds, read as the front reads them."""
    try:
        return value if isinstance(value, float) else seconds(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no duration: write 10, 10s or 1m30s") from None


def unknown_variables(environment: Iterable[str], command: click.Command) -> tuple[str, ...]:
    """Return a warning for every variable that looks like ours and means nothing."""
    known = {param.envvar for param in command.params} | set(OTHER_VARIABLES)
    strange = (name for name in environment if name.startswith(PREFIX))
    return tuple(f"{name} means nothing to gracekeeper" for name in strange if name not in known)


def table_options(function: F) -> F:
    """Add the table's options; the function gets them by their fields."""
    for option in reversed(OPTIONS):
        function = _option(option)(function)
    return function


def _option(option: Option) -> Callable[[F], F]:
    flag = f"--{option.name}"
    kinds: dict[str, Any] = {"duration": duration, "choice": click.Choice(option.choices)}
    return click.option(
        f"{flag}/--no-{option.name}" if option.kind == "switch" else flag,
        option.target,
        type=kinds.get(option.kind, None if option.kind == "switch" else str),
        multiple=option.kind == "texts",
        default=text_of(option.default) if option.kind == "duration" else option.default,
        show_default=option.default is not None,
        metavar=option.metavar or None,
        envvar=option.variable,
        help=option.help,
    )


def several(
    context: click.Context, path: str, command: tuple[str, ...], wishes: dict[str, Any]
) -> None:
    """Keep the services of a file; what is said here goes before what is said there."""
    from supervisor.config.file import read
    from supervisor.front import fleet

    if command:
        raise UsageError(
            f"cannot run {command[0]} besides the services of {path} (--config): there is one or"
            " the other. Make it a service there."
        )
    said = [
        param
        for param in context.command.params
        if param.name and context.get_parameter_source(param.name) is not ParameterSource.DEFAULT
    ]
    containers = {option.target for option in OPTIONS if option.name in fleet.CONTAINERS}
    for param in said:
        if param.name not in (*containers, CONFIG, "command"):
            raise UsageError(
                f"cannot use {param.opts[0]} with {path} (--config): it is said of one service."
                " Write it there."
            )
    own = {param.name: wishes[param.name] for param in said if param.name in containers}
    fleet.keep(read(path, os.environ), own)


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@table_options
@recycle_options
@click.argument("command", nargs=-1, metavar="[--] COMMAND [ARG]...")
@click.pass_context
def run(context: click.Context, /, command: tuple[str, ...], **wishes: Any) -> None:
    """Run COMMAND as a container's main program and stop it without losing a request.

    uWSGI gets its listening sockets from here, so that what is queued behind its workers is known;
    its ini works as it is. Any other command is started, signalled, waited for and reported on.

    Every option is also read from the environment: --drain-delay from GRACEKEEPER_DRAIN_DELAY, and
    so on; several GRACEKEEPER_LISTEN are separated by spaces. ADDR is HOST:PORT, :PORT,
    [IPV6]:PORT or the path of a unix socket.

    Exit codes: 128 + signal after a stop, the command's own when it ends by itself, 2 for bad
    input (nothing was started), 126 or 127 when the command can't be executed or isn't there.

    \b
    Examples:  gracekeeper run --grace 30s --health :8081 -- uwsgi --ini app.ini
               gracekeeper run --config gracekeeper.toml
    """
    config = wishes.pop(CONFIG)
    if config is not None:
        several(context, config, command, wishes)
    from supervisor.front.options import Options
    from supervisor.front.prepare import keep
    from supervisor.front.recycling import RecycleOptions

    recycle = {
        name.removeprefix("recycle_"): wishes.pop(name)
        for name in list(wishes)
        if name.startswith("recycle_")
    }
    notes = unknown_variables(os.environ, context.command)
    keep(Options.of(wishes, command, recycle=RecycleOptions(**recycle), notes=notes))
