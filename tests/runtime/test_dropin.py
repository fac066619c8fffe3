"""In the place of tini and dumb-init: the same words, the same codes, the same signals."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.runtime.hearer_path import CODE, HEARER
from tests.runtime.kept import GRACEKEEPER, Kept, descendants

pytestmark = pytest.mark.process
TERM, USR1, USR2 = 15, 10, 12
SH = ("sh", "-c")


class Said(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def said(program: str, *arguments: str, **environment: str) -> Said:
    """Run an init; its pid is nobody's business."""
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
    )
    return Said(done.returncode, done.stdout, re.sub(r"\(\d+\)", "(PID)", done.stderr))


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A folder with our command under both names."""
    for name in ("tini", "dumb-init"):
        (tmp_path / name).symlink_to(GRACEKEEPER[0])
    (tmp_path / "unusable").write_text("")
    return tmp_path


TINI = [
    (),
    ("--version",),
    ("-h",),
    ("-x", "true"),
    ("-p",),
    ("-p", "FOO", "true"),
    ("-p", "SIGKILL", "-s", "true"),
    ("-e", "256", "true"),
    ("-e", "x", "true"),
    ("-s", "--", *SH, "exit 5"),
    ("-s", "-e", "5", "--", *SH, "exit 5"),
    ("-se5", "-e", "6", "--", *SH, "exit 6"),
    ("-g", "-s", "--", *SH, "kill -9 $$"),
    ("-s", "-e", "143", "--", *SH, "kill $$"),
    ("true",),
    ("sh", "-c", "exit 3"),
    ("true", "-s"),
    ("-s", "-e", "+5", "-e", " 6", "--", *SH, "exit 6"),
    ("-s", "--", ""),
    ("-s", "--", "/no/such/program"),
    ("-s", "--", "no-such-program"),
    ("-s", "--", "{folder}/unusable"),
]
DUMB_INIT = [
    (),
    ("-V",),
    ("--version",),
    ("-h",),
    ("-x", "true"),
    ("--nonsense", "true"),
    ("--ver", "true"),
    ("--verb", "--version=3", "true"),
    ("-r",),
    ("--rewrite", "15", "true"),
    ("-r", "15:32", "true"),
    ("-r", "0:3", "true"),
    ("-r", "15:0", "--rewrite=1:2", "--", *SH, "exit 4"),
    ("-r", "15:2x", "-r", " 15:+2", *SH, "exit 4"),
    ("-r", "x:2", "true"),
    ("-c", *SH, "exit 4"),
    (*SH, "kill -9 $$"),
    ("true", "-x"),
    ("/no/such/program",),
    ("no-such-program",),
    ("{folder}/unusable",),
]


@pytest.mark.skipif(shutil.which("tini") is None, reason="needs tini to compare with")
@pytest.mark.parametrize("arguments", TINI, ids=" ".join)
def test_the_same_as_tini(linked: Path, arguments: tuple[str, ...]) -> None:
    """Word for word."""
    arguments = tuple(word.format(folder=linked) for word in arguments)
    theirs, ours = said("tini", *arguments), said(str(linked / "tini"), *arguments)
    if "Permission denied" in theirs.err or "No such file" in theirs.err:
        assert ours.err.splitlines()[-1] == theirs.err.splitlines()[-1]
        assert ours.code == theirs.code
    else:
        assert ours == theirs


@pytest.mark.skipif(shutil.which("dumb-init") is None, reason="needs dumb-init to compare with")
@pytest.mark.parametrize("arguments", DUMB_INIT, ids=" ".join)
def test_the_same_as_dumb_init(linked: Path, arguments: tuple[str, ...]) -> None:
    """Word for word."""
    arguments = tuple(word.format(folder=linked) for word in arguments)
    assert said(str(linked / "dumb-init"), *arguments) == said("dumb-init", *arguments)


@pytest.mark.parametrize(
    ("variables", "told"),
    [({}, True), ({"TINI_SUBREAPER": ""}, False), ({"TINI_VERBOSITY": "0"}, False)],
)
def test_tini_warns_where_it_can_not_reap(
    linked: Path, variables: dict[str, str], told: bool
) -> None:
    """The same variables silence it."""
    done = said(str(linked / "tini"), "true", **variables)
    assert done.code == 0
    assert ("isn't registered as a child subreaper" in done.err) == told


def test_tini_tells_of_what_it_reaps(linked: Path) -> None:
    """-w: a zombie that nobody waited for."""
    ours = "/proc/$PPID/task/$PPID/children"
    script = f"(true &); while [ $(wc -w < {ours}) != 1 ]; do :; done"
    done = said(str(linked / "tini"), "-s", "-w", "--", *SH, script)
    assert re.fullmatch(r"\[WARN  tini \(PID\)\] Reaped zombie process with pid=\d+\n", done.err)


def test_verbose_is_told_on_stderr(linked: Path) -> None:
    """Whatever is said, stdout is the command's."""
    for name, option in (("tini", "-sv"), ("dumb-init", "-v")):
        done = said(str(linked / name), option, "--", "echo", "hello")
        assert done.out == "hello\n"
        assert "spawned" in done.err


