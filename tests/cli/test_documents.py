"""Where an answer is read from: a pipe as well as a file, however its JSON is spaced."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from supervisor.cli.app import gracekeeper as group
from supervisor.cli.documents import document_of
from supervisor.errors import UsageError
from supervisor.ops import engine, gathering
from supervisor.ops.case import Case
from supervisor.ops.containers import Container, State
from supervisor.ops.explanation import of_case
from tests.ops.test_causes import RECORDED

ENDING = of_case(RECORDED[0][2])
LINES = f"hello\n{json.dumps(ENDING, separators=(',', ':'))}\nbye\n"


def explained(target: str, stdin: str | None = None) -> str:
    """Which cause is found."""
    done = CliRunner().invoke(group, ["explain", "--json", target], input=stdin)
    assert done.exit_code == 0, done.output
    cause: str = json.loads(done.output)["cause"]["id"]
    return cause


@pytest.mark.parametrize("text", [LINES, json.dumps(ENDING, indent=2)], ids=["lines", "indented"])
def test_an_answer_on_stdin(text: str) -> None:
    """As `watch --json` wrote it into a log, or as `jq` made it."""
    assert explained("-", text) == ENDING["cause"]["id"]


def test_an_answer_in_a_pipe() -> None:
    """A shell's `<(docker logs web)` is a pipe, which is no regular file and is read once."""
    reader, writer = os.pipe()
    data = LINES.encode()
    assert os.write(writer, data) == len(data)
    os.close(writer)
    assert explained(f"/dev/fd/{reader}") == ENDING["cause"]["id"]
    os.close(reader)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A path is no container's name."""
    done = CliRunner().invoke(group, ["explain", f"{tmp_path}/nowhere.log"])
    assert "cannot read " in str(done.exception)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("created", "it was created and never started. Do `docker start`."),
        ("running", "it has not"),
    ],
)
def test_no_end_is_no_report(monkeypatch: pytest.MonkeyPatch, status: str, why: str) -> None:
    """A container that never ran has not ended with 0."""
    case = Case(Container("0" * 64, "web"), State(status))
    monkeypatch.setattr(engine, "Engine", io.BytesIO)  # it can be closed
    monkeypatch.setattr(gathering, "gather", lambda _engine, _name: case)
    with pytest.raises(UsageError, match=f"cannot report on web: {why}"):
        document_of("web")
