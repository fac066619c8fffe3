"""The real uWSGI is asked what it reads; `--get` prints an option's first value and exits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.front.machine import Machine
from supervisor.servers.uwsgi import settings
from tests.servers.surroundings import ini

pytestmark = pytest.mark.process
UWSGI = Path(sys.executable).parent / "uwsgi"

MORE = ini("project = more-%n", "chdir = /%N")
CASES = {
    "plain": ini("project = a b"),
    "spaces": "[uwsgi]\r\n\tproject\t=\t x \t\r\n",
    "magic": ini("project = %d|%s|%n|%e|%c|%0|%o|%%|%p|%v|%h|%x|%~|"),
    "comment": ini("; project = 1", "# project = 2", "project = 3 ; 4"),
    "section": "project = 0\n[x]\nproject = 1\n[uwsgi]\nproject = 2\n",
    "environment": ini("project = $(WHO)-$(GONE)-$(REF)", "other = 7"),
    "file": ini("project = @(more.ini)"),
    "sum": ini("project = %(other + 1)-%(other ++)-%(gone)-%(other other)", "other = 41"),
    "again": ini("project = :%(later)", "later = %(other)", "other = x"),
    "forward": ini("project = %(later)", "later = %(other)", "other = x"),
    "include": ini("include = more.ini", "project = own"),
    "inherit": ini("inherit = more.ini"),
    "ini": ini("ini = more.ini"),
    "same": "[uwsgi]\nini = :base\n[base]\nproject = %x\n",
    "for": ini("for = 1 2", "project = p%(_)", "endfor"),
    "if-env": ini("if-env = WHO", "project = %(_)", "endif"),
    "if-not-env": ini("if-not-env = WHO", "project = no", "endif"),
    "if-exists": ini("if-exists = more.ini", "project = there", "end"),
    "set": ini("set = project=%(other)", "other = 1"),
    "set-placeholder": ini("set-placeholder = project=1", "chdir = /%(project)"),
    "percent": ini("project = 50%", "chdir = /x"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("words", [("--ini", "app.ini"), ("app.ini",)], ids=["option", "word"])
def test_uwsgi_reads_the_same(
    name: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both options come out as uWSGI itself has them."""
    (tmp_path / "app.ini").write_text(CASES[name], newline="")
    (tmp_path / "more.ini").write_text(MORE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHO", "me")
    monkeypatch.setenv("REF", "%(other)")
    found = settings.read(("uwsgi", *words), Machine())
    for option in ("project", "chdir"):
        first = found.first(option)
        read = first.value.partition("\n")[0] if first else None
        # What is inherited comes after --get, like everything else that is configured.
        if name != "inherit":
            assert read == _asked(words, option), option
    if name == "inherit":
        assert found.get("project") == "more-more"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("-Mp4", "--chdir", "/"), "processes"),
        (("--chmod-socket", "--chdir=/x"), "chdir"),
        (("--vacuum", "--workers=3", "-s:0"), "socket"),
    ],
)
def test_uwsgi_takes_the_same_words(words: tuple[str, ...], option: str) -> None:
    """Clusters, optional values and other spellings."""
    first = settings.read(("uwsgi", *words), Machine()).first(option)
    assert first is not None
    assert first.value == _asked(words, option)


def _asked(words: tuple[str, ...], option: str) -> str | None:
    command = [str(UWSGI), *words, "--get", option]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if not line.startswith("[uWSGI]")]
    return lines[0] if lines else None
