"""The pages name all that scripts may rely on."""

from __future__ import annotations

import re

import click

from supervisor.cli.app import gracekeeper as group
from supervisor.report.causes import CONFIDENCES, IDS
from tests.rules.sources import ROOT

GUIDE = (ROOT / "docs/how-to/bad-stop.md").read_text("utf-8")
CAUSES = (ROOT / "docs/reference/causes.md").read_text("utf-8")


def test_every_cause_has_its_line() -> None:
    """In the order in which they stand in the code."""
    assert re.findall(r"^\| `([a-z-]+)` \|", CAUSES, re.MULTILINE) == list(IDS)


def test_the_guide_names_what_there_is() -> None:
    """Commands, how sure one can be, and schemas."""
    named = re.findall(r"^(?:`?)gracekeeper ([a-z]+) ", GUIDE, re.MULTILINE)
    assert {"explain", "report", "watch", "inspect", "status"} <= set(named)
    assert set(named) <= group.commands.keys() | set(group.list_commands(click.Context(group)))
    assert all(f"| {word} | " in GUIDE for word in CONFIDENCES)
    schemas = re.findall(r"supervisor/[\w/]+\.schema\.json|supervisor/report/schema\.json", GUIDE)
    assert len(schemas) == 4
    assert all((ROOT / one).is_file() for one in schemas)
