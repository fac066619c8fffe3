"""What others chose is shown on a terminal, and not obeyed."""

from __future__ import annotations

import os
import shutil
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from supervisor.cli import blocking, inspect, processes, status, telling, watch
from supervisor.ops import inspection
from supervisor.ops.explanation import of_code

ESCAPE = "\x1b]0;gone\x07"


def test_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URI of a running request, and a line of a stack."""
    monkeypatch.setattr(status, "ask", lambda *_, **__: {})
    monkeypatch.setattr(status, "text", lambda _: f"running\nGET /{ESCAPE}")
    monkeypatch.setattr(blocking, "pids", lambda _: [7])
    monkeypatch.setattr(blocking, "stacks", lambda _: [f"def {ESCAPE}"])
    said = CliRunner().invoke(status.status, ["--stacks"]).output
    assert said == "running\nGET /�]0;gone�\n\ndef �]0;gone�\n"


@pytest.mark.parametrize(("columns", "most"), [(60, 60), (80, 80), (200, 100)])
def test_an_answer_is_as_wide_as_its_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: int, most: int
) -> None:
    """And no wider than lines can be read."""
    size = os.terminal_size((columns, 24))
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: size)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = telling.text({**of_code(0), "cause": None}).splitlines()
    sentence = {"id": "ended", "sentence": "word " * 60, "fix": "", "confidence": "", "facts": ()}
    lines += telling.text({**of_code(0), "cause": sentence}).splitlines()
    assert most - 15 < max(map(len, lines)) <= most


def test_an_inspection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line."""
    monkeypatch.setattr(inspection, "of_process", lambda *_: None)
    monkeypatch.setattr(processes, "text", lambda _: f"app {ESCAPE}")
    assert CliRunner().invoke(inspect.inspect, ["7"]).output == "app �]0;gone�\n"


def test_progress(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A process's name."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    one: Any = SimpleNamespace(
        container=SimpleNamespace(name="web"),
        stopping=lambda _: SimpleNamespace(at=0),
        left=lambda _: [ESCAPE],
    )
    watch._progress([one], 10**9)
    assert ESCAPE not in capsys.readouterr().err
