"""The keeper's own lines, for a program and for a person."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

import supervisor.report
from tests.cli.command import gracekeeper

pytestmark = pytest.mark.process
SCHEMA = json.loads((Path(supervisor.report.__file__).parent / "schema.json").read_text("utf-8"))


def test_text(tmp_path: Path) -> None:
    """Time, event, facts; the verdict before the report, which stays JSON."""
    *lines, report = gracekeeper(
        tmp_path, "run", "--log-format", "text", "--", "true"
    ).out.splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d{3} gracekeeper  \S", line) for line in lines)
    assert re.search(r" spawned   pid=\d+  command=true$", lines[0])
    assert lines[-1].endswith("told='The service ended by itself, with code 0. Exit 0.'")
    jsonschema.validate(json.loads(report), SCHEMA)


def test_json(tmp_path: Path) -> None:
    """One object a line, with the time of day; the last is the report, and in the file, too."""
    done = gracekeeper(tmp_path, "run", "--report", "r.json", "--", "sh", "-c", "exit 3")
    assert done.code == 3
    assert [event["event"] for event in done.events][-1] == "report"
    assert all(event["time"] > 1e9 for event in done.events[:-1])
    jsonschema.validate(done.events[-1], SCHEMA)
    assert json.loads((tmp_path / "r.json").read_text()) == done.events[-1]