@pytest.mark.parametrize("start", [("tini", "-s"), ("dumb-init",)], ids=" ".join)
def test_every_signal_is_passed_on_and_none_is_a_stop(linked: Path, start: tuple[str, ...]) -> None:
    """No budget, no KILL: its code is the command's, whenever that comes."""
    with Kept(linked, str(linked / start[0]), *start[1:], "--", *HEARER, str(USR2)) as kept:
        kept.wait_for_line("main up")
        for number in (TERM, USR1, TERM):
            kept.ask(number)
            kept.wait_for_line(f"main heard {number}")
        kept.wait_until(lambda: kept.text.count(f"heard {TERM}") == 2 or None, "both")
        kept.ask(USR2)
        assert kept.end() == CODE
        assert all("up" in line or "heard" in line for line in kept.lines)
    assert not (linked / "control.sock").exists()


@pytest.mark.parametrize(
    ("options", "all_of_them"),
    [
        (("tini", "-s"), False),
        (("tini", "-s", "-g"), True),
        (("dumb-init",), True),
        (("dumb-init", "-c"), False),
    ],
)
def test_who_hears(linked: Path, options: tuple[str, ...], all_of_them: bool) -> None:
    """The command alone, or all of its group; dumb-init's gets TERM when the command has ended."""
    command = (str(linked / options[0]), *options[1:], "--", *HEARER, str(USR1), "own")
    with Kept(linked, *command) as kept:
        for name in ("main up", "child up"):
            kept.wait_for_line(name)
        child = descendants(kept.pid)[0]
        kept.ask(USR2)
        kept.wait_for_line(f"main heard {USR2}")
        if all_of_them:
            kept.wait_for_line(f"child heard {USR2}")
        kept.ask(USR1)
        assert kept.process.wait(20) == CODE
        if options == ("dumb-init",):
            kept.wait_until(lambda: not Path(f"/proc/{child}").exists() or None, "its end")
        with contextlib.suppress(ProcessLookupError):  # left alone, as those inits do
            os.kill(child, signal.SIGKILL)
        assert (f"child heard {USR2}" in kept.lines) == all_of_them


def test_rewriting_as_dumb_init(linked: Path) -> None:
    """Numbers alone."""
    command = (str(linked / "dumb-init"), "-r", "15:12", "-r", "10:0", "--", *HEARER, str(USR2))
    with Kept(linked, *command) as kept:
        kept.wait_for_line("main up")
        kept.ask(USR1)
        kept.ask(TERM)
        assert kept.end() == CODE
        assert kept.lines == ["main up", f"main heard {USR2}"]


def test_as_a_command_of_ours(linked: Path) -> None:
    """`gracekeeper tini`: where no link can be made."""
    assert said(GRACEKEEPER[0], "tini", "--version").out == "tini version 0.19.0\n"
    assert said(GRACEKEEPER[0], "dumb-init", "--", *SH, "exit 9").code == 9
