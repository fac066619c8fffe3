"""The README's examples are run, and its figures are those that the benchmark wrote."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from supervisor.cli.app import COMMANDS, gracekeeper

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = ROOT / "benchmarks" / "results" / "stop.md"
BLOCK = re.compile(r"<!-- run(?:: exit (\d+))? -->\n```(\w+)\n(.*?)```", re.DOTALL)
BIN = Path(sys.executable).parent


def test_there_are_examples_to_run() -> None:
    """The markers are still found; an example that is not run proves nothing."""
    assert {language for _code, language, _text in BLOCK.findall(README)} == {"sh", "python"}


@pytest.mark.process
@pytest.mark.parametrize("example", BLOCK.findall(README), ids=lambda found: found[1])
def test_an_example_does_what_it_says(example: tuple[str, str, str], tmp_path: Path) -> None:
    """Each marked block runs as it stands and ends with the code that it names."""
    code, language, text = example
    runner = {"sh": ["/bin/sh", "-ec"], "python": [sys.executable, "-c"]}[language]
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "GRACEKEEPER_CONTROL": str(tmp_path / "control.sock"),
    }
    done = subprocess.run(
        [*runner, text],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == int(code or 0), done.stdout + done.stderr


def test_the_table_is_the_one_that_was_measured() -> None:
    """The README shows what `make bench-stop` wrote, to the letter."""
    assert RESULTS.read_text(encoding="utf-8").strip() in README


def test_every_option_that_it_names_exists() -> None:
    """An option of the README is one of `run`, or of another command."""
    context = click.Context(gracekeeper)
    commands = (gracekeeper.get_command(context, name) for name in COMMANDS)
    params = [param for one in commands if one for param in one.params]
    there = {word for param in params for word in (*param.opts, *param.secondary_opts)}
    named = set(re.findall(r"`(?:gracekeeper [a-z]+ )?(--[a-z-]+)", README))
    assert named
    assert named - there == {"--help"}
