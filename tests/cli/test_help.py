"""Every command has help, and it says what a user at 3 a.m. needs."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from supervisor.cli.app import COMMANDS, gracekeeper
from supervisor.cli.run import run
from supervisor.servers.uwsgi.fifo import COMMANDS as FIFO


def helped(*arguments: str, width: int = 100) -> str:
    """What `gracekeeper ARGUMENTS --help` prints on a terminal."""
    runner = CliRunner()
    done = runner.invoke(
        gracekeeper, [*arguments, "--help"], prog_name="gracekeeper", terminal_width=width
    )
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command(name: str) -> None:
    """A first sentence, a line in the list, and a text for each option."""
    command = gracekeeper.get_command(click.Context(gracekeeper), name)
    assert command
    assert command.help
    assert f"Usage: gracekeeper {name}" in helped(name)
    assert all(p.help for p in command.params if isinstance(p, click.Option) and p.name != "help")
    assert f"  {name} " in helped()


@pytest.mark.parametrize("arguments", [(), *((name,) for name in COMMANDS)], ids=str)
def test_no_line_is_too_long(arguments: tuple[str, ...]) -> None:
    """It fits a terminal of 100 columns, and one of 80."""
    for width in (80, 100):
        told = helped(*arguments, width=width)
        assert max(len(line) for line in told.splitlines()) <= width


def test_the_exit_codes_are_told() -> None:
    """All that there are."""
    for code in ("143", "130", "126, 127", "70", "2  "):
        assert code in helped()


def test_defaults_are_told_as_people_write_them() -> None:
    """With their unit."""
    told = " ".join(helped("run").split())
    assert "1m30s. [default: 10s]" in told
    assert "thrown away. [default: 1m]" in told


def test_every_option_has_a_variable() -> None:
    """--drain-delay is GRACEKEEPER_DRAIN_DELAY, without an exception."""
    for option in run.params:
        if isinstance(option, click.Option) and option.name != "help":
            name = option.opts[0].removeprefix("--").replace("-", "_").upper()
            assert option.envvar == f"GRACEKEEPER_{name}"


def test_the_fifo_commands_are_listed() -> None:
    """Each with its letter and what it does."""
    text = helped("fifo")
    for command in FIFO:
        if not command.name.startswith("slot-"):
            byte = re.escape(command.byte.replace("\n", "\\n"))
            assert re.search(rf"^ +{command.name} +{byte} +{re.escape(command.effect)}", text, re.M)
