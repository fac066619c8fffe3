"""`gracekeeper`: the group of commands, and how their errors are told."""

from __future__ import annotations

import errno
import importlib
import os
import sys

import click

from supervisor.errors import GracekeeperError

COMMANDS = {
    "run": "Run a command; stop it without losing a request.",
    "check": "Read a gracekeeper.toml, and tell what it would do.",
    "stop": "Ask a running gracekeeper to stop its service.",
    "restart": "Start the service anew, without a gap; or rehearse that.",
    "recycle": "Replace workers, one after the other.",
    "ready": "Exit with 0 if the service is ready.",
    "status": "Show what a running gracekeeper knows of its service.",
    "report": "Draw how a stop went, from its report.",
    "inspect": "Look at a container's processes, and foretell how its stop would end.",
    "explain": "Say why a container ended, or what an exit code can mean.",
    "doctor": "Find what loses requests at a stop, in a project's files.",
    "drill": "Stop a service under load, and count what became of every request.",
    "watch": "Record how containers end, ours or not, and say why.",
    "hold": "Become a command with signals blocked until it can hear them.",
    "fifo": "Write a command to uWSGI's master FIFO, if it makes sense now.",
}
USAGE, INTERNAL, INTERRUPTED = 2, 70, 130  # 70: EX_SOFTWARE, sysexits.h
DEBUG = "GRACEKEEPER_DEBUG"


class LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command's module."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"supervisor.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="gracekeeper", message="%(prog)s %(version)s")
def gracekeeper() -> None:
    """Keep a service in a container: never lose a request that it has accepted.

    \b
    On SIGTERM:  not ready -> door shut -> everybody inside answered ->
                 server stopped -> exit 143

    \b
    Exit codes of `run`:
      128 + n    stopped by signal n: 143 for TERM, 130 for INT (see --exit-code)
      its own    the command ended by itself
      2          bad input; nothing was started
      126, 127   the command can't be executed, or isn't there
      70         a mistake in gracekeeper itself; GRACEKEEPER_DEBUG=1 shows where

    Of the other commands: 0 done, 1 nobody answers or it was refused, 2 bad input; `drill` says 1
    for one that failed, and 3 for what could not be drilled.

    Linked from `tini` or `dumb-init`, or as `gracekeeper tini ...`, it takes their options.
    """


def start(arguments: list[str]) -> None:
    """Run a command and exit; problems are one line on stderr, with the code that fits."""
    try:
        code = gracekeeper.main(
            arguments or ["--help"], prog_name="gracekeeper", standalone_mode=False
        )
        code = code if arguments else USAGE
    except GracekeeperError as error:
        code = _tell(str(error), error.exit_code)
    except click.ClickException as error:
        code = _tell(explain(error, arguments), error.exit_code)
    except click.Abort:
        code = INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            code = 1  # whoever read our output has gone
        elif os.environ.get(DEBUG):
            raise
        else:
            code = _tell(f"{internal(error)} {DEBUG}=1 shows where.", INTERNAL)
    sys.exit(code if isinstance(code, int) else 0)


def explain(error: click.ClickException, arguments: list[str]) -> str:
    """Say what click did not like in our own way: what can't be done, why, what to do."""
    context = getattr(error, "ctx", None)
    known = [word for word in arguments[:1] if word in COMMANDS]
    path = context.command_path if context else " ".join(["gracekeeper", *known])
    why = error.message.rstrip(".")
    if isinstance(error, click.NoSuchOption):
        near = f" Did you mean {' or '.join(error.possibilities)}?" if error.possibilities else ""
        told = f"cannot understand {error.option_name}: there is no such option.{near}"
    elif isinstance(error, click.MissingParameter) and error.param and context:
        told = f"cannot do that without {_source(error.param, context)}: it is missing."
    elif isinstance(error, click.BadParameter) and error.param and context:
        told = f"cannot use {_source(error.param, context)}: {why[:1].lower()}{why[1:]}."
    else:
        told = f"cannot understand the command line: {why[:1].lower()}{why[1:]}."
    return f"{told} Read `{path} --help`."


def internal(error: Exception) -> str:
    """Say in one line what should not have happened."""
    text = " ".join(str(error).split())
    return f"cannot go on: internal error, {type(error).__name__}: {text}."


def _source(param: click.Parameter, context: click.Context) -> str:
    """Name what a value came from: the option, or the variable."""
    from click.core import ParameterSource

    source = context.get_parameter_source(param.name) if param.name else None
    if source is ParameterSource.ENVIRONMENT and isinstance(param.envvar, str):
        return f"${param.envvar}"
    return param.opts[0] if param.param_type_name == "option" else param.make_metavar(context)


def _tell(message: str, code: int) -> int:
    try:
        click.echo(f"gracekeeper: {message}", err=True)
    except OSError:
        return code
    return code
