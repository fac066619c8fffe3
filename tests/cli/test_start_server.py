"""The drop-in for start_server.sh."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.command import ROOT, run

pytestmark = pytest.mark.process
SCRIPT = str(ROOT / "entrypoints" / "start_server.py")


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(word: str, tmp_path: Path) -> None:
    """What it runs, and where its options are."""
    done = run(tmp_path, sys.executable, SCRIPT, word)
    assert (done.code, done.err) == (0, "")
    assert "usage: start_server.py [INI]" in done.out
    assert "GRACEKEEPER_GRACE" in done.out


@pytest.mark.parametrize("words", [("a.ini", "b.ini"), ("",), ("a.ini", "--grace=5"), ("--x",)])
def test_too_much(words: tuple[str, ...], tmp_path: Path) -> None:
    """One ini at most; what looks like an option belongs elsewhere."""
    done = run(tmp_path, sys.executable, SCRIPT, *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("start_server.py: cannot understand ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("gone.ini",), "cannot read gone.ini (command line): No such file or directory"),
        ((), "cannot read /opt/uwsgi/uwsgi.ini (command line)"),
    ],
)
def test_a_missing_ini(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """The default is named, too."""
    if not words and Path("/opt/uwsgi/uwsgi.ini").exists():
        pytest.skip("here there is one")
    done = run(tmp_path, sys.executable, SCRIPT, *words)
    assert done.code == 2
    assert told in done.err


def test_the_variables_apply(tmp_path: Path) -> None:
    """There is no other way to say options here."""
    done = run(tmp_path, sys.executable, SCRIPT, "a.ini", environment={"GRACEKEEPER_GRACE": "0.5"})
    assert done.code == 2
    assert "into a grace of 0.5 s" in done.err
